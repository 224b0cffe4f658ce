from __future__ import annotations

import math
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.protocol.statistics import (
    MAX_DURATION_S,
    MIN_DURATION_S,
    RELATIVE_ERROR,
    ConnectionStatistics,
    Histogram,
    MethodStatistics,
)

DURATIONS = st.floats(MIN_DURATION_S, MAX_DURATION_S)
PERCENTS = st.integers(1, 100)

# Room for the rounding of floats where a duration is the bound of two buckets.
TOLERANCE = RELATIVE_ERROR * (1 + 1e-9)


def histogram_of(durations: list[float]) -> Histogram:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    return histogram


def nearest_rank(durations: list[float], percent: int) -> float:
    return sorted(durations)[math.ceil(percent * len(durations) / 100) - 1]


def test_relative_error_is_as_documented() -> None:
    assert round(100 * RELATIVE_ERROR, 1) == 2.2


@given(st.lists(DURATIONS, min_size=1), PERCENTS)
def test_percentiles_are_within_the_error(durations: list[float], percent: int) -> None:
    (found,) = histogram_of(durations).percentiles(percent)
    assert found == pytest.approx(nearest_rank(durations, percent), rel=TOLERANCE)


@given(st.lists(DURATIONS, min_size=1), st.lists(PERCENTS, min_size=2, max_size=5).map(sorted))
def test_percentiles_together_are_those_one_by_one(
    durations: list[float], percents: list[int]
) -> None:
    histogram = histogram_of(durations)
    one_by_one = [histogram.percentiles(percent)[0] for percent in percents]
    assert histogram.percentiles(*percents) == one_by_one


@given(st.lists(DURATIONS, min_size=1), PERCENTS)
def test_percentiles_do_not_exceed_the_maximum(durations: list[float], percent: int) -> None:
    assert histogram_of(durations).percentiles(percent)[0] <= max(durations)


@given(st.lists(st.floats(0, 1e9), min_size=1))
def test_max_is_exact(durations: list[float]) -> None:
    assert histogram_of(durations).max == max(durations)


@given(st.floats(0, MIN_DURATION_S))
def test_percentiles_of_the_shortest(seconds: float) -> None:
    assert histogram_of([seconds]).percentiles(50) == [seconds]


@given(st.floats(MAX_DURATION_S, allow_infinity=True))
def test_percentiles_of_the_longest(seconds: float) -> None:
    assert histogram_of([seconds]).percentiles(50) == [MAX_DURATION_S]


@pytest.mark.parametrize(
    "seconds",
    [math.nextafter(MIN_DURATION_S, 1), math.nextafter(MAX_DURATION_S, 0), math.nextafter(1, 0)],
)
def test_percentiles_beside_a_bound(seconds: float) -> None:
    assert histogram_of([seconds]).percentiles(50) == [pytest.approx(seconds, rel=TOLERANCE)]


def test_percentiles_count_what_is_too_short_to_tell() -> None:
    assert histogram_of([0.0, 0.0, 1.0]).percentiles(50)[0] <= MIN_DURATION_S * 2


def test_percentiles_count_what_is_too_long_to_tell() -> None:
    histogram = histogram_of([1.0, 2 * MAX_DURATION_S, 2 * MAX_DURATION_S])
    assert histogram.percentiles(50) == [MAX_DURATION_S]


def test_percentiles_of_nothing() -> None:
    assert Histogram().percentiles(50, 99) == [0.0, 0.0]


def test_copy_has_the_same_durations() -> None:
    histogram = histogram_of([0.001, 0.5])
    copy = histogram.copy()
    assert (copy.count, copy.max, copy.percentiles(50)) == (2, 0.5, histogram.percentiles(50))


def test_copy_stays_as_it_is() -> None:
    histogram = histogram_of([0.001])
    copy = histogram.copy()
    histogram.add(2.0)
    assert (copy.count, copy.max) == (1, 0.001)


def test_histogram_does_not_grow() -> None:
    histogram = Histogram()
    before = sys.getsizeof(histogram._counts)
    for exponent in range(-100, 100):
        histogram.add(2.0**exponent)
    assert sys.getsizeof(histogram._counts) == before


def test_snapshot_before_the_first_call() -> None:
    calls = MethodStatistics().snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (0, 0, 0)


def test_snapshot_before_the_first_call_is_over_has_no_latencies() -> None:
    statistics = MethodStatistics()
    statistics.started()
    assert statistics.snapshot().latencies is None


