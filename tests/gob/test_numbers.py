"""The numbers that everything on the wire is made of."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gob import numbers


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (0, "00"),
        (7, "07"),
        (127, "7f"),
        (128, "ff80"),
        (256, "fe0100"),
        (2**64 - 1, "f8" + "ff" * 8),
    ],
)
def test_uint_bytes_are_those_of_the_documentation(value: int, octets: str) -> None:
    assert numbers.uint_bytes(value).hex() == octets


@pytest.mark.parametrize(
    ("value", "octets"),
    [(0, "00"), (-1, "01"), (1, "02"), (-64, "7f"), (64, "ff80"), (-129, "fe0101")],
)
def test_int_bytes_are_those_of_the_documentation(value: int, octets: str) -> None:
    assert numbers.int_bytes(value).hex() == octets


def test_float_bytes_of_17_are_those_of_the_documentation() -> None:
    assert numbers.float_bytes(17.0).hex() == "fe3140"


@pytest.mark.parametrize("value", [-1, 2**64])
def test_uint_bytes_beyond_64_bits(value: int) -> None:
    with pytest.raises(EncodeError, match="uint64"):
        numbers.uint_bytes(value)


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**63])
def test_int_bytes_beyond_64_bits(value: int) -> None:
    with pytest.raises(EncodeError, match="int64"):
        numbers.int_bytes(value)


@given(st.integers(0, 2**64 - 1))
def test_read_uint_reverses_uint_bytes(value: int) -> None:
    octets = numbers.uint_bytes(value)
    assert numbers.read_uint(octets, 0, len(octets)) == (value, len(octets))


@given(st.integers(-(2**63), 2**63 - 1))
def test_read_int_reverses_int_bytes(value: int) -> None:
    octets = numbers.int_bytes(value)
    assert numbers.read_int(octets, 0, len(octets)) == (value, len(octets))


@given(st.floats())
def test_float_of_reverses_float_bytes_to_the_bit(value: float) -> None:
    octets = numbers.float_bytes(value)
    bits, _ = numbers.read_uint(octets, 0, len(octets))
    assert struct.pack("<d", numbers.float_of(bits)) == struct.pack("<d", value)


@pytest.mark.parametrize("value", range(-256, 256))
def test_tables_hold_what_the_functions_give(value: int) -> None:
    assert numbers.INT[value] == numbers.int_bytes(value)


def test_read_uint_takes_more_bytes_than_needed() -> None:
    assert numbers.read_uint(b"\xfe\x00\x05", 0, 3) == (5, 3)


@pytest.mark.parametrize("octets", [b"", b"\xff", b"\xf8\1\2"])
def test_read_uint_that_ends_early(octets: bytes) -> None:
    with pytest.raises(DecodeError, match="ends inside"):
        numbers.read_uint(octets, 0, len(octets))


def test_read_uint_of_too_many_bytes() -> None:
    with pytest.raises(DecodeError, match="more than 8"):
        numbers.read_uint(b"\x80" + bytes(200), 0, 201)


def test_single_rounds_to_32_bits() -> None:
    assert numbers.single(0.1) == 0.10000000149011612
