"""Go's ``time.Time``, of any year and zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from attrs import frozen

from ..errors import DecodeError, EncodeError
from .markers import wire

__all__ = [
    "GoTime",
]

# Start of Go's count of seconds, the first of January of the year 1 in UTC, as a Unix time.
_GO_EPOCH: Final = -62_135_596_800
_UTC_MINUTES: Final = -1
_SECONDS_A_DAY: Final = 86_400
# Days after which the calendar repeats itself, 400 years.
_CYCLE: Final = 146_097
_TEXT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@wire("time.Time")
@frozen
class GoTime:
    """A ``time.Time`` of any year and zone, for those that no `datetime` can hold.

    Attributes:
        unix: Seconds since 1970-01-01T00:00:00Z.
        nanosecond: Nanoseconds after that second, 0 to 999,999,999.
        offset: Seconds east of UTC that the zone's clock is; None for UTC itself.
    """

    unix: int = _GO_EPOCH
    nanosecond: int = 0
    offset: int | None = None

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the moment of a `datetime`, in the same zone.

        Args:
            moment: A moment with a zone.

        Raises:
            ValueError: The moment has no zone.
        """
        offset = moment.utcoffset()
        if offset is None:
            raise ValueError("a naive datetime: give it a tzinfo, such as datetime.UTC")
        since = moment - _UNIX_EPOCH
        nanosecond = since.microseconds * 1000 + getattr(moment, "nanosecond", 0)
        is_utc = not offset and moment.tzname() == "UTC"
        seconds = None if is_utc else round(offset.total_seconds())
        return cls(since.days * _SECONDS_A_DAY + since.seconds, nanosecond, seconds)

    def datetime(self) -> datetime:
        """Return the moment, in UTC, to the microsecond.

        Raises:
            OverflowError: The moment is outside of the years 1 to 9999.
        """
        return _UNIX_EPOCH + timedelta(seconds=self.unix, microseconds=self.nanosecond // 1000)

    def __str__(self) -> str:
        """Return the moment as RFC 3339 has it; years outside of 0 to 9999 have a sign."""
        days, second = divmod(self.unix - _GO_EPOCH + (self.offset or 0), _SECONDS_A_DAY)
        cycles, day = divmod(days, _CYCLE)
        date = datetime.fromordinal(day + 1)
        year = date.year + 400 * cycles
        text = f"{year:04}" if 0 <= year < 10_000 else f"{year:+05}"
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        fraction = f".{self.nanosecond:09}".rstrip("0") if self.nanosecond else ""
        return f"{text}-{date:%m-%d}T{clock}{fraction}{self._zone()}"

    def _zone(self) -> str:
        if not self.offset:
            return "Z"
        sign, minutes = "-" if self.offset < 0 else "+", abs(self.offset) // 60
        return f"{sign}{minutes // 60:02}:{minutes % 60:02}"

    def gob_encode(self) -> bytes:
        """Return the bytes of Go's ``Time.GobEncode``.

        Raises:
            EncodeError: The moment or its zone is out of Go's range.
        """
        try:
            moment = (self.unix - _GO_EPOCH).to_bytes(8, signed=True) + self.nanosecond.to_bytes(4)
            minutes, rest = _UTC_MINUTES, 0
            if self.offset is not None:
                minutes, rest = divmod(abs(self.offset), 60)
                if self.offset < 0:
                    minutes, rest = -minutes, -rest
                if minutes == _UTC_MINUTES:
                    raise EncodeError("an offset of one minute west, which Go cannot send")
            zone = minutes.to_bytes(2, signed=True)
        except OverflowError:
            raise EncodeError(f"{self!r} is not within the range of Go's time.Time") from None
        if rest:
            return b"\2" + moment + zone + rest.to_bytes(1, signed=True)
        return b"\1" + moment + zone

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        """Return the moment of some bytes, as Go's ``Time.GobDecode``.

        Args:
            data: Bytes that ``Time.GobEncode`` has made.

        Raises:
            DecodeError: The bytes are anything else.
        """
        if not data or data[0] not in (1, 2) or len(data) != 14 + data[0]:
            raise DecodeError(f"a time.Time of {len(data)} bytes, {data[:16].hex()}")
        seconds, nanosecond = divmod(int.from_bytes(data[9:13], signed=True), 1_000_000_000)
        minutes = int.from_bytes(data[13:15], signed=True)
        offset = minutes * 60 + int.from_bytes(data[15:], signed=True)
        unix = int.from_bytes(data[1:9], signed=True) + seconds + _GO_EPOCH
        return cls(unix, nanosecond, None if offset == _UTC_MINUTES * 60 else offset)

    def marshal_json(self) -> bytes:
        """Return the JSON of Go's ``Time.MarshalJSON``, a string of RFC 3339.

        Raises:
            EncodeError: The year is outside of 0 to 9999.
        """
        text = str(self)
        if text[0] in "+-":
            raise EncodeError("Time.MarshalJSON: year outside of range [0,9999]")
        return f'"{text}"'.encode()

    @classmethod
    def unmarshal_json(cls, data: bytes) -> Self:
        """Return the moment of a string of RFC 3339.

        Args:
            data: The JSON string, with its quotes.

        Raises:
            DecodeError: The string does not name a moment.
        """
        text = data.decode().strip('"')
        match = _TEXT.fullmatch(text)
        if match is None:
            raise DecodeError(f'parsing time {text!r:.80} as "2006-01-02T15:04:05Z07:00"')
        year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
        cycles, rest = divmod(int(year), 400)
        try:
            # The year 0 is like the year 400.
            date = datetime(rest or 400, int(month), int(day), int(hour), int(minute), int(second))
        except ValueError as error:
            raise DecodeError(f"parsing time {text!r}: {error}") from None
        days = date.toordinal() - 1 + (cycles if rest else cycles - 1) * _CYCLE
        clock = (date.hour * 60 + date.minute) * 60 + date.second
        offset = int(f"{sign}1") * (int(hours) * 60 + int(minutes)) * 60 if sign else None
        unix = _GO_EPOCH + days * _SECONDS_A_DAY + clock - (offset or 0)
        return cls(unix, int((fraction or "0").ljust(9, "0")), offset or None)


# Where users find it, and pickles and generated code look for it.
GoTime.__module__ = "rpcgen.types"
