from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest

from rpcgen.protocol import Invocation
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.lead import Lead
from rpcgen.sync.watchdog import Watchdog
from rpcgen.sync.workers import Workers

PATIENCE = 30.0


class Connection:
    """Carries out calls when the test says so, and keeps account of them."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.over: list[object] = []
        self.refused: list[str] = []

    def answer(self, invocation: Invocation) -> float:
        self.begun.release()
        assert self.go_on.acquire(timeout=PATIENCE)
        return 0.0

    def call_is_over(self, invocation: Invocation) -> None:
        self.over.append(invocation)

    def refuse_call(self, invocation: Invocation, error: str) -> None:
        self.refused.append(error)

    def as_one(self) -> ServerConnection:
        return cast("ServerConnection", self)

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.over) < count and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(self.over) == count


def lead() -> Lead:
    watchdog: Watchdog[Any] = Watchdog(lambda work: None)
    return Lead(watchdog, watchdog.slot)


def call() -> Invocation:
    return cast("Invocation", object())


def workers_of(limit: int) -> Iterator[Workers]:
    workers = Workers(limit)
    workers.lead = lead()
    yield workers
    workers.shutdown()


@pytest.fixture
def one() -> Iterator[Workers]:
    """Workers that may carry out one call at a time."""
    yield from workers_of(1)


@pytest.fixture
def two() -> Iterator[Workers]:
    """Workers that may carry out two calls at a time."""
    yield from workers_of(2)


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.go_on.release(100)


def test_claim_while_nobody_works(one: Workers) -> None:
    assert one.claim(one.lead)


def test_claim_while_all_work(one: Workers, connection: Connection) -> None:
    one.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)
    assert not one.claim(one.lead)


def test_claim_after_a_call_is_over(one: Workers, connection: Connection) -> None:
    one.submit(connection.as_one(), call())
    connection.go_on.release()
    connection.wait_for(1)
    deadline = time.monotonic() + PATIENCE
    while not one.claim(one.lead) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert one.lead.is_busy


def test_submit_carries_out_a_call(one: Workers, connection: Connection) -> None:
    invocation = call()
    one.submit(connection.as_one(), invocation)
    connection.go_on.release()
    connection.wait_for(1)
    assert connection.over == [invocation]


def test_submit_while_the_leader_is_busy_waits_for_it(one: Workers, connection: Connection) -> None:
    assert one.claim(one.lead)
    one.submit(connection.as_one(), call())
    assert not connection.begun.acquire(timeout=0.05)
    one.release(one.lead)
    assert connection.begun.acquire(timeout=PATIENCE)


def test_submit_beside_a_busy_leader(two: Workers, connection: Connection) -> None:
    assert two.claim(two.lead)
    two.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)


def test_submit_beyond_the_limit_waits_for_a_worker(one: Workers, connection: Connection) -> None:
    for _ in range(3):
        one.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)
    assert not connection.begun.acquire(timeout=0.05)
    connection.go_on.release(3)
    connection.wait_for(3)


def test_adopt_counts_the_call_of_a_late_thread(one: Workers, connection: Connection) -> None:
    late = one.lead
    assert one.claim(late)
    one.adopt(late)
    one.lead = lead()
    assert not one.claim(one.lead)


def test_go_on_takes_up_what_waits(one: Workers, connection: Connection) -> None:
    late = one.lead
    assert one.claim(late)
    one.adopt(late)
    one.lead = lead()
    one.submit(connection.as_one(), call())
    connection.go_on.release()
    one.go_on(connection.as_one(), call())  # in this thread, the late one
    assert len(connection.over) == 2
    assert one.claim(one.lead)


def test_submit_without_a_thread_to_spare_refuses(one: Workers, connection: Connection) -> None:
    no_more = RuntimeError("can't start new thread")
    with patch("threading.Thread.start", side_effect=no_more):
        one.submit(connection.as_one(), call())
    assert connection.refused == ["server takes no more calls: can't start new thread"]
    assert one.claim(one.lead)


def test_submit_after_shutdown_refuses(one: Workers, connection: Connection) -> None:
    one.shutdown()
    one.submit(connection.as_one(), call())
    assert len(connection.refused) == 1


def test_shutdown_drops_what_waits(one: Workers, connection: Connection) -> None:
    for _ in range(2):
        one.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)
    one.shutdown()
    connection.go_on.release(2)
    connection.wait_for(1)
