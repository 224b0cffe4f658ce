from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from rpcgen.errors import RpcError
from rpcgen.sync.leader_follower import LeaderFollower, Releasable, notify
from rpcgen.sync.sections import Sections, Token, new_token
from tests.support.timeouts import TIMEOUT_S


class Reply:
    """Something to wait for."""

    def __init__(self) -> None:
        self._is_done = False
        self._waiters: list[Releasable] = []

    def arrive(self) -> None:
        self._is_done = True
        notify(self)


class Source:
    """Replies that arrive one after the other, once they are let go."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self._let_go = threading.Semaphore(0)
        self.reading = threading.Semaphore(0)
        self.is_blocked = False
        self.sent = threading.Event()
        # For how long it was waited for room each time.
        self.pushes: list[float] = []

    def transfer(self, token: Token, seconds: float, whole: bool) -> bool:
        self.reading.release()
        if not self._let_go.acquire(timeout=seconds):
            return False
        self._replies.pop(0).arrive()
        return True

    def send(self, seconds: float) -> None:
        self.pushes.append(seconds)
        self.is_blocked = False
        self.sent.set()

    def is_readable(self) -> bool:
        if self._let_go.acquire(blocking=False):
            self._let_go.release()
            return True
        return False

    def let_go(self, count: int = 1) -> None:
        self._let_go.release(count)


def leader_follower_of(source: Source) -> LeaderFollower:
    return LeaderFollower(source, Sections(lambda error: None, lambda: None))


class Waiter(threading.Thread):
    """A thread that waits for a reply."""

    def __init__(
        self, leader_follower: LeaderFollower, reply: Reply, deadline: float | None = None
    ) -> None:
        super().__init__(daemon=True)
        self._wait: Callable[[], bool] = lambda: leader_follower.wait(reply, deadline)
        self.result: bool | None = None
        self.start()

    def run(self) -> None:
        self.result = self._wait()

    def outcome(self) -> bool | None:
        self.join(TIMEOUT_S)
        return self.result


def asleep(count: int, *replies: Reply) -> None:
    """Wait until so many threads follow."""
    deadline = time.monotonic() + TIMEOUT_S
    while sum(len(reply._waiters) for reply in replies) < count and time.monotonic() < deadline:
        time.sleep(0.001)


def test_wait_when_over_reads_nothing() -> None:
    reply = Reply()
    reply.arrive()
    assert leader_follower_of(Source()).wait(reply, None)


def test_wait_alone_reads() -> None:
    reply = Reply()
    source = Source(reply)
    source.let_go()
    assert leader_follower_of(source).wait(reply, None)


def test_wait_reads_for_others_first() -> None:
    first, second = Reply(), Reply()
    source = Source(first, second)
    source.let_go(2)
    leader_follower_of(source).wait(second, None)
    assert first._is_done


def test_wait_until_the_deadline() -> None:
    leader_follower = leader_follower_of(Source(Reply()))
    assert not leader_follower.wait(Reply(), time.monotonic() + 0.01)


def test_wait_after_the_deadline_reads_nothing() -> None:
    source = Source(Reply())
    leader_follower_of(source).wait(Reply(), time.monotonic() - 1)
    assert not source.reading.acquire(blocking=False)


def test_wait_of_a_thread_that_is_in_a_section_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rpcgen.sync.sections._PACKAGE", __package__)
    sections = Sections(lambda error: None, lambda: None)
    token = sections.claims["send"] = new_token()
    leader_follower = LeaderFollower(Source(), sections)
    leader_follower._leader[None] = [-1]  # else the thread would look for a reply first
    with pytest.raises(RpcError, match="signal handler or a finalizer"):
        leader_follower.wait(Reply(), None)
    assert sections.claims["send"] is token


def test_wait_that_interrupts_another_one_of_its_thread_works() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    source.let_go(2)
    leader_follower = leader_follower_of(source)
    outer = source.transfer

    def interrupted(token: Token, seconds: float, whole: bool) -> bool:
        source.transfer = outer  # type: ignore[method-assign]
        return leader_follower.wait(second, None)

    source.transfer = interrupted  # type: ignore[method-assign]
    assert leader_follower.wait(first, None)
    assert not leader_follower._leader


def test_wait_finds_a_claim_that_another_thread_has_lost() -> None:
    errors: list[BaseException] = []
    reply = Reply()

    def end(error: BaseException) -> None:
        errors.append(error)
        reply._is_done = True

    sections = Sections(end, lambda: None)
    thread = threading.Thread(target=lambda: sections.enter("send", new_token()))
    thread.start()
    thread.join(TIMEOUT_S)
    assert LeaderFollower(Source(), sections).wait(reply, None)
    assert len(errors) == 1


def test_follower_finds_a_claim_that_its_thread_has_lost() -> None:
    errors: list[BaseException] = []
    reply = Reply()

    def end(error: BaseException) -> None:
        errors.append(error)
        reply.arrive()

    sections = Sections(end, lambda: None)
    sections.enter("take", new_token())
    leader_follower = LeaderFollower(Source(), sections)
    leader_follower._leader[None] = [-1]  # else it would not follow
    assert leader_follower.wait(reply, None)
    assert len(errors) == 1


def test_follower_is_woken_by_its_reply() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    follower = Waiter(leader_follower, second)
    asleep(1, second)
    source.let_go()
    assert (follower.outcome(), leader.is_alive()) == (True, True)
    source.let_go()
    assert leader.outcome()


def test_follower_leads_when_the_leader_leaves() -> None:
    first, second = Reply(), Reply()
    source = Source(first, second)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    follower = Waiter(leader_follower, second)
    asleep(1, second)
    source.let_go()
    assert leader.outcome()
    source.let_go()
    assert follower.outcome()


def test_follower_leads_when_the_leader_does_not_read() -> None:
    reply = Reply()
    source = Source(reply)
    leader_follower = leader_follower_of(source)
    leader_follower._leader[None] = [-1]  # a thread whose signal handler waits for this one, say
    follower = Waiter(leader_follower, reply)
    asleep(1, reply)
    source.let_go()
    assert follower.outcome()


def test_follower_sends_what_is_left_to_be_sent() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    source.is_blocked = True
    follower = Waiter(leader_follower, second)
    assert source.sent.wait(TIMEOUT_S)
    source.let_go(2)
    assert (leader.outcome(), follower.outcome()) == (True, True)


def test_follower_that_sends_looks_often_whether_its_wait_is_over() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    source.is_blocked = True
    follower = Waiter(leader_follower, second)
    assert source.sent.wait(TIMEOUT_S)
    source.let_go(2)
    assert (leader.outcome(), follower.outcome()) == (True, True)
    assert max(source.pushes) <= 0.01


def test_follower_that_gives_up_hands_its_turn_on() -> None:
    first, second, third = Reply(), Reply(), Reply()
    source = Source(first, third)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    patient = Waiter(leader_follower, third)
    hasty = Waiter(leader_follower, second, time.monotonic() + 0.05)
    asleep(1, third)
    assert hasty.outcome() is False
    source.let_go(2)
    assert (leader.outcome(), patient.outcome()) == (True, True)


def test_two_threads_wait_for_one_reply() -> None:
    first, second = Reply(), Reply()
    source = Source(second, first)
    leader_follower = leader_follower_of(source)
    leader = Waiter(leader_follower, first)
    source.reading.acquire(timeout=TIMEOUT_S)
    followers = [Waiter(leader_follower, second), Waiter(leader_follower, second)]
    asleep(2, second)
    source.let_go(2)
    assert [waiter.outcome() for waiter in (leader, *followers)] == [True, True, True]


def test_many_threads_all_get_their_replies() -> None:
    replies = [Reply() for _ in range(100)]
    source = Source(*reversed(replies))
    leader_follower = leader_follower_of(source)
    waiters = [Waiter(leader_follower, reply) for reply in replies]
    source.let_go(100)
    assert all(waiter.outcome() for waiter in waiters)


class Interrupted(dict[None, Token]):
    """The leader, if a handler leads and steps down right after it was looked up."""

    def get(self, key: None, default: Any = None) -> Any:
        leader = super().get(key, default)
        self.pop(key, None)
        return leader


def test_handler_that_leads_while_its_thread_steps_down_does_no_harm() -> None:
    reply = Reply()
    source = Source(reply)
    leader_follower = leader_follower_of(source)
    leader_follower._leader = Interrupted()
    source.let_go()
    assert leader_follower.wait(reply, time.monotonic() + TIMEOUT_S)
    assert not leader_follower._leader
