from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import pytest

import rpcgen
from generated.arith import (
    Args,
    ArithClient,
    AsyncArithClient,
    Quotient,
    register_arith,
    register_async_arith,
)
from generated.kvstore import AsyncKVStoreClient, KVStoreClient, register_kv_store
from rpcgen import (
    CallCancelledError,
    ClientCall,
    Code,
    DeadlineExceededError,
    ServerError,
    ShutdownError,
    aio,
)
from rpcgen.protocol import CodecName
from rpcgen.testing import FakeClock, aconnected, connected
from tests.support.services import AsyncCalculator, Calculator, MemoryStore
from tests.support.timeouts import TIMEOUT_S

CODECS: list[CodecName] = ["gob", "json"]

Req = TypeVar("Req")
Res = TypeVar("Res")
T = TypeVar("T")

without_sockets = pytest.mark.skipif(not hasattr(os, "eventfd"), reason="a pair of sockets here")


class _NoSocket(socket.socket):
    """What pytest-socket, too, has for the class of sockets."""

    def __new__(cls, *args: object, **options: object) -> _NoSocket:
        raise AssertionError("a test has made a socket")


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody make a socket."""
    monkeypatch.setattr(socket, "socket", _NoSocket)


def run_without_sockets(main: Callable[[], Coroutine[object, object, T]]) -> T:
    """Run on an event loop that has its own sockets already, and let nobody make another one."""
    with asyncio.Runner() as runner:
        runner.get_loop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "socket", _NoSocket)
            return runner.run(asyncio.wait_for(main(), TIMEOUT_S))


class Waiting(Calculator):
    """Waits until nobody waits for it."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.was_cancelled = threading.Event()

    def multiply(self, args: Args) -> int:
        self.has_begun.set()
        if rpcgen.context().wait_cancelled(TIMEOUT_S):
            self.was_cancelled.set()
        return 0


class Failing(Calculator):
    """Fails, and sends metadata back."""

    def multiply(self, args: Args) -> int:
        raise ServerError("no", code=Code.NOT_FOUND, metadata=rpcgen.context().metadata)


@pytest.mark.parametrize("codec", CODECS)
def test_connected_calls_the_implementation(codec: CodecName) -> None:
    with connected(ArithClient, register_arith, Calculator(), codec=codec) as arith:
        assert (arith.multiply(Args(7, 8)), arith.go.divide(Args(17, 8)).result()) == (
            56,
            Quotient(2, 1),
        )


@without_sockets
@pytest.mark.parametrize("codec", CODECS)
def test_connected_makes_no_socket(codec: CodecName, no_sockets: None) -> None:
    with connected(ArithClient, register_arith, Calculator(), codec=codec) as arith:
        assert [arith.multiply(Args(n, n)) for n in range(3)] == [0, 1, 4]
        assert [each.result() for each in [arith.go.multiply(Args(n, 2)) for n in range(99)]] == [
            2 * n for n in range(99)
        ]


@without_sockets
def test_connected_serves_threads_side_by_side_without_a_socket(no_sockets: None) -> None:
    everybody_is_here = threading.Barrier(5, timeout=TIMEOUT_S)

    class Meeting(Calculator):
        def multiply(self, args: Args) -> int:
            everybody_is_here.wait()
            return args.a * args.b

    with connected(ArithClient, register_arith, Meeting()) as arith:
        calls = [arith.go.multiply(Args(n, 2)) for n in range(5)]
        assert [call.result(TIMEOUT_S) for call in calls] == [0, 2, 4, 6, 8]


@without_sockets
def test_connected_has_deadlines_without_a_socket(no_sockets: None) -> None:
    waiting = Waiting()
    with FakeClock() as clock, connected(ArithClient, register_arith, waiting) as arith:
        call = arith.go.multiply(Args(7, 8), timeout=3600.0)
        assert waiting.has_begun.wait(TIMEOUT_S)
        clock.advance(3601.0)
        with pytest.raises(DeadlineExceededError):
            call.result(TIMEOUT_S)
        assert waiting.was_cancelled.wait(TIMEOUT_S)


@without_sockets
def test_connected_cancels_without_a_socket(no_sockets: None) -> None:
    waiting = Waiting()
    with connected(ArithClient, register_arith, waiting) as arith:
        call = arith.go.multiply(Args(7, 8), timeout=TIMEOUT_S)
        assert waiting.has_begun.wait(TIMEOUT_S)
        assert call.cancel()
        with pytest.raises(CallCancelledError):
            call.result()
        assert waiting.was_cancelled.wait(TIMEOUT_S)


def test_connected_has_interceptors_of_clients() -> None:
    def tenant(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res]) -> Res:
        call.metadata["tenant"] = "a"
        return proceed(call)

    with connected(ArithClient, register_arith, Failing(), interceptors=[tenant]) as arith:
        with pytest.raises(ServerError) as caught:
            arith.multiply(Args(7, 8))
    assert dict(caught.value.metadata) == {"tenant": "a"}


def test_connected_carries_large_values() -> None:
    with connected(KVStoreClient, register_kv_store, MemoryStore()) as store:
        store.put("large", bytes(3_000_000), tags={})
        assert store.get("large").value == bytes(3_000_000)


