"""Threads of a client's own."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from rpcgen.sync.background import BackgroundThreads, Deadlines
from tests.support.timeouts import TIMEOUT_S


class Task:
    """A task that is done when the test says so, or after some turns."""

    def __init__(self, turns: int = 1) -> None:
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.turns = turns

    @property
    def _is_done(self) -> bool:
        return self.turns == 0

    def run(self) -> None:
        self.turns -= 1
        self.entered.release()
        self.go_on.acquire(timeout=TIMEOUT_S)


def nothing() -> None:
    pass


def run(
    task: Task, after: Callable[[], None] = nothing
) -> tuple[BackgroundThreads, threading.Thread]:
    threads = BackgroundThreads(after)
    threads.run("task", task)
    thread = threads.running["task"]
    assert task.entered.acquire(timeout=TIMEOUT_S)
    return threads, thread


def test_thread_is_on_the_list_while_it_runs() -> None:
    task = Task()
    threads, thread = run(task)
    listed = list(threads.running)
    task.go_on.release()
    thread.join(TIMEOUT_S)
    assert (listed, list(threads.running)) == (["task"], [])


def test_one_thread_for_each_name() -> None:
    task = Task()
    threads, thread = run(task)
    threads.run("task", Task())
    same = threads.running["task"]
    task.go_on.release()
    thread.join(TIMEOUT_S)
    assert same is thread


def test_task_that_is_not_done_runs_again() -> None:
    task = Task(turns=2)
    _, thread = run(task)
    task.go_on.release(2)
    thread.join(TIMEOUT_S)
    assert task.turns == 0


def test_after_is_called_when_a_task_returns() -> None:
    calls: list[None] = []
    task = Task()
    _, thread = run(task, lambda: calls.append(None))
    task.go_on.release()
    thread.join(TIMEOUT_S)
    assert len(calls) == 1


def test_thread_that_cannot_be_started_is_not_on_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("no more threads")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    threads = BackgroundThreads(nothing)
    with pytest.raises(RuntimeError, match="no more threads"):
        threads.run("task", Task())
    assert not threads.running


def test_interrupt_while_a_thread_starts_comes_out_as_it_was_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Its name since Python 3.13, and before.
    name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
    start = getattr(threading, name)
    task = Task()

    def interrupted(*arguments: object, **options: object) -> None:
        start(*arguments, **options)
        assert task.entered.acquire(timeout=TIMEOUT_S)  # it is not on its way any more
        raise KeyboardInterrupt

    threads = BackgroundThreads(nothing)
    monkeypatch.setattr(threading, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads.run("task", task)
    task.go_on.release()


class Timer:
    """Deadlines with a thread, and what the looks for them have found and are to find."""

    def __init__(self, *dues: float | None, rest: float | None = None) -> None:
        self.looks = threading.Semaphore(0)
        self._dues: Iterator[float | None] = iter((*dues, *repeat(rest, 1000)))
        self.deadlines = Deadlines(self._expire)
        self.thread = threading.Thread(target=self.deadlines.run, daemon=True)
        self.thread.start()

    def _expire(self) -> float | None:
        self.looks.release()
        return next(self._dues)


def test_deadlines_end_where_there_are_none() -> None:
    timer = Timer()
    timer.thread.join(TIMEOUT_S)
    assert not timer.thread.is_alive()


def test_deadlines_are_looked_for_when_they_come() -> None:
    timer = Timer(time.monotonic() + 0.01, None)
    timer.thread.join(TIMEOUT_S)
    assert timer.looks.acquire(timeout=TIMEOUT_S)
    assert timer.looks.acquire(timeout=TIMEOUT_S)


def test_earlier_deadline_wakes_the_timer() -> None:
    timer = Timer(time.monotonic() + TIMEOUT_S, None)
    assert timer.looks.acquire(timeout=TIMEOUT_S)
    timer.deadlines.add(time.monotonic())
    timer.thread.join(TIMEOUT_S)
    assert not timer.thread.is_alive()


def test_stop_wakes_the_timer() -> None:
    timer = Timer(time.monotonic() + TIMEOUT_S, None)
    timer.deadlines.stop()
    timer.thread.join(TIMEOUT_S)
    assert not timer.thread.is_alive()


def test_deadlines_are_done_where_there_are_none() -> None:
    assert Deadlines(lambda: None)._is_done
