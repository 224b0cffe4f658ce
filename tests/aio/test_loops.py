from __future__ import annotations

import asyncio
import signal

import pytest

from rpcgen.aio.loops import check_loop, keep_awake


async def test_check_loop_in_its_own() -> None:
    check_loop(asyncio.get_running_loop(), "it")


async def test_check_loop_in_another_one() -> None:
    other = asyncio.new_event_loop()
    with pytest.raises(RuntimeError, match="it belongs to one event loop and is used in another"):
        check_loop(other, "it")
    other.close()


def test_check_loop_in_none() -> None:
    loop = asyncio.new_event_loop()
    with pytest.raises(RuntimeError, match="outside of any event loop"):
        check_loop(loop, "it")
    loop.close()


async def test_check_loop_after_its_end() -> None:
    other = asyncio.new_event_loop()
    other.close()
    with pytest.raises(RuntimeError, match="an event loop that is closed"):
        check_loop(other, "it")


async def test_loop_that_a_signal_handler_keeps_awake_does_what_that_has_begun() -> None:
    loop = asyncio.get_running_loop()
    begun: asyncio.Future[None] = loop.create_future()

    def handle(*_: object) -> None:
        loop.call_soon(begun.set_result, None)
        keep_awake(loop)

    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        await begun  # nothing else is to come
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
