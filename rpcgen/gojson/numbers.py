"""Numbers as text, of as many digits as `Limits.digits` allows; Go's spellings of them.

Python's own conversions are quadratic in the digits, and refuse more than 4300
of them; what is here takes more, and is bounded by our own limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Final

from attrs import frozen

from rpcgen.values.limits import Limits

__all__ = [
    "Real",
    "collisions_limit",
    "digits_count",
    "digits_limit",
    "digits_of",
    "general",
    "int_of",
    "limited",
    "parse_integer",
    "parse_real",
    "too_many_digits",
]

_DEFAULT: Final = Limits()
_limits: Final[ContextVar[Limits]] = ContextVar("rpcgen_json_limits", default=_DEFAULT)
# Number of digits that Python converts whatever `sys.set_int_max_str_digits` says.
_PIECE: Final = 640


def digits_limit() -> int:
    """Return `Limits.digits` of the message that is being decoded."""
    return _limits.get().digits


def collisions_limit() -> int:
    """Return `Limits.collisions` of the message that is being decoded."""
    return _limits.get().collisions


@contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Let these be the limits inside.

    Args:
        limits: The limits of the message that is decoded there.
    """
    token = _limits.set(limits)
    try:
        yield
    finally:
        _limits.reset(token)


def too_many_digits(count: int, scale: int = 1) -> ValueError:
    """Return the error for a number of too many digits.

    Args:
        count: Number of its digits.
        scale: How many times `Limits.digits` there might be.

    Returns:
        The error.
    """
    times = f"{scale} times " if scale > 1 else ""
    limit = scale * digits_limit()
    return ValueError(f"a number of {count} digits; the limit is {limit} ({times}Limits.digits)")


def int_of(text: str, base: int = 10) -> int:
    """Read an integer of any size.

    Args:
        text: A sign, perhaps, and digits alone.
        base: The base of the digits.

    Returns:
        The integer.
    """
    if len(text) <= _PIECE or base != 10:
        return int(text, base)
    if text[0] in "+-":
        return -int_of(text[1:]) if text[0] == "-" else int_of(text[1:])
    middle = len(text) // 2
    power: int = 10 ** (len(text) - middle)
    return int_of(text[:middle]) * power + int_of(text[middle:])


def digits_count(number: int) -> int:
    """Estimate how many decimal digits an integer has, which costs nothing.

    Args:
        number: The integer.

    Returns:
        The number of its digits, or one more.
    """
    return number.bit_length() * 30103 // 100_000 + 1


def digits_of(number: int) -> str:
    """Spell an integer of any size.

    Args:
        number: The integer.

    Returns:
        Its decimal digits, behind its sign.
    """
    if number < 0:
        return f"-{digits_of(-number)}"
    count = digits_count(number)
    return str(number) if count <= _PIECE else _split_digits(number, count)


