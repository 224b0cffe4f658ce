from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from rpcgen.nats.listening import Heard, listen
from rpcgen.resolve.nats_connection import Client, Msg
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker


def with_client(url: str, use: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        client = Client()
        await client.connect(url)
        try:
            await use(client)
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


def until(count: int, heard: Heard = lambda message: None) -> tuple[Heard, asyncio.Future[int]]:
    """Return what hears messages, and what is done once there were so many."""
    done, left = asyncio.get_running_loop().create_future(), [count]

    def hear(message: Msg) -> None:
        left[0] -= 1
        if not left[0]:
            done.set_result(count)
        heard(message)

    return hear, done


def test_listen_to_many_messages_takes_all_in_their_order(running: Broker) -> None:
    async def use(client: Client) -> None:
        found: list[bytes] = []
        hear, done = until(500, lambda message: found.append(message.data))
        await listen(client, "numbers.*", hear)
        for number in range(500):
            await client.publish(f"numbers.{number}", b"%d" % number)
        await done
        assert found == [b"%d" % number for number in range(500)]

    with_client(running.url, use)


def test_listen_takes_a_message_without_a_task_of_the_subscription(running: Broker) -> None:
    async def use(client: Client) -> None:
        before = asyncio.all_tasks()
        hear, done = until(1)
        await listen(client, "quiet", hear)
        assert asyncio.all_tasks() == before
        await client.publish("quiet")
        await done

    with_client(running.url, use)


def test_listen_in_a_group_gives_each_message_to_one_member(running: Broker) -> None:
    async def use(client: Client) -> None:
        found: list[bytes] = []
        hear, done = until(100, lambda message: found.append(message.data))
        for _ in range(3):
            await listen(client, "shared", hear, "workers")
        for number in range(100):
            await client.publish("shared", b"%d" % number)
        await done
        await client.flush()
        assert sorted(found, key=int) == [b"%d" % number for number in range(100)]

    with_client(running.url, use)


def test_message_that_is_not_taken_is_logged_and_ends_nothing(
    running: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(message: Msg) -> None:
        if message.data == b"bad":
            raise ZeroDivisionError("a fault")

    async def use(client: Client) -> None:
        hear, done = until(2, fail)
        await listen(client, "faults", hear)
        await client.publish("faults", b"bad")
        await client.publish("faults", b"good")
        await done

    with caplog.at_level(logging.ERROR, "rpcgen"):
        with_client(running.url, use)
    assert "a message of faults was not taken" in caplog.text


def test_listener_that_drains_takes_what_was_sent_before(running: Broker) -> None:
    async def use(client: Client) -> None:
        found: list[bytes] = []
        subscription = await listen(client, "last", lambda message: found.append(message.data))
        for number in range(50):
            await client.publish("last", b"%d" % number)
        await client.flush()
        await subscription.drain()  # type: ignore[no-untyped-call]
        await client.publish("last", b"late")
        await client.flush()
        assert found == [b"%d" % number for number in range(50)]

    with_client(running.url, use)
