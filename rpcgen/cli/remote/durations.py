"""Spans of time as Go writes them: ``1h2m3.5s``."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Final

from ...values.durations import duration_of, nanoseconds_of

__all__ = ["parse_duration", "spelled_duration"]

_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the span that a text says.

    Args:
        text: Numbers with units, such as ``1h30m`` or ``-1.5s``.

    Raises:
        ValueError: The text says no span, or one that is too long.
    """
    rest = text.removeprefix("-")
    parts = _PART.findall(rest)
    if not parts or "".join(number + unit for number, unit in parts) != rest:
        raise ValueError(f"{text!r:.80} is no duration, such as 1h30m, 1.5s or 20ms")
    total = int(sum(Fraction(number) * _UNITS[unit] for number, unit in parts))
    try:
        return duration_of(-total if text != rest else total)
    except OverflowError:
        raise ValueError(f"{text!r:.80} is too long for a duration") from None


def spelled_duration(span: timedelta) -> str:
    """Return a span as `parse_duration` takes it, in the units that Go would choose.

    Args:
        span: The span.
    """
    nanoseconds = nanoseconds_of(span)
    sign, rest = "-" if nanoseconds < 0 else "", abs(nanoseconds)
    if rest < _UNITS["s"]:
        unit = next((each for each in ("ms", "us") if rest >= _UNITS[each]), "ns")
        return f"{sign}{_decimal(rest, _UNITS[unit])}{unit}" if rest else "0s"
    minutes, seconds = divmod(rest, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(seconds, _UNITS['s'])}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    digits = f"{rest:0{len(str(unit)) - 1}}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
