from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from contextlib import suppress

import pytest

from rpcgen.errors import ShutdownError
from rpcgen.resolve import loop_thread
from rpcgen.resolve.loop_thread import LoopThread
from tests.support.timeouts import TIMEOUT_S


def test_main_runs_in_a_thread_of_its_own() -> None:
    names: list[str] = []

    async def main() -> None:
        names.append(threading.current_thread().name)

    assert LoopThread(main, "looking").join(TIMEOUT_S)
    assert names == ["looking"]


def test_stop_cancels_main_and_lets_it_clean_up() -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def main() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    thread = LoopThread(main, "looking")
    assert begun.wait(TIMEOUT_S)
    thread.stop()
    assert (thread.join(TIMEOUT_S), cleaned.is_set()) == (True, True)


def test_stop_at_once_ends_it() -> None:
    async def main() -> None:
        await asyncio.sleep(3600)

    for _ in range(50):
        thread = LoopThread(main, "looking")
        thread.stop()
        assert thread.join(TIMEOUT_S)


def test_stop_after_the_end_is_nothing() -> None:
    async def main() -> None:
        pass

    thread = LoopThread(main, "looking")
    thread.join(TIMEOUT_S)
    thread.stop()
    assert thread.join(0)


def test_function_is_called_on_the_loop() -> None:
    begun, go_on = threading.Event(), asyncio.Event()
    called: list[str] = []

    async def main() -> None:
        begun.set()
        await go_on.wait()

    def note() -> None:
        called.append(threading.current_thread().name)
        go_on.set()

    thread = LoopThread(main, "looking")
    assert begun.wait(TIMEOUT_S)
    thread.call_soon(note)
    assert thread.join(TIMEOUT_S)
    assert called == ["looking"]


def test_function_is_not_called_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        pass

    called: list[None] = []
    thread = LoopThread(main, "looking")
    thread.join(TIMEOUT_S)
    thread.call_soon(lambda: called.append(None))
    assert (called, capsys.readouterr().err) == ([], "")


def test_coroutine_is_started_on_the_loop() -> None:
    go_on = asyncio.Event()

    async def name() -> str:
        go_on.set()
        return threading.current_thread().name

    async def main() -> None:
        await go_on.wait()

    thread = LoopThread(main, "looking")
    assert thread.start(name).result(TIMEOUT_S) == "looking"
    assert thread.join(TIMEOUT_S)


def test_coroutine_that_was_started_is_cancelled_at_the_end() -> None:
    async def main() -> None:
        await asyncio.sleep(3600)

    thread = LoopThread(main, "looking")
    future = thread.start(asyncio.Event().wait)
    thread.stop()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(TIMEOUT_S)


@pytest.mark.parametrize("seconds", [0, 3600])
def test_coroutine_is_not_started_after_the_end(seconds: float) -> None:
    async def main() -> None:
        await asyncio.sleep(seconds)

    thread = LoopThread(main, "looking")
    if seconds:
        thread.stop()
    assert thread.join(TIMEOUT_S)
    with pytest.raises(ShutdownError):
        thread.start(asyncio.Event().wait)


def test_join_does_not_wait_for_ever() -> None:
    async def main() -> None:
        await asyncio.sleep(3600)

    thread = LoopThread(main, "looking")
    assert not thread.join(0)
    thread.stop()
    thread.join(TIMEOUT_S)


def test_stop_that_is_taken_for_something_else_is_said_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()

    async def main() -> None:
        begun.set()
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
        await asyncio.sleep(3600)

    monkeypatch.setattr(loop_thread, "_CANCEL_S", 0.001)
    thread = LoopThread(main, "looking")
    assert begun.wait(TIMEOUT_S)
    thread.stop()
    assert thread.join(TIMEOUT_S)
