from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator

import pytest

from rpcgen.aio.interrupts import Interrupts


def no_close() -> None:
    """Stand for what closes a server, where none is to be closed."""
    raise AssertionError("closed")


@pytest.fixture
def told() -> Iterator[list[int]]:
    """What the handler that is there before is told."""
    told: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
    yield told
    signal.signal(signal.SIGINT, before)


def test_interrupt_is_noted(told: list[int]) -> None:
    with Interrupts(no_close) as interrupts:
        signal.raise_signal(signal.SIGINT)
    assert interrupts.happened


def test_interrupt_is_handed_on(told: list[int]) -> None:
    with Interrupts(no_close):
        signal.raise_signal(signal.SIGINT)
    assert told == [signal.SIGINT]


def test_handler_is_put_back(told: list[int]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(no_close):
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_handler_that_was_set_meanwhile_is_left_alone(told: list[int]) -> None:
    with Interrupts(no_close):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_handler_of_python_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Interrupts(no_close):
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_it_alone(told: list[int]) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with Interrupts(no_close):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


async def serve(closed: list[str], name: str = "closed") -> None:
    """Wait until SIGINT has closed this, as a server does."""
    end = asyncio.Event()

    def close() -> None:
        closed.append(name)
        end.set()

    with Interrupts(close):
        await end.wait()


async def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)
    await asyncio.sleep(0)


def run(main: Callable[[], Coroutine[object, object, object]]) -> None:
    """Run a coroutine as programs do, with Python's own handler of SIGINT outside."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        asyncio.run(main())
    finally:
        signal.signal(signal.SIGINT, before)


def test_interrupt_under_asyncio_run_closes_and_cancels_nobody() -> None:
    closed: list[str] = []

    async def main() -> None:
        task = asyncio.create_task(interrupt())
        await serve(closed)
        await task

    run(main)
    assert closed == ["closed"]


def test_interrupt_closes_all_that_serve() -> None:
    closed: list[str] = []

    async def main() -> None:
        await asyncio.gather(serve(closed, "a"), serve(closed, "b"), interrupt())

    run(main)
    assert closed == ["a", "b"]


def test_interrupt_reaches_a_main_task_that_waits_for_something_else() -> None:
    closed: list[str] = []

    async def main() -> None:
        serving = asyncio.create_task(serve(closed))
        await asyncio.sleep(0)
        interrupting = asyncio.create_task(interrupt())
        try:
            await asyncio.Event().wait()
        finally:
            assert serving.done()
            assert interrupting.done()

    with pytest.raises(KeyboardInterrupt):
        run(main)
    assert closed == ["closed"]


def test_second_interrupt_takes_its_usual_way() -> None:
    async def main() -> None:
        with Interrupts(lambda: None):
            await interrupt()
            await interrupt()
            await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run(main)


def test_interrupt_after_all_have_left_takes_its_usual_way() -> None:
    async def main() -> None:
        with Interrupts(no_close), Interrupts(no_close):
            pass
        await interrupt()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run(main)


def test_interrupt_is_not_lost_where_serving_ends_at_that_moment() -> None:
    async def main() -> None:
        with Interrupts(lambda: None):
            signal.raise_signal(signal.SIGINT)

    async def wait() -> None:
        await asyncio.gather(main(), asyncio.Event().wait())

    with pytest.raises(KeyboardInterrupt):
        run(wait)
