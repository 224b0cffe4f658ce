from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest

from rpcgen.sync.leader_term import LeaderTerm, Schedulable
from rpcgen.sync.watchdog import Watchdog
from rpcgen.sync.worker_pool import WorkerPool
from tests.support.timeouts import TIMEOUT_S


class Call:
    """A job of a connection."""

    def __init__(self, owner: Connection, call: object) -> None:
        self.owner = owner
        self.call = call

    def run(self) -> None:
        try:
            self.owner.execute()
        finally:
            self.owner.over.append(self.call)

    def reject(self, reason: str) -> None:
        self.owner.refused.append(reason)


class Connection:
    """Carries out calls when the test says so, and keeps account of them."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.over: list[object] = []
        self.refused: list[str] = []

    def execute(self) -> None:
        self.begun.release()
        assert self.go_on.acquire(timeout=TIMEOUT_S)

    def job(self, call: object = None) -> Call:
        return Call(self, call)

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while len(self.over) < count and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(self.over) == count


def leader_term() -> LeaderTerm:
    watchdog: Watchdog[Any] = Watchdog(lambda work: None)
    return LeaderTerm(watchdog, watchdog.current)


def workers_of(limit: int) -> Iterator[WorkerPool]:
    workers = WorkerPool(limit)
    workers.term = leader_term()
    yield workers
    workers.shutdown()


@pytest.fixture
def one() -> Iterator[WorkerPool]:
    """WorkerPool that may carry out one call at a time."""
    yield from workers_of(1)


@pytest.fixture
def two() -> Iterator[WorkerPool]:
    """WorkerPool that may carry out two calls at a time."""
    yield from workers_of(2)


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.go_on.release(100)


def test_try_acquire_while_nobody_works(one: WorkerPool) -> None:
    assert one.try_acquire(one.term)


def test_try_acquire_while_all_work(one: WorkerPool, connection: Connection) -> None:
    one.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)
    assert not one.try_acquire(one.term)


def test_try_acquire_after_a_call_is_over(one: WorkerPool, connection: Connection) -> None:
    one.submit(connection.job())
    connection.go_on.release()
    connection.wait_for(1)
    deadline = time.monotonic() + TIMEOUT_S
    while not one.try_acquire(one.term) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert one.term.is_executing


def test_submit_carries_out_a_call(one: WorkerPool, connection: Connection) -> None:
    one.submit(connection.job("call"))
    connection.go_on.release()
    connection.wait_for(1)
    assert connection.over == ["call"]


def test_submit_while_the_leader_is_executing_waits_for_it(
    one: WorkerPool, connection: Connection
) -> None:
    assert one.try_acquire(one.term)
    one.submit(connection.job())
    assert not connection.begun.acquire(timeout=0.05)
    one.release(one.term)
    assert connection.begun.acquire(timeout=TIMEOUT_S)


def test_submit_beside_a_busy_leader(two: WorkerPool, connection: Connection) -> None:
    assert two.try_acquire(two.term)
    two.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)


def test_submit_beyond_the_limit_waits_for_a_worker(
    one: WorkerPool, connection: Connection
) -> None:
    for _ in range(3):
        one.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)
    assert not connection.begun.acquire(timeout=0.05)
    connection.go_on.release(3)
    connection.wait_for(3)


def test_count_detached_counts_the_call_of_a_late_thread(
    one: WorkerPool, connection: Connection
) -> None:
    late = one.term
    assert one.try_acquire(late)
    one.count_detached(late)
    one.term = leader_term()
    assert not one.try_acquire(one.term)


def test_finish_takes_up_what_waits(one: WorkerPool, connection: Connection) -> None:
    late = one.term
    assert one.try_acquire(late)
    one.count_detached(late)
    one.term = leader_term()
    one.submit(connection.job())
    connection.go_on.release()
    one.finish(late.connection)  # in this thread, the late one
    assert len(connection.over) == 1
    assert one.try_acquire(one.term)


def test_submit_without_a_thread_to_spare_refuses(one: WorkerPool, connection: Connection) -> None:
    no_more = RuntimeError("can't start new thread")
    with patch("threading.Thread.start", side_effect=no_more):
        one.submit(connection.job())
    assert connection.refused == ["server takes no more calls: can't start new thread"]
    assert one.try_acquire(one.term)


def test_submit_after_shutdown_refuses(one: WorkerPool, connection: Connection) -> None:
    one.shutdown()
    one.submit(connection.job())
    assert len(connection.refused) == 1


def test_shutdown_drops_what_waits(one: WorkerPool, connection: Connection) -> None:
    for _ in range(2):
        one.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)
    one.shutdown()
    connection.go_on.release(2)
    connection.wait_for(1)


def test_limit_must_be_greater_than_zero() -> None:
    with pytest.raises(ValueError, match="workers must be greater than 0"):
        WorkerPool(0)


def worker_threads() -> int:
    return sum(thread.name == "rpcgen-worker" for thread in threading.enumerate())


def wait_for_threads(count: int) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while worker_threads() != count and time.monotonic() < deadline:
        time.sleep(0.001)
    assert worker_threads() == count


def test_idle_threads_end() -> None:
    before = worker_threads()
    workers = WorkerPool(8, idle_seconds=0.05)
    workers.term = leader_term()
    connection = Connection()
    for _ in range(4):
        workers.submit(connection.job())
        assert connection.begun.acquire(timeout=TIMEOUT_S)
    connection.go_on.release(4)
    wait_for_threads(before)


def test_idle_thread_takes_the_next_call() -> None:
    workers = WorkerPool(8)
    workers.term = leader_term()
    connection = Connection()
    before = worker_threads()
    for number in range(1, 20):
        workers.submit(connection.job())
        connection.go_on.release()
        connection.wait_for(number)
        while not workers._idle:
            time.sleep(0.0001)
    assert worker_threads() == before + 1
    workers.shutdown()
    wait_for_threads(before)


def test_shutdown_ends_idle_threads() -> None:
    before = worker_threads()
    workers = WorkerPool(8, idle_seconds=3600)
    workers.term = leader_term()
    connection = Connection()
    workers.submit(connection.job())
    connection.go_on.release()
    connection.wait_for(1)
    workers.shutdown()
    wait_for_threads(before)


def test_threads_do_not_keep_the_process_alive(one: WorkerPool, connection: Connection) -> None:
    one.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)
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
            workers.submit(greedy.job())
        assert begun(greedy) == 8
        workers.submit(connection.job())
        assert connection.begun.acquire(timeout=TIMEOUT_S)
        greedy.go_on.release(30)
        greedy.wait_for(30)


def test_few_connections_leave_some_threads(connection: Connection) -> None:
    for workers in workers_of(64):
        several = [Connection() for _ in range(5)]
        for greedy in several:
            for _ in range(80):
                workers.submit(greedy.job())
        workers.submit(connection.job())
        assert connection.begun.acquire(timeout=TIMEOUT_S / 3)
        for greedy in several:
            greedy.go_on.release(80)


def test_leader_goes_on_beside_a_connection_that_waits_for_its_share(greedy: Connection) -> None:
    for workers in workers_of(10):
        for _ in range(30):
            workers.submit(greedy.job())
        assert begun(greedy) == 8
        assert workers.try_acquire(workers.term)
        workers.release(workers.term)
        greedy.go_on.release(30)


def test_connections_take_turns(
    one: WorkerPool, greedy: Connection, connection: Connection
) -> None:
    for _ in range(5):
        one.submit(greedy.job())
    assert greedy.begun.acquire(timeout=TIMEOUT_S)
    one.submit(connection.job())
    greedy.go_on.release(2)  # one of those that waited before comes first
    assert connection.begun.acquire(timeout=TIMEOUT_S)
    connection.go_on.release()
    greedy.go_on.release(5)
    greedy.wait_for(5)


def test_calls_of_a_connection_begin_in_their_order(
    one: WorkerPool, connection: Connection
) -> None:
    calls = [object() for _ in range(10)]
    for each in calls:
        one.submit(connection.job(each))
    connection.go_on.release(10)
    connection.wait_for(10)
    assert connection.over == calls


def test_failing_connection_costs_no_thread(one: WorkerPool, connection: Connection) -> None:
    class Broken(Connection):
        def execute(self) -> None:
            raise ZeroDivisionError("a fault of ours")

    broken = Broken()
    one.submit(broken.job())
    one.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)


def test_own_thread_is_known(one: WorkerPool) -> None:
    known: list[bool] = []

    class Asking(Connection):
        def execute(self) -> None:
            known.append(one.is_own_thread)

    asking = Asking()
    one.submit(asking.job())
    asking.wait_for(1)
    assert (known, one.is_own_thread) == ([True], False)


def test_last_place_is_not_the_leaders_for_a_connection_that_has_one(
    two: WorkerPool, connection: Connection
) -> None:
    two.term.connection = cast("Schedulable", connection)
    assert two.try_acquire(two.term)
    two.count_detached(two.term)
    two.term = leader_term()
    two.term.connection = cast("Schedulable", connection)
    assert not two.try_acquire(two.term)


def test_last_place_is_the_leaders_for_a_connection_that_has_none(
    two: WorkerPool, connection: Connection
) -> None:
    two.submit(connection.job())
    assert connection.begun.acquire(timeout=TIMEOUT_S)
    two.term.connection = cast("Schedulable", Connection())
    assert two.try_acquire(two.term)
