"""Types that turn themselves into bytes: Go's ``GobEncoder`` and ``BinaryMarshaler``.

Those of Go's library are known here by name; each pair of functions mirrors
the ``GobEncode`` or ``MarshalBinary`` of the type and its reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._interrupts import import_apart, reraise_interrupt
from ..errors import DecodeError, EncodeError
from ..schema import Opaque
from ..schema.gostdlib import go_library
from ..types import Time
from .source import MisfitError

if TYPE_CHECKING:
    # Imported where they are made: who has one of these in a schema has imported them before.
    from fractions import Fraction
    from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

    from ..types import AddrPort, BigFloatValue, GoTime

__all__ = [
    "ANY_TIME",
    "decode_any_time",
    "guess",
    "library_name",
    "marshaller",
    "must_be_short",
    "unmarshaller",
    "zero_bytes",
]


# From a value to its bytes, and back.
_Functions: TypeAlias = tuple[Callable[[Any], bytes], Callable[[bytes], Any]]

# The types whose methods want a pointer in Go, which is not zero whatever it points to.
_ALWAYS_SENT: Final = frozenset({"big.Float", "big.Int", "big.Rat", "url.URL"})


def marshaller(schema: Opaque[Any]) -> Callable[[Any], bytes]:
    """Return the function that turns a value into the bytes that Go's own method makes."""
    method = "gob_encode" if schema.encoding == "gob" else "marshal_binary"
    if schema.described:
        return partial(_handed_on, schema.name, schema.encoding)
    if schema.cls is datetime:
        return _encode_time
    if not hasattr(schema.cls, method):
        return _LIBRARY[schema.name][0]

    def marshal(value: Any) -> bytes:
        data = getattr(value, method)()
        if not isinstance(data, bytes):
            raise EncodeError(f"{method} of {type(value).__name__} returned {data!r}, not bytes")
        return data

    return marshal


def zero_bytes(schema: Opaque[Any]) -> bytes | None:
    """Return the bytes of the value that is left out of a struct; None if each is sent."""
    if schema.name in _ALWAYS_SENT:
        return None
    try:
        return marshaller(schema)(schema.zero())
    except Exception as error:
        reraise_interrupt(error)
        return None  # a class that cannot be made from nothing


def unmarshaller(schema: Opaque[Any]) -> Callable[[bytes], Any]:
    """Return the function that makes a value of the bytes."""
    method = "gob_decode" if schema.encoding == "gob" else "unmarshal_binary"
    if schema.described:
        return partial(guess, schema.name, schema.encoding)
    if schema.cls is datetime:
        return _decode_time
    if not hasattr(schema.cls, method):
        return _LIBRARY[schema.name][1]
    unmarshal: Callable[[bytes], Any] = getattr(schema.cls, method)
    return unmarshal


def must_be_short(schema: Opaque[Any]) -> bool:
    """Return True if to decode twice the bytes takes more than twice as long."""
    return schema.described or schema.name == "big.Rat"


def guess(name: str, encoding: str, data: bytes) -> Any:
    """Return the value of a type of which only the bare name is known: `Undecoded` in doubt."""
    known = library_name(name, encoding)
    if known is not None:
        go_library()  # which imports what its functions do
        with suppress(DecodeError, ValueError):  # another type of that name
            return _LIBRARY[known][1](data)
    from ..values.record import Undecoded  # as whoever asks for values of described types has

    return Undecoded(name, data, encoding)


def library_name(name: str, encoding: str) -> str | None:
    """Return the name with its package of a type of Go's library, None if it has no such type.

    Args:
        name: The bare name, which is all that gob sends.
        encoding: How the type encodes itself, which is sent as well.
    """
    for known in _LIBRARY:
        if known.endswith(f".{name}") and encoding == _ENCODINGS[known.partition(".")[0]]:
            return known
    return None


