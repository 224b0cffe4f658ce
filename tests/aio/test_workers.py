from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from rpcgen.aio.workers import Job, Workers, decoders


class Held:
    """Jobs that say when they begin, and end when the test lets them."""

    def __init__(self) -> None:
        self.begun: queue.Queue[object] = queue.Queue()
        self.ended: queue.Queue[object] = queue.Queue()
        self._latches: dict[object, queue.Queue[None]] = {}

    def job(self, owner: object, name: object = None) -> Job:
        latch = self._latches[name or owner] = queue.Queue()

        def work() -> None:
            self.begun.put(name or owner)
            latch.get(timeout=60)

        return Job(owner, work, lambda result, error: self.ended.put(name or owner))

    def finish(self, name: object) -> None:
        self._latches[name].put(None)
        assert self.ended.get(timeout=60) == name

    def finish_all(self) -> None:
        for latch in self._latches.values():
            latch.put(None)

    def begun_now(self, count: int) -> list[object]:
        return [self.begun.get(timeout=60) for _ in range(count)]


async def test_run_returns_the_result() -> None:
    workers = Workers(1)
    assert await workers.run(None, max, 3, 4) == 4
    workers.close()


async def test_run_raises_what_the_function_raises() -> None:
    workers = Workers(1)
    with pytest.raises(ZeroDivisionError):
        await workers.run(None, lambda: 1 // 0)
    workers.close()


async def test_run_that_is_cancelled_drops_a_job_that_waits() -> None:
    workers, held = Workers(1), Held()
    ran: list[int] = []
    workers.submit(held.job("a"))
    held.begun_now(1)
    task = asyncio.ensure_future(workers.run("b", ran.append, 1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    held.finish("a")
    await workers.run("c", lambda: None)
    assert ran == []
    workers.close()


async def test_run_that_is_cancelled_leaves_the_thread_usable() -> None:
    workers, entered, leave = Workers(1), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(entered.set)
        leave.wait(60)

    task = asyncio.ensure_future(workers.run(None, work))
    await entered.wait()
    task.cancel()
    await asyncio.wait([task])
    leave.set()
    assert await workers.run(None, lambda: 5) == 5
    workers.close()


async def test_close_cancels_what_waits() -> None:
    workers, held = Workers(1), Held()
    workers.submit(held.job("a"))
    task = asyncio.ensure_future(workers.run("b", lambda: None))
    await asyncio.sleep(0)
    workers.close()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.finish("a")


def test_submit_after_close() -> None:
    workers = Workers(1)
    workers.close()
    with pytest.raises(RuntimeError, match="the server is closed"):
        workers.submit(Held().job("a"))


def test_no_workers_at_all() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Workers(0)


def test_owner_that_is_alone_gets_four_fifths() -> None:
    workers, held = Workers(10), Held()
    for number in range(20):
        workers.submit(held.job("greedy", number + 1))
    assert held.begun_now(8) == list(range(1, 9))
    assert held.begun.empty()
    held.finish_all()
    workers.close()


def test_other_owner_finds_a_thread() -> None:
    workers, held = Workers(10), Held()
    for number in range(20):
        workers.submit(held.job("greedy", number + 1))
    held.begun_now(8)
    workers.submit(held.job("modest"))
    assert held.begun_now(1) == ["modest"]
    held.finish_all()
    workers.close()


def test_owner_without_a_thread_finds_one_where_few_take_all() -> None:
    workers, held = Workers(64), Held()
    for owner in range(5):
        for number in range(80):
            workers.submit(held.job(owner + 1, (owner, number)))
    workers.submit(held.job("modest"))
    while held.begun.get(timeout=20) != "modest":
        pass
    held.finish_all()
    workers.close()


@pytest.mark.parametrize("limit", [2, 3, 4])
def test_owner_that_is_alone_leaves_one_of_few_threads(limit: int) -> None:
    workers, held = Workers(limit), Held()
    for number in range(limit):
        workers.submit(held.job("greedy", number + 1))
    assert len(held.begun_now(limit - 1)) == limit - 1
    workers.submit(held.job("modest"))
    assert held.begun_now(1) == ["modest"]
    held.finish_all()
    workers.close()


def test_owner_gets_the_only_thread() -> None:
    workers, held = Workers(1), Held()
    workers.submit(held.job("greedy"))
    assert held.begun_now(1) == ["greedy"]
    held.finish_all()
    workers.close()


def test_owners_take_turns() -> None:
    workers, held = Workers(1), Held()
    for name in ("a1", "a2", "a3", "b1", "b2"):
        workers.submit(held.job(name[0], name))
    for name in ("a1", "a2", "b1", "a3", "b2"):
        assert held.begun_now(1) == [name]
        held.finish(name)
    workers.close()


def test_thread_that_is_idle_ends() -> None:
    workers, ended = Workers(4, idle_seconds=0.01), threading.Event()
    threads: list[threading.Thread] = []
    workers.submit(
        Job(None, lambda: threads.append(threading.current_thread()), lambda *_: ended.set())
    )
    assert ended.wait(60)
    threads[0].join(60)
    assert not threads[0].is_alive()
    workers.close()


def test_thread_that_is_idle_is_used_again() -> None:
    workers, ended = Workers(4), queue.Queue[None]()
    threads: set[int] = set()
    for _ in range(10):
        workers.submit(
            Job(None, lambda: threads.add(threading.get_ident()), lambda *_: ended.put(None))
        )
        ended.get(timeout=60)
    assert len(threads) == 1
    workers.close()


def test_close_ends_idle_threads() -> None:
    workers, ended = Workers(4), threading.Event()
    threads: list[threading.Thread] = []
    workers.submit(
        Job(None, lambda: threads.append(threading.current_thread()), lambda *_: ended.set())
    )
    assert ended.wait(60)
    workers.close()
    threads[0].join(60)
    assert not threads[0].is_alive()


def failing_start(failures: int) -> Callable[[threading.Thread], None]:
    start = threading.Thread.start
    left = [failures]

    def fail(thread: threading.Thread) -> None:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("can't start new thread")
        start(thread)

    return fail


def test_submit_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", failing_start(1))
    workers = Workers(4)
    with pytest.raises(RuntimeError, match="new thread"):
        workers.submit(Held().job("a"))
    workers.close()


def test_job_waits_for_a_thread_if_no_more_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    workers, held = Workers(4), Held()
    workers.submit(held.job("a"))
    held.begun_now(1)
    monkeypatch.setattr(threading.Thread, "start", failing_start(1))
    workers.submit(held.job("b"))
    held.finish("a")
    assert held.begun_now(1) == ["b"]
    held.finish("b")
    workers.close()


def test_process_ends_while_a_job_runs() -> None:
    code = (
        "import threading\n"
        "from rpcgen.aio.workers import Job, Workers\n"
        "begun = threading.Event()\n"
        "def work():\n"
        "    begun.set()\n"
        "    threading.Event().wait()\n"
        "Workers(2).submit(Job(None, work, print))\n"
        "begun.wait()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


async def test_decoders_of_a_loop_are_the_same() -> None:
    loop = asyncio.get_running_loop()
    assert decoders(loop) is decoders(loop)
