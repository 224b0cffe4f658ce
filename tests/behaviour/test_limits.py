"""What a message may cost its receiver, at either end of every link: that call fails alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import (
    DecodeError,
    DisconnectedError,
    Limits,
    Method,
    Registry,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.types import BigRat
from tests.support.apis import ApiClient

from .links import LINKS, Link

LIMITS = Limits(decoded=200_000, message=400_000)

# What an end does with what it gets does not depend on the API at the other.
BOTH = [link for link in LINKS if link.client == link.server]

NUMBERS = Method[list[int], list[int]]("Bounds.Numbers")
IDS = Method[dict[UUID, int], dict[UUID, int]]("Bounds.IDs")
RATIO = Method[BigRat, BigRat]("Bounds.Ratio")
MAKE_NUMBERS = Method[int, list[int]]("Bounds.MakeNumbers")
MAKE_IDS = Method[int, dict[UUID, int]]("Bounds.MakeIDs")
MAKE_RATIO = Method[int, BigRat]("Bounds.MakeRatio")


def numbers(count: int) -> list[int]:
    return list(range(count))


def colliding(count: int) -> dict[UUID, int]:
    return {UUID(int=1 + number * ((1 << 61) - 1)): number for number in range(count)}


def ratio(digits: int) -> Fraction:
    return Fraction(10**digits + 1, 3)


CASES: list[tuple[str, Method[Any, Any], Method[int, Any], Any, int]] = [
    ("decoded", NUMBERS, MAKE_NUMBERS, numbers, 30_000),
    ("collisions", IDS, MAKE_IDS, colliding, 200),
    ("digits", RATIO, MAKE_RATIO, ratio, 30_000),
]


def echo(value: Any) -> Any:
    return value


def register_bounds(server: Registry) -> None:
    handlers = [method.handler(echo) for _, method, _, _, _ in CASES]
    handlers += [making.handler(make) for _, _, making, make, _ in CASES]
    server.register_name("Bounds", handlers)


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[tuple[str, str, str], str]]:
    """The servers that there are already, by API, codec and transport."""
    with ExitStack() as stack:
        known: dict[tuple[str, str, str], str] = {}
        for link in BOTH:
            server = link.serving(register_bounds, server={"limits": LIMITS})
            bound = stack.enter_context(server).address
            known[link.server, link.codec, link.transport] = bound
        yield known


@pytest.fixture(params=BOTH, ids=str)
def link(request: pytest.FixtureRequest) -> Link:
    assert isinstance(request.param, Link)
    return request.param


@pytest.fixture
def address(link: Link, addresses: dict[tuple[str, str, str], str]) -> str:
    return addresses[link.server, link.codec, link.transport]


def works(client: ApiClient) -> bool:
    return client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_arguments_beyond_a_limit_of_the_server_fail_their_call_alone(
    link: Link, address: str, case: Any
) -> None:
    name, method, _, make, count = case
    with link.dial(address) as client:
        with pytest.raises(ServerError, match=rf"Limits\.{name}"):
            client.call(method, make(count))
        assert works(client)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_reply_beyond_a_limit_of_the_client_fails_its_call_alone(
    link: Link, address: str, case: Any
) -> None:
    name, _, method, _, count = case
    with link.dial(address, limits=LIMITS) as client:
        with pytest.raises(DecodeError, match=rf"Limits\.{name}"):
            client.call(method, count)
        assert works(client)


def test_request_beyond_the_limit_of_a_message_ends_its_connection_alone(
    link: Link, address: str
) -> None:
    with link.dial(address) as other, link.dial(address) as client:
        with pytest.raises(RpcError):
            client.go(NUMBERS, [1 << 40] * 100_000).result()
        assert works(other)


def test_reply_beyond_the_limit_of_a_message_ends_its_connection(link: Link, address: str) -> None:
    with link.dial(address, limits=LIMITS) as client:
        with pytest.raises((DecodeError, DisconnectedError), match=r"Limits\.message"):
            client.call(MAKE_NUMBERS, 200_000)
        with pytest.raises(ShutdownError):
            works(client)
