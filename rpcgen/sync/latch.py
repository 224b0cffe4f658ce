"""`Latch`: something that happens once, and can be waited for."""

from __future__ import annotations

import math
import threading
from collections import deque
from time import monotonic
from typing import Final

__all__ = ["LONGEST_SLEEP_S", "Latch"]

LONGEST_SLEEP_S: Final = 0.25
"""Maximum time in seconds for which the main thread sleeps at once. A signal that comes just before
it falls asleep is told to Python's handler only when it wakes."""


class Latch:
    """An event that a signal handler may set and wait for.

    `threading.Event` takes a lock for both, which the frame that the handler
    has interrupted may hold; here, each who waits has a lock of its own.
    """

    __slots__ = ("_is_set", "_waiting")

    def __init__(self) -> None:
        self._is_set = False
        # Locks of those who wait. Appending and popping are atomic.
        self._waiting: deque[threading.Lock] = deque()

    def is_set(self) -> bool:
        """Return whether it has happened."""
        return self._is_set

    def set(self) -> None:
        """Let it happen, and wake everybody who waits."""
        self._is_set = True
        while True:
            try:
                self._waiting.pop().release()
            except IndexError:
                return

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has happened, or for some seconds; return whether it has."""
        if self._is_set:
            return True
        if timeout is not None and timeout <= 0:
            return False
        deadline = math.inf if timeout is None else monotonic() + timeout
        mine = threading.Lock()
        mine.acquire()
        self._waiting.append(mine)
        # Looked at once more, while `set` looks at the locks afterwards: one sees the other.
        while not self.is_set() and (left := deadline - monotonic()) > 0:
            mine.acquire(timeout=min(left, LONGEST_SLEEP_S))
        if not self._is_set:
            self._forget(mine)
        return self._is_set

    def _forget(self, mine: threading.Lock) -> None:
        try:
            self._waiting.remove(mine)
        except ValueError:
            pass  # it is set by now
