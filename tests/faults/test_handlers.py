"""Handlers that raise what nobody expects: their caller is told, and nobody else notices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Method, Registry, ServerError
from tests.support.apis import APIS, ApiClient
from tests.support.services import UNENCODABLE

RAISE = Method[str, int]("Bad.Raise")

EXCEPTIONS: dict[str, Callable[[], BaseException]] = {
    "Exception": lambda: Exception("text"),
    "BaseException": lambda: BaseException("text"),
    "SystemExit": lambda: SystemExit("text"),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("text"),
    "GeneratorExit": lambda: GeneratorExit("text"),
    "CancelledError": lambda: asyncio.CancelledError("text"),
    "StopIteration": lambda: StopIteration("text"),
}


def fail(name: str) -> int:
    raise EXCEPTIONS[name]()


async def fail_in_a_task(name: str) -> int:
    raise EXCEPTIONS[name]()


def register_plain(server: Registry) -> None:
    server.register_name("Bad", [RAISE.handler(fail)])


def register_async(server: Registry) -> None:
    server.register_name("Bad", [RAISE.async_handler(fail_in_a_task)])


@pytest.fixture(
    params=[("sync", register_plain), ("asyncio", register_plain), ("asyncio", register_async)],
    ids=["sync", "asyncio-plain", "asyncio-async"],
)
def client(request: pytest.FixtureRequest) -> Iterator[ApiClient]:
    """A client of a server with that handler."""
    api, register = request.param
    with APIS[api].serve("tcp://127.0.0.1:0", register) as address:
        with APIS[api].dial(address) as client:
            yield client


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exception_is_the_answer(client: ApiClient, name: str) -> None:
    # Python lets no StopIteration out of a coroutine, nor into a future.
    with pytest.raises(ServerError, match=r"text|raised StopIteration"):
        client.go(RAISE, name).result()


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exception_is_logged(
    client: ApiClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ServerError):
        client.call(RAISE, name)
    assert "Bad.Raise failed" in caplog.text


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exception_leaves_the_connection_usable(client: ApiClient, name: str) -> None:
    with pytest.raises(ServerError):
        client.call(RAISE, name)
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_reply_that_cannot_be_encoded_is_logged(
    client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ServerError):
        client.call(UNENCODABLE, 1)
    assert "Probe.Unencodable failed" in caplog.text
