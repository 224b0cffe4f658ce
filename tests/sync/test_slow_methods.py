from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from rpcgen.protocol import ServedMethod
from rpcgen.schema import schema_of
from rpcgen.sync import slow_methods as module
from rpcgen.sync.slow_methods import Suspects

SERVED = ServedMethod(schema_of(int), schema_of(int), abs)
OTHER = ServedMethod(schema_of(int), schema_of(int), abs)


class Clock:
    """A clock that goes on when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with patch.object(module, "monotonic", clock):
        yield clock


@pytest.fixture
def suspects(clock: Clock) -> Suspects:
    suspects = Suspects()
    suspects.add(SERVED)
    return suspects


def test_nobody_is_suspected_at_first() -> None:
    assert not Suspects()
    assert not Suspects().include(SERVED)


def test_method_that_was_added_is_suspected(suspects: Suspects) -> None:
    assert suspects
    assert suspects.include(SERVED)


def test_other_method_is_not_suspected(suspects: Suspects) -> None:
    assert not suspects.include(OTHER)


def test_suspicion_ends(suspects: Suspects, clock: Clock) -> None:
    clock.now = 0.11
    assert not suspects.include(SERVED)


def test_suspicion_lasts_longer_each_time(suspects: Suspects, clock: Clock) -> None:
    clock.now = 1.0
    suspects.add(SERVED)
    clock.now = 1.19
    assert suspects.include(SERVED)
    clock.now = 1.21
    assert not suspects.include(SERVED)


def test_suspicion_does_not_last_for_ever(suspects: Suspects, clock: Clock) -> None:
    for _ in range(100):
        suspects.add(SERVED)
    clock.now = 60.1
    assert not suspects.include(SERVED)


def test_quick_calls_end_all_suspicion(suspects: Suspects, clock: Clock) -> None:
    clock.now = 1.0
    for _ in range(101):
        suspects.include(SERVED)
    assert not suspects


def test_some_quick_calls_do_not_end_it(suspects: Suspects, clock: Clock) -> None:
    clock.now = 1.0
    for _ in range(50):
        suspects.include(SERVED)
    suspects.add(SERVED)
    clock.now = 1.15
    assert suspects.include(SERVED)
