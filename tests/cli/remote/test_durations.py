"""Tests of `rpcgen.cli.remote.durations`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rpcgen.cli.remote.durations import parse_duration, spelled_duration
from rpcgen.types import Duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta()),
        ("1h30m0s", timedelta(hours=1.5)),
        ("2m0.5s", timedelta(minutes=2, seconds=0.5)),
        ("1.5s", timedelta(seconds=1.5)),
        ("-20ms", timedelta(milliseconds=-20)),
        ("3us", timedelta(microseconds=3)),
        ("7ns", Duration.of(7)),
        ("100h0m0.000000001s", Duration.of(360_000_000_000_001)),
    ],
)
def test_duration_is_read_and_written_as_go_does(text: str, span: timedelta) -> None:
    assert (parse_duration(text), spelled_duration(span)) == (span, text)


@pytest.mark.parametrize("text", ["1h30m", ".5s", "90m", "1µs"])
def test_duration_may_be_written_otherwise(text: str) -> None:
    assert parse_duration(spelled_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize("text", ["", "5", "-", "1h 30m", "1d", "1.2.3s", "s", "1_0s"])
def test_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration, such as"):
        parse_duration(text)


def test_duration_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_duration("9" * 40 + "h")
