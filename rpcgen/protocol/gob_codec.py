"""net/rpc's own codec: header and body are two gob values, one after the other.

A header is like the last one of its method, except for its number. So both
directions know headers by their bytes: what is in front of the number is
looked up, neither made nor read (`rpcgen.gob.header_cache`). Whatever is out
of the ordinary, and the first header of each method, goes the general way.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any, Final, Literal

from rpcgen._interrupts import reraise_interrupt
from rpcgen.gob import Encoder, Limits
from rpcgen.gob.header_cache import MAX_HEADERS, HeaderDecoder
from rpcgen.gob.numbers import UINT, uint_bytes
from rpcgen.schema import Schema

from .codec import BufferedCodec, DescribingCodec, MeasuredCodec
from .headers import REQUEST, RESPONSE, Request, Response

__all__ = ["GobClientCodec", "GobServerCodec"]

# A number takes at most so many bytes.
_WIDEST: Final = 9

# Small numbers as they end a header: the zero says that no field follows.
_NUMBERS: Final = [data + b"\0" for data in UINT]

# What stands for bytes of a header that are not UTF-8.
_NOT_UTF8: Final = "[\udc80-\udcff]"

# Numbers of two bytes, with the negated count of them in front.
_pack_two: Final = struct.Struct(">BHB").pack


def _number(seq: int) -> bytes:
    if 256 <= seq < 65536:
        return _pack_two(254, seq, 0)
    if seq <= 0:
        raise ValueError("a zero is left out, and there is nothing below")
    return uint_bytes(seq) + b"\0"


class _GobCodec(MeasuredCodec, BufferedCodec, DescribingCodec):
    """One gob stream in each direction."""

    def __init__(
        self,
        sent: Schema[Any],
        received: HeaderDecoder[Any],
        strings: Literal["strict", "surrogateescape"],
    ) -> None:
        self._sent = sent
        self._encoder = Encoder(strings=strings)
        self._decoder = received
        self.described = self._encoder.described
        # For each method, what is in front of a header's number, by the bytes that follow it.
        self._heads: dict[str, list[bytes]] = {}
        self.feed = received.feed

    @property
    def pending(self) -> int:
        """How many bytes were fed that belong to no message yet."""
        return self._decoder.pending

    @property
    def needed(self) -> int:
        """How many bytes are missing to go on, as far as is known; see `Decoder.needed`."""
        return self._decoder.needed

    @property
    def ahead(self) -> int:
        """Size in bytes of the next value, if it is there; see `Decoder.ahead`."""
        return self._decoder.ahead

    def get_buffer(self) -> memoryview:
        """Return memory for the next bytes; see `Decoder.space`."""
        return self._decoder.space()

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was put into the memory of `get_buffer`."""
        self._decoder.filled(nbytes)

    def _encode(self, header: Request | Response, schema: Schema[Any], body: object) -> list[bytes]:
        parts = self._encoder.encode_parts([(header, self._sent), (body, schema)])
        # What a stranger calls that is not there is answered with an error, and not remembered.
        if header.service_method not in self._heads and not getattr(header, "error", ""):
            self._learn(type(header), header.service_method)
        return parts

    def _head(self, method: str, seq: int) -> bytes | None:
        """Return a header without an error, if one of the method has been sent before."""
        try:
            number = _NUMBERS[seq] if 0 < seq < 512 else _number(seq)
            return self._heads[method][len(number)] + number
        except Exception as error:
            reraise_interrupt(error)
            return None

    def _learn(self, cls: type[Request | Response], method: str) -> None:
        """Take from the bytes of a header what all others of its method have in common."""
        middle = self._encoder.encode(cls(method, 1), self._sent)[1:-2]
        # The empty name is left out; after a long one, a length takes more than one byte.
        if method and len(middle) + _WIDEST + 1 < 128:
            if len(self._heads) >= MAX_HEADERS:
                self._heads.clear()
            self._heads[method] = [bytes((len(middle) + n,)) + middle for n in range(_WIDEST + 2)]


class GobClientCodec(_GobCodec):
    """The client's side of Go's default codec.

    ``strings`` and ``names`` are those of `rpcgen.gob.Decoder`, for arguments and
    replies.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        names: Literal["log", "strict"] = "log",
    ) -> None:
        headers = HeaderDecoder(Response, RESPONSE, limits, strings, names)
        super().__init__(REQUEST, headers, strings)

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        head = self._head(request.service_method, request.seq)
        if head is None:
            return self._encode(request, schema, args)
        return self._encoder.encode_parts_after(head, args, schema)

    def decode_response_header(self) -> Response:
        header: Response = self._decoder.decode_header()
        if header.error and not header.error.isascii():
            # As in Go's JSON: a text for people, which every terminal and log can take.
            header.error = re.sub(_NOT_UTF8, "\ufffd", header.error)
        return header

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        if schema is None:
            return self._decoder.skip()
        return self._decoder.decode(schema)


class GobServerCodec(_GobCodec):
    """The server's side of Go's default codec; its options are those of `GobClientCodec`."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        names: Literal["log", "strict"] = "log",
    ) -> None:
        headers = HeaderDecoder(Request, REQUEST, limits, strings, names)
        super().__init__(RESPONSE, headers, strings)

    def decode_request_header(self) -> Request:
        header: Request = self._decoder.decode_header()
        return header

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        if schema is None:
            return self._decoder.skip()
        return self._decoder.decode(schema)

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        head = self._head(response.service_method, response.seq)
        if head is None or response.error != "":
            return self._encode(response, schema, reply)
        return self._encoder.encode_parts_after(head, reply, schema)
