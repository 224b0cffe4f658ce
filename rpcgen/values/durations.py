"""Go's ``time.Duration``, a number of nanoseconds, and Python's spans of time."""

from __future__ import annotations

from datetime import timedelta

from ..types.times import Duration, nanoseconds_of

__all__ = ["duration_of", "nanoseconds_of"]


def duration_of(nanoseconds: int) -> timedelta:
    """Return a number of nanoseconds as a span of time.

    Args:
        nanoseconds: Length in nanoseconds, of either sign.

    Returns:
        A `timedelta`, and a `Duration` where microseconds do not suffice.
    """
    microseconds, nanosecond = divmod(nanoseconds, 1000)
    return Duration.of(nanoseconds) if nanosecond else timedelta(microseconds=microseconds)
