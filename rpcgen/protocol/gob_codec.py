"""net/rpc's own codec: header and body are two gob values, one after the other.

A header is like the last one of its method, except for its number. So both
directions know headers by their bytes: what is in front of the number is
looked up, neither made nor read (`rpcgen.gob.header_cache`). Whatever is out
of the ordinary, and the first header of each method, goes the general way.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, Final, Literal

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Decoder, Encoder, HeaderDecoder
from rpcgen.gob.header_cache import MAX_HEADERS
from rpcgen.gob.numbers import UINT, int_bytes, uint_bytes
from rpcgen.schema import Schema
from rpcgen.values.limits import Limits

from .codec import (
    BufferedCodec,
    DescribingCodec,
    ExtendedCodec,
    KnownRequestCodec,
    MeasuredCodec,
    PlainCodec,
    ServedCalls,
    ServedCallsCodec,
)
from .extended import MAX_UNKNOWN_HEADER, Extension
from .headers import (
    EXTENDED_REQUEST,
    EXTENDED_RESPONSE,
    REQUEST,
    RESPONSE,
    ExtendedRequest,
    ExtendedResponse,
    Request,
    Response,
    more_than_timeout,
    plain_request,
    plain_response,
)

__all__ = ["GobClientCodec", "GobServerCodec"]

# Maximum size of a number in bytes.
_MAX_NUMBER_BYTES: Final = 9

# Small numbers as they end a header: the zero says that no field follows.
_NUMBERS: Final = [data + b"\0" for data in UINT]

# Characters that stand for bytes of a header that are not UTF-8.
_NOT_UTF8: Final = "[\udc80-\udcff]"

# Numbers of two and three bytes, with the negated count of them in front.
_pack_two: Final = struct.Struct(">BHB").pack
_pack_three: Final = struct.Struct(">BBHB").pack


def _number(seq: int) -> bytes:
    """Return a number as it ends a header, one that `_NUMBERS` does not have."""
    if 512 <= seq < 65536:
        return _pack_two(254, seq, 0)
    if 65536 <= seq < 1 << 24:
        return _pack_three(253, seq >> 16, seq & 65535, 0)
    if seq <= 0:
        raise ValueError("a zero is left out, and there is nothing below")
    return uint_bytes(seq) + b"\0"


class _GobCodec(MeasuredCodec, BufferedCodec, DescribingCodec, ExtendedCodec, PlainCodec):
    """One gob stream in each direction.

    Args:
        make: Makes a header that is sent, of a method and a number.
        sent: Schema of Go's header that is sent.
        extended: Schema of one that has more.
        limits: Those of `rpcgen.gob.Decoder`, as for the others.
        strings: What becomes of strings that are not UTF-8.
        strict_names: What becomes of fields whose names differ in case only.
    """

    def __init__(
        self,
        make: Callable[[str, int], Request | Response],
        sent: Schema[Any],
        extended: Schema[Any],
        limits: Limits | None,
        strings: Literal["strict", "surrogateescape"],
        strict_names: bool,
    ) -> None:
        limits = limits or Limits()
        self._make = make
        self._sent = sent
        self._extended = extended
        self._encoder = Encoder(strings=strings)
        self._decoder = Decoder(limits=limits, strings=strings, strict_names=strict_names)
        self.described = self._encoder.described
        # For each method, what is in front of a header's number, by the bytes that follow it.
        self._heads: dict[str, list[bytes]] = {}
        self._extension = Extension(limits)
        # Sizes of extended headers, and whether the stream has described them.
        self._sizes: _HeaderSizes | None = None
        self._has_extended = False
        # Fault of the last header's metadata, for which its body fails.
        self._fault = ""
        self.feed = self._decoder.feed

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no message yet."""
        return self._decoder.pending

    @property
    def types(self) -> Sized:
        """The types that were described to this side so far; see `Decoder.types`."""
        return self._decoder.types

    @property
    def needed(self) -> int:
        """Number of missing bytes, as far as is known; see `Decoder.needed`."""
        return self._decoder.needed

    @property
    def ahead(self) -> int:
        """Size in bytes of the next value, if it is there; see `Decoder.ahead`."""
        return self._decoder.ahead

    def get_buffer(self) -> memoryview:
        """Return memory for the next bytes; see `Decoder.get_buffer`."""
        return self._decoder.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was put into the memory of `get_buffer`."""
        self._decoder.buffer_updated(nbytes)

    def request_number(self, seq: int) -> int | None:
        """Return the number itself; see `ExtendedCodec`."""
        return seq

    def encode_plain(
        self, method: str, seq: int, schema: Schema[Any], body: object
    ) -> Sequence[bytes]:
        """Return a message whose header has a method and a number, and nothing else.

        Args:
            method: The method.
            seq: The number.
            schema: That of the body.
            body: The body.

        Raises:
            EncodeError: The body does not fit the schema.
        """
        try:
            number = _NUMBERS[seq] if 0 < seq < 512 else _number(seq)
            head = self._heads[method][len(number)] + number
        except Exception as error:  # none of the method was sent before, or its number is odd
            reraise_interrupt(error)
            return self._encode(self._make(method, seq), schema, body)
        return self._encoder.encode_parts_after(head, body, schema)

    def _encode(self, header: Request | Response, schema: Schema[Any], body: object) -> list[bytes]:
        parts = self._encoder.encode_parts([(header, self._sent), (body, schema)])
        # A name that a stranger calls, and that is not there, is not remembered.
        if header.service_method not in self._heads and not getattr(header, "error", ""):
            middle = self._encoder.encode(type(header)(header.service_method, 1), self._sent)[1:-2]
            _remember(self._heads, header.service_method, middle, _MAX_NUMBER_BYTES)
        return parts

    def _encode_extended(
        self, header: Request | Response, schema: Schema[Any], body: object
    ) -> list[bytes]:
        parts = self._encoder.encode_parts([(header, self._extended), (body, schema)])
        self._has_extended = True
        return parts

    def _size(self, header: Request | Response) -> int:
        """Return the size in bytes of an extended header, with definitions that the peer lacks."""
        if self._sizes is None:
            self._sizes = _HeaderSizes(self._extended)
        return self._sizes.of(header, self._has_extended)

    def _skip_body(self, schema: Schema[Any] | None) -> None:
        """Pass a body over; raise the fault of its header, if it was asked for."""
        try:
            self._decoder.skip()
        except TruncatedError:
            raise
        except DecodeError as error:
            reraise_interrupt(error)
            if not self._fault:
                raise
        fault, self._fault = self._fault, ""
        if fault and schema is not None:
            raise DecodeError(fault)


class GobClientCodec(_GobCodec, KnownRequestCodec):
    """The client's side of Go's default codec.

    ``strings`` and ``strict_names`` are those of `rpcgen.gob.Decoder`, for arguments and
    replies.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
    ) -> None:
        super().__init__(Request, REQUEST, EXTENDED_REQUEST, limits, strings, strict_names)
        self._headers = HeaderDecoder(
            self._decoder, Response, RESPONSE, EXTENDED_RESPONSE, self._finish
        )
        self.next_header = self._headers.next
        # As `_heads`, of headers with a number and a time limit or metadata, by the bytes of these.
        self._timed_heads: dict[str, list[bytes]] = {}
        # The last time limit and metadata, and how they end a header: one object, so that what an
        # exception from outside leaves fits together.
        self._last: tuple[int, Mapping[str, str] | None, bytes] = (0, {}, b"")

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        if type(request) is ExtendedRequest:
            return self._encode_more(request, schema, args)
        return self.encode_plain(request.service_method, request.seq, schema, args)

    def _encode_more(
        self, request: ExtendedRequest, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        method, is_timed = request.service_method, not more_than_timeout(request)
        if is_timed:
            known = self.encode_known_request(
                method, request.seq, request.timeout, None, schema, args
            )
            if known is not None:
                return known
        self._extension.check_metadata(request)
        if not self._extension.takes_large:
            self._extension.check_size(self._size(request))
        parts = self._encode_extended(request, schema, args)
        if method not in self._timed_heads:
            first = ExtendedRequest(method, 1, 1)
            middle = self._encoder.encode(first, EXTENDED_REQUEST)[1:-4]
            _remember(self._timed_heads, method, middle, 2 * _MAX_NUMBER_BYTES + 1)
        return parts

    def encode_known_request(
        self,
        method: str,
        seq: int,
        timeout: int,
        metadata: Mapping[str, str] | None,
        schema: Schema[Any],
        args: object,
    ) -> Sequence[bytes] | None:
        """Return a request with a time limit or metadata, if its method has been sent like that.

        Args:
            method: The method.
            seq: Number of the request.
            timeout: Nanoseconds left; 0: no time limit.
            metadata: What is to travel beside the arguments, the same object only if it has not
                changed; None if there is nothing.
            schema: That of the arguments.
            args: The arguments.

        Returns:
            None if the header has to be made by `encode_request`.
        """
        if seq <= 0:
            return None  # a zero is left out, and there is nothing below
        try:
            last, beside, end = self._last
            if timeout != last or metadata is not beside:
                end = self._end(timeout, metadata)
                self._last = timeout, metadata, end
            number = _NUMBERS[seq] if seq < 512 else _number(seq)
            rest = number[:-1] + end
            heads = self._timed_heads[method]
            head = heads[len(rest)] if len(rest) < len(heads) else _long_head(heads, rest)
        except Exception as error:
            reraise_interrupt(error)
            return None
        return self._encoder.encode_parts_after(head + rest, args, schema)

    def _end(self, timeout: int, metadata: Mapping[str, str] | None) -> bytes:
        """Return how a header ends after its number.

        Raises:
            ValueError: That is not to be told yet, or not at all.
        """
        if timeout < 0 or not (timeout or metadata):
            raise ValueError("no time limit, and no metadata")
        field = b"\1" + int_bytes(timeout) if timeout else b""
        if not metadata:
            return field + b"\0"
        if not (self._extension.takes_large and self._extension.allows(metadata)):
            raise ValueError("metadata for a server that is not known, or too large")
        texts = [each.encode() for pair in metadata.items() for each in pair]
        sized = b"".join([uint_bytes(len(text)) + text for text in texts])
        # A field is told by its distance from the last one.
        distance = b"\1" if timeout else b"\2"
        return b"%b%b%b%b\0" % (field, distance, uint_bytes(len(metadata)), sized)

    def decode_response_header(self) -> Response:
        return self._headers.decode()

    def _finish(self, header: Response) -> Response:
        if header.error and not header.error.isascii():
            # As in Go's JSON: a text for people, which every terminal and log can take.
            header.error = re.sub(_NOT_UTF8, "\ufffd", header.error)
        if type(header) is ExtendedResponse:
            self._fault = self._extension.received(header)
            return plain_response(header)
        return header

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        if schema is None or self._fault:
            return self._skip_body(schema)
        return self._decoder.decode(schema)


class GobServerCodec(_GobCodec, ServedCallsCodec):
    """The server's side of Go's default codec; its options are those of `GobClientCodec`."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
    ) -> None:
        super().__init__(Response, RESPONSE, EXTENDED_RESPONSE, limits, strings, strict_names)
        self._headers = HeaderDecoder(
            self._decoder,
            Request,
            REQUEST,
            EXTENDED_REQUEST,
            self._finish,
            ExtendedRequest,
            _request_like,
        )
        self.next_header = self._headers.next

    def decode_request_header(self) -> Request:
        return self._headers.decode()

    def _finish(self, header: Request) -> Request:
        if type(header) is ExtendedRequest:
            self._fault = self._extension.received(header)
            return plain_request(header)
        return header

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        if schema is None or self._fault:
            return self._skip_body(schema)
        return self._decoder.decode(schema)

    def served_calls(self, session: Any, cls: type[Any]) -> ServedCalls | None:
        calls: ServedCalls | None = self._headers.served_calls(
            session, cls, self._encoder, self._heads
        )
        return calls

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        if type(response) is ExtendedResponse:
            self._extension.check_metadata(response)
            if self._extension.takes_large or self._size(response) <= MAX_UNKNOWN_HEADER:
                return self._encode_extended(response, schema, reply)
            # Nobody who would read it is known to be there.
            response = Response(response.service_method, response.seq, response.error)
        if response.error != "":
            return self._encode(response, schema, reply)
        return self.encode_plain(response.service_method, response.seq, schema, reply)


def _request_like(known: Request, method: str, seq: int) -> Request:
    """Return a request's header of another method and number, with metadata of its own."""
    assert type(known) is ExtendedRequest
    metadata = None if known.metadata is None else known.metadata.copy()
    return ExtendedRequest(
        method,
        seq,
        known.timeout,
        metadata,
        known.key,
        known.stream,
        known.more,
        known.credit,
        known.features,
    )


def _long_head(heads: list[bytes], rest: bytes) -> bytes:
    """Return what is in front of more bytes than `_remember` has thought of."""
    middle = heads[0][1:]
    return uint_bytes(len(middle) + len(rest)) + middle


class _HeaderSizes:
    """Sizes of extended headers on a stream.

    Args:
        schema: That of the headers.
    """

    # Bytes that the numbers of types may take in addition, late in a stream.
    _SPARE: Final = 8

    def __init__(self, schema: Schema[Any]) -> None:
        self._schema = schema
        self._encoder = Encoder()
        first, second = (len(self._encoder.encode(schema.zero(), schema)) for _ in range(2))
        self._definitions = first - second

    def of(self, header: object, are_defined: bool) -> int:
        """Return the size in bytes of a header, with the definitions unless they were sent."""
        size = len(self._encoder.encode(header, self._schema)) + self._SPARE
        return size if are_defined else size + self._definitions


def _remember(heads: dict[str, list[bytes]], method: str, middle: bytes, widest: int) -> None:
    """Keep what all headers of a method have in common, by the bytes that follow it.

    Args:
        heads: Where it is kept.
        method: The method.
        middle: What is between the length and the number.
        widest: Maximum number of bytes that follow, the zero at the end aside.
    """
    # The empty name is left out; after a long one, a length takes more than one byte.
    if method and len(middle) + widest + 1 < 128:
        if len(heads) >= MAX_HEADERS:
            heads.clear()
        heads[method] = [bytes((len(middle) + n,)) + middle for n in range(widest + 2)]
