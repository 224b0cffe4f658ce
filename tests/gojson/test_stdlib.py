"""What Go makes of the same values is compared in test_differential.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gojson.stdlib import TEXTS, format_time, parse_ip, parse_time
from rpcgen.types import BigFloatValue, Time


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(2020, 1, 2, 3, 4, 5, 120_000, UTC), "2020-01-02T03:04:05.12Z"),
        (Time.of(datetime(2020, 1, 2, tzinfo=UTC), 7), "2020-01-02T00:00:00.000000007Z"),
        (
            datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=-5, minutes=-30, seconds=-59))),
            "2020-01-02T00:00:00-05:30",
        ),
        (datetime(2020, 1, 2, tzinfo=timezone(timedelta(seconds=30))), "2020-01-02T00:00:00+00:00"),
    ],
)
def test_time_is_rfc_3339_as_by_go(moment: datetime, text: str) -> None:
    assert format_time(moment) == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-02T03:04:05Z", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05.5+00:00", datetime(2020, 1, 2, 3, 4, 5, 500_000, UTC)),
        (
            "2020-01-02T03:04:05.1234567899Z",
            Time.of(datetime(2020, 1, 2, 3, 4, 5, 123_456, UTC), 789),
        ),
    ],
)
def test_time_is_read_to_the_nanosecond(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["", "x", "2020-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "٢020"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="parsing time"):
        parse_time(text)


def test_what_is_no_ip_is_refused() -> None:
    with pytest.raises(DecodeError, match="invalid IP address: x"):
        parse_ip("x")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (BigFloatValue.of(1.5), "1.5"),
        (BigFloatValue.of(-0.1), "-0.1"),
        (BigFloatValue.of(1e100), "1e+100"),
        (BigFloatValue.of(123456.0), "123456"),
        (BigFloatValue.of(1234567.0), "1.234567e+06"),
        (BigFloatValue.of(0.0001), "0.0001"),
        (BigFloatValue.of(0.00001), "1e-05"),
        (BigFloatValue.of(-0.0), "-0"),
        (BigFloatValue(precision=1, infinite=True), "+Inf"),
        (BigFloatValue(precision=1, infinite=True, negative=True), "-Inf"),
    ],
)
def test_big_float_is_as_short_as_by_go(value: BigFloatValue, text: str) -> None:
    assert TEXTS["big.Float"][0](value) == text


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "text", ["x", "1:", "/", ":", "1/x", "--1", "e5", ".", "%", "::1%", "[]:1"]
)
def test_what_is_no_value_is_refused(name: str, text: str) -> None:
    parse: Any = TEXTS[name][1]
    with pytest.raises((ValueError, ArithmeticError)):
        parse(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-02T03:04:05+24:00", datetime(2020, 1, 1, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05-24:30", datetime(2020, 1, 3, 3, 34, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05+23:60", datetime(2020, 1, 1, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_time_in_a_zone_of_a_day_is_the_same_moment(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["1e9990", "-1e-9990", "0.1e9000"])
def test_numbers_of_many_digits_come_back(text: str) -> None:
    for name in ("big.Float", "big.Rat"):
        write, read = TEXTS[name]
        assert read(write(read(text))) == read(text)


def test_float_of_too_many_digits_is_not_written() -> None:
    write, read = TEXTS["big.Float"]
    with pytest.raises(EncodeError, match=r"30102 digits; the limit is 10000 \(Limits.digits\)"):
        write(BigFloatValue(1, 100_343, 64))
    with pytest.raises(EncodeError, match="digits"):
        write(read("1e-99999"))


@pytest.mark.parametrize(
    ("value", "digits"),
    [(BigFloatValue(1, -1, 2**32 - 1), 1), (BigFloatValue(1, -33_000, 2**32 - 1), 23_067)],
)
def test_float_of_more_precision_than_digits_is_written_exactly(
    value: BigFloatValue, digits: int
) -> None:
    write, _ = TEXTS["big.Float"]
    written = Decimal(write(value))
    assert len(written.as_tuple().digits) == digits
    assert Fraction(written) == value.fraction()


def test_float_of_less_than_no_precision_is_written() -> None:
    write, _ = TEXTS["big.Float"]
    assert write(BigFloatValue(3, 0, -(2**63))) == write(BigFloatValue(3, 0, 0))


def test_float_of_too_many_bits_is_not_written() -> None:
    write, _ = TEXTS["big.Float"]
    with pytest.raises(EncodeError, match=r"a number of 300000 digits.*Limits\.digits"):
        write(BigFloatValue((1 << 999_999) | 1, 0, 64))
