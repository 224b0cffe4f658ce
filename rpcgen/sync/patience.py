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

__all__ = ["Patience"]

T = TypeVar("T")

_let_others_run: Final[Callable[[], None]] = getattr(os, "sched_yield", lambda: None)

# How long it looks, in seconds. Where there is a single core, or no way to let others run, it
# looks but once: else it would keep the other side from answering.
_LONGEST: Final = 0.0001 if hasattr(os, "sched_yield") and os.cpu_count() != 1 else 0.0

# It looks again after so many times that it did not, at most: so it costs next to nothing where
# the other side takes longer.
_MOST_SKIPPED: Final = 255


class Patience:
    """Learns whether it pays to look. For one thread at a time."""

    def __init__(self) -> None:
        # How often it does not look after it did in vain, and how often from now on.
        self._skip = 0
        self._to_skip = 0

    def wait_for(self, look: Callable[[], T | None]) -> T | None:
        """Call ``look`` until it finds something, and return that; None if it takes too long.

        Then the caller had better sleep. It returns at once as long as
        experience says that it would take too long.
        """
        if self._to_skip:
            self._to_skip -= 1
            return None
        end = 0.0
        while (found := look()) is None:
            now = perf_counter()
            if not end:
                end = now + _LONGEST
            elif now > end:
                self._skip = min(2 * self._skip + 1, _MOST_SKIPPED)
                self._to_skip = self._skip
                return None
            _let_others_run()
        self._skip = 0
        return found
