from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.markers import HEAVY
from tests.support.apis import ApiClient
from tests.support.broker import Broker, broker

from .links import LINKS, Link, Servers

# Gates stay open once they are, so every test has its own.
_numbers = itertools.count()


# The links whose tests are quick: each API is at each end, and each codec on one of them.
_QUICK = {"sync-asyncio-gob-tcp", "asyncio-sync-json-unix"}
_REPEATED = [getattr(pytest.mark, name) for name in HEAVY]


@pytest.fixture(
    params=[
        pytest.param(each, marks=[] if str(each) in _QUICK else _REPEATED, id=str(each))
        for each in LINKS
    ]
)
def link(request: pytest.FixtureRequest) -> Link:
    """Each way in which two Pythons can speak."""
    assert isinstance(request.param, Link)
    return request.param


@pytest.fixture(scope="package")
def servers() -> Iterator[Servers]:
    """Servers that all tests share which do them no harm."""
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture
def address(link: Link, servers: Servers) -> str:
    """The address of a shared server."""
    return servers.address(link)


@pytest.fixture
def client(link: Link, address: str) -> Iterator[ApiClient]:
    """A client of a shared server."""
    with link.dial(address) as client:
        yield client


@pytest.fixture
def gate() -> str:
    """The name of a gate that no other test uses."""
    return f"gate {next(_numbers)}"


@pytest.fixture
def own() -> Iterator[Broker]:
    """A broker that the test starts and stops."""
    with broker() as made:
        made.start()
        yield made
