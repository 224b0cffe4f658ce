"""Moments and spans to the nanosecond."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.types import Duration, Time

NOON = datetime(2026, 1, 2, 12, 0, 0, 5, UTC)


def test_time_is_the_moment_with_its_nanosecond() -> None:
    time = Time.of(NOON, 7)
    assert (datetime.combine(time.date(), time.timetz()), time.nanosecond) == (NOON, 7)


@pytest.mark.parametrize("nanosecond", [-1, 1000])
def test_time_refuses_what_is_no_nanosecond(nanosecond: int) -> None:
    with pytest.raises(ValueError, match=r"nanosecond must be in 0\.\.999"):
        Time.of(NOON, nanosecond)


def test_time_without_nanosecond_equals_the_datetime() -> None:
    assert Time.of(NOON, 0) == NOON


def test_time_with_nanosecond_differs_from_the_datetime() -> None:
    assert Time.of(NOON, 1) != NOON


def test_datetime_does_not_equal_a_time_with_nanosecond() -> None:
    assert not NOON == Time.of(NOON, 1)  # noqa: SIM201,SIM300 - as datetime sees it


def test_time_differs_from_what_is_no_time() -> None:
    assert Time.of(NOON, 1) != "noon"


def test_time_is_not_ordered_among_other_things() -> None:
    with pytest.raises(TypeError, match="not supported between"):
        sorted([Time.of(NOON, 1), 5])  # type: ignore[type-var]


@given(st.integers(0, 999), st.integers(0, 999))
def test_times_of_one_microsecond_compare_like_their_nanoseconds(one: int, other: int) -> None:
    assert (Time.of(NOON, one) <= Time.of(NOON, other)) == (one <= other)


def test_times_of_one_microsecond_are_ordered() -> None:
    assert sorted([Time.of(NOON, 2), Time.of(NOON, 1), NOON]) == [
        NOON,
        Time.of(NOON, 1),
        Time.of(NOON, 2),
    ]


def test_equal_times_have_equal_hashes() -> None:
    assert hash(Time.of(NOON, 0)) == hash(NOON)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 999))
def test_time_survives_pickle(moment: datetime, nanosecond: int) -> None:
    time = Time.of(moment, nanosecond)
    assert pickle.loads(pickle.dumps(time)) == time


def test_time_survives_copy() -> None:
    assert copy.deepcopy(Time.of(NOON, 7)) == Time.of(NOON, 7)


def test_time_is_shown_with_its_nanosecond() -> None:
    assert repr(Time.of(NOON, 7)).endswith("tzinfo=datetime.timezone.utc), 7)")


def test_time_prints_nine_digits() -> None:
    assert str(Time.of(NOON, 7)) == "2026-01-02 12:00:00.000005007+00:00"


def test_arithmetic_drops_the_nanosecond_of_a_time() -> None:
    assert Time.of(NOON, 7) + timedelta(1) == NOON + timedelta(1)


def test_duration_is_the_span_with_its_nanosecond() -> None:
    duration = Duration.of(1_500)
    assert (duration // timedelta(microseconds=1), duration.nanosecond) == (1, 500)


def test_duration_of_whole_microseconds_equals_the_timedelta() -> None:
    assert Duration.of(3_000) == timedelta(microseconds=3)


def test_duration_with_nanosecond_differs_from_the_timedelta() -> None:
    assert timedelta(microseconds=3) != Duration.of(3_001)


def test_duration_of_nanoseconds_is_true() -> None:
    assert Duration.of(1)


def test_duration_of_nothing_is_false() -> None:
    assert not Duration.of(0)


nanoseconds = st.integers(-(2**63), 2**63 - 1)


@given(nanoseconds, nanoseconds)
def test_durations_are_ordered_like_their_nanoseconds(one: int, other: int) -> None:
    assert (Duration.of(one) < Duration.of(other)) == (one < other)


def test_durations_of_one_microsecond_are_ordered() -> None:
    assert Duration.of(1) < Duration.of(2)


@given(nanoseconds)
def test_duration_is_shown_as_it_is_made(count: int) -> None:
    assert repr(Duration.of(count)) == f"Duration.of({count})"


@given(nanoseconds)
def test_duration_survives_pickle(count: int) -> None:
    duration = Duration.of(count)
    assert pickle.loads(pickle.dumps(duration)) == duration
