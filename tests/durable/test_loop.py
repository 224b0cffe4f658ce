"""A connection to a broker in a thread: what runs beside it, and how that ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from rpcgen.durable.loop import BrokerLoop
from rpcgen.errors import ShutdownError
from rpcgen.resolve.brokers import Brokers
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S


@pytest.fixture
def lost() -> Iterator[BrokerLoop]:
    """One whose broker does not listen."""
    loop = BrokerLoop(Brokers.of("nats://127.0.0.1:9"), "test")
    yield loop
    loop.close()


async def number() -> int:
    return 7


def test_coroutine_runs_in_the_thread(lost: BrokerLoop) -> None:
    assert lost.start(number).result(TIMEOUT_S) == 7


def test_closing_cancels_what_runs(lost: BrokerLoop) -> None:
    future = lost.start(asyncio.Event().wait)
    lost.close()
    with pytest.raises(CancelledError):
        future.result(TIMEOUT_S)


def test_nothing_is_started_once_it_is_closed(lost: BrokerLoop) -> None:
    lost.close()
    with pytest.raises(ShutdownError):
        lost.start(number)


def test_thread_is_gone_after_closing() -> None:
    before = threading.active_count()
    BrokerLoop(Brokers.of("nats://127.0.0.1:9"), "test").close()
    assert threading.active_count() == before


@needs_broker
def test_connection_is_waited_for(own: Broker) -> None:
    own.stop()
    loop = BrokerLoop(Brokers.of(own.url), "test")
    try:
        future = loop.start(loop.connected)
        own.start()
        assert future.result(TIMEOUT_S).is_connected
    finally:
        loop.close()
