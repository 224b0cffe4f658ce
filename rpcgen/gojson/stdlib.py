"""The JSON of types that have one of their own in Go: ``time.Time``, ``big.Int``, ``netip.Addr``.

Each pair of functions mirrors the ``MarshalJSON`` or ``MarshalText`` of the
type and its reverse. All but ``big.Int`` are strings.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    ip_address,
    ip_interface,
)
from typing import Any, Final, TypeAlias

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.types import AddrPort, BigFloatValue, Time

from .numbers import (
    Real,
    digits_limit,
    digits_of,
    general,
    parse_integer,
    parse_real,
    too_many_digits,
)

__all__ = ["TEXTS", "format_ip", "parse_ip"]

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPInterface: TypeAlias = IPv4Interface | IPv6Interface

# --- time.Time ----------------------------------------------------------------------------------

_DAY: Final = timedelta(days=1)
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


def format_time(value: datetime) -> str:
    """Spell a moment as RFC 3339 has it, with as many digits after the second as it needs.

    Args:
        value: The moment, with its time zone.

    Returns:
        The text.

    Raises:
        EncodeError: If it has no time zone.
    """
    offset = value.utcoffset()
    if offset is None:
        raise EncodeError("a naive datetime: give it a tzinfo, such as datetime.UTC")
    text = value.replace(tzinfo=None, microsecond=0).isoformat()
    nanoseconds = value.microsecond * 1000 + getattr(value, "nanosecond", 0)
    if nanoseconds:
        text += f".{nanoseconds:09}".rstrip("0")
    if not offset:
        return text + "Z"
    # Go's division truncates.
    minutes = int(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{text}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def parse_time(text: str) -> datetime:
    """Read a moment.

    Args:
        text: The text, as RFC 3339 has it.

    Returns:
        The moment, with its offset from UTC; a `Time` if microseconds do not suffice.

    Raises:
        DecodeError: If it is no such text, or no such moment.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise DecodeError(f'parsing time {_quoted(text)} as "2006-01-02T15:04:05Z07:00"')
    *date, fraction, sign, hours, minutes = match.groups()
    # Go drops what is below a nanosecond.
    microsecond, nanosecond = divmod(int((fraction or "0")[:9].ljust(9, "0")), 1000)
    try:
        year, month, day, hour, minute, second = map(int, date)
        _check_ranges(year, month, day, hour, minute, second)
        moment = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        moment = _in_zone(moment, sign, hours, minutes)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"parsing time {_quoted(text)}: {error}") from None
    return Time.of(moment, nanosecond) if nanosecond else moment


def _check_ranges(year: int, month: int, day: int, hour: int, minute: int, second: int) -> None:
    """Raise `ValueError`, with Go's text, for what no calendar or clock shows."""
    if not 1 <= month <= 12:
        raise ValueError("month out of range")
    # Go has a year 0, and takes it for a leap year.
    if not 1 <= day <= monthrange(year or 4, month)[1]:
        raise ValueError("day out of range")
    for name, number, end in (("hour", hour, 24), ("minute", minute, 60), ("second", second, 60)):
        if number >= end:
            raise ValueError(f"{name} out of range")


def _in_zone(
    moment: datetime, sign: str | None, hours: str | None, minutes: str | None
) -> datetime:
    """Return the moment at which clocks of a zone show what ``moment`` says."""
    if sign is None or hours is None or minutes is None:
        return moment
    if int(hours) > 24:
        raise ValueError("time zone offset hour out of range")
    if int(minutes) > 60:
        raise ValueError("time zone offset minute out of range")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if sign == "-":
        offset = -offset
    if abs(offset) >= _DAY:  # Go has such zones, Python does not: the same moment in UTC
        return moment - offset
    return moment.replace(tzinfo=timezone(offset) if offset else UTC)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# --- math/big -----------------------------------------------------------------------------------

