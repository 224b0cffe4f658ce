from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from rpcgen.nats.outbox import Outbox
from rpcgen.resolve.nats_connection import Client

KIB = 1024


class FakeClient:
    """A connection whose buffer has room only when it is told so."""

    def __init__(self) -> None:
        self.pending_data_size = 0
        self.is_connected = False
        self.has_room = asyncio.Event()
        self.published: list[tuple[str, bytes, str]] = []
        self.error: Exception | None = None

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        if self.error is not None:
            raise self.error
        if self.pending_data_size > KIB * KIB:
            await self.has_room.wait()
        self.published.append((subject, data, reply))

    async def flush(self) -> None:
        self.flushed = len(self.published)


class FakeEnd:
    """Notes whether it is to pause."""

    def __init__(self) -> None:
        self.paused: list[bool] = []

    def pause(self) -> None:
        self.paused.append(True)

    def resume(self) -> None:
        self.paused.append(False)


def with_outbox(use: Callable[[Outbox, FakeClient, FakeEnd], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        client, end = FakeClient(), FakeEnd()
        outbox = Outbox(cast("Client", client), cast("Any", end))
        running = asyncio.ensure_future(outbox.run())
        await use(outbox, client, end)
        running.cancel()

    asyncio.run(asyncio.wait_for(main(), 60.0))


def test_message_is_published_at_once() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        outbox.add("a", b"1", "r")
        assert client.published == [("a", b"1", "r")]

    with_outbox(use)


def test_messages_wait_for_room_in_their_order() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        client.pending_data_size = 2 * KIB * KIB
        outbox.add("a", b"1")
        client.pending_data_size = 0
        outbox.add("b", b"2")
        assert client.published == []
        client.has_room.set()
        await outbox.flushed()
        assert [subject for subject, _, _ in client.published] == ["a", "b"]
        assert client.flushed == 2

    with_outbox(use)


def test_end_is_paused_while_much_waits() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        client.pending_data_size = 2 * KIB * KIB
        for _ in range(3):
            outbox.add("a", bytes(600 * KIB))
        assert end.paused == [True]
        client.has_room.set()
        await outbox.flushed()
        assert end.paused == [True, False]

    with_outbox(use)


def test_error_of_one_message_is_not_that_of_another() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        client.error = ConnectionError("gone")
        outbox.add("a", b"1")
        client.error = None
        outbox.add("b", b"2")
        assert client.published == [("b", b"2", "")]

    with_outbox(use)
