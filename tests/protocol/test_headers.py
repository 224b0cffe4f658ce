from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from rpcgen import gob
from rpcgen.protocol import Request, Response
from rpcgen.protocol.headers import (
    REQUEST,
    RESPONSE,
    ExtendedRequest,
    ExtendedResponse,
    more_than_timeout,
    plain_request,
    plain_response,
)


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


REQUEST_FIELDS: list[dict[str, Any]] = [
    {"timeout": 1},
    {"metadata": {"a": "b"}},
    {"key": "k"},
    {"stream": 1},
    {"more": True},
    {"credit": 1},
    {"features": 1},
]
RESPONSE_FIELDS: list[dict[str, Any]] = [
    {"code": 1},
    {"raised": "a.B"},
    {"unstarted": True},
    {"metadata": {"a": "b"}},
    {"stream": 1},
    {"more": True},
    {"credit": 1},
    {"features": 1},
    {"last": 1},
]


@pytest.mark.parametrize("more", REQUEST_FIELDS, ids=str)
def test_request_with_more_stays_as_it_is(more: dict[str, Any]) -> None:
    header = evolve(ExtendedRequest("A.B", 1), **more)
    assert plain_request(header) is header


@pytest.mark.parametrize("more", RESPONSE_FIELDS, ids=str)
def test_response_with_more_stays_as_it_is(more: dict[str, Any]) -> None:
    header = evolve(ExtendedResponse("A.B", 1, "no"), **more)
    assert plain_response(header) is header


@pytest.mark.parametrize("metadata", [None, {}])
def test_headers_with_nothing_more_become_plain(metadata: dict[str, str] | None) -> None:
    request = plain_request(ExtendedRequest("A.B", 1, metadata=metadata))
    response = plain_response(ExtendedResponse("A.B", 1, "no", metadata=metadata))
    assert (request, response) == (Request("A.B", 1), Response("A.B", 1, "no"))


def test_plain_headers_stay_as_they_are() -> None:
    request, response = Request("A.B", 1), Response("A.B", 1, "no")
    assert plain_request(request) is request
    assert plain_response(response) is response


@pytest.mark.parametrize("more", REQUEST_FIELDS, ids=str)
def test_more_than_timeout_is_any_other_field(more: dict[str, Any]) -> None:
    header = evolve(ExtendedRequest("A.B", 1, 5), **more)
    assert more_than_timeout(header) == ("timeout" not in more)
