"""One timer for the deadlines of many calls."""

from __future__ import annotations

import asyncio
import time

from rpcgen.aio.deadline_timer import DeadlineTimer
from tests.support.timeouts import TIMEOUT_S


class Calls:
    """Notes when it is asked to end what is late."""

    def __init__(self, *next_deadlines: float | None) -> None:
        self.asked = asyncio.Semaphore(0)
        self._next = [*next_deadlines]
        self.timer = DeadlineTimer(asyncio.get_running_loop(), self.expire)

    def expire(self) -> float | None:
        self.asked.release()
        return self._next.pop(0) if self._next else None


async def test_timer_goes_off_at_the_deadline() -> None:
    calls = Calls()
    calls.timer.watch(time.monotonic())
    await asyncio.wait_for(calls.asked.acquire(), TIMEOUT_S)
    assert calls.timer.handle is None


async def test_earlier_deadline_takes_the_place_of_a_later_one() -> None:
    calls = Calls()
    calls.timer.watch(time.monotonic() + TIMEOUT_S)
    later = calls.timer.handle
    calls.timer.watch(time.monotonic())
    await asyncio.wait_for(calls.asked.acquire(), TIMEOUT_S)
    assert later is not None
    assert later.cancelled()


async def test_later_deadline_sets_no_timer_of_its_own() -> None:
    calls = Calls()
    calls.timer.watch(time.monotonic() + TIMEOUT_S)
    first = calls.timer.handle
    calls.timer.watch(time.monotonic() + 2 * TIMEOUT_S)
    assert calls.timer.handle is first
    calls.timer.stop()


async def test_timer_goes_on_to_the_next_deadline() -> None:
    calls = Calls(time.monotonic())
    calls.timer.watch(time.monotonic())
    for _ in range(2):
        await asyncio.wait_for(calls.asked.acquire(), TIMEOUT_S)


async def test_deadline_that_has_passed_is_due_at_once() -> None:
    calls = Calls()
    calls.timer.watch(time.monotonic() - 1)
    await asyncio.wait_for(calls.asked.acquire(), TIMEOUT_S)


async def test_stop_takes_the_timer_back() -> None:
    calls = Calls()
    calls.timer.watch(time.monotonic() + TIMEOUT_S)
    calls.timer.stop()
    assert calls.timer.handle is not None
    assert calls.timer.handle.cancelled()
