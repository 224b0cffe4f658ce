"""`Channel` on asyncio; what it does in both APIs is in ``tests/channel/test_behaviour.py``."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

import rpcgen
from generated.arith import Args, AsyncArithClient, register_async_arith
from rpcgen import ClientCall, DialError, Reconnect, Retry, aio
from rpcgen.aio import Channel, Client
from rpcgen.testing.certificates import client_context, server_context
from tests.channel.ends import MARK, Tally, TallyServer
from tests.support.services import AsyncCalculator
from tests.support.timeouts import TIMEOUT_S

Req = TypeVar("Req")
Res = TypeVar("Res")


@asynccontextmanager
async def serving(address: str = "tcp://127.0.0.1:0", **options: object) -> AsyncIterator[str]:
    """Serve ``Arith``, and give its address."""
    server = aio.Server()
    register_async_arith(server, AsyncCalculator())
    listener = await server.listen(address, **options)  # type: ignore[arg-type]
    async with server:
        yield listener.address


@pytest.fixture
def tally() -> Iterator[Tally]:
    """What the servers of a test carry out."""
    tally = Tally()
    yield tally
    tally.gate.set()


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a test, and see to it that it leaves no task."""

    async def whole() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await main()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(whole())


def test_plain_dial_gives_a_client() -> None:
    async def main() -> None:
        async with serving() as address, aio.dial(address) as client:
            assert type(client) is Client

    run(main)


def test_dial_of_a_list_gives_a_channel() -> None:
    async def main() -> None:
        async with serving() as address, aio.dial([address]) as client:
            assert type(client) is Channel

    run(main)


def test_dial_refuses_an_unknown_option_at_once() -> None:
    with pytest.raises(TypeError, match=r"dial\(\) got an unexpected option 'retries'"):
        aio.dial("a:1", reconnect=True, retries=3)  # type: ignore[call-overload]


def test_dial_refuses_an_address_that_is_none_at_once() -> None:
    with pytest.raises(DialError, match="not host:port"):
        aio.dial(["tcp://a:1", "b"])


def test_generated_client_stands_on_a_channel() -> None:
    async def main() -> None:
        options: rpcgen.ChannelOptions = {"reconnect": Reconnect(), "retry": Retry()}
        async with serving() as address:
            async with AsyncArithClient.dial(address, **options) as arith:
                assert await arith.multiply(Args(7, 8)) == 56
                assert await arith.go.multiply(Args(7, 9)) == 63
                patient = arith.with_options(timeout=TIMEOUT_S, wait_for_ready=True)
                assert await patient.multiply(Args(7, 10)) == 70

    run(main)


def test_interceptors_are_around_each_call_once() -> None:
    seen: list[str] = []

    async def note(
        call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]]
    ) -> Res:
        seen.append(call.method.name)
        return await proceed(call)

    async def main() -> None:
        async with serving() as address:
            async with AsyncArithClient.dial([address], interceptors=[note]) as arith:
                assert await arith.multiply(Args(7, 8)) == 56
                assert await arith.go.multiply(Args(7, 8)) == 56

    run(main)
    assert seen == ["Arith.Multiply"] * 2


def test_channel_may_be_encrypted() -> None:
    async def main() -> None:
        async with serving("tls://localhost:0", tls=server_context()) as address:
            async with AsyncArithClient.dial(
                [address], tls=client_context(), keepalive=TIMEOUT_S
            ) as arith:
                assert await arith.multiply(Args(7, 8)) == 56

    run(main)


def test_tasks_share_a_channel(tally: Tally) -> None:
    async def main() -> None:
        with TallyServer(tally, "a") as one, TallyServer(tally, "b") as two:
            async with aio.dial([one.address, two.address], connections=2) as client:
                await asyncio.gather(*[client.call(MARK, number) for number in range(400)])

    run(main)
    assert tally.carried_out == dict.fromkeys(range(400), 1)


def test_task_that_is_cancelled_while_it_waits_leaves_nothing(tmp_path: os.PathLike[str]) -> None:
    async def main() -> None:
        async with aio.dial(f"unix://{tmp_path}/none", reconnect=True) as client:
            task = asyncio.create_task(client.call(MARK, 1, wait_for_ready=True))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main)


def test_attempt_that_is_under_way_ends_with_the_channel(tmp_path: os.PathLike[str]) -> None:
    async def main() -> None:
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(f"{tmp_path}/s")
            silent.listen()
            async with aio.dial(f"unix://{tmp_path}/s", reconnect=True) as client:
                call = client.go(MARK, 1)
                await asyncio.sleep(0.01)
                await client.close()
                with pytest.raises(rpcgen.ShutdownError, match="closed"):
                    await call

    run(main)


def test_channel_belongs_to_its_event_loop(tally: Tally) -> None:
    async def connect(address: str) -> Channel:
        client = await aio.dial([address])
        await client.call(MARK, 1)
        await client.close()
        return client

    with TallyServer(tally, "a") as server:
        client = asyncio.run(connect(server.address))
        with pytest.raises(RuntimeError, match="the channel belongs to an event loop"):
            asyncio.run(client.call(MARK, 2))
        with pytest.raises(RuntimeError, match="the channel belongs to an event loop"):
            client.go(MARK, 2)


def test_child_process_dials_anew_on_its_own_loop(tally: Tally) -> None:
    async def connect(address: str) -> Channel:
        client = await aio.dial(address, reconnect=True)
        await client.call(MARK, 1)
        return client

    with TallyServer(tally, "a") as server, asyncio.Runner() as runner:
        client = runner.run(connect(server.address))
        child = os.fork()
        if child == 0:
            status = 1
            try:
                asyncio.events._set_running_loop(None)
                loop = asyncio.new_event_loop()
                status = 0 if loop.run_until_complete(client.call(MARK, 2)) == "a" else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert runner.run(client.call(MARK, 3)) == "a"
        runner.run(client.close())
    assert tally.carried_out == {1: 1, 2: 1, 3: 1}


def test_repr_says_whether_it_is_open() -> None:
    async def main() -> None:
        async with serving() as address:
            async with aio.dial([address]) as client:
                before = repr(client)
            assert (before, repr(client)) == ("<Channel open>", "<Channel closed>")

    run(main)
