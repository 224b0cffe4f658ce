from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from rpcgen.sync.watchdog import CHECK_INTERVAL_S, Watchdog
from tests.support.timeouts import TIMEOUT_S


class Taken:
    """What the watchdog took the lead over, and in which thread."""

    def __init__(self) -> None:
        self.work: list[str] = []
        self.thread: threading.Thread | None = None
        self.happened = threading.Event()

    def __call__(self, work: str) -> None:
        self.work.append(work)
        self.thread = threading.current_thread()
        self.happened.set()


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def watchdog(taken: Taken) -> Iterator[Watchdog[str]]:
    watchdog = Watchdog(taken)
    watchdog.start()
    yield watchdog
    watchdog.stop()


def begin(watchdog: Watchdog[str], work: str) -> None:
    """Begin something as a leader does."""
    watchdog.current.append(work)
    if watchdog.seen:
        watchdog.kick()


def fall_asleep(watchdog: Watchdog[str]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not watchdog._asleep and time.monotonic() < deadline:
        time.sleep(CHECK_INTERVAL_S)
    assert watchdog._asleep


def test_leader_that_is_held_up_loses_the_lead(taken: Taken, watchdog: Watchdog[str]) -> None:
    begin(watchdog, "slow")
    assert taken.happened.wait(TIMEOUT_S)
    assert taken.work == ["slow"]
    assert not watchdog.current


def test_lead_is_taken_in_the_watchdogs_own_thread(taken: Taken, watchdog: Watchdog[str]) -> None:
    begin(watchdog, "slow")
    assert taken.happened.wait(TIMEOUT_S)
    assert taken.thread is not threading.current_thread()


def test_lead_is_taken_once(taken: Taken, watchdog: Watchdog[str]) -> None:
    begin(watchdog, "slow")
    assert taken.happened.wait(TIMEOUT_S)
    begin(watchdog, "slow too")
    time.sleep(5 * CHECK_INTERVAL_S)
    assert taken.work == ["slow"]


def test_check_of_what_was_there_before_takes_the_lead(taken: Taken) -> None:
    watchdog = Watchdog(taken)
    begin(watchdog, "slow")
    assert [watchdog.check(), watchdog.check()] == [False, True]
    assert taken.work == ["slow"]


def test_check_of_something_new_takes_nothing(taken: Taken) -> None:
    watchdog = Watchdog(taken)
    for _ in range(10):
        begin(watchdog, "quick")
        assert not watchdog.check()
        watchdog.current.pop()
    assert not taken.work


def test_check_of_an_empty_slot_takes_nothing(taken: Taken) -> None:
    watchdog = Watchdog(taken)
    begin(watchdog, "quick")
    watchdog.check()
    watchdog.current.pop()
    assert not watchdog.check()
    assert not taken.work


def test_leader_that_does_nothing_keeps_the_lead(taken: Taken, watchdog: Watchdog[str]) -> None:
    fall_asleep(watchdog)
    assert not taken.work


def test_watchdog_that_sleeps_is_woken_by_work(taken: Taken, watchdog: Watchdog[str]) -> None:
    fall_asleep(watchdog)
    begin(watchdog, "slow")
    assert taken.happened.wait(TIMEOUT_S)


def test_stop_ends_the_thread(taken: Taken) -> None:
    before = threading.active_count()
    watchdog = Watchdog(taken)
    watchdog.start()
    watchdog.stop()
    deadline = time.monotonic() + TIMEOUT_S
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(CHECK_INTERVAL_S)
    assert threading.active_count() == before


def test_stop_ends_the_thread_of_one_that_sleeps(taken: Taken) -> None:
    before = threading.active_count()
    watchdog = Watchdog(taken)
    watchdog.start()
    fall_asleep(watchdog)
    watchdog.stop()
    deadline = time.monotonic() + TIMEOUT_S
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(CHECK_INTERVAL_S)
    assert threading.active_count() == before
