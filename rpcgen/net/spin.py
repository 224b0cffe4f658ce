"""Adaptive spin: polling for a moment before blocking.

A thread that sleeps is woken 20 us late or more, and to wake it costs the other
side as much again: on a machine with two cores to spare that is two thirds of a
small call. So where bytes have come soon the last times, a thread polls for
them, and in between yields the core to others that could use it. Who would rather
have the processor time says `spin=False`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Final, TypeVar

__all__ = ["SPIN_LIMIT_S", "AdaptiveSpin", "NeverSpin", "spin_of", "yield_cpu"]

T = TypeVar("T")

yield_cpu: Final[Callable[[], None]] = getattr(os, "sched_yield", lambda: None)
"""Offer the core to other threads and processes (``sched_yield``)."""

SPIN_LIMIT_S: Final = 0.0001 if hasattr(os, "sched_yield") and os.cpu_count() != 1 else 0.0
"""Maximum time of one spin, in seconds.

0 where there is a single core, or no way to yield it, so that it polls once:
else the other side would be kept from answering.
"""

# Maximum number of waits without a spin after a miss: so spinning costs next to nothing where the
# other side takes longer.
MAX_BACKOFF: Final = 255


class AdaptiveSpin:
    """Decides, from recent hits and misses, whether to spin before blocking. Not thread-safe."""

    __slots__ = ("_skip", "_to_skip")

    def __init__(self) -> None:
        # Waits without a spin after the last miss, and how many of them are left.
        self._skip = 0
        self._to_skip = 0

    def should_spin(self) -> bool:
        """Return True if it pays to spin this time; counts the wait."""
        if not self._to_skip:
            return True
        self._to_skip -= 1
        return False

    def record_hit(self) -> None:
        """Note that the spin has found something in time."""
        self._skip = 0

    def record_miss(self) -> None:
        """Note that the spin has found nothing; back off."""
        self._to_skip = self._skip = min(2 * self._skip + 1, MAX_BACKOFF)

    def poll_until(self, ready: Callable[[], T | None]) -> T | None:
        """Poll until something is ready, for `SPIN_LIMIT_S` at most.

        It returns at once as long as experience says that it would take longer.

        Args:
            ready: Called again and again; returns None while nothing is ready.

        Returns:
            What ``ready`` has returned, or None: then the caller had better block.
        """
        if self._to_skip:  # `should_spin` and `record_hit` once more, for each call of a client
            self._to_skip -= 1
            return None
        end = 0.0
        while (found := ready()) is None:
            now = perf_counter()
            if not end:
                end = now + SPIN_LIMIT_S
            elif now > end:
                self.record_miss()
                return None
            yield_cpu()
        self._skip = 0
        return found


class NeverSpin(AdaptiveSpin):
    """Blocks at once, always; costs a wait nothing that the other does not."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self._to_skip = sys.maxsize

    def record_hit(self) -> None:
        """Do nothing."""

    def record_miss(self) -> None:
        """Do nothing: it was no spin of this."""


def spin_of(spin: bool) -> AdaptiveSpin:
    """Return what decides on spins, of a client or server that may spin or not."""
    return AdaptiveSpin() if spin else NeverSpin()
