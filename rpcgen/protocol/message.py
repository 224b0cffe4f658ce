"""One request or one response as a message of its own, for brokers that carry such; without I/O.

::

    definitions, header, body      one gob stream, from its beginning

What net/rpc sends on a connection depends on what was sent before. A message does not: it brings
the definitions of its types along. Its header is Go's or the extended one, with the number 0,
since the broker says what belongs together. Our definitions are all in front; those of others
may be anywhere in the stream.

`MessageServerCodec` and `MessageClientCodec` are codecs as those of a connection are, but each
``feed`` takes a whole message, which forgets the last one. What is wrong with a message concerns
no other one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Literal, TypeVar, cast

from rpcgen._interrupts import reraise_interrupt
from rpcgen.code import Code
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.method import Method
from rpcgen.schema import Schema
from rpcgen.values.limits import Limits

from .call_options import NO_OPTIONS, CallSettings
from .client import ClientProtocol, Completion
from .codec import ExtendedCodec, MeasuredCodec
from .extended import Extension
from .gob_codec import GobClientCodec, GobServerCodec
from .headers import (
    EXTENDED_REQUEST,
    EXTENDED_RESPONSE,
    REQUEST,
    RESPONSE,
    ExtendedRequest,
    ExtendedResponse,
    Request,
    Response,
    plain_request,
)
from .message_streams import MessageReader, MessageWriter, Reading
from .request_encoder import RequestEncoder
from .server_session import INVALID_REQUEST

__all__ = ["MessageClientCodec", "MessageServerCodec", "decode_reply", "encode_call", "refusal"]

Req = TypeVar("Req")
Res = TypeVar("Res")
C = TypeVar("C", GobClientCodec, GobServerCodec)

_CUT: Final = "the message ends in the middle"


class _MessageCodec(MeasuredCodec, ExtendedCodec, Generic[C]):
    """Base of both sides: the message that is to be read.

    Args:
        make: Class of the codecs that read messages.
        header: Class of Go's header that is sent.
        plain: Schema of that.
        extended: Schema of one that has more.
        limits: Those of `GobClientCodec`, as for the others.
        strings: What becomes of strings that are not UTF-8.
        strict_names: What becomes of fields whose names differ in case only.
    """

    def __init__(
        self,
        make: type[C],
        header: Callable[[str], Request | Response],
        plain: Schema[Any],
        extended: Schema[Any],
        limits: Limits | None,
        strings: Literal["strict", "surrogateescape"],
        strict_names: bool,
    ) -> None:
        writer = MessageWriter(header, plain, extended, strings)
        self._encode = writer.encode
        self.write_plain = writer.encode_plain
        """Returns the message of a method, and of schema and value of its body."""
        self._reader: MessageReader[C] = MessageReader(
            lambda: make(limits, strings=strings, strict_names=strict_names)
        )
        self._extension = Extension(limits or Limits())
        self._message: bytes | None = None
        # The message whose body is next.
        self._reading: Reading[C] | None = None

    def feed(self, data: bytes) -> None:
        """Take a message, the whole of it."""
        self._message = data

    @property
    def pending(self) -> int:
        """Number of bytes of the message if it is still to be read, else 0; 1 if it is empty."""
        return 0 if self._message is None else len(self._message) or 1

    @property
    def ahead(self) -> int:
        """0: brokers bound how long messages are."""
        return 0

    def request_number(self, seq: int) -> int | None:
        """Return None: numbers mean nothing to the other side."""
        return None

    def _take(self) -> bytes:
        """Return the message, once.

        Raises:
            TruncatedError: There is none.
        """
        if self._message is None:
            raise TruncatedError("EOF")
        message, self._message = self._message, None
        return message


class MessageClientCodec(_MessageCodec[GobClientCodec]):
    """Writes requests and reads responses, each a message; see `GobClientCodec` for the options."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
    ) -> None:
        super().__init__(
            GobClientCodec,
            Request,
            REQUEST,
            EXTENDED_REQUEST,
            limits,
            strings,
            strict_names,
        )
        self.seq = 0
        """Number of the call that is answered by the next message."""
        # Fault of the message whose header was asked for.
        self._fault: DecodeError | None = None

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        """Return the message, in one piece; the header's number does not travel."""
        if type(request) is not ExtendedRequest:
            return (self.write_plain(request.service_method, schema, args),)
        return (self._encode(self._header(request), schema, args),)

    def _header(self, request: ExtendedRequest) -> Request:
        self._extension.check_metadata(request)
        # Features of a client are told to connections, not with a message.
        more = ExtendedRequest(request.service_method, 0, request.timeout, request.metadata)
        more.key = request.key
        return plain_request(more)

    def decode_response_header(self) -> Response:
        """Return the header, with the number `seq`; of what is none, one whose body fails."""
        return self.read_header(self._take(), self.seq)

    def read_header(self, message: bytes, seq: int) -> Response:
        """Return the header of a message, with a number; the body is next."""
        try:
            self._reading = reading = self._reader.begin(message)
            header = cast("Response | None", reading.header)
            if header is None:
                header = reading.header = reading.codec.decode_response_header()
        except DecodeError as error:
            reraise_interrupt(error)
            self._reading, self._fault = None, _told(error)
            return Response("", seq)
        header.seq = seq
        return header

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        """Return the reply; raise what is wrong with the message."""
        if self._reading is None:
            fault, self._fault = self._fault, None
            raise fault or DecodeError("there is no message")
        reading, self._reading = self._reading, None
        body = _whole(reading.codec.decode_response_body, schema, reading.codec)
        self._reader.end(reading)
        return body


