"""Statistics: what becomes of latencies, and how peers compare."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from .job import Cost, Timing

__all__ = ["Measurement", "Sample", "percentile", "ratio", "sample"]


UNKNOWN: Final = Cost()
"""Cost of a call that was not measured."""


@frozen
class Sample:
    """One round: latencies in microseconds, calls a second, and what a call costs each side."""

    median: float
    p99: float
    rate: float
    cost: Cost = UNKNOWN

    @property
    def processor(self) -> float:
        """Processor time of a call at both sides together, in microseconds."""
        return self.cost.client + self.cost.server


@frozen
class Measurement:
    """A peer at a work: its rounds, or why there are none."""

    peer: str
    work: str
    samples: list[Sample]
    error: str = ""

    @property
    def median(self) -> float:
        return statistics.median(each.median for each in self.samples)

    @property
    def p99(self) -> float:
        return statistics.median(each.p99 for each in self.samples)

    @property
    def rate(self) -> float:
        return statistics.median(each.rate for each in self.samples)

    @property
    def cost(self) -> Cost:
        return Cost(
            statistics.median(each.cost.client for each in self.samples),
            statistics.median(each.cost.server for each in self.samples),
        )


def sample(timing: Timing, cost: Cost = UNKNOWN) -> Sample:
    """Return the statistics of a round."""
    latencies = sorted(timing.latencies)
    return Sample(
        percentile(latencies, 50) / 1000,
        percentile(latencies, 99) / 1000,
        len(latencies) / timing.elapsed * 1e9,
        cost,
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of the ordered values that ``percent`` of them do not exceed."""
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ratio(of: Measurement, to: Measurement, figure: str) -> float | None:
    """Return how many times a figure of ``to`` that of ``of`` is: the median over the rounds.

    Within a round both ran close together, so that a machine that changes its
    speed does it to both. ``None`` if one of them has no rounds, or not this figure.
    """
    pairs = zip(of.samples, to.samples, strict=False)
    ratios = [getattr(a, figure) / getattr(b, figure) for a, b in pairs if getattr(b, figure)]
    return statistics.median(ratios) if ratios else None