# Go's big.Float has so many bits when it is read from text.
_PARSED_PRECISION: Final = 64

# The exponent of a big.Float may stand for so many times `Limits.digits` zeros: they are not made.
_FLOAT_SCALE: Final = 100


def _format_rat(value: Fraction) -> str:
    numerator = digits_of(value.numerator)
    return numerator if value.denominator == 1 else f"{numerator}/{digits_of(value.denominator)}"


def _parse_rat(text: str) -> Fraction:
    numerator, slash, denominator = text.partition("/")
    if slash:
        above = parse_integer(numerator, signed=True)
        below = parse_integer(denominator, signed=False)
        if above is None or not below:
            raise _unmarshal_error(text, "big.Rat")
        return Fraction(above, below)
    number = parse_real(text)
    if number is None:
        raise _unmarshal_error(text, "big.Rat")
    if not number.mantissa:
        return Fraction()
    _check_digits(number)
    return number.fraction()


def _unmarshal_error(text: str, go: str) -> DecodeError:
    return DecodeError(f"math/big: cannot unmarshal {_quoted(text):.200} into a *{go}")


def _check_digits(number: Real, scale: int = 1) -> None:
    """Refuse a number that has too many digits when it is written out.

    Args:
        number: A number that was read from text.
        scale: How many times `Limits.digits` there may be, with the zeros that
            the exponent stands for.
    """
    mantissa = len(digits_of(number.mantissa))
    if mantissa > digits_limit():
        raise too_many_digits(mantissa)
    # Three digits take almost ten bits.
    digits = mantissa + abs(number.fives) + abs(number.twos - number.fives) * 3 // 10
    if digits > scale * digits_limit():
        raise too_many_digits(digits, scale)


def _format_float(value: BigFloatValue) -> str:
    sign = "-" if value.negative else ""
    if value.infinite:
        return sign + "Inf" if sign else "+Inf"
    if not value.significand:
        return sign + "0"
    # To write a number takes time in the square of its digits, to read one does not.
    bits = value.significand.bit_length()
    count = max(abs(value.exponent), bits) * 3 // 10
    if count > digits_limit():
        raise EncodeError(str(too_many_digits(count)))
    digits, exponent = _shortest(value)
    return sign + general(digits, exponent)


def _shortest(value: BigFloatValue) -> tuple[str, int]:
    """Return the fewest digits that are read as ``value`` again, and the exponent of the first."""
    exact, bits = abs(value.fraction()), value.significand.bit_length()
    exponent = _decimal_exponent(exact)
    # A precision beyond that of all digits of the value asks for no more of them, and one below
    # zero, which no number of Go's has, for none.
    all_digits = bits + 4 * abs(value.exponent) + 8
    precision = max(0, min(value.precision, all_digits))
    # All digits that can be needed, as an integer: to try how many do costs little then.
    most = precision * 30103 // 100_000 + 6
    scale = Fraction(10) ** (most - 1 - exponent)
    scaled = exact * scale
    number, rest = divmod(scaled.numerator, scaled.denominator)
    # At least half the distance to the next number of this precision, and at most all of it.
    spacing = number >> precision

    def rounded(count: int) -> int:
        unit: int = 10 ** (most - count)
        digits, remainder = divmod(number, unit)
        if 2 * remainder > unit or (2 * remainder == unit and (rest or digits % 2)):
            digits += 1
        return digits

    def suffices(count: int) -> bool:
        nearest = rounded(count) * 10 ** (most - count)
        distance = abs(nearest - number)
        if distance < spacing // 2 - 1:
            return True
        # So close to the middle between two numbers that it must be looked at exactly.
        if distance > spacing + 2:
            return False
        # Go takes the distance for the same on both sides, at powers of two as well.
        half = Fraction(2) ** (value.exponent + bits - 1 - precision)
        further = abs(Fraction(nearest) / scale - exact)
        return further < half or (further == half and bits < precision)

    # With more digits the distance never grows.
    count = bisect_left(range(1, most), True, key=suffices) + 1
    text = digits_of(rounded(count))
    return text.rstrip("0"), exponent + len(text) - count


