"""Tests of `rpcgen.cli.distribution`."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rpcgen.cli.distribution import Distribution, spelled_seconds


def of(*times: float) -> Distribution:
    distribution = Distribution()
    for each in times:
        distribution.add(each)
    return distribution


def test_times_are_counted() -> None:
    found = of(0.001, 0.002, 0.006)
    assert (found.count, found.min, found.max) == (3, 0.001, 0.006)
    assert found.mean == pytest.approx(0.003)


@pytest.mark.parametrize(("percent", "expected"), [(1, 0.001), (50, 0.05), (90, 0.09), (100, 0.1)])
def test_percentile_is_near(percent: float, expected: float) -> None:
    found = of(*(number / 1000 for number in range(1, 101)))
    assert found.percentile(percent) == pytest.approx(expected, rel=0.011)


def test_percentiles_of_one_time_are_that_time() -> None:
    assert of(0.0123).percentile(50) == 0.0123


def test_distribution_of_nothing_has_nothing() -> None:
    found = of()
    assert (found.count, found.mean, found.percentile(50), found.bars(5)) == (0, 0.0, 0.0, [])


def test_merged_distribution_is_that_of_all_times() -> None:
    merged = Distribution.merged([of(0.1, 0.2), of(), of(0.3)])
    assert (merged.count, merged.min, merged.max) == (3, 0.1, 0.3)
    assert merged.percentile(50) == pytest.approx(0.2, rel=0.011)


@pytest.mark.parametrize("times", [(1e-6,), (1e-6, 1.0), tuple(n / 1e4 for n in range(1, 3000))])
def test_bars_hold_all_times(times: tuple[float, ...]) -> None:
    bars = of(*times).bars(12)
    assert 1 <= len(bars) <= 12
    assert sum(each.count for each in bars) == len(times)
    assert bars[0].low <= min(times)
    assert bars[-1].high >= max(times)
    for low, high in pairwise(bars):
        assert low.high == pytest.approx(high.low)


def test_last_bar_has_the_few_that_take_far_longer() -> None:
    bars = of(*(number / 1e6 for number in range(1000, 3000)), 60.0).bars(4)
    assert bars[-1].high == 60.0
    assert bars[-1].low < 0.01


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1e-7, "0.1 µs"),
        (12.345e-6, "12.3 µs"),
        (0.9996e-3, "1 ms"),
        (0.0125, "12.5 ms"),
        (1.0, "1 s"),
        (1234.5, "1,234 s"),
    ],
)
def test_time_has_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert spelled_seconds(seconds) == text
