from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import cast
from unittest.mock import patch

import pytest

from rpcgen.protocol import Invocation, Request, ServedMethod
from rpcgen.schema import schema_of
from rpcgen.sync.leader_term import LeaderTerm, Schedulable
from rpcgen.sync.scheduler import Scheduler
from tests.support.timeouts import TIMEOUT_S

ENDED = 7.0


class Connection:
    """A connection without a socket, which keeps account of what becomes of its calls."""

    def __init__(self) -> None:
        self.running: set[Invocation] = set()
        self.threads: list[str] = []
        self.done: list[Invocation] = []
        self.is_done = threading.Event()
        self.pinned: list[LeaderTerm] = []
        self.handed_back: list[LeaderTerm] = []
        self.rejected: list[str] = []

    def on_ready(self, term: LeaderTerm, events: int) -> bool:
        return True

    def flush_turn(self, term: LeaderTerm) -> bool:
        return True

    def pin_decoder(self, term: LeaderTerm) -> None:
        self.pinned.append(term)

    def hand_back(self, term: LeaderTerm) -> None:
        term.handed_over.wait(TIMEOUT_S)
        self.handed_back.append(term)

    def abort(self) -> None:
        raise AssertionError("nothing fails here")

    def execute(self, invocation: Invocation) -> float:
        self.threads.append(threading.current_thread().name)
        invocation.served.function(invocation.args)
        return ENDED

    def reject_call(self, invocation: Invocation, error: str) -> None:
        self.rejected.append(error)

    def on_call_left(self, invocation: Invocation) -> None:
        self.running.add(invocation)

    def on_call_done(self, invocation: Invocation) -> None:
        self.running.discard(invocation)
        self.done.append(invocation)
        self.is_done.set()


class NextLeader:
    """Takes the lead over, and keeps account of that."""

    def __init__(self) -> None:
        self.interrupted: Schedulable | None = None
        self.unflushed: Sequence[Schedulable] = ()
        self.led = threading.Event()

    def __call__(self, interrupted: Schedulable | None, unflushed: Sequence[Schedulable]) -> None:
        self.interrupted, self.unflushed = interrupted, unflushed
        self.led.set()


@pytest.fixture
def next_leader() -> NextLeader:
    return NextLeader()


@pytest.fixture
def scheduler(next_leader: NextLeader) -> Iterator[Scheduler]:
    scheduler = Scheduler(8, next_leader)
    yield scheduler
    scheduler.shutdown()


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def term(scheduler: Scheduler, connection: Connection) -> Iterator[LeaderTerm]:
    """A term in the middle of a turn, whose watchdog looks when the test says so."""
    with patch("rpcgen.sync.watchdog.Watchdog.start"):
        term = scheduler.start_term()
    start(term, connection)
    yield term
    scheduler.end_term(term)


def call(function: Callable[[int], object] = lambda number: None) -> Invocation:
    served = ServedMethod(
        schema_of(int), schema_of(int), cast("Callable[[object], object]", function)
    )
    return Invocation(Request("Math.Double", 1), served, 0)


def start(term: LeaderTerm, connection: Connection) -> None:
    """Begin a turn, as a connection does."""
    term.connection = connection
    term.current.append(connection)


def stall(term: LeaderTerm) -> None:
    """Have the watchdog find the same work twice."""
    while not term.watchdog.check():
        pass


