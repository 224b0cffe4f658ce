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

__all__ = ["TICK", "Watchdog"]

TICK: Final = 0.005
"""How often the watchdog looks, in seconds: the leader is held up for two of these at most."""

# After so many looks at an empty slot it sleeps until there is something to watch.
_PATIENCE: Final = 20

T = TypeVar("T")


class Watchdog(Generic[T]):
    """Watches over one leader.

    ``take_over`` is called in the watchdog's thread, with what has held up the
    leader, and once at most: from then on the thread does as it likes.
    """

    def __init__(self, take_over: Callable[[T], None]) -> None:
        self._take_over = take_over
        # Empty, or what the leader works on. Appending, replacing and popping are atomic, so it
        # takes no lock: a leader that finds it empty has lost the lead.
        self.slot: list[T] = []
        # Whether the leader must call `wipe` when it begins something: what it worked on has
        # been seen, or the watchdog sleeps. To look at it costs less than to count the turns.
        self.marked = False
        self._asleep = False
        self._stopped = False
        # How often it has found the slot empty, one time after the other.
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
        self.wipe()

    def wipe(self) -> None:
        """Let the watchdog know that the leader works on something else now."""
        self.marked = False
        if self._asleep:
            self._asleep = False
            try:
                self._sleep.release()
            except RuntimeError:
                pass  # the watchdog itself was faster

    def look(self) -> bool:
        """Look into the slot once, and say whether the lead was taken."""
        if not self.slot:
            self._empty += 1
            if self._empty >= _PATIENCE:
                self._empty = 0
                self._fall_asleep()
            return False
        self._empty = 0
        if not self.marked:
            self.marked = True
            return False
        try:
            held_up = self.slot.pop()
        except IndexError:  # done at this very moment
            return False
        self._take_over(held_up)
        return True

    def _watch(self) -> None:
        while not self._stopped:
            time.sleep(TICK)
            if self.look():
                return

    def _fall_asleep(self) -> None:
        # Marked first and looked at the slot afterwards, while the leader does it the other way
        # round: one of the two sees the other.
        self._asleep = self.marked = True
        if self.slot or self._stopped:
            self.wipe()
        self._sleep.acquire()
