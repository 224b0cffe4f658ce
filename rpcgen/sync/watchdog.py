"""`Watchdog`: notices when the one thread that serves all connections is held up.

That thread, the leader, does everything itself, since to hand a call to another
thread costs more than most calls take. The price is that a slow handler would
hold up everybody. So the leader puts what it works on into a slot, and takes
it out again when it is done. The watchdog looks into the slot now and then; if
the same thing is still there as the last time, it takes it out, and with it
the lead. Of the two, only one gets it out: that decides who is the leader.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["CHECK_INTERVAL_S", "Watchdog"]

CHECK_INTERVAL_S: Final = 0.005
"""Seconds between two looks of the watchdog: the leader is held up for two of these at most."""

# Number of looks at an empty slot after which it sleeps until there is something to watch.
_IDLE_CHECKS: Final = 20

T = TypeVar("T")


class Watchdog(Generic[T]):
    """Watches over one leader.

    ``on_stall`` is called in the watchdog's thread, with the work that has held
    up the leader, at most once: afterwards the thread belongs to it.
    """

    __slots__ = ("_asleep", "_empty", "_on_stall", "_sleep", "_stopped", "current", "seen")

    def __init__(self, on_stall: Callable[[T], None]) -> None:
        self._on_stall = on_stall
        # Empty, or what the leader works on. Appending, replacing and popping are atomic, so it
        # takes no lock: a leader that finds it empty has lost the lead.
        self.current: list[T] = []
        # True if the leader must call `kick` when it begins something: what it worked on has
        # been seen, or the watchdog sleeps. To look at it costs less than to count the turns.
        self.seen = False
        self._asleep = False
        self._stopped = False
        # Number of times that it has found the slot empty, one after the other.
        self._empty = 0
        # Held while the watchdog sleeps, by itself: to be released by the leader.
        self._sleep = threading.Lock()
        self._sleep.acquire()

    def start(self) -> None:
        """Begin to watch. Raises `RuntimeError` if the system has no more threads."""
        threading.Thread(target=self._watch, name="rpcgen-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more; for the leader alone."""
        self._stopped = True
        self.kick()

    def kick(self) -> None:
        """Kick the watchdog: the leader works on something else now."""
        self.seen = False
        if self._asleep:
            self._asleep = False
            try:
                self._sleep.release()
            except RuntimeError:
                pass  # the watchdog itself was faster

    def check(self) -> bool:
        """Look into the slot once, and return whether the lead was taken."""
        if not self.current:
            self._empty += 1
            if self._empty >= _IDLE_CHECKS:
                self._empty = 0
                self._fall_asleep()
            return False
        self._empty = 0
        if not self.seen:
            self.seen = True
            return False
        try:
            stalled = self.current.pop()
        except IndexError:  # done at this very moment
            return False
        self._on_stall(stalled)
        return True

    def _watch(self) -> None:
        while not self._stopped:
            time.sleep(CHECK_INTERVAL_S)
            if self.check():
                return

    def _fall_asleep(self) -> None:
        # Set first and looked at the slot afterwards, while the leader does it the other way
        # round: one of the two sees the other.
        self._asleep = self.seen = True
        if self.current or self._stopped:
            self.kick()
        self._sleep.acquire()
