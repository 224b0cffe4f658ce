from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from rpcgen.errors import RpcError
from rpcgen.net import processes
from rpcgen.net.processes import Processes
from rpcgen.protocol import Registry
from tests.support.timeouts import TIMEOUT_S


def wait_for_signal() -> None:
    """Serve nothing, until SIGTERM ends that."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        time.sleep(TIMEOUT_S)


@contextmanager
def running(serve: Callable[[], None] = wait_for_signal, count: int = 2) -> Iterator[Processes]:
    children = Processes(count, serve, Registry(), 0.0)
    try:
        yield children
    finally:
        children.close()


def pids(children: Processes) -> list[int]:
    return [child.pid for child in children._children]


def look_until(children: Processes, done: Callable[[], bool]) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not done():
        assert monotonic() < deadline
        children.look()
        time.sleep(0.001)


def end(children: Processes) -> None:
    deadline = monotonic() + TIMEOUT_S
    while children.are_ending(deadline):
        time.sleep(0.001)


def is_child(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def test_look_begins_the_children() -> None:
    with running() as children:
        children.look()
        assert all(map(is_child, pids(children)))


def test_look_begins_each_child_once() -> None:
    with running() as children:
        children.look()
        before = pids(children)
        children.look()
        assert pids(children) == before


def test_child_that_dies_is_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    with running() as children:
        children.look()
        first, second = pids(children)
        os.kill(first, signal.SIGKILL)
        look_until(children, lambda: pids(children)[0] not in (0, first))
        assert (pids(children)[1], is_child(first)) == (second, False)
    assert f"process {first} has ended by SIGKILL" in caplog.text


def test_child_that_dies_at_once_is_begun_ever_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(processes, "_LONGEST_PAUSE_S", 0.008)
    pauses: list[float] = []
    with running(lambda: None, 1) as children:
        child = children._children[0]
        child.pause = 0.001
        for _ in range(5):
            look_until(children, lambda: child.pid != 0)
            child.began = monotonic() + TIMEOUT_S  # it has not lived for long, however slow we are
            look_until(children, lambda: child.pid == 0)
            pauses.append(child.pause)
    assert pauses == [0.002, 0.004, 0.008, 0.008, 0.008]


def test_child_that_has_lived_for_long_is_begun_soon() -> None:
    with running(count=1) as children:
        children.look()
        child = children._children[0]
        child.began -= processes._LONGEST_PAUSE_S
        child.pause = 5.0
        os.kill(child.pid, signal.SIGKILL)
        look_until(children, lambda: child.pid == 0)
        assert child.due - monotonic() <= processes._FIRST_PAUSE_S


def test_child_ends_where_serving_fails(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        logging.disable()  # which is written in the child
        raise KeyError("settings")

    with running(fail, 1) as children:
        children.look()
        look_until(children, lambda: pids(children) == [0])
    assert "has ended with status 1" in caplog.text


def test_terminate_ends_the_children_quietly(caplog: pytest.LogCaptureFixture) -> None:
    with running() as children:
        children.look()
        before = pids(children)
        children.terminate()
        end(children)
        assert (bool(children), [is_child(pid) for pid in before]) == (False, [False, False])
    assert caplog.text == ""


def test_children_are_told_again_once_the_grace_is_over() -> None:
    def need_two_signals() -> None:
        signal.signal(signal.SIGTERM, lambda *_: wait_for_signal())
        os.write(tell, b"x")
        while True:
            time.sleep(TIMEOUT_S)

    ready, tell = os.pipe()
    with running(need_two_signals, 1) as children:
        children.look()
        os.read(ready, 1)
        children.terminate()
        deadline = monotonic()
        while children.are_ending(deadline):
            time.sleep(0.001)
        assert not children
    os.close(ready)
    os.close(tell)


def test_close_kills_what_does_not_end() -> None:
    def ignore() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(tell, b"x")
        while True:
            time.sleep(TIMEOUT_S)

    ready, tell = os.pipe()
    with running(ignore, 1) as children:
        children.look()
        os.read(ready, 1)
        before = pids(children)
        children.terminate()
    os.close(ready)
    os.close(tell)
    assert not is_child(before[0])


def test_fork_that_fails_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fork() -> int:
        raise BlockingIOError("too many processes")

    with running(count=1) as children:
        monkeypatch.setattr(os, "fork", fork)
        children.look()
        failed = pids(children)
        monkeypatch.undo()
        children._children[0].due = 0.0
        children.look()
        assert (failed, pids(children) != [0]) == ([0], True)
    assert "too many processes" in caplog.text


def test_signals_are_let_through_again() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with running() as children:
        children.look()
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_system_without_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(RpcError, match="no fork; start several servers"):
        Processes(1, wait_for_signal, Registry(), 0.0)
