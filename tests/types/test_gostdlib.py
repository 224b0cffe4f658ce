"""Values of Go's library that need modules of Python's."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.types import AddrPort, BigFloatValue


@given(st.floats(allow_nan=False))
def test_big_float_of_float_is_exact(value: float) -> None:
    assert float(BigFloatValue.of(value)) == value


def test_big_float_keeps_the_sign_of_zero() -> None:
    assert str(float(BigFloatValue.of(-0.0))) == "-0.0"


def test_big_float_refuses_nan() -> None:
    with pytest.raises(ValueError, match="cannot be NaN"):
        BigFloatValue.of(float("nan"))


def test_big_float_is_an_exact_fraction() -> None:
    assert BigFloatValue(3, -2, 53, negative=True).fraction() == Fraction(-3, 4)


def test_infinite_big_float_is_no_fraction() -> None:
    with pytest.raises(OverflowError, match="infinity"):
        BigFloatValue.of(float("inf")).fraction()


@pytest.mark.parametrize("value", [BigFloatValue.of(1.5), AddrPort(None, 1)])
def test_values_of_library_types_can_be_pickled(value: object) -> None:
    assert type(value).__module__ == "rpcgen.types"
    assert pickle.loads(pickle.dumps(value)) == value
