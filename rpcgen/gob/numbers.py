"""Gob's numbers: unsigned, signed, floating-point; as bytes and back.

An unsigned integer below 128 is one byte. Any other is the negated count of
its bytes, then these, most significant first. A signed integer is shifted left
by one, with its complement taken and bit 0 set if it is negative. A float is
the bits of a float64, bytes reversed, as an unsigned integer. See
"Encoding Details" in the documentation of Go's ``encoding/gob``.
"""

from __future__ import annotations

import math
import struct
from typing import Final

from ..errors import DecodeError, EncodeError

__all__ = [
    "INT",
    "MIN_ZERO_COPY_BYTES",
    "SIGNED",
    "UINT",
    "float_bytes",
    "float_of",
    "int_bytes",
    "narrow_float_of",
    "read_int",
    "read_uint",
    "single",
    "uint_bytes",
]

MIN_ZERO_COPY_BYTES: Final = 1 << 15
"""Size in bytes from which on strings and bytes are not copied more often than they must be."""

_pack_float = struct.Struct("<d").pack
_unpack_float = struct.Struct("<d").unpack
_pack_single = struct.Struct("<f").pack
_unpack_single = struct.Struct("<f").unpack

_LARGEST_SINGLE: Final = float.fromhex("0x1.fffffep+127")

# The byte that announces so many bytes of an integer.
_COUNT: Final = [bytes(((256 - count) & 255,)) for count in range(9)]
_ONE_BYTE: Final = [bytes((value,)) for value in range(128)]


def uint_bytes(value: int) -> bytes:
    """Encode an unsigned integer of 64 bits."""
    if 0 <= value < 128:
        return _ONE_BYTE[value]
    count = (value.bit_length() + 7) >> 3
    if value < 0 or count > 8:
        raise EncodeError(f"{value} does not fit uint64")
    return _COUNT[count] + value.to_bytes(count)


def int_bytes(value: int) -> bytes:
    """Encode a signed integer of 64 bits."""
    number = value << 1 if value >= 0 else ~(value << 1)
    if number < 128:
        return _ONE_BYTE[number]
    count = (number.bit_length() + 7) >> 3
    if count > 8:
        raise EncodeError(f"{value} does not fit int64")
    return _COUNT[count] + number.to_bytes(count)


def float_bytes(value: float) -> bytes:
    """Encode a float of 64 bits."""
    data = _pack_float(value)
    if data[0]:
        return b"\xf8" + data
    data = data.lstrip(b"\0")
    if len(data) > 1 or data > b"\x7f":
        return _COUNT[len(data)] + data
    return data or b"\0"


def single(value: float) -> float:
    """Round to the precision of a float32, as Go's conversion does.

    Raises `OverflowError` for a finite value beyond its range.
    """
    rounded: float = _unpack_single(_pack_single(value))[0]
    return rounded


def narrow_float_of(bits: int) -> float:
    """Return the float32 whose bits, those of a float64 reversed, are ``bits``.

    Raises `DecodeError` for what is beyond its range.
    """
    value = float_of(bits)
    # Go does not round what is above the largest float32, however little.
    if _LARGEST_SINGLE < abs(value) < math.inf:
        raise DecodeError(f"{value!r} does not fit float32")
    return single(value)


# Indexed by the value; in INT the negative ones count from the end, as Python's indices do.
UINT: Final = [uint_bytes(value) for value in range(512)]
INT: Final = [int_bytes(value) for value in (*range(256), *range(-256, 0))]
# The signed integer that each one-byte unsigned one stands for.
SIGNED: Final = [value >> 1 ^ -(value & 1) for value in range(256)]


def read_uint(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """Read the unsigned integer at ``pos``: return it and the position after it."""
    if pos >= end:
        raise DecodeError("the message ends inside a value", pos)
    first = data[pos]
    pos += 1
    if first < 128:
        return first, pos
    if first < 248:
        raise DecodeError(f"an integer of {256 - first} bytes, which is more than 8", pos - 1)
    after = pos + 256 - first
    if after > end:
        raise DecodeError("the message ends inside an integer", pos - 1)
    return int.from_bytes(data[pos:after]), after


def read_int(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """Read the signed integer at ``pos``: return it and the position after it."""
    value, pos = read_uint(data, pos, end)
    return value >> 1 ^ -(value & 1), pos


def float_of(bits: int) -> float:
    """Return the float whose reversed bits are ``bits``."""
    value: float = _unpack_float(bits.to_bytes(8))[0]
    return value