def test_quick_call_runs_in_the_leaders_thread(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    assert scheduler.dispatch(term, connection, call()) == ENDED
    assert connection.threads == [threading.current_thread().name]
    assert term.current == [connection]
    assert not term.is_executing


def test_call_is_what_the_watchdog_sees_while_it_runs(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    seen: list[list[object]] = []
    invocation = call(lambda number: seen.append(list(term.watchdog.current)))
    scheduler.dispatch(term, connection, invocation)
    assert seen == [[invocation]]


def test_call_kicks_the_watchdog_before_and_after(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    seen: list[bool] = []

    def look(number: int) -> None:
        seen.append(term.watchdog.seen)
        term.watchdog.seen = True

    term.watchdog.seen = True
    scheduler.dispatch(term, connection, call(look))
    assert [*seen, term.watchdog.seen] == [False, False]


def test_quick_call_counts_as_none_of_another_thread(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    scheduler.dispatch(term, connection, call())
    assert not connection.running
    assert not connection.done


def test_call_that_stalls_the_leader_ends_its_term(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection, next_leader: NextLeader
) -> None:
    slow = call(lambda number: stall(term))
    assert scheduler.dispatch(term, connection, slow) is None
    assert next_leader.led.is_set()
    assert next_leader.interrupted is connection
    assert connection.done == [slow]
    assert not connection.running


def test_next_leader_has_the_replies_that_are_left(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection, next_leader: NextLeader
) -> None:
    others = [Connection(), Connection()]
    term.unflushed += others
    scheduler.dispatch(term, connection, call(lambda number: stall(term)))
    assert next_leader.unflushed == others


def test_call_that_stalls_is_running_while_another_leads(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    running: list[set[Invocation]] = []

    def slow(number: int) -> None:
        stall(term)
        running.append(set(connection.running))

    invocation = call(slow)
    scheduler.dispatch(term, connection, invocation)
    assert running == [{invocation}]


def test_method_that_has_stalled_is_left_to_a_worker(
    scheduler: Scheduler,
    term: LeaderTerm,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rpcgen.sync.slow_methods.monotonic", lambda: 0.0)  # it was just now
    invocation = call(lambda number: None)
    served = invocation.served
    slow = Invocation(invocation.request, served, 0)
    with patch.object(served, "function", lambda number: stall(term)):
        scheduler.dispatch(term, connection, slow)
    with patch("rpcgen.sync.watchdog.Watchdog.start"):
        later = scheduler.start_term()
    start(later, connection)
    connection.is_done.clear()
    assert scheduler.dispatch(later, connection, invocation) == 0.0
    assert connection.is_done.wait(TIMEOUT_S)
    assert connection.threads[-1] == "rpcgen-worker"


def test_decoder_that_stalls_is_pinned(
    term: LeaderTerm, connection: Connection, next_leader: NextLeader
) -> None:
    stall(term)
    assert connection.pinned == [term]
    assert next_leader.interrupted is None
    assert term.handed_over.is_set()


def test_call_decoded_after_the_lead_was_lost_is_left_to_a_worker(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    stall(term)
    with patch("rpcgen.sync.watchdog.Watchdog.start"):
        scheduler.start_term()  # as the next leader does
    assert scheduler.dispatch(term, connection, call()) is None
    assert connection.handed_back == [term]
    assert connection.is_done.wait(TIMEOUT_S)
    assert connection.threads == ["rpcgen-worker"]


def test_call_beyond_the_workers_waits(connection: Connection, next_leader: NextLeader) -> None:
    scheduler = Scheduler(1, next_leader)
    with patch("rpcgen.sync.watchdog.Watchdog.start"):
        term = scheduler.start_term()
    start(term, connection)
    waiting = call()
    seen: list[list[Invocation]] = []

    def slow(number: int) -> None:
        stall(term)
        with patch("rpcgen.sync.watchdog.Watchdog.start"):
            later = scheduler.start_term()
        start(later, connection)
        assert scheduler.dispatch(later, connection, waiting) == 0.0
        seen.append(list(connection.done))

    first = call(slow)
    scheduler.dispatch(term, connection, first)
    assert seen == [[]]
    assert connection.done == [first, waiting]


def test_call_after_shutdown_is_rejected(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    scheduler.dispatch(term, connection, call(lambda number: stall(term)))
    with patch("rpcgen.sync.watchdog.Watchdog.start"):
        later = scheduler.start_term()
    start(later, connection)
    scheduler.shutdown()
    with patch("rpcgen.sync.slow_methods.SlowMethodDetector.should_offload", return_value=True):
        scheduler.dispatch(later, connection, call())
    assert connection.rejected == ["server takes no more calls: it is closed"]


def test_connection_is_served_while_its_call_runs(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    served: list[tuple[bool, bool]] = []
    other = Connection()

    def look(number: int) -> None:
        served.append((scheduler.is_serving(connection), scheduler.is_serving(other)))

    scheduler.dispatch(term, connection, call(look))
    assert served == [(True, False)]


def test_connection_is_not_served_after_its_turn(
    scheduler: Scheduler, term: LeaderTerm, connection: Connection
) -> None:
    term.current.pop()
    assert not scheduler.is_serving(connection)


def test_connection_is_not_served_without_a_leader(connection: Connection) -> None:
    assert not Scheduler(1, NextLeader()).is_serving(connection)


def test_leaders_thread_is_the_schedulers_own(scheduler: Scheduler) -> None:
    known: list[bool] = []

    def lead() -> None:
        scheduler.end_term(scheduler.start_term())
        known.append(scheduler.is_own_thread)

    thread = threading.Thread(target=lead)
    thread.start()
    thread.join(TIMEOUT_S)
    assert (known, scheduler.is_own_thread) == ([True], False)