def _decimal_exponent(number: Fraction) -> int:
    exponent = len(digits_of(number.numerator)) - len(digits_of(number.denominator))
    return exponent if number >= Fraction(10) ** exponent else exponent - 1


def _parse_float(text: str) -> BigFloatValue:
    negative = text.startswith("-")
    if (text[1:] if text[:1] in ("+", "-") else text) in ("Inf", "inf"):
        return BigFloatValue(precision=_PARSED_PRECISION, negative=negative, infinite=True)
    number = parse_real(text)
    if number is None:
        raise _unmarshal_error(text, "big.Float")
    if not number.mantissa:
        return BigFloatValue(precision=_PARSED_PRECISION, negative=negative)
    _check_digits(number, scale=_FLOAT_SCALE)
    return _rounded_real(number)


def _rounded_real(number: Real) -> BigFloatValue:
    """Return a number with the bits that it has when Go has read it.

    Go's powers of five have twice as many bits and no more, so that large
    exponents cost little.
    """
    mantissa, twos = number.mantissa, number.twos
    power, shift = _power_of_five(abs(number.fives), 2 * _PARSED_PRECISION)
    if number.fives >= 0:
        mantissa, twos = mantissa * power, twos + shift
    else:
        more = max(0, _PARSED_PRECISION + 2 + power.bit_length() - mantissa.bit_length())
        quotient, rest = divmod(mantissa << more, power)
        mantissa, twos = 2 * quotient + (rest > 0), twos - shift - more - 1
    significand, up = _rounded_bits(mantissa, _PARSED_PRECISION)
    zeros = (significand & -significand).bit_length() - 1
    accuracy = (significand << up > mantissa) - (significand << up < mantissa)
    return BigFloatValue(
        significand >> zeros,
        zeros + twos + up,
        _PARSED_PRECISION,
        number.negative,
        accuracy=-accuracy if number.negative else accuracy,
    )


# The largest power of five in 64 bits.
_EXACT_FIVES: Final = 27


def _power_of_five(count: int, precision: int) -> tuple[int, int]:
    """Return a power of five, rounded as Go does it, as a number and a power of two."""
    power, shift = 5 ** min(count, _EXACT_FIVES), 0
    factor, factor_shift = 5, 0
    count -= min(count, _EXACT_FIVES)
    while count:
        if count & 1:
            power, up = _rounded_bits(power * factor, precision)
            shift += factor_shift + up
        factor, up = _rounded_bits(factor * factor, precision + 64)
        factor_shift = 2 * factor_shift + up
        count >>= 1
    return power, shift


def _rounded_bits(number: int, precision: int) -> tuple[int, int]:
    """Return a number of so many bits at most, to be shifted up by the second number of bits."""
    up = number.bit_length() - precision
    if up <= 0:
        return number, 0
    result, rest = number >> up, number & ((1 << up) - 1)
    half = 1 << up - 1
    if rest > half or (rest == half and result & 1):
        result += 1
    return result, up


# --- net, net/netip -------------------------------------------------------------------------------

_MAPPED: Final = bytes(10) + b"\xff\xff"


def format_ip(data: bytes) -> str:
    """Spell a ``net.IP``.

    Args:
        data: The address: 4 or 16 bytes, or none.

    Returns:
        The text, empty for no address.

    Raises:
        EncodeError: If there is another number of bytes.
    """
    if not data:
        return ""
    if len(data) not in (4, 16):
        raise EncodeError(f"address {data.hex()}: incorrect address length")
    return str(ip_address(data.removeprefix(_MAPPED) if len(data) == 16 else data))


