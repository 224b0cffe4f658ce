from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.gob import Limits
from rpcgen.gojson.numbers import (
    digits_limit,
    digits_of,
    general,
    int_of,
    limited,
    parse_integer,
    parse_real,
)


@given(st.integers(-(10**3000), 10**3000))
def test_digits_of_an_integer_are_those_of_python(number: int) -> None:
    assert digits_of(number) == str(number)


def test_integer_of_more_digits_than_python_takes() -> None:
    number = 7**10_000
    assert int_of(digits_of(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0x10", "16"), ("1_0", "10"), ("1p3", "8"), ("0b1.1", "3/2"), ("0o7.4", "15/2")),
        *(("0x1.8p1", "3"), ("0x1e3", "483"), (".5", "1/2"), ("5.", "5"), ("-.5e1", "-5")),
        *(("0b1e3", "1000"), ("1.5p2", "6"), ("0x_1", "1"), ("010", "10"), ("1e3_0", str(10**30))),
    ],
)
def test_spellings_of_go_are_read(text: str, number: str) -> None:
    real = parse_real(text)
    assert real is not None
    assert real.fraction() == Fraction(number)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "-", "-+5", "1__0", "_1", "1_", "1_.5", "1._5", "0b", "0x", "0b2", "1e", "1e+"),
        *("1e_3", "1e3_", "0x1p3e1", "nan", "Inf", "1f", "\u0663", "1 ", "0x.p1", "1e" + "9" * 30),
    ],
)
def test_what_is_no_number_to_go_is_none(text: str) -> None:
    assert parse_real(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("017", 15), ("0x1F", 31), ("0b11", 3), ("0_7", 7), ("-5", -5), ("+1_0", 10), ("0", 0)],
)
def test_integers_have_the_prefixes_of_go(text: str, number: int) -> None:
    assert parse_integer(text, signed=True) == number


@pytest.mark.parametrize("text", ["08", "0x", "1__0", "_1", "1.0", "1e1", "", "+"])
def test_what_is_no_integer_to_go_is_none(text: str) -> None:
    assert parse_integer(text, signed=True) is None


def test_sign_where_there_must_be_none() -> None:
    assert parse_integer("-2", signed=False) is None


def test_digits_beyond_the_limit_are_refused() -> None:
    with (
        limited(Limits(digits=10)),
        pytest.raises(ValueError, match=r"limit is 10 \(Limits.digits\)"),
    ):
        parse_real("1" * 11)
    assert digits_limit() == 10_000


@pytest.mark.parametrize(
    ("digits", "exponent", "text"),
    [
        ("1", 5, "100000"),
        ("1", 6, "1e+06"),
        ("15", 0, "1.5"),
        ("1", -4, "0.0001"),
        ("12", -5, "1.2e-05"),
    ],
)
def test_general_form_is_that_of_go(digits: str, exponent: int, text: str) -> None:
    assert general(digits, exponent) == text
