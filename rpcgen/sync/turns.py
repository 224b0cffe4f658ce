"""Leader and followers: of the threads that wait for replies, one reads for all.

A thread of its own for reading would cost two thread switches a call, more
than the whole rest of a round trip. So a thread that waits for a reply reads
itself if nobody else does (it leads), and hands each reply that is not its own
to the call that it answers. A thread that finds somebody reading sleeps (it
follows) until its reply has come, or until the leader leaves and it is its turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Awaited", "Turns", "remaining", "wake"]


class Awaited(Protocol):
    """What threads wait for."""

    latches: list[threading.Lock]
    """Released, each of them, once ``over`` is true: see `wake`."""

    @property
    def over(self) -> bool:
        """Whether the wait is over."""
        ...


class Turns:
    """Whose turn it is to read.

    ``read(deadline)`` blocks until something has arrived and been dealt with,
    or until the deadline (in seconds of `time.monotonic`; None waits for ever).
    """

    def __init__(self, read: Callable[[float | None], None]) -> None:
        self._read = read
        # Held by the leader: only one thread may read, since the decoder is its alone.
        self._leading = threading.Lock()
        # The latches of sleeping threads; a dict for its atomic popitem.
        self._followers: dict[threading.Lock, None] = {}

    def wait(self, awaited: Awaited, deadline: float | None) -> bool:
        """Wait until ``awaited`` is over, and say so, or until the deadline has passed."""
        followed = False
        try:
            while not awaited.over and (deadline is None or remaining(deadline)):
                if self._leading.acquire(blocking=False):
                    try:
                        # Looked at again after winning: the last leader may have read the reply.
                        self._lead(awaited, deadline)
                    finally:
                        self._step_down()
                else:
                    followed = True
                    self._follow(awaited, deadline)
        finally:
            if followed and not self._leading.locked():
                # It may have been this thread's turn, and it leaves without taking it.
                self._wake_follower()
        return awaited.over

    def _lead(self, awaited: Awaited, deadline: float | None) -> None:
        while not awaited.over and (deadline is None or remaining(deadline)):
            self._read(deadline)

    @contextmanager
    def lead(self, *, blocking: bool) -> Iterator[bool]:
        """Lead for the length of the context; yield whether that is so (always, if blocking)."""
        leading = self._leading.acquire(blocking=blocking)
        try:
            yield leading
        finally:
            if leading:
                self._step_down()

    def _follow(self, awaited: Awaited, deadline: float | None) -> None:
        latch = threading.Lock()
        latch.acquire()
        awaited.latches.append(latch)
        self._followers[latch] = None
        # Enlisted first and looked at again afterwards: whoever ends the wait, or steps down,
        # does it the other way round, so one of the two sees the other.
        try:
            if not awaited.over and self._leading.locked():
                left = remaining(deadline)
                latch.acquire(timeout=-1 if left is None else left)
        finally:  # also where a signal handler raises: else it would be woken in vain
            self._followers.pop(latch, None)
            awaited.latches.remove(latch)

    def _step_down(self) -> None:
        self._leading.release()
        if self._followers:
            self._wake_follower()

    def _wake_follower(self) -> None:
        try:
            latch, _ = self._followers.popitem()
        except KeyError:
            return
        _release(latch)


def wake(awaited: Awaited) -> None:
    """Wake every thread that sleeps until ``awaited`` is over, which it is now."""
    for latch in tuple(awaited.latches):
        _release(latch)


def remaining(deadline: float | None) -> float | None:
    """Return the seconds until the deadline, 0 if it has passed, None if there is none."""
    if deadline is None:
        return None
    return max(0.0, deadline - time.monotonic())


def _release(latch: threading.Lock) -> None:
    try:
        latch.release()
    except RuntimeError:
        pass  # already released: its thread has two reasons to wake up