def _split_digits(number: int, count: int) -> str:
    high, low = divmod(number, 10 ** (count // 2))
    return digits_of(high) + digits_of(low).rjust(count // 2, "0")


def general(digits: str, exponent: int) -> str:
    """Return a number as Go's ``%g`` has it without a precision.

    Args:
        digits: Its decimal digits, without zeros at the end.
        exponent: The power of ten of the first of them.

    Returns:
        The text, without a sign.
    """
    if not -4 <= exponent < 6:
        mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
        return f"{mantissa}e{exponent:+03d}"
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole, part = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return whole + (f".{part}" if part else "")


# --- the numbers of math/big --------------------------------------------------------------------

_DIGITS: Final = {2: "01", 8: "0-7", 10: "0-9", 16: "0-9a-fA-F"}
_PREFIXES: Final = {"0b": 2, "0o": 8, "0x": 16}
_EXPONENT: Final = re.compile(r"([eEpP])([+-]?)([0-9]++(?:_[0-9]++)*+)")


@frozen
class Real:
    """A number ``mantissa * 5**fives * 2**twos``, with the sign by itself."""

    negative: bool
    mantissa: int
    fives: int
    twos: int

    def fraction(self) -> Fraction:
        """Return it exactly; ``twos`` and ``fives`` must be small."""
        scale = Fraction(5) ** self.fives * Fraction(2) ** self.twos
        number = self.mantissa * scale
        return -number if self.negative else number


def parse_real(text: str) -> Real | None:
    """Read a number as Go's ``big.Float`` and ``big.Rat`` do.

    Args:
        text: The text: ``0x1.8p1``, ``1_000``, ``.5e-3`` are numbers.

    Returns:
        The number; None if the text is none.

    Raises:
        ValueError: If the mantissa has more digits than `Limits.digits`.
    """
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    base = _PREFIXES.get(rest[:2].lower(), 10)
    mantissa_end = _mantissas[base].match(rest)
    if mantissa_end is None:
        return None
    whole, part = mantissa_end["whole"] or "", mantissa_end["part"] or ""
    whole, part = whole.replace("_", ""), part.replace("_", "")
    if not whole and not part:
        return None
    exponent = _exponent(rest[mantissa_end.end() :], base)
    if exponent is None:
        return None
    if len(whole) + len(part) > digits_limit():
        raise too_many_digits(len(whole) + len(part))
    mantissa = int_of(whole + part, base)
    is_decimal, power = exponent
    fives = power if is_decimal else 0
    twos = power
    if base == 10:
        fives -= len(part)
        twos -= len(part)
    else:
        twos -= len(part) * _BITS[base]
    return Real(negative, mantissa, fives, twos)


_BITS: Final = {2: 1, 8: 3, 16: 4}


def _mantissa(base: int) -> re.Pattern[str]:
    digits = f"[{_DIGITS[base]}]"
    run = f"{digits}++(?:_{digits}++)*+"
    if base == 10:
        return re.compile(rf"(?P<whole>{run})?+(?:\.(?P<part>{run})?+)?+")
    # An underscore may stand between the prefix and the first digit.
    return re.compile(rf"0[a-zA-Z](?P<whole>_?{run})?+(?:\.(?P<part>{run})?+)?+")


_mantissas: Final = {base: _mantissa(base) for base in (2, 8, 10, 16)}


def _exponent(text: str, base: int) -> tuple[bool, int] | None:
    """Return whether the exponent is one of ten rather than of two, and its value."""
    if not text:
        return True, 0
    match = _EXPONENT.fullmatch(text)
    if match is None or (base == 16 and match[1] in "eE"):
        return None
    digits = match[3].replace("_", "").lstrip("0") or "0"
    if len(digits) > 18:  # more than Go's 64 bits, or almost
        return None
    power = -int(digits) if match[2] == "-" else int(digits)
    return match[1] in "eE", power


_INTEGER: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0(?P<prefix>[bBoOxX]?)(?P<other>(?:_?[0-9a-fA-F]++)*+)|(?P<plain>[1-9][0-9]*+(?:_[0-9]++)*+))"
)


def parse_integer(text: str, *, signed: bool) -> int | None:
    """Read an integer as Go does, with a prefix for its base, perhaps.

    Args:
        text: The text; a leading zero alone stands for octal.
        signed: True if there may be a sign.

    Returns:
        The integer; None if the text is none.

    Raises:
        ValueError: If it has more digits than `Limits.digits`.
    """
    match = _INTEGER.fullmatch(text)
    if match is None or (match["sign"] and not signed):
        return None
    if len(text) > digits_limit():
        raise too_many_digits(len(text))
    sign = -1 if match["sign"] == "-" else 1
    if match["plain"] is not None:
        return sign * int_of(match["plain"].replace("_", ""))
    base = _PREFIXES.get(f"0{match['prefix'].lower()}", 8)
    digits = match["other"].replace("_", "")
    if not digits:
        return None if match["prefix"] else 0
    try:
        return sign * int(digits, base)
    except ValueError:
        return None
