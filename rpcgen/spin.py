"""`Patience`: to look for bytes for a moment before sleeping until they come.

A thread that sleeps is woken 20 us late or more, and to wake it costs the other
side as much again: on a machine with two cores to spare that is two thirds of a
small call. So where bytes have come soon the last times, a thread looks for
them again and again, and in between lets others run that could use its core.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter
from typing import Final, TypeVar

__all__ = ["LONGEST", "Patience", "let_others_run"]

T = TypeVar("T")

let_others_run: Final[Callable[[], None]] = getattr(os, "sched_yield", lambda: None)
"""Offers the core to other threads and processes."""

LONGEST: Final = 0.0001 if hasattr(os, "sched_yield") and os.cpu_count() != 1 else 0.0
"""How long to look, in seconds.

Where there is a single core, or no way to let others run, once must do: else
the other side would be kept from answering.
"""

# After so many times at most it is tried again: so it costs next to nothing where the other side
# takes longer.
_MOST_SKIPPED: Final = 255


class Patience:
    """Learns whether it pays to look. For one thread at a time."""

    __slots__ = ("_skip", "_to_skip")

    def __init__(self) -> None:
        # How often not to look after it was in vain, and how often from now on.
        self._skip = 0
        self._to_skip = 0

    def begin(self) -> bool:
        """Say whether to look this time."""
        if not self._to_skip:
            return True
        self._to_skip -= 1
        return False

    def succeed(self) -> None:
        """Learn that something has come in time."""
        self._skip = 0

    def fail(self) -> None:
        """Learn that nothing has."""
        self._to_skip = self._skip = min(2 * self._skip + 1, _MOST_SKIPPED)

    def wait_for(self, look: Callable[[], T | None]) -> T | None:
        """Call ``look`` until it finds something, and return that; None if it takes too long.

        Then the caller had better sleep. It returns at once as long as
        experience says that it would take too long.
        """
        if not self.begin():
            return None
        end = 0.0
        while (found := look()) is None:
            now = perf_counter()
            if not end:
                end = now + LONGEST
            elif now > end:
                self.fail()
                return None
            let_others_run()
        self.succeed()
        return found
