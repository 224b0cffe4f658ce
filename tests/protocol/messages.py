"""Methods and codecs that the tests of the protocol share."""

from __future__ import annotations

from attrs import define

from rpcgen.errors import TruncatedError
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, GobServerCodec, Request, Response
from rpcgen.schema import schema_of

__all__ = ["DOUBLE", "SUM", "Pair", "answered", "request_bytes", "response_bytes"]


@define
class Pair:
    """Two numbers."""

    a: int = 0
    b: int = 0


SUM = Method[Pair, int]("Math.Sum")
DOUBLE = Method[int, int]("Math.Double")


def request_bytes(*calls: tuple[str, int, object], codec: GobClientCodec | None = None) -> bytes:
    """Return what a client sends for calls of (service method, seq, args)."""
    codec = codec or GobClientCodec()
    return b"".join(
        part
        for name, seq, args in calls
        for part in codec.encode_request(Request(name, seq), schema_of(type(args)), args)
    )


def response_bytes(
    *replies: tuple[int, object] | tuple[int, object, str], codec: GobServerCodec | None = None
) -> bytes:
    """Return what a server sends for replies of (seq, value) or (seq, None, error)."""
    codec = codec or GobServerCodec()
    return b"".join(
        part
        for reply in replies
        for part in codec.encode_response(
            Response("Math.Sum", reply[0], reply[2] if len(reply) == 3 else ""),
            schema_of(type(reply[1])),
            reply[1],
        )
    )


def answered(data: bytes) -> list[int]:
    """Return the numbers of the requests that a server has answered, sorted."""
    codec, found = GobClientCodec(), []
    codec.feed(data)
    while True:
        try:
            found.append(codec.decode_response_header().seq)
            codec.decode_response_body(None)
        except TruncatedError:
            return sorted(found)