def test_connected_carries_errors_and_metadata() -> None:
    with connected(ArithClient, register_arith, Failing()) as arith:
        with pytest.raises(ServerError, match=r"^no$") as caught:
            arith.multiply(Args(7, 8), metadata={"tenant": "a"})
    assert (caught.value.code, dict(caught.value.metadata)) == (Code.NOT_FOUND, {"tenant": "a"})


def test_connected_goes_through_the_codec() -> None:
    with connected(ArithClient, register_arith, Calculator()) as arith:
        with pytest.raises(rpcgen.EncodeError):
            arith.multiply(Args("seven", 8))  # type: ignore[arg-type]


def test_connected_ends_threads_and_client() -> None:
    before = set(threading.enumerate())
    with connected(ArithClient, register_arith, Calculator()) as arith:
        arith.multiply(Args(7, 8))
    with pytest.raises(ShutdownError):
        arith.multiply(Args(7, 8))
    for thread in set(threading.enumerate()) - before:
        thread.join(TIMEOUT_S)
    assert set(threading.enumerate()) <= before


def test_connected_ends_though_the_client_is_closed_in_the_context() -> None:
    with connected(ArithClient, register_arith, Calculator()) as arith:
        arith.close()


def test_connected_uses_a_server_with_options() -> None:
    server = rpcgen.Server(mask_errors=True)
    with connected(ArithClient, register_arith, Calculator(), server=server) as arith:
        with pytest.raises(ServerError, match=r"^internal error$"):
            arith.divide(Args(1, 0))


@pytest.mark.parametrize("codec", CODECS)
def test_aconnected_calls_the_implementation(codec: CodecName) -> None:
    async def main() -> tuple[int, Quotient]:
        async with aconnected(
            AsyncArithClient, register_async_arith, AsyncCalculator(), codec=codec
        ) as arith:
            return await arith.multiply(Args(7, 8)), await arith.go.divide(Args(17, 8))

    assert asyncio.run(main()) == (56, Quotient(2, 1))


@pytest.mark.parametrize("codec", CODECS)
def test_aconnected_makes_no_socket(codec: CodecName) -> None:
    async def main() -> tuple[list[int], Quotient]:
        async with aconnected(
            AsyncArithClient, register_async_arith, AsyncCalculator(), codec=codec
        ) as arith:
            products = await asyncio.gather(*(arith.multiply(Args(n, 2)) for n in range(99)))
            return products, await arith.go.divide(Args(17, 8))

    assert run_without_sockets(main) == ([2 * n for n in range(99)], Quotient(2, 1))


class AsyncWaiting(AsyncCalculator):
    """Waits until nobody waits for it."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.was_cancelled = asyncio.Event()

    async def multiply(self, args: Args) -> int:
        self.has_begun.set()
        try:
            await asyncio.sleep(TIMEOUT_S)
        except asyncio.CancelledError:
            self.was_cancelled.set()
            raise
        return 0


def test_aconnected_has_deadlines_and_cancels_without_a_socket() -> None:
    async def main() -> None:
        waiting = AsyncWaiting()
        with FakeClock() as clock:
            async with aconnected(AsyncArithClient, register_async_arith, waiting) as arith:
                call = arith.go.multiply(Args(7, 8), timeout=3600.0)
                await waiting.has_begun.wait()
                clock.advance(3601.0)
                with pytest.raises(DeadlineExceededError):
                    await call
                await waiting.was_cancelled.wait()
                waiting.has_begun.clear()
                waiting.was_cancelled.clear()
                call = arith.go.multiply(Args(7, 8))
                await waiting.has_begun.wait()
                assert call.cancel()
                await waiting.was_cancelled.wait()

    run_without_sockets(main)


def test_aconnected_has_interceptors_of_clients() -> None:
    async def tenant(
        call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]]
    ) -> Res:
        call.metadata["tenant"] = "a"
        return await proceed(call)

    async def main() -> None:
        async with aconnected(
            AsyncArithClient, register_arith, Failing(), interceptors=[tenant]
        ) as arith:
            with pytest.raises(ServerError) as caught:
                await arith.multiply(Args(7, 8))
        assert dict(caught.value.metadata) == {"tenant": "a"}

    run_without_sockets(main)


def test_aconnected_carries_large_values() -> None:
    async def main() -> bytes:
        async with aconnected(AsyncKVStoreClient, register_kv_store, MemoryStore()) as store:
            await store.put("large", bytes(3_000_000), tags={})
            return (await store.get("large")).value

    assert run_without_sockets(main) == bytes(3_000_000)


def test_aconnected_serves_plain_functions() -> None:
    async def main() -> int:
        async with aconnected(AsyncArithClient, register_arith, Calculator()) as arith:
            return await arith.multiply(Args(7, 8))

    assert asyncio.run(main()) == 56


def test_aconnected_leaves_no_task_behind() -> None:
    async def main() -> set[asyncio.Task[None]]:
        server = aio.Server(mask_errors=True)
        async with aconnected(
            AsyncArithClient, register_async_arith, AsyncCalculator(), server=server
        ) as arith:
            with pytest.raises(ServerError, match=r"^internal error$"):
                await arith.divide(Args(1, 0))
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
