"""Repeated keys, over both APIs and kinds of handlers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Code, Method, Registry, Remember, ServerError
from rpcgen.protocol.headers import Feature
from tests.support.apis import APIS, ApiServer, ServerOptions
from tests.support.timeouts import TIMEOUT_S

CHARGE = Method[int, int]("Bank.Charge")
SLOW = Method[int, int]("Bank.Slow")
FAIL = Method[str, int]("Bank.Fail")


class Bank:
    """Handlers that count, as plain functions or as coroutine functions."""

    def __init__(self, *, is_async: bool) -> None:
        self._is_async = is_async
        self.charged: list[int] = []
        self.failed = 0
        self.begun, self.release = threading.Event(), threading.Event()

    def register(self, registry: Registry) -> None:
        registry.register_name(
            "Bank",
            [
                self._handler(CHARGE, self._charge),
                self._handler(FAIL, self._fail),
                SLOW.async_handler(self._slow_async)
                if self._is_async
                else SLOW.handler(self._slow),
            ],
        )

    def _handler(self, method: Method[Any, Any], function: Callable[[Any], Any]) -> rpcgen.Handler:
        async def answer(args: Any) -> Any:
            return function(args)

        return method.async_handler(answer) if self._is_async else method.handler(function)

    def _charge(self, amount: int) -> int:
        self.charged.append(amount)
        return len(self.charged)

    def _fail(self, text: str) -> int:
        self.failed += 1
        raise ServerError(text, code=Code.NOT_FOUND)

    def _slow(self, amount: int) -> int:
        self.begun.set()
        assert self.release.wait(TIMEOUT_S)
        return self._charge(amount)

    async def _slow_async(self, amount: int) -> int:
        self.begun.set()
        while not self.release.is_set():
            await asyncio.sleep(0.001)
        return self._charge(amount)


@contextmanager
def serving(kind: str, bank: Bank, *interceptors: Any) -> Iterator[ApiServer]:
    api = "sync" if kind == "sync" else "asyncio"
    server = ServerOptions(remember=Remember(), interceptors=interceptors)
    with APIS[api].serving("127.0.0.1:0", bank.register, server=server) as served:
        yield served


@pytest.fixture(params=["sync", "asyncio", "asyncio, plain"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bank(kind: str) -> Iterator[Bank]:
    bank = Bank(is_async=kind == "asyncio")
    yield bank
    bank.release.set()


@pytest.fixture
def address(kind: str, bank: Bank) -> Iterator[str]:
    with serving(kind, bank) as server:
        yield server.address


@pytest.fixture
def client(address: str) -> Iterator[rpcgen.Client]:
    with rpcgen.dial(address) as client:
        yield client


def test_repeated_key_is_carried_out_once(client: rpcgen.Client, bank: Bank) -> None:
    replies = [client.call(CHARGE, 5, key="a") for _ in range(3)]
    assert (replies, bank.charged) == ([1, 1, 1], [5])


def test_repeated_key_of_another_connection_is_known(
    client: rpcgen.Client, address: str, bank: Bank
) -> None:
    client.call(CHARGE, 5, key="a")
    with rpcgen.dial(address) as other:
        assert (other.call(CHARGE, 5, key="a"), bank.charged) == (1, [5])


def test_repeated_key_in_the_other_codec_is_known(kind: str, bank: Bank) -> None:
    api = APIS["sync" if kind == "sync" else "asyncio"]
    server = ServerOptions(remember=Remember())
    with (
        api.serving("127.0.0.1:0", bank.register, codec="json", server=server) as served,
        rpcgen.dial(served.address, codec="json") as client,
    ):
        replies = [client.call(CHARGE, 5, key="a") for _ in range(2)]
    assert (replies, bank.charged) == ([1, 1], [5])


def test_calls_without_keys_are_carried_out(client: rpcgen.Client, bank: Bank) -> None:
    client.call(CHARGE, 5)
    client.call(CHARGE, 5, key="a")
    client.call(CHARGE, 5)
    assert len(bank.charged) == 3


def test_failure_of_a_key_is_repeated(client: rpcgen.Client, bank: Bank) -> None:
    codes = []
    for _ in range(2):
        with pytest.raises(ServerError, match="no account") as raised:
            client.call(FAIL, "no account", key="a")
        codes.append(raised.value.code)
    assert (codes, bank.failed) == ([Code.NOT_FOUND] * 2, 1)


def test_repeated_key_waits_for_the_first_call(client: rpcgen.Client, bank: Bank) -> None:
    first = client.go(SLOW, 5, key="a")
    assert bank.begun.wait(TIMEOUT_S)
    others = [client.go(SLOW, 5, key="a") for _ in range(3)]
    bank.release.set()
    replies = [each.result(TIMEOUT_S) for each in (first, *others)]
    assert (replies, bank.charged) == ([1, 1, 1, 1], [5])


def test_waiting_for_the_first_call_can_be_given_up(client: rpcgen.Client, bank: Bank) -> None:
    first = client.go(SLOW, 5, key="a")
    assert bank.begun.wait(TIMEOUT_S)
    with pytest.raises(rpcgen.DeadlineExceededError):
        client.call(SLOW, 5, key="a", timeout=0.05)
    waiting = client.go(SLOW, 5, key="a")
    waiting.cancel()
    bank.release.set()
    assert (first.result(TIMEOUT_S), bank.charged) == (1, [5])


def test_first_call_whose_client_has_gone_is_remembered(
    client: rpcgen.Client, address: str, bank: Bank
) -> None:
    with rpcgen.dial(address) as gone:
        gone.go(SLOW, 5, key="a")
        assert bank.begun.wait(TIMEOUT_S)
    waiting = client.go(SLOW, 5, key="a")
    bank.release.set()
    assert (waiting.result(TIMEOUT_S), bank.charged) == (1, [5])


def test_repeated_key_with_other_arguments_is_refused(client: rpcgen.Client, bank: Bank) -> None:
    client.call(CHARGE, 5, key="a")
    with pytest.raises(ServerError) as raised:
        client.call(CHARGE, 6, key="a")
    assert (raised.value.code, bank.charged) == (Code.INVALID_ARGUMENT, [5])


def test_interceptors_see_repeated_calls(kind: str, bank: Bank) -> None:
    seen: list[object] = []

    def count(call: Any, proceed: Callable[[Any], Any]) -> Any:
        seen.append(call.args)
        return proceed(call)

    async def count_async(call: Any, proceed: Callable[[Any], Any]) -> Any:
        seen.append(call.args)
        return await proceed(call)

    interceptor = count if kind == "sync" else count_async
    with (
        serving(kind, bank, interceptor) as server,
        rpcgen.dial(server.address) as client,
    ):
        replies = [client.call(CHARGE, 5, key="a") for _ in range(2)]
    assert (replies, seen, bank.charged) == ([1, 1], [5, 5], [5])


def test_client_is_told_that_keys_are_known(client: rpcgen.Client) -> None:
    client.call(CHARGE, 5, key="a")
    assert client._protocol.features & Feature.KEY


def test_client_is_told_where_keys_are_not_known() -> None:
    with APIS["sync"].serving("127.0.0.1:0") as server, rpcgen.dial(server.address) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8), key="a")
        assert client._protocol.features
        assert not client._protocol.features & Feature.KEY
