from __future__ import annotations

from rpcgen import gob
from rpcgen.protocol import Request, Response
from rpcgen.protocol.headers import REQUEST, RESPONSE


def test_request_is_described_as_by_go() -> None:
    assert gob.dumps(Request("Arith.Multiply"), REQUEST).hex() == (
        "2e7f030101075265717565737401ff800001020"
        "10d536572766963654d6574686f64010c00010353657101060000"
        "0013ff80010e41726974682e4d756c7469706c7900"
    )


def test_response_is_described_as_by_go() -> None:
    assert gob.dumps(Response("Arith.Multiply"), RESPONSE).hex() == (
        "397f03010108526573706f6e736501ff800001030"
        "10d536572766963654d6574686f64010c00010353657101060001054572726f72010c0000"
        "0013ff80010e41726974682e4d756c7469706c7900"
    )
