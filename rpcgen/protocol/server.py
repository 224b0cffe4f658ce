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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rpcgen.code import Code
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.schema import Schema, schema_of

from .codec import (
    LARGE_MESSAGE_BYTES,
    Encode,
    ServerCodec,
    buffered_codec,
    checked,
    encode_plain,
    extended_codec,
    get_buffer,
    is_large,
    joined,
    measured_codec,
    next_header,
    served_calls,
)
from .context import CallContext
from .headers import (
    CANCEL_METHOD,
    NOTICE_SEQ,
    CancelArgs,
    ExtendedRequest,
    ExtendedResponse,
    Feature,
    Request,
    Response,
    plain_response,
)
from .metadata import checked_metadata
from .registry import Registry, ServedMethod, UnknownMethodError
from .server_session import (
    INVALID_REQUEST,
    Cancellation,
    Event,
    Failure,
    Invocation,
    RejectedRequest,
    Stage,
)

__all__ = ["ServerProtocol"]

_CANCEL_ARGS: Final = schema_of(CancelArgs)
_CANCEL_REPLY: Final = schema_of(bool)

_NANOSECOND: Final = 1e-9


class ServerProtocol:
    """The `ServerSession` of net/rpc itself: one connection's requests, from its first byte on."""

    def __init__(self, registry: Registry, codec: ServerCodec) -> None:
        self._find = registry.find
        self._clock = registry.clock
        self._registry = registry
        self._codec = codec
        self._measured = measured_codec(codec)
        self._buffered = buffered_codec(codec)
        self._next_header = next_header(codec, codec.decode_request_header)
        self._decode_body = codec.decode_request_body
        self._encode: Encode[Response] = checked(codec, codec.encode_response)
        self._encode_plain = encode_plain(codec, self._encode, Response)
        # False for a codec of the user's, which knows of Go's headers alone.
        self._is_extended = extended_codec(codec) is not None
        # The request whose header has been read and whose body has not.
        self._current: Request | None = None
        # When its header came, if the body has not come with it.
        self._arrived: float | None = None
        # Features of the client, and True if it is to be told those of this server.
        self._features = Feature(0)
        self._is_asked = False
        # Go's name for the end of the stream, if it came at this place.
        self._eof = "EOF"
        # Attributes, not properties: asked several times for each call.
        self.draining = False
        """True once no more requests can come."""
        self.is_cut = False
        """True if the last thing that was fed ended in the middle of a request."""
        self.headers: Mapping[str, str] = {}
        """Fields of an HTTP request; here there is none."""
        # Mark of the request that is not whole yet, for `stage` to tell it from the next one.
        self._partial: object | None = None
        self._failure = ""
        # Methods that plain calls find; none while all are refused.
        self._served = registry.served
        self.served_calls = calls = served_calls(codec, self, Invocation)
        """Calls that the accelerator takes off the codec's stream; None where it is not there."""
        if calls is not None:
            # It looks at `_current`, `_partial`, `_served` and `draining`, and sets `_eof`.
            self.next_event = calls.next  # type: ignore[method-assign]
            self.reply_parts = calls.reply_parts  # type: ignore[method-assign, assignment]

    @property
    def failure(self) -> str:
        """Why no more requests can come, if it was not the end of the stream."""
        return self._failure

    @property
    def stage(self) -> tuple[Stage, object]:
        """Stage of the connection, by what comes next, and an object for this very message."""
        if self._partial is None or self.draining:
            return Stage.IDLE, None
        # JSON has both in one: what is that long is no header any more.
        pending = 0 if self._measured is None else self._measured.pending
        is_body = self._current is not None or pending > LARGE_MESSAGE_BYTES
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

    def get_buffer(self) -> memoryview | None:
        """Return where to put the next bytes from the client, or None to call `feed`.

        There is such memory in the middle of a large request.
        """
        return get_buffer(self._buffered) if self.is_cut and not self.draining else None

    def buffer_updated(self, count: int) -> None:
        """Take what was put into `get_buffer`, like `feed`."""
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
                self._current = self._next_header()
                if self._current is None:
                    return False
                self._arrived = self._clock()
            except TruncatedError:
                return False  # which `next_event` finds as well
            except DecodeError as error:
                self._fail(error)
                return False
        return is_large(self._measured)

    def next_event(self) -> Invocation | RejectedRequest | Cancellation | None:
        """Return the next request, or None where there is none yet, or will be none."""
        if self.draining:
            return None
        try:
            if self._current is None:
                self._current = self._next_header()
                if self._current is None:
                    self._eof = "EOF"
                    return None
            event = self._receive_body(self._current)
        except TruncatedError as error:
            self._eof = error.reason
            self.is_cut = True
            if error.reason != "EOF":  # there is something, then
                self._partial = self._partial or object()
            if self._current is not None and self._arrived is None:
                self._arrived = self._clock()
            return None
        except DecodeError as error:
            self._fail(error)
            return None
        self._current = self._partial = self._arrived = None
        return event

    def _fail(self, error: DecodeError) -> None:
        self.draining = True
        self._failure = f"rpc: server cannot decode request: {error}"

    def _receive_body(self, request: Request) -> Invocation | RejectedRequest | Cancellation:
        try:
            served = self._find(request.service_method)
        except UnknownMethodError as error:
            if request.service_method == CANCEL_METHOD:
                return self._receive_cancel(request)
            self._skip_body()
            return RejectedRequest(request, str(error), error.code)
        try:
            args = self._decode_body(served.request)
        except TruncatedError:
            raise
        except DecodeError as error:
            return RejectedRequest(request, str(error))
        invocation = Invocation(request, served, args)
        if type(request) is not Request:
            invocation.context = self._context(request)
        return invocation

    def _context(self, request: Request) -> CallContext:
        """Return the context of a request that has more than Go's."""
        assert type(request) is ExtendedRequest
        if request.features:
            self._learn(request)
        timeout = request.timeout
        if not timeout:
            return CallContext(request)
        arrived = self._clock() if self._arrived is None else self._arrived
        return CallContext(request, arrived + timeout * _NANOSECOND)

    def _learn(self, request: Request) -> None:
        """Take note of what the client can do; one that says so is told what this server can."""
        if isinstance(request, ExtendedRequest) and request.features:
            self._is_asked = self._is_asked or not self._features
            self._features |= Feature(request.features)

    def _receive_cancel(self, request: Request) -> Cancellation | RejectedRequest:
        try:
            args = self._decode_body(_CANCEL_ARGS)
        except TruncatedError:
            raise
        except DecodeError as error:
            return RejectedRequest(request, str(error))
        self._learn(request)
        return Cancellation(request, args.seq)

    def _skip_body(self) -> None:
        try:
            self._decode_body(None)
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
            return [RejectedRequest(request, str(error))]
        return [RejectedRequest(request, self._eof)]

    def drain(self) -> None:
        """Refuse all requests from now on; between two calls of `next_event`."""
        self._find, self._served = _find_nothing, {}

    @property
    def expects_notice(self) -> bool:
        """True if the client understands `drain_notice`, and hangs up by itself then."""
        return bool(self._features & Feature.DRAIN_NOTICE)

    def drain_notice(self, running: Iterable[Invocation]) -> bytes:
        """Return the bytes that tell a client of `drain`.

        Args:
            running: The calls that were under way then. Of the others, those with lower numbers
                were answered before the notice, or will be refused.
        """
        last = max((each.request.seq for each in running), default=0)
        notice = ExtendedResponse(seq=NOTICE_SEQ, last=last)
        return joined(self._encode(notice, INVALID_REQUEST, None))

    def reply(self, invocation: Invocation, value: object) -> bytes:
        """Return the bytes of a response.

        Raises `EncodeError` if the value does not fit the method's schema;
        `refuse` the request then.
        """
        return joined(self.reply_parts(invocation, value))

    def reply_parts(self, invocation: Invocation, value: object) -> Sequence[bytes]:
        """Return the same in parts, large parts of the value as they are: not copied."""
        request, context = invocation.request, invocation.context
        # Most of those that have a time limit are answered as those that have none.
        if context is None or not (self._is_asked or context.reply_metadata):
            schema = invocation.served.response
            return self._encode_plain(request.service_method, request.seq, schema, value)
        more = ExtendedResponse(request.service_method, request.seq)
        more.metadata = checked_metadata(context.reply_metadata) or None
        return self._encode_extended(more, invocation.served.response, value)

    def refuse(self, request: Request, error: str, code: Code = Code.UNKNOWN) -> bytes:
        """Return the bytes of an error response; with a code, it says that nothing was begun."""
        response = _error_response(request, error, code)
        response.unstarted = bool(response.code)
        return joined(self._encode_extended(response, INVALID_REQUEST, None))

    def fail(self, request: Request, failure: Failure) -> bytes:
        """Return the bytes of an error response of a call that was carried out.

        Raises `EncodeError` if the exception or the metadata cannot travel.
        """
        response = _error_response(request, failure.text, failure.code)
        response.metadata = dict(failure.metadata) or None
        if not self._is_extended:
            return joined(self._encode_extended(response, INVALID_REQUEST, None))
        response.raised = failure.raised
        return joined(self._encode_extended(response, failure.schema, failure.body))

    def answer_cancel(self, cancellation: Cancellation, found: bool) -> bytes:
        """Return the bytes of a response that says whether there was such a call."""
        request = cancellation.request
        response = ExtendedResponse(request.service_method, request.seq)
        return joined(self._encode_extended(response, _CANCEL_REPLY, found))

    def _encode_extended(
        self, response: ExtendedResponse, schema: Schema[Any], value: object
    ) -> Sequence[bytes]:
        """Encode a response, as a plain one where it says nothing beyond Go's."""
        if self._is_asked:
            response.features = self._registry.features
        header = plain_response(response) if self._is_extended else _without_more(response)
        parts = self._encode(header, schema, value)
        self._is_asked = False
        return parts


def _without_more(response: Response) -> Response:
    return Response(response.service_method, response.seq, response.error)


class _ClosingError(UnknownMethodError):
    """A request to a server that begins no more calls."""

    code = Code.UNAVAILABLE


def _find_nothing(service_method: str) -> ServedMethod:
    raise _ClosingError("the server begins no more calls here: dial again, or call another one")


def _error_response(request: Request, error: str, code: Code) -> ExtendedResponse:
    # Text that is not Unicode, such as the name of a file in an error, could not be sent.
    error = error.encode(errors="backslashreplace").decode()
    known = 0 if code == Code.UNKNOWN else code
    return ExtendedResponse(request.service_method, request.seq, error, known)
