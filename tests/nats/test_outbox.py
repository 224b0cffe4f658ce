from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rpcgen.nats.listening import listen
from rpcgen.nats.outbox import Outbox
from rpcgen.resolve.nats_connection import Client
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

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


class FakeTransport:
    """What nats-py writes to, in the end."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.unsent = 0
        self.has_ended = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.has_ended

    def get_write_buffer_size(self) -> int:
        return self.unsent


def show_transport(client: FakeClient) -> FakeTransport:
    """Have a connection show its transport, where nats-py keeps it."""
    transport = FakeTransport()
    shown = cast("Any", client)
    shown._pending, shown.is_connected = [], True
    shown._transport = SimpleNamespace(_io_writer=SimpleNamespace(transport=transport))
    return transport


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


def test_messages_that_come_together_are_one_write() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        transport = show_transport(client)
        outbox.add_all([("a", b"12", "r"), ("b.c", b"", "")])
        assert transport.written == [b"PUB a r 2\r\n12\r\nPUB b.c  0\r\n\r\n"]
        assert client.published == []

    with_outbox(use)


def test_connection_that_shows_no_transport_publishes() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        outbox.add_all([("a", b"1", "r"), ("b", b"2", "")])
        assert client.published == [("a", b"1", "r"), ("b", b"2", "")]

    with_outbox(use)


@pytest.mark.parametrize("why", ["pending", "unsent", "ended", "lost"])
def test_connection_that_has_something_to_do_before_publishes(why: str) -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        transport = show_transport(client)
        if why == "pending":
            cast("Any", client)._pending.append(b"SUB")
        transport.unsent = KIB * KIB if why == "unsent" else 0
        transport.has_ended = why == "ended"
        client.is_connected = why != "lost"
        outbox.add_all([("a", b"1", "r")])
        assert (client.published, transport.written) == ([("a", b"1", "r")], [])

    with_outbox(use)


def test_nothing_overtakes_messages_that_wait_for_room() -> None:
    async def use(outbox: Outbox, client: FakeClient, end: FakeEnd) -> None:
        transport = show_transport(client)
        client.is_connected = False
        client.pending_data_size = 2 * KIB * KIB
        outbox.add("a", b"1")
        client.is_connected = True
        outbox.add_all([("b", b"2", "")])
        client.has_room.set()
        client.pending_data_size = 0
        await outbox.flushed()
        assert [subject for subject, _, _ in client.published] == ["a", "b"]
        assert transport.written == []

    with_outbox(use)


@needs_broker
def test_connection_of_nats_py_is_written_to(running: Broker) -> None:
    async def main() -> None:
        client, received = Client(), asyncio.get_running_loop().create_future()
        await client.connect(running.url)
        try:
            await listen(client, "told.*", received.set_result)
            await client.flush()
            Outbox(client, cast("Any", FakeEnd())).add_all([("told.b", b"12", "back")])
            assert client.pending_data_size == 0  # it was never in nats-py's own buffer
            message = await received
            assert (message.subject, message.data, message.reply) == ("told.b", b"12", "back")
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))
