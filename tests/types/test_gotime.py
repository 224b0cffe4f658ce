"""Go's time.Time, of any year and zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError
from rpcgen.types import GoTime

OFFSETS = st.none() | st.integers(-1000, 1000).map(lambda minutes: minutes * 60).filter(
    lambda offset: offset != -60
)
GO_TIMES = st.builds(GoTime, st.integers(-(2**62), 2**62), st.integers(0, 999_999_999), OFFSETS)


@given(GO_TIMES)
def test_go_time_survives_gob(moment: GoTime) -> None:
    assert GoTime.gob_decode(moment.gob_encode()) == moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_go_time_of_a_datetime_is_that_moment(moment: datetime) -> None:
    assert GoTime.of(moment).datetime() == moment
    assert GoTime.of(moment).gob_encode() == gob.dumps(moment)[-15:]
    assert str(GoTime.of(moment))[:19] == moment.isoformat()[:19]


@given(st.integers(-62_167_219_200, 253_402_300_799), st.integers(0, 999_999_999))
def test_go_time_survives_json(unix: int, nanosecond: int) -> None:
    moment = GoTime(unix, nanosecond)
    assert GoTime.unmarshal_json(moment.marshal_json()) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (GoTime(), "0001-01-01T00:00:00Z"),
        (GoTime(0, 5), "1970-01-01T00:00:00.000000005Z"),
        (GoTime(0, 0, -5 * 3600), "1969-12-31T19:00:00-05:00"),
        (GoTime(1 << 40), "+36812-02-20T00:36:16Z"),
        (GoTime(-62_135_596_801), "0000-12-31T23:59:59Z"),
        (GoTime(-62_167_219_201), "-0001-12-31T23:59:59Z"),
    ],
)
def test_go_time_prints_as_rfc_3339(moment: GoTime, text: str) -> None:
    assert str(moment) == text


def test_go_time_without_a_datetime() -> None:
    with pytest.raises(OverflowError):
        GoTime(1 << 40).datetime()


def test_go_time_of_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        GoTime.of(datetime(2026, 1, 1))


def test_go_time_that_json_of_go_refuses() -> None:
    with pytest.raises(EncodeError, match="year outside of range"):
        GoTime(1 << 40).marshal_json()


@pytest.mark.parametrize("moment", [GoTime(1 << 63), GoTime(0, 0, -60), GoTime(0, -1)])
def test_go_time_that_go_cannot_send(moment: GoTime) -> None:
    with pytest.raises(EncodeError):
        moment.gob_encode()


@pytest.mark.parametrize("text", [b'"x"', b'"2020-13-01T00:00:00Z"', b"5"])
def test_go_time_of_json_that_is_none(text: bytes) -> None:
    with pytest.raises(DecodeError, match="parsing time"):
        GoTime.unmarshal_json(text)


@given(st.binary(max_size=17))
def test_go_time_of_any_bytes_is_one_or_a_decode_error(data: bytes) -> None:
    try:
        str(GoTime.gob_decode(data))
    except DecodeError:
        pass