def test_started_call_is_in_flight() -> None:
    statistics = MethodStatistics()
    statistics.started()
    calls = statistics.snapshot()
    assert (calls.calls, calls.in_flight) == (1, 1)


def test_finished_call_is_not_in_flight() -> None:
    statistics = MethodStatistics()
    statistics.started()
    statistics.finished(0.25, failed=False)
    calls = statistics.snapshot()
    assert (calls.calls, calls.in_flight) == (1, 0)


def test_finished_call_counts_as_error_if_it_failed() -> None:
    statistics = MethodStatistics()
    for failed in (True, False, True):
        statistics.started()
        statistics.finished(0.25, failed)
    assert statistics.snapshot().errors == 2


def test_latencies_of_many_calls() -> None:
    statistics = MethodStatistics()
    for milliseconds in range(1, 101):
        statistics.started()
        statistics.finished(milliseconds / 1000, failed=False)
    latencies = statistics.snapshot().latencies
    assert latencies is not None
    found = (latencies.p50, latencies.p90, latencies.p99, latencies.max)
    assert found == pytest.approx((0.050, 0.090, 0.099, 0.100), rel=TOLERANCE)


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Have threads switch as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("impatient_threads")
def test_calls_of_many_threads_are_all_counted() -> None:
    statistics = MethodStatistics(threading.Lock)

    def call() -> None:
        for _ in range(2000):
            statistics.started()
            statistics.finished(0.001, failed=True)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (8000, 8000, 0)


def test_each_update_holds_the_lock() -> None:
    class Lock:
        held = 0

        def __enter__(self) -> None:
            Lock.held += 1

        def __exit__(self, *exc_info: object) -> None:
            pass

    statistics = MethodStatistics(Lock)
    statistics.started()
    statistics.finished(0.0, failed=False)
    statistics.snapshot()
    assert Lock.held == 3


def test_connections_that_are_open() -> None:
    connections = ConnectionStatistics()
    for _ in range(3):
        connections.opened()
    connections.closed()
    assert connections.open == 2


def test_connections_in_total() -> None:
    connections = ConnectionStatistics()
    for _ in range(3):
        connections.opened()
    connections.closed()
    assert connections.total == 3


def counted(*durations: float) -> MethodStatistics:
    statistics = MethodStatistics()
    for seconds in durations:
        statistics.started()
        statistics.finished(seconds, failed=seconds > 1.0)
    return statistics


def test_total_is_the_sum_of_the_durations() -> None:
    total = counted(0.001, 0.5, 2.0).total_seconds()
    assert total == pytest.approx(2.501, rel=RELATIVE_ERROR)


def test_numbers_of_other_processes_are_added() -> None:
    statistics = counted(0.001, 4.0)
    others = [counted(0.002, 2.0), counted(8.0)]
    statistics.beside = lambda: [each.numbers() for each in others]
    calls = statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (5, 3, 0)
    assert calls.latencies is not None
    assert calls.latencies.max == 8.0


def test_numbers_together_are_those_of_one_process() -> None:
    added = MethodStatistics.added(counted(0.001, 4.0).numbers(), counted(8.0).numbers())
    assert added == counted(0.001, 4.0, 8.0).numbers()


def test_numbers_of_a_process_that_has_ended_have_nothing_under_way() -> None:
    statistics = counted(0.001)
    statistics.started()
    assert MethodStatistics.ended(statistics.numbers()) == counted(0.001).numbers()


def test_connections_of_other_processes_are_added() -> None:
    statistics, other = ConnectionStatistics(), ConnectionStatistics()
    for each in (statistics, other):
        each.opened()
    statistics.beside = lambda: [other.numbers(), ConnectionStatistics.ended(other.numbers())]
    assert (statistics.snapshot(), other.snapshot()) == ((2, 3), (1, 1))


def test_latencies_are_those_of_the_call_at_each_rank() -> None:
    statistics = MethodStatistics()
    for number in range(1, 101):
        statistics.finished(2.0 ** (number / 10 - 10), failed=False)
    latencies = statistics.snapshot().latencies
    assert latencies is not None
    found = [math.log2(each) * 10 + 100 for each in (latencies.p50, latencies.p90, latencies.p99)]
    assert [round(each) for each in found] == [50, 90, 99]


def test_process_that_has_ended_has_no_calls_under_way() -> None:
    statistics = MethodStatistics()
    for seconds in (0.0, 1.0):
        statistics.started()
        statistics.finished(seconds, failed=False)
    statistics.started()
    assert MethodStatistics.ended(statistics.numbers())[0] == 2
