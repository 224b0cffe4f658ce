from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.apis import Api, ApiClient

from .gopeer import GoClient, GoServer


@pytest.fixture(scope="session")
def go_server() -> Iterator[GoServer]:
    """A stock Go server, shared by all tests that do it no harm."""
    with GoServer() as server:
        yield server


@pytest.fixture
def client(api: Api, go_server: GoServer) -> Iterator[ApiClient]:
    """A Python client of the stock Go server."""
    with api.dial(go_server.tcp) as client:
        yield client


@pytest.fixture
def python_server(api: Api) -> Iterator[str]:
    """The address of a Python server."""
    with api.serve("tcp://127.0.0.1:0") as address:
        yield address


@pytest.fixture
def go_clients() -> Iterator[Callable[..., GoClient]]:
    """Make stock Go clients, which end with the test."""
    with ExitStack() as stack:
        yield lambda address, *how: stack.enter_context(GoClient(address.split("://")[-1], *how))


@pytest.fixture
def go_client(go_clients: Callable[..., GoClient], python_server: str) -> GoClient:
    """A stock Go client of the Python server."""
    return go_clients(python_server)
