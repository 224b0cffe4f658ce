"""Spans of time to the nanosecond."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.types import Duration
from rpcgen.values.durations import duration_of, nanoseconds_of


@given(st.integers(-(2**63), 2**63 - 1))
def test_duration_keeps_its_nanoseconds(nanoseconds: int) -> None:
    assert nanoseconds_of(duration_of(nanoseconds)) == nanoseconds


def test_duration_of_whole_microseconds_is_a_timedelta() -> None:
    assert type(duration_of(5000)) is timedelta


def test_duration_of_nanoseconds_is_not_zero() -> None:
    back = gob.loads(gob.dumps(Duration.of(7), timedelta), timedelta)
    assert back == Duration.of(7) != timedelta()
