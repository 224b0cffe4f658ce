"""Interface of a connection to servers of both APIs: `ServerSession`, and its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from attrs import define, field, frozen

from rpcgen.code import Code
from rpcgen.errors import RemoteError
from rpcgen.schema import Schema, schema_of

from .codec import ServedCalls
from .context import CallContext, Surroundings
from .headers import Request
from .registry import ServedMethod

__all__ = [
    "INVALID_REQUEST",
    "Cancellation",
    "Event",
    "Failure",
    "Invocation",
    "RawResponse",
    "RejectedRequest",
    "ServerSession",
    "Stage",
    "error_text",
]

INVALID_REQUEST: Final = schema_of(None)
"""Body of an error response; clients skip it."""


class Invocation:
    """A call to carry out.

    Attributes:
        request: Its header.
        served: The method.
        args: The argument.
        began: When its handler began to run, by the clock of its `Execution`.
        ended: When its reply was ready to be sent.
        execution: What carries it out, from when its handler begins.
        context: Made where the call has anything beyond Go's net/rpc, and for a
            handler that asks.
        is_handled: True once a plain function runs in a thread of an asyncio server, or a reply
            is encoded.
    """

    __slots__ = (
        "args",
        "began",
        "context",
        "ended",
        "execution",
        "is_handled",
        "request",
        "served",
    )

    began: float
    ended: float
    execution: Surroundings

    def __init__(self, request: Request, served: ServedMethod, args: object) -> None:
        self.request = request
        self.served = served
        self.args = args
        self.context: CallContext | None = None
        self.is_handled = False

    @property
    def has_begun(self) -> bool:
        """True once the call is counted: its handler begins, or waits for a thread."""
        return hasattr(self, "began")

    def make_context(self) -> CallContext:
        """Return the context of a call that has begun, the same for all who ask."""
        made = CallContext(self.request)
        made.surroundings = self.execution
        # A cancellation, in another thread, must not be told to a context of its own. Who comes
        # while another one is here gets its context, and who comes afterwards finds it.
        made = _being_made.setdefault(self, made)
        if self.context is None:
            self.context = made
        _being_made.pop(self, None)
        return self.context


# Contexts that are being made, in any thread; adding and removing are atomic.
_being_made: Final[dict[Invocation, CallContext]] = {}


@define
class RejectedRequest:
    """A request that is not carried out, and the text and the code that tell the client why."""

    request: Request
    error: str
    code: Code = Code.UNKNOWN


@define
class Cancellation:
    """A request to cancel another one, which is answered with `ServerProtocol.answer_cancel`."""

    request: Request
    seq: int
    """Number of the call that is not waited for any more."""


@frozen
class Failure:
    """Error of a call that has failed, as the client is told it."""

    text: str
    code: Code = Code.UNKNOWN
    metadata: Mapping[str, str] = field(factory=dict)
    raised: str = ""
    """Wire name of a declared exception, whose fields travel."""
    schema: Schema[Any] = INVALID_REQUEST
    body: RemoteError | None = None


@define
class RawResponse:
    """Bytes to send as they are."""

    data: bytes


Event: TypeAlias = Invocation | RejectedRequest | Cancellation | RawResponse


class Stage(Enum):
    """Next message of the client that a connection waits for."""

    IDLE = "a request"
    HANDSHAKE = "an HTTP request"
    HEADER = "the rest of a request's header"
    BODY = "the rest of a request's body"

    @property
    def limit(self) -> str:
        """Name of the server's argument that bounds how long it takes."""
        return f"{self.name.lower()}_timeout"


class ServerSession(Protocol):
    """Session of one connection's client, as a server of either API sees it.

    Of the methods that take what has come, one thread at a time may be in any;
    likewise for those that encode a response.
    """

    @property
    def served_calls(self) -> ServedCalls | None:
        """Calls that the accelerator takes off the stream from its beginning; None: no calls."""
        ...

    @property
    def draining(self) -> bool:
        """True once no more requests can come."""
        ...

    @property
    def failure(self) -> str:
        """Why no more requests can come, empty if it was the end of the stream."""
        ...

    @property
    def stage(self) -> tuple[Stage, object]:
        """Stage of the connection, by what comes next, and an object for this very message."""
        ...

    @property
    def is_cut(self) -> bool:
        """True if the last thing that was fed ended in the middle of a request."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Fields of the HTTP request that has opened the connection, by names in lower case."""
        ...

    @property
    def expects_notice(self) -> bool:
        """True if the client understands `drain_notice`, and hangs up by itself then."""
        ...

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the client and return what there is to do."""
        ...

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, for `next_event` to say what they hold."""
        ...

    def get_buffer(self) -> memoryview | None:
        """Return where to put the next bytes from the client, or None to call `feed`."""
        ...

    def buffer_updated(self, count: int) -> None:
        """Take what was put into `get_buffer`, like `feed`."""
        ...

    def is_large(self) -> bool:
        """Say whether `next_event` has so much to decode that a thread of its own pays."""
        ...

    def next_event(self) -> Event | None:
        """Return the next thing to do, or None where there is none yet, or will be none."""
        ...

    def receive_eof(self) -> list[Event]:
        """Take the end of the stream, and return what there is still to do."""
        ...

    def opened(self) -> None:
        """Take the beginning of the connection."""
        ...

    def closed(self) -> None:
        """Take the end of the connection."""
        ...

    def reply(self, invocation: Invocation, value: object) -> bytes:
        """Return the bytes of a response. Raises `EncodeError` if the value does not fit."""
        ...

    def reply_parts(self, invocation: Invocation, value: object) -> Sequence[bytes]:
        """Return the same as buffers to send one after the other."""
        ...

    def refuse(self, request: Request, error: str, code: Code = Code.UNKNOWN) -> bytes:
        """Return the bytes of an error response; with a code, it says that nothing was begun."""
        ...

    def fail(self, request: Request, failure: Failure) -> bytes:
        """Return the bytes of an error response of a call that was carried out.

        Raises `EncodeError` if the exception or the metadata cannot travel; `refuse` the request
        then.
        """
        ...

    def answer_cancel(self, cancellation: Cancellation, found: bool) -> bytes:
        """Return the bytes of a response that says whether there was such a call."""
        ...

    def drain(self) -> None:
        """Refuse all requests from now on; between two calls of `next_event`."""
        ...

    def drain_notice(self, running: Iterable[Invocation]) -> bytes:
        """Return the bytes that say so to a client which `expects_notice`.

        Args:
            running: The calls that were under way then, which are answered all the same.
        """
        ...


def error_text(error: BaseException) -> str:
    """Return what the client is told of an exception: its text, or its class where it has none."""
    try:
        text = str(error)
    except BaseException:  # of an exception that cannot even say what it is
        text = ""
    return text or type(error).__name__
