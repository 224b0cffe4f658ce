"""Statistics of a server: calls, errors and latencies of each method, and its connections.

No clock here: the APIs hand durations in, in seconds. No threads either: an
API whose threads share a server hands in the lock, which every update and
`MethodStatistics.snapshot` hold for a few instructions. Counting a call, its
start, its end and the lock included, takes 1.1 us where encoding the smallest
response takes 1.8 us, and memory does not grow with use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from math import log2
from operator import add
from typing import Final, TypeAlias

from rpcgen._records import ValueRecord

__all__ = [
    "CONNECTION_NUMBERS",
    "COUNTED_AT_ONCE",
    "MAX_DURATION_S",
    "METHOD_NUMBERS",
    "MIN_DURATION_S",
    "RELATIVE_ERROR",
    "Calls",
    "ConnectionStatistics",
    "Histogram",
    "Latencies",
    "MakeLock",
    "MethodStatistics",
    "Numbers",
]

MakeLock: TypeAlias = Callable[[], AbstractContextManager[object]]

Numbers: TypeAlias = Sequence[float]
"""All counts of one statistics in a row, to be added to those of other processes."""

# Buckets double in width every _PER_OCTAVE of them, over _OCTAVES doublings from MIN_DURATION_S on;
# the last one holds what is longer.
_PER_OCTAVE: Final = 16
_OCTAVES: Final = 37
_OFFSET: Final = 20
_LAST: Final = _PER_OCTAVE * _OCTAVES

COUNTED_AT_ONCE: Final = 128
"""Number of durations of a method that are counted together."""

MIN_DURATION_S: Final = 2.0**-_OFFSET
"""Lower bound in seconds, as which shorter durations count: about a microsecond."""

MAX_DURATION_S: Final = 2.0 ** (_OCTAVES - _OFFSET)
"""Upper bound in seconds, as which longer durations count: about 36 hours."""

METHOD_NUMBERS: Final = 3 + _LAST + 1
"""Number of counts that `MethodStatistics.numbers` gives."""

CONNECTION_NUMBERS: Final = 2
"""Number of counts that `ConnectionStatistics.numbers` gives."""

RELATIVE_ERROR: Final = 2 ** (0.5 / _PER_OCTAVE) - 1
"""Maximum relative error of a percentile between `MIN_DURATION_S` and `MAX_DURATION_S`: 2.2 %."""


class Histogram:
    """Histogram of durations in constant memory (5 KB).

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
            if MIN_DURATION_S < seconds < MAX_DURATION_S:
                counts[int((log2(seconds) + _OFFSET) * _PER_OCTAVE)] += 1
            else:
                counts[_LAST if seconds >= MAX_DURATION_S else 0] += 1
        self.count += len(durations)
        self.max = max(self.max, *durations)

    def numbers(self) -> list[float]:
        """Return the longest duration, and the counts of all buckets."""
        return [self.max, *self._counts]

    @staticmethod
    def of(numbers: Numbers) -> Histogram:
        """Return the histogram that has these `numbers`."""
        histogram = Histogram()
        histogram.max, *counts = numbers
        histogram._counts = list(map(int, counts))
        histogram.count = sum(histogram._counts)
        return histogram

    def copy(self) -> Histogram:
        """Return another histogram of the same durations."""
        histogram = Histogram()
        histogram._counts = self._counts.copy()
        histogram.count, histogram.max = self.count, self.max
        return histogram

    def total(self) -> float:
        """Return the sum of all durations, in seconds, off by at most `RELATIVE_ERROR`."""
        return sum(count * _middle(bucket) for bucket, count in enumerate(self._counts) if count)

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
            found.append(min(_middle(bucket), MAX_DURATION_S, self.max))
        return found


def _middle(bucket: int) -> float:
    """Return the duration in the middle of a bucket, in seconds."""
    return float(2.0 ** ((bucket + 0.5) / _PER_OCTAVE - _OFFSET))


class Latencies(ValueRecord):
    """Durations of calls in seconds, until the reply was ready to be sent.

    The percentiles are off by at most `RELATIVE_ERROR`; ``max`` is exact.
    """

    p50: float
    p90: float
    p99: float
    max: float


