"""`Reconnect` and `Backoff`: times between attempts."""

from __future__ import annotations

from random import Random

import pytest

from rpcgen import Reconnect
from rpcgen.channel.backoff import Backoff


class Highest(Random):
    """Chance that gives the highest number that it may."""

    def uniform(self, a: float, b: float) -> float:
        return b


def limits(backoff: Backoff, count: int) -> list[float]:
    return [backoff.fail() for _ in range(count)]


def test_limit_doubles_up_to_the_most() -> None:
    assert limits(Backoff(0.5, 3.0, Highest()), 5) == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_limit_stays_after_any_number_of_failures() -> None:
    backoff = Backoff(0.5, 3.0, Highest())
    assert limits(backoff, 5000)[-1] == 3.0


def test_limit_begins_anew_after_success() -> None:
    backoff = Backoff(0.5, 3.0, Highest())
    limits(backoff, 3)
    backoff.reset()
    assert backoff.fail() == 0.5


def test_times_are_spread_from_none_to_the_limit() -> None:
    times = []
    random = Random(7)
    for _ in range(1000):
        times.append(Backoff(1.0, 5.0, random).fail())
    assert min(times) < 0.05
    assert 0.95 < max(times) <= 1.0
    assert 0.45 < sum(times) / 1000 < 0.55


@pytest.mark.parametrize("first", [0, -1.0, float("nan"), None])
def test_reconnect_refuses_a_time_that_is_none(first: float) -> None:
    with pytest.raises(ValueError, match="first="):
        Reconnect(first=first)


def test_reconnect_refuses_what_is_no_number() -> None:
    with pytest.raises(TypeError, match="most='5'"):
        Reconnect(most="5")  # type: ignore[arg-type]


def test_reconnect_refuses_most_below_first() -> None:
    with pytest.raises(ValueError, match=r"most=1\.0 is below first=2\.0"):
        Reconnect(first=2.0, most=1.0)
