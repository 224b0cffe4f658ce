"""Go's text of floats, and float32. More against real Go is in `test_differential`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import EncodeError
from rpcgen.gojson.floats import format_float, format_single, parse_float, to_single


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.5, "1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e-6, "0.00000125"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
    ],
)
def test_format_float_is_as_by_go(value: float, text: str) -> None:
    assert format_float(repr(value)) == text


@pytest.mark.parametrize(
    ("value", "name"), [(math.nan, "NaN"), (math.inf, r"\+Inf"), (-math.inf, "-Inf")]
)
def test_format_float_of_what_is_not_finite_is_refused(value: float, name: str) -> None:
    with pytest.raises(EncodeError, match=f"^json: unsupported value: {name}$"):
        format_float(repr(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1 / 3, "0.33333334"), (3.4028234663852886e38, "3.4028235e+38")],
)
def test_format_single_is_the_shortest(value: float, text: str) -> None:
    assert format_single(value) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_format_single_reads_back(value: float) -> None:
    assert to_single(float(format_single(value))) == value


def test_to_single_beyond_all_raises() -> None:
    with pytest.raises(OverflowError):
        to_single(1e39)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1_0.5", 10.5), ("0x1p-2", 0.25), ("-Inf", -math.inf), (".5", 0.5), ("1e3", 1000.0)],
)
def test_parse_float_reads_what_go_reads(text: str, value: float) -> None:
    assert parse_float(text) == value


@pytest.mark.parametrize("text", ["", "+nan", "1__0", "0x1", "1e", "one", "_1", "1_"])
def test_parse_float_of_what_go_refuses_is_none(text: str) -> None:
    assert parse_float(text) is None
