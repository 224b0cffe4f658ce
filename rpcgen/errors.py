"""Every exception that rpcgen raises, under one root.

::

    RpcError
    ├── SchemaError         an annotation that cannot travel (also a TypeError)
    ├── EncodeError         a value that does not fit its schema (also a ValueError)
    ├── DecodeError         bytes that are not what they should be (also a ValueError)
    │   └── TruncatedError  bytes that end too early: fine so far, but more must come
    ├── RegisterError       a service that the server refuses
    ├── ServerError         the error that the remote method answered with
    ├── DialError           a connection that could not be made
    ├── ShutdownError       a call on a connection that was closed
    ├── DisconnectedError   a connection that ended while calls were pending
    ├── CallTimeoutError    a reply that did not come in time (also a TimeoutError)
    └── GenerateError       an IDL that no code can be generated from
"""

from __future__ import annotations

from typing import TypeVar

__all__ = [
    "CallTimeoutError",
    "DecodeError",
    "DialError",
    "DisconnectedError",
    "EncodeError",
    "GenerateError",
    "RegisterError",
    "RpcError",
    "SchemaError",
    "ServerError",
    "ShutdownError",
    "TruncatedError",
]


E = TypeVar("E", bound="RpcError")


class RpcError(Exception):
    """The root of all exceptions of rpcgen; they can be copied and pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own way calls the class with the text, which most of these make of parts.
        return _restore, (type(self), self.args), self.__dict__ or None


def _restore(cls: type[E], args: tuple[object, ...]) -> E:
    """Return an exception with these ``args``, without a call of ``__init__``."""
    return cls.__new__(cls, *args)


class SchemaError(RpcError, TypeError):
    """An annotation that has no counterpart on the wire.

    Attributes:
        reason: Description of what is wrong.
        hint: What to write instead, or empty.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(f"{reason} ({hint})" if hint else reason)


class EncodeError(RpcError, ValueError):
    """A value that does not fit its schema; nothing of it was written.

    Attributes:
        reason: Description of what is wrong.
        path: Place inside the value, such as ``Order.items[3].price``; empty for the value itself.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{path}: {reason}" if path else reason)


class DecodeError(RpcError, ValueError):
    """Bytes that do not hold what they should.

    Attributes:
        reason: Description of what is wrong.
        offset: Place in the stream, in bytes from its start; -1 where no place can be named.
        path: Place inside the value, such as ``Order.items[3].price``; empty where none is known.
    """

    def __init__(self, reason: str, offset: int = -1, path: str = "") -> None:
        self.reason = reason
        self.offset = offset
        self.path = path
        where = f"{path}: " if path else ""
        at = f" (at byte {offset})" if offset >= 0 else ""
        super().__init__(f"{where}{reason}{at}")


class TruncatedError(DecodeError):
    """Bytes that end in the middle of a value: feed more and decode again."""


class RegisterError(RpcError):
    """A service that the server refuses to serve; the texts are those of Go's ``rpc.Register``."""


class ServerError(RpcError):
    """The error that the remote method answered with: ``str()`` of it is the remote text.

    Mirrors Go's ``rpc.ServerError``.
    """


class DialError(RpcError):
    """A connection that could not be made: a bad address, no listener, a failed handshake."""


class ShutdownError(RpcError):
    """A call on a client that was closed, or whose connection has failed before.

    Mirrors Go's ``rpc.ErrShutdown``.
    """

    def __init__(self, message: str = "connection is shut down") -> None:
        super().__init__(message)


class DisconnectedError(RpcError):
    """A connection that ended, or broke the protocol, while calls were pending.

    Whether the server carried the calls out is not known. Mirrors the
    ``io.ErrUnexpectedEOF`` (and other read errors) of Go's client.
    """

    def __init__(self, message: str = "unexpected EOF") -> None:
        super().__init__(message)


class CallTimeoutError(RpcError, TimeoutError):
    """A reply that did not come in time; the call goes on, and can be waited for again."""


class GenerateError(RpcError):
    """An IDL that no code can be generated from.

    Attributes:
        errors: Every problem found, each as ``file:line:col: error: ...``.
    """

    def __init__(self, errors: tuple[str, ...]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))