class Calls(ValueRecord):
    """The calls of a method up to one moment; ``latencies`` is None before the first is over."""

    calls: int
    errors: int
    in_flight: int
    latencies: Latencies | None


class MethodStatistics:
    """Counts the calls of one method. ``calls`` is what Go's ``NumCalls`` gives.

    Attributes:
        beside: Returns the `numbers` of other processes of the server; none where it has none.
        lock: Guards all counts.
        uncounted: Durations in seconds that are in no histogram yet.
    """

    __slots__ = ("_latencies", "beside", "calls", "errors", "lock", "uncounted")

    def __init__(self, make_lock: MakeLock = nullcontext) -> None:
        self.lock = make_lock()
        self.calls = 0
        self.errors = 0
        self._latencies = Histogram()
        self.beside: Callable[[], Iterable[Numbers]] = tuple
        self.uncounted: list[float] = []

    def renew_lock(self, make_lock: MakeLock) -> None:
        """Make the lock anew; see `Registry.renew_locks`."""
        self.lock = make_lock()

    def started(self) -> None:
        """Count a call that is to be carried out."""
        with self.lock:
            self.calls += 1

    def finished(self, seconds: float, failed: bool) -> None:
        """Count the end of a call: its reply is ready, or it ``failed``."""
        with self.lock:
            self.uncounted.append(seconds)
            if failed:
                self.errors += 1
            if len(self.uncounted) >= COUNTED_AT_ONCE:
                self.count()

    def count(self) -> None:
        """Count the latest durations, `COUNTED_AT_ONCE` as a rule. Under the lock."""
        durations, self.uncounted = self.uncounted, []
        self._latencies.add_all(durations)

    def snapshot(self) -> Calls:
        """Return the counts of one moment, of all processes of the server together."""
        numbers = reduce(self.added, self.beside(), self.numbers())
        calls, errors, histogram = int(numbers[0]), int(numbers[1]), Histogram.of(numbers[2:])
        in_flight = calls - histogram.count
        if not histogram.count:
            return Calls(calls, errors, in_flight, None)
        p50, p90, p99 = histogram.percentiles(50, 90, 99)
        return Calls(calls, errors, in_flight, Latencies(p50, p90, p99, histogram.max))

    def total_seconds(self) -> float:
        """Return how long the calls of this process took together; see `Histogram.total`."""
        with self.lock:
            self.count()
            histogram = self._latencies.copy()
        return histogram.total()

    def numbers(self) -> list[float]:
        """Return the counts of this process."""
        with self.lock:
            self.count()
            return [self.calls, self.errors, *self._latencies.numbers()]

    @staticmethod
    def added(some: Numbers, more: Numbers) -> list[float]:
        """Return the `numbers` of two processes together."""
        calls, errors, *counts = map(add, some, more)
        counts[0] = max(some[2], more[2])
        return [calls, errors, *counts]

    @staticmethod
    def ended(numbers: Numbers) -> list[float]:
        """Return the `numbers` of a process that has ended, and with it what was under way."""
        return [sum(numbers[3:]), *numbers[1:]]


class ConnectionStatistics:
    """Counts the connections of a server: those that are open, and all there ever were.

    Attributes:
        beside: Returns the `numbers` of other processes of the server; none where it has none.
    """

    __slots__ = ("_lock", "beside", "open", "total")

    def __init__(self, make_lock: MakeLock = nullcontext) -> None:
        # Guards the two below.
        self._lock = make_lock()
        self.open = 0
        self.total = 0
        self.beside: Callable[[], Iterable[Numbers]] = tuple

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

    def snapshot(self) -> tuple[int, int]:
        """Return how many are open and how many there were, in all processes of the server."""
        is_open, total = reduce(self.added, self.beside(), self.numbers())
        return int(is_open), int(total)

    def numbers(self) -> list[float]:
        """Return the counts of this process."""
        return [self.open, self.total]

    @staticmethod
    def added(some: Numbers, more: Numbers) -> list[float]:
        """Return the `numbers` of two processes together."""
        return [some[0] + more[0], some[1] + more[1]]

    @staticmethod
    def ended(numbers: Numbers) -> list[float]:
        """Return the `numbers` of a process that has ended: none of its connections is open."""
        return [0.0, numbers[1]]