def _handed_on(name: str, encoding: str, value: object) -> bytes:
    """Return the bytes of a value that `guess` has made."""
    from ..values.record import Undecoded

    if isinstance(value, Undecoded):
        return value.data
    known = library_name(name, encoding)
    if known is None:
        raise MisfitError("not Undecoded")
    return _LIBRARY[known][0](value)


# --- time.Time, time.Duration -----------------------------------------------------------------

_ORIGIN: Final = datetime(1, 1, 1, tzinfo=UTC)
# Offset that Go writes for UTC itself, as opposed to some zone with the same clock.
_UTC_MINUTES: Final = -1


def _encode_time(value: datetime) -> bytes:
    offset = value.utcoffset()
    if offset is None:
        raise EncodeError("a naive datetime: give it a tzinfo, such as datetime.UTC")
    since = value - _ORIGIN
    seconds = since.days * 86400 + since.seconds
    nanoseconds = since.microseconds * 1000 + getattr(value, "nanosecond", 0)
    moment = seconds.to_bytes(8, signed=True) + nanoseconds.to_bytes(4)
    if not offset and value.tzname() == "UTC":
        return b"\1" + moment + _UTC_MINUTES.to_bytes(2, signed=True)
    # Go's division truncates, so that minutes and seconds have the same sign.
    minutes, rest = divmod(abs(round(offset.total_seconds())), 60)
    if offset < timedelta():
        minutes, rest = -minutes, -rest
    if minutes == _UTC_MINUTES:
        raise EncodeError("an offset of one minute west, which Go cannot send")
    zone = minutes.to_bytes(2, signed=True)
    if rest:
        return b"\2" + moment + zone + rest.to_bytes(1, signed=True)
    return b"\1" + moment + zone


def _decode_time(data: bytes) -> datetime:
    if not data:
        raise DecodeError("a time.Time without data")
    if data[0] not in (1, 2):
        raise DecodeError(f"a time.Time of the unknown version {data[0]}")
    if len(data) != 14 + data[0]:
        raise DecodeError(f"a time.Time of {len(data)} bytes")
    nanoseconds = int.from_bytes(data[9:13], signed=True)
    microseconds, nanosecond = divmod(nanoseconds, 1000)
    seconds = int.from_bytes(data[1:9], signed=True)
    offset = int.from_bytes(data[13:15], signed=True) * 60
    if data[0] == 2:
        offset += int.from_bytes(data[15:], signed=True)
    is_utc = offset == _UTC_MINUTES * 60
    try:
        moment = _ORIGIN + timedelta(seconds=seconds, microseconds=microseconds)
    except OverflowError:
        moment = _at_the_edge(seconds, microseconds, 0 if is_utc else offset)
    if not is_utc:
        # Where the zone's clock shows a year that no datetime has, the moment is still there.
        with suppress(OverflowError, ValueError):
            moment = moment.astimezone(_fixed_zone(offset))
    return Time.of(moment, nanosecond) if nanosecond else moment


def _at_the_edge(seconds: int, microseconds: int, offset: int) -> datetime:
    """Return a moment that only a clock of its zone shows in a year that a `datetime` has."""
    try:
        clock = _ORIGIN + timedelta(seconds=seconds + offset, microseconds=microseconds)
        return clock.replace(tzinfo=_fixed_zone(offset))
    except (OverflowError, ValueError):
        raise DecodeError(
            "a time.Time outside of the years 1 to 9999, which no datetime can hold: "
            "declare it as GoTime of rpcgen.types"
        ) from None


def decode_any_time(data: bytes) -> datetime | GoTime:
    """Return a moment, as a `GoTime` where no `datetime` can hold it."""
    try:
        return _decode_time(data)
    except DecodeError:
        import_apart("rpcgen.types.gotime")
        from ..types import GoTime

        return GoTime.gob_decode(data)


class _AnyTime:
    """A moment of any kind, as the value of an interface."""

    gob_decode = staticmethod(decode_any_time)


