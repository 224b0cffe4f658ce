"""Ends of commands that did not go well: what is said, what to try next, and the exit status."""

from __future__ import annotations

from typing import IO, Any, Final

import click

from ..code import Code
from ..errors import (
    CallTimeoutError,
    DeadlineExceededError,
    DecodeError,
    DialError,
    DisconnectedError,
    EncodeError,
    RemoteError,
    RpcError,
    SchemaError,
    ServerError,
    ShutdownError,
)
from ..escapes import escaped
from .console import tell

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "UNREACHABLE",
    "USAGE",
    "Failure",
    "failure_of",
    "is_unreachable",
    "message_of",
]

FAILED: Final = 1
"""Exit status: the server answered with an error, or what was asked for is not so."""

USAGE: Final = 2
"""Exit status: the command line is wrong, or the arguments do not fit the method."""

UNREACHABLE: Final = 3
"""Exit status: no server, no connection any more, or no answer in time."""

INTERRUPTED: Final = 130
"""Exit status: Ctrl-C."""


class Failure(click.ClickException):
    """A line for the user, and what to try next.

    Args:
        message: What is wrong.
        hint: What to try; it may be empty.
        status: Exit status.

    Attributes:
        hint: What to try; it may be empty.
        status: Exit status.
    """

    def __init__(self, message: str, hint: str = "", status: int = FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.status = status

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to standard error."""
        tell(f"rpcgen: error: {escaped(self.message)}")
        if self.hint:
            tell(f"    hint: {escaped(self.hint)}")


_LOST: Final = (
    DialError,
    DisconnectedError,
    ShutdownError,
    DeadlineExceededError,
    CallTimeoutError,
)


def is_unreachable(error: RpcError) -> bool:
    """Return True if an error says nothing but that there is no answer of the server."""
    if isinstance(error, ServerError):
        return False
    return isinstance(error, _LOST) or error.code is Code.UNAVAILABLE


def failure_of(error: RpcError, address: str) -> Failure:
    """Return how a command ends with an error.

    Args:
        error: What a call, or connecting, has raised.
        address: Address of the server.
    """
    if is_unreachable(error):
        return Failure(_text(error, address), _hint_for_lost(error, address), UNREACHABLE)
    if isinstance(error, ServerError):
        return Failure(f"{error.code.name}: {message_of(error)}", _hint_for_answer(error, address))
    if isinstance(error, (EncodeError, SchemaError)):
        return Failure(f"the arguments do not fit: {error}", status=USAGE)
    if isinstance(error, DecodeError):
        hint = f"is that the codec of the server? {_OTHER_WAYS}"
        return Failure(f"the answer cannot be read: {error}", hint)
    return Failure(f"{error}")


def message_of(error: RpcError) -> str:
    """Return the text of an error; of a declared exception, what the server itself says.

    Here its class is made of a description of it, and has none of its methods.
    """
    return (isinstance(error, RemoteError) and error._text) or str(error)


_OTHER_WAYS: Final = "--codec json for JSON-RPC, http://... for rpc.HandleHTTP, tls://... for TLS"


def _text(error: RpcError, address: str) -> str:
    if isinstance(error, (DeadlineExceededError, CallTimeoutError)):
        return f"DEADLINE_EXCEEDED: {error}"
    if isinstance(error, (DisconnectedError, ShutdownError)):
        return f"the server at {address} has hung up: {error}"
    return f"{error}"


def _hint_for_lost(error: RpcError, address: str) -> str:
    if isinstance(error, (DeadlineExceededError, CallTimeoutError)):
        return "give it longer: --timeout SECONDS"
    if isinstance(error, (DisconnectedError, ShutdownError)):
        return f"does the server speak something else? {_OTHER_WAYS}"
    text = str(error)
    return next((hint for part, hint in _DIAL_HINTS.items() if part in text), "")


_NOBODY: Final = "nothing listens there: is the server running, and is it the right port?"

# Hints for what an error of connecting says.
_DIAL_HINTS: Final = {
    "refused": _NOBODY,
    "Connect call failed": _NOBODY,
    "No such file": "there is no such socket: is the server running?",
    "unexpected HTTP response": "net/rpc has another path there, http://host:port/path, or none: "
    "try tcp://",
    "malformed HTTP": "that is no HTTP server: try tcp://",
    "instead of an HTTP response": "that is no HTTP server: try tcp://",
    "CERTIFICATE_VERIFY_FAILED": "name the authority of the server: --ca FILE",
    "WRONG_VERSION_NUMBER": "that server does not encrypt: try tcp:// or http://",
    "record layer failure": "that server does not encrypt: try tcp:// or http://",
    "during the TLS handshake": "that server does not encrypt: try tcp:// or http://",
    "is announced there": "is the server running, and does it announce() itself to this broker?",
    "timed out": "give it longer: --timeout SECONDS",
    "not known": "no host has that name",
    "DNS query name does not exist": "no host has that name",
}


def _hint_for_answer(error: ServerError, address: str) -> str:
    text = str(error)
    if "can't find service" in text or "can't find method" in text or "ill-formed" in text:
        return f"see what there is: rpcgen list {address}"
    if "gob: " in text:
        return (
            'say the types: --idl FILE, or in the arguments {"@uint": 7}, {"@map": {...}}, '
            "1.0 for a float"
        )
    return _CODE_HINTS.get(error.code, "")


_CODE_HINTS: Final = {
    Code.UNAUTHENTICATED: "say who you are: --metadata authorization='Bearer ...'",
    Code.DEADLINE_EXCEEDED: "give it longer: --timeout SECONDS",
}
