"""Moments and spans to the nanosecond, which Python's own have to the microsecond."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

__all__ = [
    "Duration",
    "Time",
    "nanoseconds_of",
]


class _Nanoseconds:
    """Base of a moment and a span: comparison to the nanosecond."""

    __slots__ = ()

    @property
    def nanosecond(self) -> int:
        """The nanoseconds after the microsecond, 0 to 999."""
        return getattr(self, "_nanosecond", 0)

    def __eq__(self, other: object) -> bool:
        return self._same_microsecond(other) and self.nanosecond == _nanosecond_of(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        if self._same_microsecond(other):
            return self.nanosecond < _nanosecond_of(other)
        return super().__lt__(other)  # type: ignore[misc,no-any-return]  # of datetime, timedelta

    def __gt__(self, other: Any) -> bool:
        if self._same_microsecond(other):
            return self.nanosecond > _nanosecond_of(other)
        return super().__gt__(other)  # type: ignore[misc,no-any-return]

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __hash__(self) -> int:
        return super().__hash__()

    def _same_microsecond(self, other: object) -> bool:
        return super().__eq__(other) is True  # not NotImplemented


def _nanosecond_of(value: object) -> int:
    nanosecond: int = getattr(value, "nanosecond", 0)
    return nanosecond


class Time(_Nanoseconds, datetime):
    """A moment to the nanosecond: a `datetime`, and the part below the microsecond.

    A ``time.Time`` arrives as a `datetime`, and as a `Time` where it has a part
    below the microsecond. Arithmetic and ``replace`` lose that part.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    @classmethod
    def of(cls, moment: datetime, nanosecond: int) -> Time:
        """Return a moment to the nanosecond.

        Args:
            moment: The moment to the microsecond.
            nanosecond: Nanoseconds after its microsecond, 0 to 999.

        Returns:
            A `Time`, of the zone of ``moment``.

        Raises:
            ValueError: The nanoseconds are out of range.
        """
        if not 0 <= nanosecond < 1000:
            raise ValueError(f"nanosecond must be in 0..999, not {nanosecond}")
        time = cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
        )
        time._nanosecond = nanosecond
        return time

    def __repr__(self) -> str:
        return f"Time.of({self._plain()!r}, {self.nanosecond})"

    def __str__(self) -> str:
        """Return the ISO format, with all nine digits of the second's fraction."""
        whole = self.replace(microsecond=0, tzinfo=None)
        zone = self.isoformat(timespec="microseconds")[26:]
        return f"{datetime.__str__(whole)}.{self.microsecond:06}{self.nanosecond:03}{zone}"

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return Time.of, (self._plain(), self.nanosecond)

    def _plain(self) -> datetime:
        return datetime.combine(self.date(), self.timetz())


class Duration(_Nanoseconds, timedelta):
    """A span to the nanosecond: a `timedelta`, and the part below the microsecond.

    A ``time.Duration`` arrives as a `timedelta`, and as a `Duration` where it has
    a part below the microsecond. Arithmetic loses that part.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    @classmethod
    def of(cls, nanoseconds: int) -> Duration:
        """Return a span to the nanosecond.

        Args:
            nanoseconds: Length in nanoseconds, of either sign.
        """
        microseconds, nanosecond = divmod(nanoseconds, 1000)
        duration = cls(microseconds=microseconds)
        duration._nanosecond = nanosecond
        return duration

    def __bool__(self) -> bool:
        return super().__bool__() or self.nanosecond != 0

    def __repr__(self) -> str:
        return f"Duration.of({nanoseconds_of(self)})"

    def __reduce__(self) -> tuple[object, ...]:
        return Duration.of, (nanoseconds_of(self),)


def nanoseconds_of(span: Any) -> int:
    """Return the length of a span in nanoseconds.

    Args:
        span: A `timedelta` or `Duration`.

    Raises:
        AttributeError: The value is not a span.
    """
    microseconds: int = (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds
    nanosecond: int = getattr(span, "nanosecond", 0)
    return microseconds * 1000 + nanosecond


# Where users find them, and pickles and generated code look for them.
for _public in (Duration, Time):
    _public.__module__ = "rpcgen.types"
