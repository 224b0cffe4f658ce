"""`Distribution`: how long calls took, in little memory however many there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Self

from attrs import frozen

__all__ = ["Bar", "Distribution", "spelled_seconds"]

# Buckets for each doubling of the time: a percentile is off by at most 1.1 %.
_PER_OCTAVE: Final = 32


@frozen
class Bar:
    """A bar of a histogram: bounds in seconds, and the number of times between them."""

    low: float
    high: float
    count: int


class Distribution:
    """Times in seconds, counted in buckets whose bounds grow by a constant factor.

    Attributes:
        count: Number of times.
        total: Sum of them.
        min: The shortest.
        max: The longest.
    """

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.min = math.inf
        self.max = 0.0
        self._buckets: Counter[int] = Counter()

    @classmethod
    def merged(cls, parts: Iterable[Distribution]) -> Self:
        """Return the times of several distributions in one."""
        whole = cls()
        for part in parts:
            whole.count += part.count
            whole.total += part.total
            whole.min = min(whole.min, part.min)
            whole.max = max(whole.max, part.max)
            whole._buckets.update(part._buckets)
        return whole

    def add(self, seconds: float) -> None:
        """Count a time, which is more than 0."""
        self.count += 1
        self.total += seconds
        self.min = min(self.min, seconds)
        self.max = max(self.max, seconds)
        self._buckets[self._bucket_of(seconds)] += 1

    @property
    def mean(self) -> float:
        """The mean in seconds, 0 without any times."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """Return the time in seconds that so many percent do not exceed, by nearest rank."""
        rank = max(1, math.ceil(self.count * percent / 100))
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return min(max(self._edge(bucket + 0.5), self.min), self.max)
        return 0.0

    def bars(self, most: int) -> list[Bar]:
        """Return a histogram whose bars cover the times between the first and the 99.9th percent.

        Args:
            most: Maximum number of bars; the last one has what is longer than all others.
        """
        if not self.count:
            return []
        low, high = self._bucket_of(self.min), self._bucket_of(self.percentile(99.9)) + 1
        width = max(1, -(-(high - low) // most))
        edges = [*range(low, high, width)]
        counts = Counter(dict.fromkeys(edges, 0))
        for bucket, count in self._buckets.items():
            counts[edges[min((max(bucket, low) - low) // width, len(edges) - 1)]] += count
        bars = [Bar(self._edge(e), self._edge(e + width), counts[e]) for e in edges]
        bars[-1] = Bar(bars[-1].low, max(self.max, bars[-1].high), bars[-1].count)
        return bars

    @staticmethod
    def _bucket_of(seconds: float) -> int:
        return math.floor(math.log2(seconds) * _PER_OCTAVE)

    @staticmethod
    def _edge(bucket: float) -> float:
        return math.pow(2.0, bucket / _PER_OCTAVE)


_UNITS: Final[Sequence[tuple[str, float]]] = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


def spelled_seconds(seconds: float) -> str:
    """Return a time to three digits, in the unit that fits it: ``1.25 ms``.

    Args:
        seconds: The time.
    """
    unit, size = next((each for each in _UNITS if seconds >= 0.9995 * each[1]), _UNITS[-1])
    value = seconds / size
    return f"{value:,.0f} {unit}" if value >= 999.5 else f"{value:.3g} {unit}"