ANY_TIME: Final = Opaque(_AnyTime, "time.Time", _AnyTime)
"""The type of a ``time.Time`` in ``Any``, where it need not be a `datetime`."""


def _encode_any_time(value: datetime | GoTime) -> bytes:
    return _encode_time(value) if isinstance(value, datetime) else value.gob_encode()


def _fixed_zone(offset: int) -> timezone:
    # Without a name this would be the zone UTC, which Go tells from an offset of 0.
    return timezone(timedelta(seconds=offset)) if offset else timezone(timedelta(), "+00:00")


# --- math/big -----------------------------------------------------------------------------------


def _encode_big_int(value: int) -> bytes:
    if not isinstance(value, int):
        raise MisfitError("not an int")
    return (b"\3" if value < 0 else b"\2") + _magnitude(abs(value))


def _decode_big_int(data: bytes) -> int:
    if not data:
        return 0
    if data[0] >> 1 != 1:
        raise DecodeError(f"a big.Int of the unknown version {data[0] >> 1}")
    value = int.from_bytes(data[1:])
    return -value if data[0] & 1 else value


def _encode_big_rat(value: Fraction) -> bytes:
    numerator = _magnitude(abs(value.numerator))
    size = len(numerator).to_bytes(4)
    sign = b"\3" if value.numerator < 0 else b"\2"
    return sign + size + numerator + _magnitude(value.denominator)


def _decode_big_rat(data: bytes) -> Fraction:
    from fractions import Fraction

    if not data:
        return Fraction()
    if data[0] >> 1 != 1:
        raise DecodeError(f"a big.Rat of the unknown version {data[0] >> 1}")
    middle = 5 + int.from_bytes(data[1:5])
    if len(data) < 5 or len(data) < middle:
        raise DecodeError("a big.Rat that ends early")
    numerator = int.from_bytes(data[5:middle])
    # Go leaves the denominator of a whole number out sometimes.
    denominator = int.from_bytes(data[middle:]) or 1
    return Fraction(-numerator if data[0] & 1 else numerator, denominator)


def _magnitude(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)


_ZERO, _FINITE, _INFINITE = range(3)
_WORD: Final = 64


