"""Go's ``time.Duration``, a number of nanoseconds, and Python's spans of time."""

from __future__ import annotations

from datetime import timedelta

from ..types import Duration

__all__ = ["duration_of", "nanoseconds_of"]


def nanoseconds_of(value: timedelta) -> int:
    """Return a `timedelta` in nanoseconds."""
    microseconds = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    nanosecond: int = getattr(value, "nanosecond", 0)
    return microseconds * 1000 + nanosecond


def duration_of(nanoseconds: int) -> timedelta:
    """Return nanoseconds as a `timedelta`, or a `Duration` where microseconds do not suffice."""
    microseconds, nanosecond = divmod(nanoseconds, 1000)
    return Duration.of(nanoseconds) if nanosecond else timedelta(microseconds=microseconds)