class MessageServerCodec(_MessageCodec[GobServerCodec]):
    """Reads requests and writes responses, each a message; see `GobServerCodec` for the options.

    A message that has no header ends a `ServerProtocol`, as on a connection: make another one.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
    ) -> None:
        super().__init__(
            GobServerCodec,
            Response,
            RESPONSE,
            EXTENDED_RESPONSE,
            limits,
            strings,
            strict_names,
        )

    def decode_request_header(self) -> Request:
        """Return the header; raise `DecodeError` if the message has none."""
        return self.read_header(self._take())

    def read_header(self, message: bytes) -> Request:
        """Return the header of a message, or raise as that; the body is next."""
        self._reading = None
        try:
            reading = self._reader.begin(message)
            header = cast("Request | None", reading.header)
            if header is None:
                header = reading.header = reading.codec.decode_request_header()
        except TruncatedError as error:
            raise _told(error) from error
        self._reading = reading
        return header

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        """Return the arguments."""
        if self._reading is None:
            raise DecodeError("there is no message")
        reading, self._reading = self._reading, None
        body = _whole(reading.codec.decode_request_body, schema, reading.codec)
        self._reader.end(reading)
        return body

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        """Return the message, in one piece; the header's number must be 0."""
        if type(response) is ExtendedResponse:
            self._extension.check_metadata(response)
        elif not response.error:
            return (self.write_plain(response.service_method, schema, reply),)
        return (self._encode(response, schema, reply),)


def _whole(
    read: Callable[[Schema[Any] | None], Any],
    schema: Schema[Any] | None,
    codec: GobClientCodec | GobServerCodec,
) -> Any:
    """Return a body, after which there must be nothing."""
    try:
        body = read(schema)
    except TruncatedError as error:
        raise _told(error) from error
    if codec.pending:
        raise DecodeError("there is more after the message")
    return body


def _told(error: DecodeError) -> DecodeError:
    """Return an error that no more bytes can mend."""
    return DecodeError(_CUT) if isinstance(error, TruncatedError) else error


def refusal(text: str, code: Code, *, unstarted: bool = True) -> bytes:
    """Return the message that answers a call which no handler has answered.

    Args:
        text: Why.
        code: Kind of the error.
        unstarted: True if the call was certainly not begun.
    """
    response = ExtendedResponse("", 0, text, code, unstarted=unstarted)
    (message,) = _refusals.encode_response(response, INVALID_REQUEST, None)
    return message


_refusals: Final = MessageServerCodec()

# Codec of `encode_call`.
_shared: Final = MessageClientCodec()


def encode_call(
    method: Method[Req, Any],
    args: Req,
    settings: CallSettings = NO_OPTIONS,
    clock: Callable[[], float] = lambda: 0.0,
) -> bytes:
    """Return a request as a message.

    Args:
        method: What is called.
        args: Its arguments.
        settings: Its settings, of which the deadline, the metadata and the key travel.
        clock: Returns the time in seconds by which the deadline goes.

    Raises:
        EncodeError: The arguments do not fit.
        DeadlineExceededError: The deadline has passed.
    """
    return RequestEncoder(_shared, clock).encode(0, method, args, settings)


def decode_reply(
    method: Method[Any, Res], message: bytes, limits: Limits | None = None
) -> Completion[str]:
    """Return how a call has ended, given the message that answers it.

    Args:
        method: What was called.
        message: The response.
        limits: Bounds for what it may hold.

    Returns:
        The end, whose waiter is the method's name: `Completion.taken` returns the reply, or raises
        what the response says, or `DecodeError` if it is none.
    """
    codec = MessageClientCodec(limits)
    protocol = ClientProtocol[str](codec)
    codec.seq = protocol.begin(method, method.name)
    (completion,) = protocol.receive(message)
    return completion
