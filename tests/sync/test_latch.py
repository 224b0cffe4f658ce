from __future__ import annotations

import signal
import threading

import pytest

from rpcgen.sync.latch import Latch
from tests.support.timeouts import TIMEOUT_S


def test_wait_for_what_has_happened() -> None:
    latch = Latch()
    latch.set()
    assert latch.wait()


def test_wait_gives_up() -> None:
    assert not Latch().wait(0.001)


def test_wait_that_gives_up_leaves_nothing_behind() -> None:
    latch = Latch()
    latch.wait(0.001)
    assert not latch._waiting


def test_wait_of_no_time_does_not_wait() -> None:
    assert not Latch().wait(-1)


def test_set_wakes_all_who_wait() -> None:
    latch = Latch()
    woken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: woken.append(latch.wait(TIMEOUT_S))) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    latch.set()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert woken == [True] * 5


def test_set_twice() -> None:
    latch = Latch()
    latch.set()
    latch.set()
    assert latch.is_set()


@pytest.mark.parametrize("microseconds", [1, 10, 50, 100, 200, 1000] * 5)
def test_signal_handler_may_set_what_it_interrupts(microseconds: int) -> None:
    latch = Latch()
    before = signal.signal(signal.SIGALRM, lambda number, frame: latch.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
        assert latch.wait(TIMEOUT_S)
    finally:
        signal.signal(signal.SIGALRM, before)
