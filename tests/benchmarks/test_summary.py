from __future__ import annotations

import pytest

from benchmarks.job import Timing
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


def test_ratio_to_a_failure() -> None:
    ours, theirs = measurement("rpcgen", "call", 1), Measurement("go", "call", [], "no Go")
    assert ratio(ours, theirs, "median") is None
