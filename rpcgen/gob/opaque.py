"""Types that turn themselves into bytes: Go's ``GobEncoder`` and ``BinaryMarshaler``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from ..errors import DecodeError, EncodeError
from ..schema import Opaque

__all__ = ["marshaller", "unmarshaller"]


def marshaller(schema: Opaque[Any]) -> Callable[[Any], bytes]:
    """Return the function that turns a value into the bytes that Go's own method makes."""
    known = _LIBRARY.get(schema.name)
    if known is not None:
        return known[0]
    method = "gob_encode" if schema.encoding == "gob" else "marshal_binary"

    def marshal(value: Any) -> bytes:
        octets = getattr(value, method)()
        if not isinstance(octets, bytes):
            raise EncodeError(f"{method} of {type(value).__name__} returned {octets!r}, not bytes")
        return octets

    return marshal


def unmarshaller(schema: Opaque[Any]) -> Callable[[bytes], Any]:
    """Return the function that makes a value of the bytes."""
    known = _LIBRARY.get(schema.name)
    if known is not None:
        return known[1]
    method = "gob_decode" if schema.encoding == "gob" else "unmarshal_binary"
    unmarshal: Callable[[bytes], Any] = getattr(schema.cls, method)
    return unmarshal


_ORIGIN: Final = datetime(1, 1, 1, tzinfo=UTC)


def _encode_time(value: datetime) -> bytes:
    if value.tzinfo is None:
        raise EncodeError("a naive datetime: give it a tzinfo, such as datetime.UTC")
    since = value - _ORIGIN
    seconds = since.days * 86400 + since.seconds
    nanosecond = since.microseconds * 1000 + getattr(value, "nanosecond", 0)
    offset = _zone(value)
    return b"\1" + seconds.to_bytes(8, signed=True) + nanosecond.to_bytes(4) + offset


def _zone(value: datetime) -> bytes:
    if value.tzinfo is UTC:
        return b"\xff\xff"
    offset = value.utcoffset()
    assert offset is not None
    minutes = offset // timedelta(minutes=1)
    return minutes.to_bytes(2, signed=True)


def _decode_time(octets: bytes) -> datetime:
    if len(octets) != 15 or octets[0] != 1:
        raise DecodeError("not a time.Time")
    seconds = int.from_bytes(octets[1:9], signed=True)
    minutes = int.from_bytes(octets[13:15], signed=True)
    zone = UTC if minutes == -1 else timezone(timedelta(minutes=minutes))
    moment = _ORIGIN + timedelta(seconds=seconds, microseconds=int.from_bytes(octets[9:13]) // 1000)
    return moment.astimezone(zone)


def _encode_big_int(value: int) -> bytes:
    magnitude = abs(value)
    sign = b"\3" if value < 0 else b"\2"
    return sign + magnitude.to_bytes((magnitude.bit_length() + 7) // 8)


def _decode_big_int(octets: bytes) -> int:
    if not octets:
        return 0
    if octets[0] >> 1 != 1:
        raise DecodeError(f"big.Int of an unknown version {octets[0] >> 1}")
    value = int.from_bytes(octets[1:])
    return -value if octets[0] & 1 else value


_LIBRARY: Final[dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]] = {
    "time.Time": (_encode_time, _decode_time),
    "big.Int": (_encode_big_int, _decode_big_int),
}
