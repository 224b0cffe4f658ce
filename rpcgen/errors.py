"""Every exception that rpcgen raises, under one root.

::

    RpcError
    ├── SchemaError         an annotation that cannot travel (also a TypeError)
    ├── EncodeError         a value that does not fit its schema (also a ValueError)
    ├── DecodeError         bytes that are not what they should be (also a ValueError)
    │   └── TruncatedError  bytes that end too early: fine so far, but more must come
    ├── RegisterError       a service that the server refuses
    ├── ServerError         the error that the remote method answered with
    │   └── RemoteError     base of the exceptions that an IDL declares
    ├── DialError           a connection that could not be made
    ├── ShutdownError       a call on a connection that was closed
    ├── DisconnectedError   a connection that ended while calls were pending
    ├── CallTimeoutError    a reply that did not come in time (also a TimeoutError)
    ├── DeadlineExceededError  a call that was not over at its deadline (also a TimeoutError)
    ├── CallCancelledError  a call that its caller has cancelled
    └── GenerateError       an IDL that no code can be generated from
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from .code import Code

__all__ = [
    "CallCancelledError",
    "CallTimeoutError",
    "DeadlineExceededError",
    "DecodeError",
    "DialError",
    "DisconnectedError",
    "EncodeError",
    "GenerateError",
    "RegisterError",
    "RemoteError",
    "RpcError",
    "SchemaError",
    "ServerError",
    "ShutdownError",
    "TruncatedError",
]


E = TypeVar("E", bound="RpcError")


class RpcError(Exception):
    """The root of all exceptions of rpcgen; they can be copied and pickled.

    Attributes:
        code: Kind of the error.
        started: False if the call's handler was certainly not begun, so that the call may be
            repeated, whatever it does; True if it was; None where that is not known.
    """

    code: Code = Code.UNKNOWN
    started: bool | None = None

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

    Raised by a handler, it is an answer rather than an accident: the client gets the text, the
    code and the metadata, and the log has no traceback. A stock Go peer knows the text alone.
    Mirrors Go's ``rpc.ServerError``.

    Args:
        message: Text for people.
        code: Kind of the error; `Code.UNKNOWN` is that of a server which says none.
        metadata: What travels back beside the error, as in ``CallContext.reply_metadata``.
        started: See `RpcError`.

    Attributes:
        metadata: What came back beside the error.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: Code = Code.UNKNOWN,
        metadata: Mapping[str, str] | None = None,
        started: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.metadata: Mapping[str, str] = {} if metadata is None else metadata
        self.started = started


class RemoteError(ServerError):
    """Base of the exceptions that an IDL declares, each an attrs class: its fields travel.

    A method that says ``@raises(DivideByZero)`` has it arrive at a Python client as the same
    class with the same fields, and at a Go client as its ``str()``, which is its name with its
    fields where the class defines no ``__str__``.

    Attributes:
        code: Kind of the error: ``code = Code.NOT_FOUND`` in the class.
        metadata: What came back beside the error.
        started: See `RpcError`.
    """

    code: Code = Code.UNKNOWN
    metadata: Mapping[str, str] = MappingProxyType({})
    started: bool | None = None

    # Text for peers that know no more; empty unless the error has come from a server.
    _text: str = ""

    def __str__(self) -> str:
        return repr(self).removesuffix("()")

    def __reduce__(self) -> tuple[object, ...]:
        fields = {name: getattr(self, name) for name in _slots(type(self))}
        return _restore_remote, (type(self), self.args, fields | self.__dict__)


def _restore_remote(
    cls: type[RemoteError], args: tuple[object, ...], attributes: Mapping[str, object]
) -> RemoteError:
    """Return a declared exception with these attributes, which may be of a frozen class."""
    error = cls.__new__(cls, *args)
    for name, value in attributes.items():
        object.__setattr__(error, name, value)
    return error


def _slots(cls: type[object]) -> list[str]:
    """Return the names of the attributes of a class that are in no ``__dict__``."""
    slots = [name for base in cls.__mro__ for name in vars(base).get("__slots__", ())]
    return [name for name in slots if not name.startswith("__")]


class DialError(RpcError):
    """A connection that could not be made: a bad address, no listener, a failed handshake."""

    code = Code.UNAVAILABLE
    started = False


class ShutdownError(RpcError):
    """A call on a client that was closed, or whose connection has failed before.

    Mirrors Go's ``rpc.ErrShutdown``.
    """

    code = Code.UNAVAILABLE

    def __init__(self, message: str = "connection is shut down") -> None:
        super().__init__(message)


class DisconnectedError(RpcError):
    """A connection that ended, or broke the protocol, while calls were pending.

    Whether the server carried the calls out is not known. Mirrors the
    ``io.ErrUnexpectedEOF`` (and other read errors) of Go's client.
    """

    code = Code.UNAVAILABLE

    def __init__(self, message: str = "unexpected EOF") -> None:
        super().__init__(message)


class CallTimeoutError(RpcError, TimeoutError):
    """A reply that did not come in time; the call goes on, and can be waited for again."""


class DeadlineExceededError(RpcError, TimeoutError):
    """A call that was not over at its deadline: it is given up, and the server is told.

    Where a server says so before, of a deadline of its own, that is a `ServerError` of the same
    code.
    """

    code = Code.DEADLINE_EXCEEDED


class CallCancelledError(RpcError):
    """A call that its caller has cancelled, by ``Call.cancel``."""

    code = Code.CANCELLED


class GenerateError(RpcError):
    """An IDL that no code can be generated from.

    Attributes:
        errors: Every problem found, each as ``file:line:col: error: ...``.
    """

    def __init__(self, errors: tuple[str, ...]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))
