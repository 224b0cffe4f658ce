"""net/rpc's own codec: header and body are two gob values, one after the other."""

from __future__ import annotations

from typing import Any

from rpcgen.gob import Decoder, Encoder, Limits
from rpcgen.schema import Schema, Untyped

from .headers import REQUEST, RESPONSE, Request, Response

__all__ = ["GobClientCodec", "GobServerCodec"]


class _GobCodec:
    """One gob stream in each direction."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._encoder = Encoder()
        self._decoder = Decoder(limits=limits or Limits())
        self.feed = self._decoder.feed

    @property
    def pending(self) -> int:
        """How many bytes were fed that belong to no message yet."""
        return self._decoder.pending

    def _encode(
        self, header_schema: Schema[Any], header: object, schema: Schema[Any], body: object
    ) -> bytes:
        return self._encoder.encode_all([(header, header_schema), (body, schema)])

    def _decode_body(self, schema: Schema[Any] | None) -> object:
        if schema is None:
            self._decoder.skip()
            return None
        if isinstance(schema, Untyped):
            return self._decoder.decode()
        return self._decoder.decode(schema)


class GobClientCodec(_GobCodec):
    """The client's side of Go's default codec."""

    def encode_request(self, request: Request, schema: Schema[Any], args: object) -> bytes:
        return self._encode(REQUEST, request, schema, args)

    def decode_response_header(self) -> Response:
        return self._decoder.decode(RESPONSE)

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        return self._decode_body(schema)


class GobServerCodec(_GobCodec):
    """The server's side of Go's default codec."""

    def decode_request_header(self) -> Request:
        return self._decoder.decode(REQUEST)

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        return self._decode_body(schema)

    def encode_response(self, response: Response, schema: Schema[Any], reply: object) -> bytes:
        return self._encode(RESPONSE, response, schema, reply)
