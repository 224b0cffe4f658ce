"""Tests of `rpcgen.cli.remote.json_scalars`; `test_json_reader` has those of all types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rpcgen.cli.remote.json_scalars import (
    decoded_bytes,
    misfit,
    read_bytes,
    read_complex,
    read_float,
    read_int,
)
from rpcgen.errors import EncodeError
from rpcgen.schema import Bytes, Complex, Float, Int, Uint


@pytest.mark.parametrize(
    ("schema", "low", "high"),
    [
        (Int("int8"), -128, 127),
        (Int(), -(2**63), 2**63 - 1),
        (Uint("uint16"), 0, 65535),
        (Uint("uintptr"), 0, 2**64 - 1),
    ],
)
def test_integer_is_within_its_type(schema: Int | Uint, low: int, high: int) -> None:
    assert [read_int(schema, low, ""), read_int(schema, high, "")] == [low, high]
    for value in (low - 1, high + 1):
        with pytest.raises(EncodeError, match="out of the range"):
            read_int(schema, value, "")


@pytest.mark.parametrize(("read", "schema"), [(read_float, Float()), (read_complex, Complex())])
def test_integer_beyond_all_floats_is_refused(
    read: Callable[[Any, object, str], object], schema: object
) -> None:
    with pytest.raises(EncodeError, match="a: it is out of the range of"):
        read(schema, 10**400, "a")


def test_text_without_utf8_is_refused() -> None:
    with pytest.raises(EncodeError, match="lone surrogates"):
        read_bytes(Bytes(), "\ud800", "")


@pytest.mark.parametrize(("name", "value"), [("hex", "f"), ("base64", "a"), ("hex", 5)])
def test_literal_of_no_bytes_is_refused(name: str, value: object) -> None:
    with pytest.raises(EncodeError, match=f"is no text for @{name}"):
        decoded_bytes(name, value, "")


def test_misfit_says_the_place_the_type_and_an_example() -> None:
    assert str(misfit(Int("int8"), "x", "A.B", "7")) == 'A.B: "x" is no int8, such as 7'


def test_misfit_of_much_is_short() -> None:
    assert len(str(misfit(Int(), "x" * 1000, ""))) < 120
