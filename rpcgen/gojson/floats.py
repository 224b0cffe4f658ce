"""Go's text of floats, both ways, and float32.

Python's `repr` has the shortest digits that are the number, as Go's; where the
exponent begins, and what is refused, is Go's alone.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Final

from rpcgen.errors import EncodeError

__all__ = ["format_float", "format_single", "parse_float", "to_single"]

_single: Final = struct.Struct("<f")


def to_single(value: float) -> float:
    """Round a number to float32.

    Args:
        value: The number.

    Returns:
        The float32 next to it.

    Raises:
        OverflowError: If it is beyond all of them.
    """
    number: float = _single.unpack(_single.pack(value))[0]
    return number


def format_single(value: float) -> str:
    """Spell the float32 next to a number in as few digits as Go.

    Args:
        value: The number.

    Returns:
        Its JSON.

    Raises:
        EncodeError: If it is not finite.
        OverflowError: If it is beyond all of float32.
    """
    packed = _single.pack(value)
    rounded: float = _single.unpack(packed)[0]
    if not math.isfinite(rounded):
        return format_float(repr(rounded))
    for digits in range(9):
        nearest = float(f"{rounded:.{digits}e}")
        for candidate in (nearest, _further(nearest, rounded, digits)):
            if abs(candidate) < _ABOVE_SINGLE and _single.pack(candidate) == packed:
                return format_float(repr(candidate))
    return format_float(repr(rounded))


def _further(nearest: float, value: float, digits: int) -> float:
    """Return the next decimal away from zero: above a power of two more numbers round to it."""
    exponent = int(f"{value:.{digits}e}".partition("e")[2])
    return float(f"{nearest + math.copysign(10.0 ** (exponent - digits), value):.{digits}e}")


# Lower bound of what is rounded to infinity.
_ABOVE_SINGLE: Final = 2.0**128 - 2.0**103


def format_float(text: str) -> str:
    """Spell a float as Go does.

    Args:
        text: The `repr` of the float.

    Returns:
        Its JSON.

    Raises:
        EncodeError: If it is not finite.
    """
    if text.endswith(".0"):
        return text[:-2]
    if text[-1] in "fn":
        raise EncodeError(f"json: unsupported value: {_NOT_FINITE[text]}")
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    if -7 < int(exponent) < 21:
        return _positional(mantissa, int(exponent))
    return f"{mantissa}e{int(exponent):+d}"


_NOT_FINITE: Final = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}


def _positional(mantissa: str, exponent: int) -> str:
    sign = "-" if mantissa.startswith("-") else ""
    digits = mantissa.lstrip("-").replace(".", "")
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return sign + digits.ljust(exponent + 1, "0")


# As Go's strconv.ParseFloat has it: underscores belong to numbers with a prefix, and to keys.
_REAL: Final = re.compile(
    r"[+-]?(?:(?:[0-9]++(?:_[0-9]++)*+\.?(?:[0-9]++(?:_[0-9]++)*+)?+"
    r"|\.[0-9]++(?:_[0-9]++)*+)(?:[eE][+-]?[0-9]++(?:_[0-9]++)*+)?+"
    r"|inf|infinity|nan)",
    re.IGNORECASE,
)
_HEX_REAL: Final = re.compile(
    r"[+-]?0x_?(?=\.?[0-9a-f])[0-9a-f_]*+\.?[0-9a-f_]*+p[+-]?[0-9]++", re.IGNORECASE
)


def parse_float(text: str) -> float | None:
    """Read a number as Go's ``strconv.ParseFloat`` does.

    Args:
        text: The text.

    Returns:
        The number, infinite where it is beyond float64; None if the text is none.
    """
    if _REAL.fullmatch(text):
        if "nan" in text.lower() and text[0] in "+-":
            return None
        return float(text.replace("_", "") if text.isascii() else text)
    if _HEX_REAL.fullmatch(text):
        try:
            return float.fromhex(text.replace("_", ""))
        except (ValueError, OverflowError):
            return None
    return None