def parse_ip(text: str) -> bytes:
    """Read a ``net.IP``.

    Args:
        text: The address, of IPv4 or IPv6, or nothing.

    Returns:
        The 16 bytes that Go makes of it, or none.

    Raises:
        DecodeError: If it is no address.
    """
    if not text:
        return b""
    try:
        if "%" in text:
            raise ValueError("a net.IP has no zone")
        packed = ip_address(text).packed
    except ValueError:
        raise DecodeError(f"invalid IP address: {text}") from None
    return _MAPPED + packed if len(packed) == 4 else packed


_DECIMAL: Final = re.compile("[0-9]{1,10}")
_BITS: Final = re.compile("0|[1-9][0-9]{0,2}")


def _format_addr(value: IPAddress | None) -> str:
    if value is None:
        return ""
    if isinstance(value, IPv6Address) and value.ipv4_mapped is not None:
        zone = f"%{value.scope_id}" if value.scope_id else ""
        return f"::ffff:{value.ipv4_mapped}{zone}"
    if not isinstance(value, IPv4Address | IPv6Address):
        raise TypeError("not an address")
    return str(value)


def _parse_addr(text: str) -> IPAddress | None:
    return ip_address(text) if text else None


def _format_addr_port(value: object) -> str:
    if not isinstance(value, AddrPort):
        raise TypeError("not an AddrPort")
    address, port = value
    if address is None:
        return ""
    text = _format_addr(address)
    return f"{text}:{port}" if isinstance(address, IPv4Address) else f"[{text}]:{port}"


def _parse_addr_port(text: str) -> AddrPort:
    if not text:
        return AddrPort(None, 0)
    host, colon, port = text.rpartition(":")
    if not colon or not _DECIMAL.fullmatch(port) or int(port) > 0xFFFF:
        raise ValueError("not ip:port")
    is_bracketed = host.startswith("[") and host.endswith("]")
    address = ip_address(host[1:-1] if is_bracketed else host)
    if isinstance(address, IPv6Address) != is_bracketed:
        raise ValueError("brackets belong around IPv6 addresses, and only there")
    return AddrPort(address, int(port))


def _format_prefix(value: IPInterface | None) -> str:
    return "" if value is None else f"{_format_addr(value.ip)}/{value.network.prefixlen}"


def _parse_prefix(text: str) -> IPInterface | None:
    if not text:
        return None
    if not _BITS.fullmatch(text.rpartition("/")[2]):
        raise ValueError("no bits")
    if "%" in text:
        raise ValueError("IPv6 zones cannot be present in a prefix")
    return ip_interface(text)


def _format_uuid(value: Any) -> str:
    from uuid import UUID

    if not isinstance(value, UUID):
        raise TypeError("not a UUID")
    return str(value)


def _parse_uuid(text: str) -> Any:
    """Return the UUID of a text, in any of the forms that github.com/google/uuid takes."""
    from uuid import UUID

    if len(text) not in (32, 36, 38, 45):
        raise DecodeError(f"invalid UUID length: {len(text)}")
    if not _UUID.fullmatch(text):
        raise DecodeError("invalid UUID format")
    return UUID(text)


_HEX: Final = "[0-9a-fA-F]"
_DASHED: Final = f"{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"
_UUID: Final = re.compile(
    f"{_HEX}{{32}}|{_DASHED}|\\{{{_DASHED}\\}}|urn:uuid:{_DASHED}", re.IGNORECASE
)


# Texts between the quotes, by the name of the type in Go; and back. The functions that read may
# raise any error.
TEXTS: Final[dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]]] = {
    "big.Float": (_format_float, _parse_float),
    "big.Rat": (_format_rat, _parse_rat),
    "netip.Addr": (_format_addr, _parse_addr),
    "netip.AddrPort": (_format_addr_port, _parse_addr_port),
    "netip.Prefix": (_format_prefix, _parse_prefix),
    "time.Time": (format_time, parse_time),
    "uuid.UUID": (_format_uuid, _parse_uuid),
}
