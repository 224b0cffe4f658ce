from __future__ import annotations

import pytest

from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Limits, Record
from rpcgen.protocol import GobClientCodec, GobServerCodec, Response
from rpcgen.schema import UNTYPED

from .messages import SUM, Pair, request_bytes, response_bytes


def test_request_is_as_by_go() -> None:
    # Recorded from a Go client that calls Arith.Multiply of a message Pair{A, B int}.
    sent = request_bytes(("Arith.Multiply", 0, Pair(7, 8)))
    assert sent.hex() == (
        "2e7f030101075265717565737401ff80000102010d536572766963654d6574686f64010c00010353657101"
        "0600000013ff80010e41726974682e4d756c7469706c7900"
        "1eff810301010450616972"
        "01ff820001020101410104000101420104000000"
        "07ff82010e011000"
    )


def test_second_request_leaves_the_definitions_out() -> None:
    codec = GobClientCodec()
    request_bytes(("Arith.Multiply", 0, Pair(7, 8)), codec=codec)
    second = request_bytes(("Arith.Multiply", 1, Pair(9, 0)), codec=codec)
    assert second.hex() == "15ff80010e41726974682e4d756c7469706c7901010005ff82011200"


def test_request_is_decoded() -> None:
    codec = GobServerCodec()
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2))))
    header = codec.decode_request_header()
    body = codec.decode_request_body(SUM.request)
    assert (header.service_method, header.seq, body) == ("Math.Sum", 3, Pair(1, 2))


def test_response_is_decoded() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, 5)))
    header = codec.decode_response_header()
    body = codec.decode_response_body(SUM.response)
    assert (header, body) == (Response("Math.Sum", 4, ""), 5)


def test_body_without_schema_is_skipped() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, Pair(1, 2)), (5, 6)))
    codec.decode_response_header()
    codec.decode_response_body(None)
    assert codec.decode_response_header().seq == 5


def test_body_of_unknown_type_comes_as_a_record() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, Pair(1, 2))))
    codec.decode_response_header()
    assert isinstance(codec.decode_response_body(UNTYPED), Record)


def test_header_that_is_cut_off() -> None:
    codec = GobServerCodec()
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2)))[:20])
    with pytest.raises(TruncatedError):
        codec.decode_request_header()


def test_limits_apply() -> None:
    codec = GobServerCodec(Limits(message=10))
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2))))
    with pytest.raises(DecodeError, match="the limit is 10"):
        codec.decode_request_header()
