"""What a server counts: calls, errors and latencies of each method, and its connections.

No clock here: the APIs hand durations in, in seconds. No threads either: an
API whose threads share a server hands in the lock, which every update and
`MethodStatistics.snapshot` hold for a few instructions. Counting a call, its
start, its end and the lock included, takes 1.1 us where encoding the smallest
response takes 1.8 us, and memory does not grow with use.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import log2
from typing import Final, TypeAlias

from attrs import frozen

__all__ = [
    "LONGEST",
    "RELATIVE_ERROR",
    "SHORTEST",
    "Calls",
    "ConnectionStatistics",
    "Histogram",
    "Latencies",
    "MakeLock",
    "MethodStatistics",
]

MakeLock: TypeAlias = Callable[[], AbstractContextManager[object]]

# Buckets double in width every _PER_OCTAVE of them, over _OCTAVES doublings from SHORTEST on;
# the last one holds what is longer.
_PER_OCTAVE: Final = 16
_OCTAVES: Final = 37
_OFFSET: Final = 20
_LAST: Final = _PER_OCTAVE * _OCTAVES

# Number of durations of a method that are counted together.
_AT_ONCE: Final = 128

SHORTEST: Final = 2.0**-_OFFSET
"""What is shorter counts as this, in seconds: about a microsecond."""

LONGEST: Final = 2.0 ** (_OCTAVES - _OFFSET)
"""What is longer counts as this, in seconds: about 36 hours."""

RELATIVE_ERROR: Final = 2 ** (0.5 / _PER_OCTAVE) - 1
"""How far a percentile between `SHORTEST` and `LONGEST` may be off: 2.2 %."""


class Histogram:
    """How often which duration was seen, in constant memory (5 KB).

    Durations fall into buckets whose bounds grow by a constant factor, and a
    percentile is the middle of the bucket that holds it: it is off by at most
    `RELATIVE_ERROR`.
    """

    __slots__ = ("_counts", "count", "max")

    def __init__(self) -> None:
        self._counts = [0] * (_LAST + 1)
        self.count = 0
        self.max = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.add_all([seconds])

    def add_all(self, durations: list[float]) -> None:
        """Count durations in seconds: many at once take a third of the time that each takes."""
        if not durations:
            return
        counts = self._counts
        for seconds in durations:
            if SHORTEST < seconds < LONGEST:
                counts[int((log2(seconds) + _OFFSET) * _PER_OCTAVE)] += 1
            else:
                counts[_LAST if seconds >= LONGEST else 0] += 1
        self.count += len(durations)
        self.max = max(self.max, *durations)

    def copy(self) -> Histogram:
        """Return another histogram of the same durations."""
        histogram = Histogram()
        histogram._counts = self._counts.copy()
        histogram.count, histogram.max = self.count, self.max
        return histogram

    def percentiles(self, *percents: int) -> list[float]:
        """Return, in seconds, the durations that so many percent (ascending) do not exceed.

        By nearest rank: of 10 durations, the 90th percentile is the 9th
        smallest. All are 0.0 if there are no durations.
        """
        found: list[float] = []
        seen, bucket = 0, -1
        for percent in percents:
            rank = max(1, -(-percent * self.count // 100))
            while seen < rank and bucket < _LAST:
                bucket += 1
                seen += self._counts[bucket]
            middle = 2.0 ** ((bucket + 0.5) / _PER_OCTAVE - _OFFSET)
            found.append(min(middle, LONGEST, self.max))
        return found


@frozen
class Latencies:
    """How long calls took, in seconds, until the reply was ready to be sent.

    The percentiles are off by at most `RELATIVE_ERROR`; ``max`` is exact.
    """

    p50: float
    p90: float
    p99: float
    max: float


@frozen
class Calls:
    """The calls of a method up to one moment; ``latencies`` is None before the first is over."""

    calls: int
    errors: int
    in_flight: int
    latencies: Latencies | None


class MethodStatistics:
    """Counts the calls of one method. ``calls`` is what Go's ``NumCalls`` gives."""

    __slots__ = ("_latencies", "_lock", "_uncounted", "calls", "errors")

    def __init__(self, make_lock: MakeLock = nullcontext) -> None:
        # Guards the four below.
        self._lock = make_lock()
        self.calls = 0
        self.errors = 0
        self._latencies = Histogram()
        # Durations in seconds that are not in there yet.
        self._uncounted: list[float] = []

    def renew_lock(self, make_lock: MakeLock) -> None:
        """Make the lock anew; see `Registry.renew_locks`."""
        self._lock = make_lock()

    def started(self) -> None:
        """Count a call that is to be carried out."""
        with self._lock:
            self.calls += 1

    def finished(self, seconds: float, failed: bool) -> None:
        """Count the end of a call: its reply is ready, or it ``failed``."""
        with self._lock:
            self._uncounted.append(seconds)
            if failed:
                self.errors += 1
            if len(self._uncounted) == _AT_ONCE:
                self._count()

    def _count(self) -> None:
        """Count the latest durations. Under the lock."""
        durations, self._uncounted = self._uncounted, []
        self._latencies.add_all(durations)

    def snapshot(self) -> Calls:
        """Return the counts of one moment."""
        with self._lock:
            self._count()
            calls, errors, histogram = self.calls, self.errors, self._latencies.copy()
        in_flight = calls - histogram.count
        if not histogram.count:
            return Calls(calls, errors, in_flight, None)
        p50, p90, p99 = histogram.percentiles(50, 90, 99)
        return Calls(calls, errors, in_flight, Latencies(p50, p90, p99, histogram.max))


class ConnectionStatistics:
    """Counts the connections of a server: those that are open, and all there ever were."""

    __slots__ = ("_lock", "open", "total")

    def __init__(self, make_lock: MakeLock = nullcontext) -> None:
        # Guards the two below.
        self._lock = make_lock()
        self.open = 0
        self.total = 0

    def renew_lock(self, make_lock: MakeLock) -> None:
        """Make the lock anew; see `Registry.renew_locks`."""
        self._lock = make_lock()

    def opened(self) -> None:
        """Count a new connection."""
        with self._lock:
            self.open += 1
            self.total += 1

    def closed(self) -> None:
        """Count the end of a connection."""
        with self._lock:
            self.open -= 1
