"""Streams and consumers of a real broker: made once, changed where that is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import nats
import pytest
from nats.errors import MaxPayloadError
from nats.js.errors import BadRequestError, NotFoundError, ServiceUnavailableError

from rpcgen import WorkQueue
from rpcgen.durable.jetstream import JetStream, is_passing
from rpcgen.durable.names import CallName, attempt_subject_of
from tests.support.broker import Broker, needs_broker

from .queues import durable_method

pytestmark = needs_broker

T = TypeVar("T")


@pytest.fixture
def name() -> CallName:
    return CallName(durable_method().name)


def ask(broker: Broker, act: Callable[[JetStream], Awaitable[T]]) -> T:
    async def main() -> T:
        client = await nats.connect(broker.url)
        try:
            return await act(JetStream(client))
        finally:
            await client.close()

    return asyncio.run(main())


def test_streams_are_as_the_queue_says(running: Broker, name: CallName) -> None:
    queue = WorkQueue(keep_calls=60, keep_replies=30, max_bytes=4096, storage="memory")

    async def act(jetstream: JetStream) -> list[object]:
        await jetstream.prepare(name, queue)
        found = [await jetstream._context.stream_info(each) for each in (name.calls, name.replies)]
        return [(each.config.max_age, each.config.max_bytes, each.config.storage) for each in found]

    assert ask(running, act) == [(60, 4096, "memory"), (30, 4096, "memory")]


@pytest.mark.parametrize(("queue", "expected"), [(None, 60), (WorkQueue(keep_calls=90), 90)])
def test_streams_that_are_there_change_only_if_that_is_said(
    running: Broker, name: CallName, queue: WorkQueue | None, expected: float
) -> None:
    async def act(jetstream: JetStream) -> object:
        await jetstream.prepare(name, WorkQueue(keep_calls=60))
        await JetStream(jetstream.client).prepare(name, queue)
        return (await jetstream._context.stream_info(name.calls)).config.max_age

    assert ask(running, act) == expected


def test_subject_takes_one_message(running: Broker, name: CallName) -> None:
    async def act(jetstream: JetStream) -> list[bool]:
        await jetstream.prepare(name, WorkQueue(duplicate_window=0.1))
        subject, found = name.call_subject("k"), []
        for _ in range(2):
            found.append(await jetstream.publish_once(subject, b"x", {}))
        await asyncio.sleep(0.2)  # the window is over
        return [*found, await jetstream.publish_once(subject, b"y", {})]

    assert ask(running, act) == [True, False, False]


def test_message_is_found_with_its_headers(running: Broker, name: CallName) -> None:
    async def act(jetstream: JetStream) -> object:
        await jetstream.prepare(name, None)
        await jetstream.publish_once(name.reply_subject("k"), b"x", {"A": "b"})
        found = await jetstream.find(name.replies, name.reply_subject("k"))
        assert found is not None
        return found.data, found.headers["A"]

    assert ask(running, act) == (b"x", "b")


def test_attempts_are_counted_until_they_are_forgotten(running: Broker, name: CallName) -> None:
    async def act(jetstream: JetStream) -> list[int]:
        await jetstream.prepare(name, None)
        subject, found = attempt_subject_of(name.call_subject("k")), list[int]()
        for _ in range(3):
            found.append(await jetstream.attempts(name, subject))
            await jetstream.note_attempt(subject)
        await jetstream.forget_attempts(name, subject)
        return [*found, await jetstream.attempts(name, subject)]

    assert ask(running, act) == [0, 1, 2, 0]


def test_nothing_is_found_where_nothing_is(running: Broker, name: CallName) -> None:
    async def act(jetstream: JetStream) -> object:
        return await jetstream.find(name.replies, name.reply_subject("k"))

    assert ask(running, act) is None


@pytest.mark.parametrize(("size", "expected"), [(1 << 20, False), ((1 << 20) - 1024, True)])
def test_room_counts_headers_too(
    running: Broker, name: CallName, size: int, expected: bool
) -> None:
    async def act(jetstream: JetStream) -> bool:
        await jetstream.prepare(name, None)
        try:
            return await jetstream.publish_once(name.call_subject("k"), bytes(size), {})
        except MaxPayloadError:
            return False

    assert ask(running, act) is expected


def test_consumer_is_changed_where_it_is_another(running: Broker, name: CallName) -> None:
    async def act(jetstream: JetStream) -> list[object]:
        await jetstream.prepare(name, None)
        found: list[object] = []
        for ack_wait in (2.0, 2.0, 3.0):
            await jetstream.consume(name, ack_wait)
            info = await jetstream._context.consumer_info(name.calls, name.consumer)
            found.append(info.config.ack_wait)
        return found

    assert ask(running, act) == [2.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), True),
        (ServiceUnavailableError(code=503), True),
        (NotFoundError(code=404), False),
        (BadRequestError(code=400), False),
    ],
)
def test_error_that_passes_is_told_from_one_that_does_not(error: Exception, expected: bool) -> None:
    assert is_passing(error) is expected
