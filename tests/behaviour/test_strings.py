"""Options for texts that are not UTF-8 and for names in another case, at both ends of a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Annotated, Any

import pytest
from attrs import define

from rpcgen import Method, RpcError, ServerError
from rpcgen.protocol import CodecOptions
from rpcgen.types import wire
from tests.support.apis import APIS, ApiClient

from .links import listen_address

ECHO = Method[str, str]("Text.Echo")
BYTES = "caf\udce9"


@wire("User")
@define
class Sent:
    guid: Annotated[str, wire("Guid")]
    name: str


@wire("User")
@define
class Wanted:
    guid: str
    name: str


LENGTH = Method[Wanted, int]("Text.Length")
SENT = Method[Sent, int]("Text.Length")


def register(server: Any) -> None:
    server.register_name(
        "Text", (ECHO.handler(lambda text: text), LENGTH.handler(lambda user: len(user.name)))
    )


@contextmanager
def serving(api: str, transport: str, options: CodecOptions) -> Iterator[str]:
    with APIS[api].serve(listen_address(transport), register, **options) as address:
        yield address


WAYS = list(product(sorted(APIS), sorted(APIS), ("tcp", "http")))


@pytest.fixture(params=WAYS, ids="-".join)
def way(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    way: tuple[str, str, str] = request.param
    return way


def call(client: ApiClient, method: Method[Any, Any], args: object) -> object:
    """Return the reply, or the error."""
    try:
        return client.call(method, args)
    except RpcError as error:
        return error


def test_text_that_is_not_utf8_travels_both_ways_on_demand(way: tuple[str, str, str]) -> None:
    with (
        serving(way[1], way[2], {"strings": "surrogateescape"}) as address,
        APIS[way[0]].dial(address, strings="surrogateescape") as client,
    ):
        assert client.call(ECHO, BYTES) == BYTES


def test_text_that_is_not_utf8_is_refused_there_with_the_way_out(
    way: tuple[str, str, str],
) -> None:
    with (
        serving(way[1], way[2], {}) as address,
        APIS[way[0]].dial(address, strings="surrogateescape") as client,
    ):
        error = call(client, ECHO, BYTES)
        assert isinstance(error, ServerError)
        assert "pass strings='surrogateescape'" in str(error)
        assert client.call(ECHO, "a") == "a"


def test_names_in_another_case_are_refused_on_demand(way: tuple[str, str, str]) -> None:
    with (
        serving(way[1], way[2], {"strict_names": True}) as address,
        APIS[way[0]].dial(address) as client,
    ):
        error = call(client, SENT, Sent("g", "bob"))
        assert isinstance(error, ServerError)
        assert 'wire("Guid")' in str(error)
        assert client.call(ECHO, "a") == "a"
