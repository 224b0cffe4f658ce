"""The server's half of net/rpc, without I/O: requests in, responses out.

::

    reading ──receive_eof(), a broken stream──▶ draining

An API feeds what arrives to `ServerProtocol.receive`, carries out each
`Invocation` it gets back, and sends what `reply` or `refuse` make of the
outcome. While draining, it waits for the calls that are still running, sends
their replies, and closes the connection. Mirrors ``rpc.Server.ServeCodec``.

The API sees to it that one thread at a time is in `receive` or `receive_eof`,
and one in `reply` or `refuse`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeAlias

from attrs import define, field

from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.schema import schema_of

from .codec import (
    LARGE,
    Encode,
    ServerCodec,
    buffered_codec,
    checked,
    is_large,
    joined,
    measured_codec,
    space,
)
from .headers import Request, Response
from .registry import Registry, ServedMethod, UnknownMethodError

__all__ = [
    "CALLS_IN_FLIGHT",
    "Event",
    "Invocation",
    "Output",
    "Refusal",
    "ServerProtocol",
    "ServerSession",
    "Stage",
    "error_text",
]

CALLS_IN_FLIGHT = 1024
"""More calls of one client than this are not begun before earlier ones are over."""

# What follows the header of an error response; clients skip it.
_INVALID_REQUEST = schema_of(None)


# Not frozen, which would make each of them take three times as long to make.


@define(eq=False)
class Invocation:
    """A call to carry out."""

    request: Request
    served: ServedMethod
    args: object
    began: float = field(init=False)
    """When its handler began to run, by the clock of its `Execution`."""

    ended: float = field(init=False)
    """When its reply was ready to be sent."""


@define
class Refusal:
    """A request that cannot be carried out, and the text that tells the client why."""

    request: Request
    error: str


@define
class Output:
    """Bytes to send as they are."""

    data: bytes


Event: TypeAlias = Invocation | Refusal | Output


class Stage(Enum):
    """What a connection waits for, where the client says when it comes."""

    IDLE = "a request"
    HANDSHAKE = "an HTTP request"
    HEADER = "the rest of a request's header"
    BODY = "the rest of a request's body"


class ServerSession(Protocol):
    """What one connection's client says, as a server of either API sees it.

    Of the methods that take what has come, one thread at a time may be in any;
    likewise for those that encode a response.
    """

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
        """What the client is to send next, and an object that stands for this very message."""
        ...

    @property
    def is_cut(self) -> bool:
        """True if the last thing that was fed ended in the middle of a request."""
        ...

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the client and return what there is to do."""
        ...

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, for `next_event` to say what they hold."""
        ...

    def space(self) -> memoryview | None:
        """Return where to put the next bytes from the client, or None to call `feed`."""
        ...

    def filled(self, count: int) -> None:
        """Take what was put into `space`, like `feed`."""
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

    def refuse(self, request: Request, error: str) -> bytes:
        """Return the bytes of an error response."""
        ...


class ServerProtocol:
    """The `ServerSession` of net/rpc itself: one connection's requests, from its first byte on."""

    def __init__(self, registry: Registry, codec: ServerCodec) -> None:
        self._registry = registry
        self._codec = codec
        self._measured = measured_codec(codec)
        self._buffered = buffered_codec(codec)
        self._encode: Encode[Response] = checked(codec, codec.encode_response)
        # The request whose header has been read and whose body has not.
        self._current: Request | None = None
        # What to call the end of the stream if it came now.
        self._eof = "EOF"
        # Attributes, not properties: asked several times for each call.
        self.draining = False
        """Whether no more requests can come."""
        self.is_cut = False
        """True if the last thing that was fed ended in the middle of a request."""
        # Stands for the request that is not whole yet, for `stage` to tell it from the next one.
        self._partial: object | None = None
        self._failure = ""

    @property
    def failure(self) -> str:
        """Why no more requests can come, if it was not the end of the stream."""
        return self._failure

    @property
    def stage(self) -> tuple[Stage, object]:
        """What the client is to send next, and an object that stands for this very message."""
        if self._partial is None or self.draining:
            return Stage.IDLE, None
        # JSON has both in one: what is that long is no header any more.
        pending = 0 if self._measured is None else self._measured.pending
        is_body = self._current is not None or pending > LARGE
        return Stage.BODY if is_body else Stage.HEADER, self._partial

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the client and return the requests that they complete.

        A request for something unknown, or with arguments that cannot be
        decoded, is refused and the connection goes on; a header that cannot be
        decoded ends it.
        """
        self.feed(data)
        return list(iter(self.next_event, None))

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, for `next_event` to say what they hold."""
        self.is_cut = False
        if not self.draining:
            self._codec.feed(data)

    def space(self) -> memoryview | None:
        """Return where to put the next bytes from the client, or None to call `feed`.

        There is such memory in the middle of a large request.
        """
        return space(self._buffered) if self.is_cut and not self.draining else None

    def filled(self, count: int) -> None:
        """Take what was put into `space`, like `feed`."""
        self.is_cut = False
        assert self._buffered is not None  # it has given the memory
        self._buffered.buffer_updated(count)

    def is_large(self) -> bool:
        """Say whether `next_event` has so much to decode that a thread of its own pays.

        That thread must be the only one that is in here until `next_event`
        returns; others may reply meanwhile.
        """
        if self.draining:
            return False
        if self._current is None and not is_large(self._measured):
            try:
                if self._measured is not None and not self._measured.pending:
                    return False
                self._current = self._codec.decode_request_header()
            except TruncatedError:
                return False  # which `next_event` finds as well
            except DecodeError as error:
                self._fail(error)
                return False
        return is_large(self._measured)

    def next_event(self) -> Invocation | Refusal | None:
        """Return the next request, or None where there is none yet, or will be none."""
        if self.draining:
            return None
        try:
            if self._current is None:
                if self._measured is not None and not self._measured.pending:
                    self._eof = "EOF"
                    return None
                self._current = self._codec.decode_request_header()
            event = self._receive_body(self._current)
        except TruncatedError as error:
            self._eof = error.reason
            self.is_cut = True
            if error.reason != "EOF":  # there is something, then
                self._partial = self._partial or object()
            return None
        except DecodeError as error:
            self._fail(error)
            return None
        self._current = self._partial = None
        return event

    def _fail(self, error: DecodeError) -> None:
        self.draining = True
        self._failure = f"rpc: server cannot decode request: {error}"

    def _receive_body(self, request: Request) -> Invocation | Refusal:
        try:
            served = self._registry.find(request.service_method)
        except UnknownMethodError as error:
            self._skip_body()
            return Refusal(request, str(error))
        try:
            args = self._codec.decode_request_body(served.request)
        except TruncatedError:
            raise
        except DecodeError as error:
            return Refusal(request, str(error))
        return Invocation(request, served, args)

    def _skip_body(self) -> None:
        try:
            self._codec.decode_request_body(None)
        except TruncatedError:
            raise
        except DecodeError:
            pass  # the client is told of the unknown method, not of this

    def opened(self) -> None:
        """Count the connection as one that is open."""
        self._registry.connections.opened()

    def closed(self) -> None:
        """Count the connection as one that has been closed."""
        self._registry.connections.closed()

    def receive_eof(self) -> list[Event]:
        """Take the end of the stream; a request that lacks its arguments is refused."""
        self.draining = True
        if self._current is None:
            return []
        request, self._current = self._current, None
        try:
            self._registry.find(request.service_method)
        except UnknownMethodError as error:
            return [Refusal(request, str(error))]
        return [Refusal(request, self._eof)]

    def reply(self, invocation: Invocation, value: object) -> bytes:
        """Return the bytes of a response.

        Raises `EncodeError` if the value does not fit the method's schema;
        `refuse` the request then.
        """
        request = invocation.request
        response = Response(request.service_method, request.seq)
        return joined(self._encode(response, invocation.served.response, value))

    def reply_parts(self, invocation: Invocation, value: object) -> Sequence[bytes]:
        """Return the same in parts, large parts of the value as they are: not copied."""
        request = invocation.request
        response = Response(request.service_method, request.seq)
        return self._encode(response, invocation.served.response, value)

    def refuse(self, request: Request, error: str) -> bytes:
        """Return the bytes of an error response."""
        # What is no Unicode, such as the name of a file can be in an error, could not be sent.
        error = error.encode(errors="backslashreplace").decode()
        response = Response(request.service_method, request.seq, error)
        return joined(self._encode(response, _INVALID_REQUEST, None))


def error_text(error: BaseException) -> str:
    """Return what the client is told of an exception: its text, or its class where it has none."""
    try:
        text = str(error)
    except BaseException:  # of an exception that cannot even say what it is
        text = ""
    return text or type(error).__name__