def _encode_big_float(value: BigFloatValue) -> bytes:
    form = _INFINITE if value.infinite else _FINITE if value.significand else _ZERO
    flags = value.mode << 5 | (value.accuracy + 1) << 3 | form << 1 | value.negative
    head = bytes((1, flags)) + value.precision.to_bytes(4)
    if form != _FINITE:
        return head
    significand = value.significand
    zeros = (significand & -significand).bit_length() - 1
    significand >>= zeros
    bits = significand.bit_length()
    if bits > value.precision:
        raise EncodeError(f"{bits} bits do not fit a precision of {value.precision}")
    words = -(-bits // _WORD)
    mantissa = (significand << words * _WORD - bits).to_bytes(words * 8)
    return head + (value.exponent + zeros + bits).to_bytes(4, signed=True) + mantissa


def _decode_big_float(data: bytes) -> BigFloatValue:
    from ..types import BigFloatValue

    if not data:
        return BigFloatValue()
    if data[0] != 1:
        raise DecodeError(f"a big.Float of the unknown version {data[0]}")
    if len(data) < 6:
        raise DecodeError("a big.Float that ends early")
    flags, precision = data[1], int.from_bytes(data[2:6])
    mode, accuracy, form = flags >> 5, (flags >> 3 & 3) - 1, flags >> 1 & 3
    negative = bool(flags & 1)
    if form != _FINITE:
        if form > _INFINITE or (form == _INFINITE and not precision):
            raise DecodeError("a big.Float that is no number")
        return BigFloatValue(0, 0, precision, negative, form == _INFINITE, mode, accuracy)
    mantissa = int.from_bytes(data[10:])
    if len(data) < 10 or not mantissa or data[10] < 0x80 or not precision:
        raise DecodeError("a big.Float without a normal mantissa")
    size = 8 * (len(data) - 10)
    zeros = (mantissa & -mantissa).bit_length() - 1
    if size - zeros > precision:
        raise DecodeError(f"a big.Float of more bits than its precision, {precision}")
    exponent = int.from_bytes(data[6:10], signed=True) - size + zeros
    return BigFloatValue(mantissa >> zeros, exponent, precision, negative, False, mode, accuracy)


# --- net/netip, net/url ---------------------------------------------------------------------------


def _encode_addr(value: IPv4Address | IPv6Address | None) -> bytes:
    if value is None:
        return b""
    if value.version == 6:
        return value.packed + (value.scope_id or "").encode()
    return value.packed


def _decode_addr(data: bytes) -> IPv4Address | IPv6Address | None:
    from ipaddress import IPv4Address, IPv6Address

    match len(data):
        case 0:
            return None
        case 4:
            return IPv4Address(data)
        case size if size >= 16:
            address = IPv6Address(data[:16])
            try:
                zone = data[16:].decode()
                return IPv6Address(f"{address}%{zone}") if zone else address
            except ValueError:
                raise DecodeError(f"a netip.Addr with the zone {data[16:80]!r}") from None
        case size:
            raise DecodeError(f"a netip.Addr of {size} bytes")


def _encode_addr_port(value: AddrPort) -> bytes:
    return _encode_addr(value.address) + value.port.to_bytes(2, "little")


def _decode_addr_port(data: bytes) -> AddrPort:
    from ..types import AddrPort

    if len(data) < 2:
        raise DecodeError(f"a netip.AddrPort of {len(data)} bytes")
    return AddrPort(_decode_addr(data[:-2]), int.from_bytes(data[-2:], "little"))


def _encode_prefix(value: IPv4Interface | IPv6Interface | None) -> bytes:
    if value is None:
        return b"\xff"
    return value.ip.packed + bytes((value.network.prefixlen,))


def _decode_prefix(data: bytes) -> IPv4Interface | IPv6Interface | None:
    from ipaddress import ip_interface

    if not data:
        raise DecodeError("a netip.Prefix of 0 bytes")
    address, bits = _decode_addr(data[:-1]), data[-1]
    # As in Go, what makes no sense becomes the invalid prefix.
    if address is None or bits > address.max_prefixlen:
        return None
    return ip_interface(f"{address}/{bits}")


def _encode_url(value: str) -> bytes:
    return value.encode()


def _decode_url(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise DecodeError(f"a url.URL that is not UTF-8: {data[:80]!r}") from None


# --- github.com/google/uuid, and others of the same methods ---------------------------------------


def _encode_uuid(value: Any) -> bytes:
    data = getattr(value, "bytes", None)
    if not isinstance(data, bytes):
        raise MisfitError("not a UUID")
    return data


def _decode_uuid(data: bytes) -> Any:
    from uuid import UUID

    if len(data) == 16:
        return UUID(bytes=data)
    try:
        return UUID(data.decode("ascii"))  # MarshalText, by those who have nothing else
    except ValueError:
        raise DecodeError(f"a uuid.UUID of {len(data)} bytes") from None


_ENCODINGS: Final = {
    "big": "gob",
    "time": "gob",
    "netip": "binary",
    "url": "binary",
    "uuid": "binary",
}

_LIBRARY: Final[dict[str, _Functions]] = {
    "big.Float": (_encode_big_float, _decode_big_float),
    "big.Int": (_encode_big_int, _decode_big_int),
    "big.Rat": (_encode_big_rat, _decode_big_rat),
    "netip.Addr": (_encode_addr, _decode_addr),
    "netip.AddrPort": (_encode_addr_port, _decode_addr_port),
    "netip.Prefix": (_encode_prefix, _decode_prefix),
    "time.Time": (_encode_any_time, decode_any_time),
    "url.URL": (_encode_url, _decode_url),
    "uuid.UUID": (_encode_uuid, _decode_uuid),
}
