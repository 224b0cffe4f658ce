from __future__ import annotations

import pytest

from benchmarks.job import Cost, Timing
from benchmarks.summary import Measurement, Sample, percentile, ratio, sample

from .samples import measurement


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (1, 1), (50, 50), (50.5, 51), (99, 99), (100, 100)]
)
def test_percentile(percent: float, expected: int) -> None:
    assert percentile(range(1, 101), percent) == expected


def test_percentile_of_one() -> None:
    assert percentile([7], 99) == 7


def test_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_sample_is_in_microseconds_and_calls_a_second() -> None:
    # Two calls overlap: together they take less than one after the other.
    assert sample(Timing([3000, 1000, 2000], 4000)) == Sample(2.0, 3.0, 750_000.0)


def test_measurement_is_the_median_of_its_rounds() -> None:
    rounds = [Sample(1, 10, 100), Sample(3, 30, 300), Sample(2, 90, 200)]
    made = Measurement("go", "call", rounds)
    assert (made.median, made.p99, made.rate) == (2, 30, 200)


def test_ratio_compares_within_rounds() -> None:
    # The machine was three times as slow in the second round, for both.
    ours, theirs = measurement("rpcgen", "call", 1, 3, 1), measurement("go", "call", 2, 6, 2)
    assert ratio(ours, theirs, "median") == 0.5
    assert ratio(ours, theirs, "rate") == 2.0


def test_cost_is_the_median_of_each_side() -> None:
    rounds = [Sample(1, 1, 1, Cost(*each)) for each in ((1, 9), (3, 7), (2, 8))]
    assert Measurement("go", "call", rounds).cost == Cost(2, 8)


def test_processor_time_is_compared_as_that_of_both_sides() -> None:
    ours, theirs = (
        Measurement(peer, "call", [Sample(1, 1, 1, cost)])
        for peer, cost in (("rpcgen", Cost(3, 1)), ("go", Cost(1, 1)))
    )
    assert ratio(ours, theirs, "processor") == 2.0


def test_ratio_of_what_was_not_measured() -> None:
    ours = Measurement("rpcgen", "call", [Sample(1, 1, 1)])
    assert ratio(ours, ours, "processor") is None


def test_ratio_to_a_failure() -> None:
    ours, theirs = measurement("rpcgen", "call", 1), Measurement("go", "call", [], "no Go")
    assert ratio(ours, theirs, "median") is None
