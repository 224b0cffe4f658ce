"""Requests of a client; what those with options say is in ``test_client_extended.py``."""

from __future__ import annotations

import pytest

from rpcgen.errors import EncodeError
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, GobServerCodec, Request
from rpcgen.protocol.request_encoder import RequestEncoder

from .messages import SUM, Pair


def encoder() -> RequestEncoder:
    return RequestEncoder(GobClientCodec(), lambda: 0.0)


def requests_in(data: bytes) -> list[tuple[str, int, object]]:
    codec = GobServerCodec()
    codec.feed(data)
    header: Request = codec.decode_request_header()
    return [(header.service_method, header.seq, codec.decode_request_body(SUM.request))]


def test_encode_gives_header_and_arguments() -> None:
    assert requests_in(encoder().encode(0, SUM, Pair(1, 2))) == [("Math.Sum", 0, Pair(1, 2))]


def test_encode_value_that_does_not_fit() -> None:
    with pytest.raises(EncodeError, match=r"Pair\.a"):
        encoder().encode(0, SUM, Pair(2**63, 2))


def test_encode_after_a_failure_is_as_if_it_had_not_been() -> None:
    used, fresh = encoder(), encoder()
    with pytest.raises(EncodeError):
        used.encode(0, SUM, Pair(2**63, 2))
    assert used.encode(0, SUM, Pair(1, 2)) == fresh.encode(0, SUM, Pair(1, 2))


def test_encode_parts_is_the_same_in_parts() -> None:
    whole, parts = encoder(), encoder()
    echo = Method[bytes, bytes]("Math.Echo")
    for args in (b"small", bytes(200_000)):
        assert b"".join(parts.encode_parts(1, echo, args)) == whole.encode(1, echo, args)


def test_encode_parts_does_not_copy_what_is_large() -> None:
    large = bytes(200_000)
    parts = encoder().encode_parts(1, Method[bytes, bytes]("Math.Echo"), large)
    assert any(part is large for part in parts)
