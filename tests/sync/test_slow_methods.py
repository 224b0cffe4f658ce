from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from rpcgen.protocol import ServedMethod
from rpcgen.schema import schema_of
from rpcgen.sync import slow_methods as module
from rpcgen.sync.slow_methods import SlowMethodDetector

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
def detector(clock: Clock) -> SlowMethodDetector:
    detector = SlowMethodDetector()
    detector.mark_slow(SERVED)
    return detector


def test_no_method_is_offloaded_at_first() -> None:
    assert not SlowMethodDetector()
    assert not SlowMethodDetector().should_offload(SERVED)


def test_method_that_was_slow_is_offloaded(detector: SlowMethodDetector) -> None:
    assert detector
    assert detector.should_offload(SERVED)


def test_other_method_is_not_offloaded(detector: SlowMethodDetector) -> None:
    assert not detector.should_offload(OTHER)


def test_backoff_ends(detector: SlowMethodDetector, clock: Clock) -> None:
    clock.now = 0.11
    assert not detector.should_offload(SERVED)


def test_backoff_grows_each_time(detector: SlowMethodDetector, clock: Clock) -> None:
    clock.now = 1.0
    detector.mark_slow(SERVED)
    clock.now = 1.19
    assert detector.should_offload(SERVED)
    clock.now = 1.21
    assert not detector.should_offload(SERVED)


def test_backoff_is_bounded(detector: SlowMethodDetector, clock: Clock) -> None:
    for _ in range(100):
        detector.mark_slow(SERVED)
    clock.now = 60.1
    assert not detector.should_offload(SERVED)


def test_fast_calls_reset_the_backoff(detector: SlowMethodDetector, clock: Clock) -> None:
    clock.now = 1.0
    for _ in range(101):
        detector.should_offload(SERVED)
    assert not detector


def test_some_fast_calls_do_not_reset_it(detector: SlowMethodDetector, clock: Clock) -> None:
    clock.now = 1.0
    for _ in range(50):
        detector.should_offload(SERVED)
    detector.mark_slow(SERVED)
    clock.now = 1.15
    assert detector.should_offload(SERVED)
