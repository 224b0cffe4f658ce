"""`Processes`: children of this process that serve the same sockets, and are begun anew.

::

    begun ──▶ serves ──▶ dies ──▶ is begun again, after a pause
                │
                └─ SIGTERM, or the end of this process ──▶ drains, and ends

A child is a fork, so that it has what the program has made. It ends with its parent: it holds the
end of a pipe, whose other end only the parent has.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Final

from attrs import define

from rpcgen.errors import RpcError
from rpcgen.logs import server_log
from rpcgen.protocol import Registry

from .statistics_board import StatisticsBoard

__all__ = ["Processes"]

# Seconds before a child that has died is begun again: the first time, and at most. Twice as long
# each time, until one has lived for as long as the longest pause.
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0

# Seconds between two times that a child tells the others what it has counted.
_WRITE_S: Final = 1.0

# Seconds that a child has to end once its grace is over.
_MARGIN_S: Final = 2.0

_SIGNALS: Final = {signal.SIGINT, signal.SIGTERM}


@define
class _Child:
    """A place for a child; ``pid`` is 0 while there is none."""

    pid: int = 0
    began: float = 0.0
    pause: float = _FIRST_PAUSE_S
    due: float = 0.0


class Processes:
    """Up to a number of children, looked after by the thread that calls `look`.

    Args:
        count: Number of children.
        serve: Serves in a child until SIGTERM ends that.
        registry: What they serve, whose statistics are added up.
        grace: Seconds that calls have after SIGTERM.

    Raises:
        RpcError: The system knows no fork.
        ValueError: There would be no child.
    """

    def __init__(
        self, count: int, serve: Callable[[], None], registry: Registry, grace: float
    ) -> None:
        if not hasattr(os, "fork"):
            raise RpcError("processes: this system has no fork; start several servers instead")
        self._serve = serve
        self._board = StatisticsBoard(registry, count)
        self._grace = grace
        self._children = [_Child() for _ in range(count)]
        self._is_ending = False
        self._parent_alive, self._alive = os.pipe()

    def __bool__(self) -> bool:
        """Return whether there are any children."""
        return any(child.pid for child in self._children)

    def look(self) -> None:
        """Take note of children that have died, and begin those that are due."""
        self.reap()
        now = monotonic()
        for place, child in enumerate(self._children):
            if not child.pid and child.due <= now:
                self._begin(place, child)

    def reap(self) -> None:
        """Take note of children that have died, and leave none of them as a zombie."""
        for place, child in enumerate(self._children):
            if child.pid and (status := _status_of(child.pid)) is not None:
                self._bury(place, child, status)

    def terminate(self) -> None:
        """Have the children drain and end; the second time, without a grace."""
        self._is_ending = True
        self._signal(signal.SIGTERM)

    def are_ending(self, deadline: float) -> bool:
        """Return whether to wait for the children, after `terminate`; now and then.

        Args:
            deadline: Time of `time.monotonic` at which their grace is over.
        """
        self.reap()
        now = monotonic()
        if now >= deadline:
            self.terminate()  # each time: two signals that meet are one
        return bool(self) and now < deadline + _MARGIN_S

    def close(self) -> None:
        """Kill those that are left, and wait for their end."""
        self._signal(signal.SIGKILL)
        for child in self._children:
            if child.pid:
                with suppress(ChildProcessError):
                    os.waitpid(child.pid, 0)
                child.pid = 0
        for descriptor in self._parent_alive, self._alive:
            os.close(descriptor)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.pid:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, number)

    def _bury(self, place: int, child: _Child, status: int) -> None:
        self._board.bury(place)
        now = monotonic()
        if now - child.began >= _LONGEST_PAUSE_S:
            child.pause = _FIRST_PAUSE_S
        level = logging.DEBUG if self._is_ending else logging.WARNING
        server_log.log(level, "rpc.Serve: process %d has ended %s", child.pid, _described(status))
        child.pid, child.due = 0, now + child.pause
        child.pause = min(2 * child.pause, _LONGEST_PAUSE_S)

    def _begin(self, place: int, child: _Child) -> None:
        _flush()  # or the child would say it once more
        # A signal in between would be handled by the child as if it were the parent.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if not pid:
                self._run(place, before)
        except OSError as error:  # too many processes, or no memory
            server_log.error("rpc.Serve: no process: %s", error)
            child.due = monotonic() + _LONGEST_PAUSE_S
        else:
            child.pid, child.began = pid, monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    # --- in a child -----------------------------------------------------------------------------

    def _run(self, place: int, signals: set[int | signal.Signals]) -> None:
        """Serve, and end the process: what the program does next is its parent's."""
        status = 1
        try:
            os.close(self._alive)
            # Ctrl-C at a terminal is told to the parent as well, which sends SIGTERM.
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            self._board.join(place)
            threading.Thread(
                target=self._watch, args=(place,), name="rpcgen-child", daemon=True
            ).start()
            self._serve()
            status = 0
        except BaseException:  # which would come out of the parent's `serve`, in a second process
            server_log.exception("rpc.Serve: process %d", os.getpid())
        finally:
            try:
                self._board.write(place)
                _flush()
            finally:
                os._exit(status)

    def _watch(self, place: int) -> None:
        """Tell the others what is counted, until the parent has ended; then end as well."""
        ready = select.poll()
        ready.register(self._parent_alive, select.POLLIN)
        while not ready.poll(_WRITE_S * 1000):
            self._board.write(place)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(self._grace + _MARGIN_S)
        os._exit(1)


def _flush() -> None:
    """Write what is kept of the program's output, where it has any."""
    for stream in sys.stdout, sys.stderr:
        with suppress(AttributeError, OSError, ValueError):  # None, a broken pipe, a closed one
            stream.flush()


def _status_of(pid: int) -> int | None:
    """Return how a child has ended, as `os.waitpid` says it; None while it runs."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # somebody else has waited for it, or nobody may
        return 0
    return status if found else None


def _described(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
