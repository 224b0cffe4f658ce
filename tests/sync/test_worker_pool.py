from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest

from rpcgen.protocol import Invocation
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.leader_term import Lead
from rpcgen.sync.watchdog import Watchdog
from rpcgen.sync.worker_pool import Workers

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


def test_limit_must_be_greater_than_zero() -> None:
    with pytest.raises(ValueError, match="workers must be greater than 0"):
        Workers(0)


def worker_threads() -> int:
    return sum(thread.name == "rpcgen-worker" for thread in threading.enumerate())


def wait_for_threads(count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while worker_threads() != count and time.monotonic() < deadline:
        time.sleep(0.001)
    assert worker_threads() == count


def test_idle_threads_end() -> None:
    before = worker_threads()
    workers = Workers(8, idle_seconds=0.05)
    workers.lead = lead()
    connection = Connection()
    for _ in range(4):
        workers.submit(connection.as_one(), call())
        assert connection.begun.acquire(timeout=PATIENCE)
    connection.go_on.release(4)
    wait_for_threads(before)


def test_idle_thread_takes_the_next_call() -> None:
    workers = Workers(8)
    workers.lead = lead()
    connection = Connection()
    before = worker_threads()
    for number in range(1, 20):
        workers.submit(connection.as_one(), call())
        connection.go_on.release()
        connection.wait_for(number)
        while not workers._idle:
            time.sleep(0.0001)
    assert worker_threads() == before + 1
    workers.shutdown()
    wait_for_threads(before)


def test_shutdown_ends_idle_threads() -> None:
    before = worker_threads()
    workers = Workers(8, idle_seconds=3600)
    workers.lead = lead()
    connection = Connection()
    workers.submit(connection.as_one(), call())
    connection.go_on.release()
    connection.wait_for(1)
    workers.shutdown()
    wait_for_threads(before)


def test_threads_do_not_keep_the_process_alive(one: Workers, connection: Connection) -> None:
    one.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)
    threads = [thread for thread in threading.enumerate() if thread.name == "rpcgen-worker"]
    assert all(thread.daemon for thread in threads)


@pytest.fixture
def greedy() -> Iterator[Connection]:
    greedy = Connection()
    yield greedy
    greedy.go_on.release(100)


def begun(connection: Connection) -> int:
    count = 0
    while connection.begun.acquire(timeout=0.1):
        count += 1
    return count


def test_one_connection_leaves_some_threads(greedy: Connection, connection: Connection) -> None:
    for workers in workers_of(10):
        for _ in range(30):
            workers.submit(greedy.as_one(), call())
        assert begun(greedy) == 8
        workers.submit(connection.as_one(), call())
        assert connection.begun.acquire(timeout=PATIENCE)
        greedy.go_on.release(30)
        greedy.wait_for(30)


def test_few_connections_leave_some_threads(connection: Connection) -> None:
    for workers in workers_of(64):
        several = [Connection() for _ in range(5)]
        for greedy in several:
            for _ in range(80):
                workers.submit(greedy.as_one(), call())
        workers.submit(connection.as_one(), call())
        assert connection.begun.acquire(timeout=PATIENCE / 3)
        for greedy in several:
            greedy.go_on.release(80)


def test_leader_goes_on_beside_a_connection_that_waits_for_its_share(greedy: Connection) -> None:
    for workers in workers_of(10):
        for _ in range(30):
            workers.submit(greedy.as_one(), call())
        assert begun(greedy) == 8
        assert workers.claim(workers.lead)
        workers.release(workers.lead)
        greedy.go_on.release(30)


def test_connections_take_turns(one: Workers, greedy: Connection, connection: Connection) -> None:
    for _ in range(5):
        one.submit(greedy.as_one(), call())
    assert greedy.begun.acquire(timeout=PATIENCE)
    one.submit(connection.as_one(), call())
    greedy.go_on.release(2)  # one of those that waited before comes first
    assert connection.begun.acquire(timeout=PATIENCE)
    connection.go_on.release()
    greedy.go_on.release(5)
    greedy.wait_for(5)


def test_calls_of_a_connection_begin_in_their_order(one: Workers, connection: Connection) -> None:
    calls = [call() for _ in range(10)]
    for each in calls:
        one.submit(connection.as_one(), each)
    connection.go_on.release(10)
    connection.wait_for(10)
    assert connection.over == calls


def test_failing_connection_costs_no_thread(one: Workers, connection: Connection) -> None:
    broken = Connection()
    broken.answer = lambda invocation: 1 / 0  # type: ignore[method-assign]
    one.submit(broken.as_one(), call())
    one.submit(connection.as_one(), call())
    assert connection.begun.acquire(timeout=PATIENCE)


def test_own_thread_is_known(one: Workers) -> None:
    known: list[bool] = []

    class Asking(Connection):
        def answer(self, invocation: Invocation) -> float:
            known.append(one.is_own_thread)
            return 0.0

    asking = Asking()
    one.submit(asking.as_one(), call())
    asking.wait_for(1)
    assert (known, one.is_own_thread) == ([True], False)
