from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from rpcgen.resolve.brokers import Brokers
from rpcgen.resolve.nats_connection import (
    PING_S,
    READ_SIZE,
    Client,
    connect_once,
    hang_up,
    stay_connected,
)
from tests.support.broker import Broker, broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker


@pytest.fixture
def own() -> Iterator[Broker]:
    """A broker that the test starts and stops."""
    with broker() as made:
        made.start()
        yield made


def read_size(client: Client) -> int:
    size: int = client._transport._io_writer.transport.max_size  # type: ignore[union-attr]
    return size


def test_end_is_told_where_something_is_left_to_be_sent(running: Broker) -> None:
    async def main() -> None:
        ended = asyncio.Event()
        client = await connect_once(Brokers.of(running.url), "test", ended.set, TIMEOUT_S)
        client._pending.append(b"PING\r\n")
        client._pending_data_size += 6
        client._transport._io_writer.transport.abort()  # type: ignore[union-attr]
        await ended.wait()
        await hang_up(client)

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


def test_end_is_told_where_something_is_not_understood(
    running: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        ended = asyncio.Event()
        client = await connect_once(Brokers.of(running.url), "test", ended.set, TIMEOUT_S)

        async def fail(data: bytes) -> None:
            raise ZeroDivisionError("a fault")

        with monkeypatch.context() as patched:
            patched.setattr(client._ps, "parse", fail)
            client._transport.write(b"PING\r\n")  # type: ignore[union-attr]
            # Not by the signs of life that a connection asks for.
            await asyncio.wait_for(ended.wait(), PING_S)
        await hang_up(client)

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


def test_connection_reads_little_at_once(running: Broker) -> None:
    async def main() -> int:
        client = await connect_once(Brokers.of(running.url), "test", lambda: None, TIMEOUT_S)
        try:
            return read_size(client)
        finally:
            await hang_up(client)

    assert asyncio.run(main()) == READ_SIZE


def test_connection_that_is_made_again_reads_little_at_once(own: Broker) -> None:
    async def main() -> int:
        connected: asyncio.Queue[None] = asyncio.Queue()
        sizes: list[int] = []

        async def use(client: Client) -> None:
            connected.put_nowait(None)
            await again.wait()
            sizes.append(read_size(client))
            connected.put_nowait(None)

        async def reconnected() -> None:
            again.set()

        again = asyncio.Event()
        staying = asyncio.ensure_future(
            stay_connected(Brokers.of(own.url), "test", use, lambda error: None, reconnected)
        )
        await connected.get()
        own.stop()
        own.start()
        await connected.get()
        staying.cancel()
        await asyncio.wait((staying,))
        return sizes[0]

    assert asyncio.run(asyncio.wait_for(main(), TIMEOUT_S)) == READ_SIZE
