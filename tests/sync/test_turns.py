from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rpcgen.sync.turns import Turns, remaining, wake

# Far longer than anything takes, in seconds.
PATIENCE = 30.0


class Reply:
    """Something to wait for."""

    def __init__(self) -> None:
        self.over = False
        self.latches: list[threading.Lock] = []

    def arrive(self) -> None:
        self.over = True
        wake(self)


class Source:
    """Replies that arrive one a read, in order, once they are let go."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self._let_go = threading.Semaphore(0)
        self.reading = threading.Semaphore(0)

    def read(self, deadline: float | None) -> None:
        self.reading.release()
        if self._let_go.acquire(timeout=PATIENCE if deadline is None else remaining(deadline)):
            self._replies.pop(0).arrive()

    def let_go(self, count: int = 1) -> None:
        self._let_go.release(count)


class Waiter(threading.Thread):
    """A thread that waits for a reply."""

    def __init__(self, turns: Turns, reply: Reply, deadline: float | None = None) -> None:
        super().__init__(daemon=True)
        self._wait: Callable[[], bool] = lambda: turns.wait(reply, deadline)
        self.result: bool | None = None
        self.start()

    def run(self) -> None:
        self.result = self._wait()

    def outcome(self) -> bool | None:
        self.join(PATIENCE)
        return self.result


def asleep(count: int, *replies: Reply) -> None:
    """Wait until so many threads follow."""
    deadline = time.monotonic() + PATIENCE
    while sum(len(reply.latches) for reply in replies) < count and time.monotonic() < deadline:
        time.sleep(0.001)


def test_wait_when_over_reads_nothing() -> None:
    reply = Reply()
    reply.arrive()
    assert Turns(Source().read).wait(reply, None)


def test_wait_alone_reads() -> None:
    reply = Reply()
    source = Source(reply)
    source.let_go()
    assert Turns(source.read).wait(reply, None)


def test_wait_reads_for_others_first() -> None:
    first, second = Reply(), Reply()
    source = Source(first, second)
    source.let_go(2)
    Turns(source.read).wait(second, None)
    assert first.over


def test_wait_until_the_deadline() -> None:
    turns = Turns(Source(Reply()).read)
    assert not turns.wait(Reply(), time.monotonic() + 0.01)


def test_wait_after_the_deadline_reads_nothing() -> None:
    source = Source(Reply())
    Turns(source.read).wait(Reply(), time.monotonic() - 1)
    assert not source.reading.acquire(blocking=False)


def test_follower_is_woken_by_its_reply() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    turns = Turns(source.read)
    leader = Waiter(turns, first)
    source.reading.acquire(timeout=PATIENCE)
    follower = Waiter(turns, second)
    asleep(1, second)
    source.let_go()
    assert (follower.outcome(), leader.is_alive()) == (True, True)
    source.let_go()
    assert leader.outcome()


def test_follower_leads_when_the_leader_leaves() -> None:
    first, second = Reply(), Reply()
    source = Source(first, second)
    turns = Turns(source.read)
    leader = Waiter(turns, first)
    source.reading.acquire(timeout=PATIENCE)
    follower = Waiter(turns, second)
    asleep(1, second)
    source.let_go()
    assert leader.outcome()
    source.let_go()
    assert follower.outcome()


def test_follower_that_gives_up_hands_its_turn_on() -> None:
    first, second, third = Reply(), Reply(), Reply()
    source = Source(first, third)
    turns = Turns(source.read)
    leader = Waiter(turns, first)
    source.reading.acquire(timeout=PATIENCE)
    patient = Waiter(turns, third)
    hasty = Waiter(turns, second, time.monotonic() + 0.05)
    asleep(1, third)
    assert hasty.outcome() is False
    source.let_go(2)
    assert (leader.outcome(), patient.outcome()) == (True, True)


def test_two_threads_wait_for_one_reply() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    turns = Turns(source.read)
    leader = Waiter(turns, first)
    source.reading.acquire(timeout=PATIENCE)
    followers = [Waiter(turns, second), Waiter(turns, second)]
    asleep(2, second)
    source.let_go(2)
    assert [waiter.outcome() for waiter in (leader, *followers)] == [True, True, True]


def test_many_threads_all_get_their_replies() -> None:
    replies = [Reply() for _ in range(100)]
    source = Source(*reversed(replies))
    turns = Turns(source.read)
    waiters = [Waiter(turns, reply) for reply in replies]
    source.let_go(100)
    assert all(waiter.outcome() for waiter in waiters)


def test_lead_when_nobody_does() -> None:
    with Turns(Source().read).lead(blocking=False) as leading:
        assert leading


def test_lead_when_somebody_does() -> None:
    turns = Turns(Source().read)
    with turns.lead(blocking=True), turns.lead(blocking=False) as leading:
        assert not leading


def test_lead_leaves_the_turn_to_a_follower() -> None:
    reply = Reply()
    source = Source(reply)
    turns = Turns(source.read)
    with turns.lead(blocking=True):
        follower = Waiter(turns, reply)
        asleep(1, reply)
    source.let_go()
    assert follower.outcome()


def test_remaining_without_deadline() -> None:
    assert remaining(None) is None


def test_remaining_after_the_deadline() -> None:
    assert remaining(time.monotonic() - 1) == 0.0
