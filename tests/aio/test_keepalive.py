"""Signs of life."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rpcgen.aio.keepalive import KeepAlive
from rpcgen.protocol import ClientProtocol, GobClientCodec
from rpcgen.protocol.headers import NOTICE_SEQ


class Timer:
    def __init__(self, callback: Any) -> None:
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Connection:
    """A connection, and a loop whose timers go off when the test says so."""

    def __init__(self) -> None:
        self.protocol: ClientProtocol[Any] = ClientProtocol(GobClientCodec())
        self.is_decoding = False
        self.queued = 0
        self.loop: Any = self
        self.timers: list[Timer] = []
        self.cancelled: list[int] = []
        self.failures: list[str] = []

    def call_later(self, seconds: float, callback: Any) -> Timer:
        self.timers.append(Timer(callback))
        return self.timers[-1]

    def ring(self, times: int = 1) -> None:
        for _ in range(times):
            self.timers[-1].callback()

    def cancel(self, seq: int) -> None:
        self.cancelled.append(seq)

    def fail(self, reason: str) -> None:
        self.failures.append(reason)


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_silence_is_followed_by_a_ping(connection: Connection) -> None:
    KeepAlive(connection, 5.0)
    connection.ring()
    assert connection.cancelled == [NOTICE_SEQ]


def test_what_comes_is_a_sign_of_life(connection: Connection) -> None:
    KeepAlive(connection, 5.0)
    connection.protocol.is_silent = False
    connection.ring()
    assert connection.cancelled == []


def test_silence_after_a_ping_ends_the_connection(connection: Connection) -> None:
    KeepAlive(connection, 5.0)
    connection.ring(3)
    assert connection.failures == ["the server has not answered a ping within 5.0 s (keepalive)"]


def test_answer_at_the_last_moment_is_one(connection: Connection) -> None:
    KeepAlive(connection, 5.0)
    connection.ring(2)
    connection.protocol.is_silent = False
    connection.ring()
    assert (connection.failures, connection.protocol.is_silent) == ([], True)


def test_server_that_reads_is_alive(connection: Connection) -> None:
    connection.queued = 1000
    KeepAlive(connection, 5.0)
    connection.ring()
    connection.queued = 500
    connection.ring(2)
    assert connection.failures == []


def test_connection_that_decodes_is_alive(connection: Connection) -> None:
    connection.is_decoding = True
    KeepAlive(connection, 5.0)
    connection.ring()
    assert connection.cancelled == []


def test_stop(connection: Connection) -> None:
    KeepAlive(connection, 5.0).stop()
    assert connection.timers[-1].is_cancelled


async def test_timer_of_a_loop_goes_off() -> None:
    connection = Connection()
    connection.loop = asyncio.get_running_loop()
    keepalive = KeepAlive(connection, 0.001)
    while not connection.cancelled:
        await asyncio.sleep(0.001)
    keepalive.stop()
