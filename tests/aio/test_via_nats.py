"""What is of event loops in calls by a broker; the calls themselves are in tests/behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

import rpcgen
from rpcgen import Method, Retry, aio
from tests.support.broker import Broker, broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker

NAME = Method[int, str]("Name.Get")
RETRY = Retry(attempts=60, backoff=0.1, budget=1.0)


async def name(number: int) -> str:
    return str(number)


def with_server(url: str, use: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        server = aio.Server()
        server.register_name("Name", [NAME.async_handler(name)])
        server.announce(url, version="1.0.0", via="nats")
        async with server:
            await use()
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


def test_server_without_a_listener_takes_calls(running: Broker) -> None:
    async def use() -> None:
        async with aio.dial(running.url, via="nats", retry=RETRY) as client:
            assert await client.call(NAME, 7) == "7"

    with_server(running.url, use)


def test_tasks_share_a_client(running: Broker) -> None:
    async def use() -> None:
        async with aio.dial(running.url, via="nats", retry=RETRY) as client:
            await client.call(NAME, 7)
            replies = await asyncio.gather(*(client.call(NAME, each) for each in range(100)))
            assert replies == [str(each) for each in range(100)]

    with_server(running.url, use)


def test_no_task_is_left_of_a_client(running: Broker) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        async with aio.dial(running.url, via="nats", retry=RETRY) as client:
            await client.call(NAME, 7)
        assert asyncio.all_tasks() == before

    server = rpcgen.Server()
    server.register_name("Name", [NAME.handler(str)])
    server.announce(running.url, version="1.0.0", via="nats")
    with server:
        asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


def test_no_task_is_left_where_there_is_no_broker() -> None:
    async def main(url: str) -> None:
        before = asyncio.all_tasks()
        async with aio.dial(url, via="nats") as client:
            with pytest.raises(rpcgen.DialError):
                await client.call(NAME, 7)
        assert asyncio.all_tasks() == before

    with broker() as none:
        asyncio.run(asyncio.wait_for(main(none.url), TIMEOUT_S))


def test_call_whose_task_is_cancelled_leaves_the_client_alone(running: Broker) -> None:
    async def use() -> None:
        async with aio.dial(running.url, via="nats", retry=RETRY) as client:
            await client.call(NAME, 7)
            task = asyncio.ensure_future(client.call(NAME, 8))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.call(NAME, 9) == "9"

    with_server(running.url, use)
