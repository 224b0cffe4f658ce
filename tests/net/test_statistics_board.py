from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from rpcgen.net.statistics_board import StatisticsBoard
from rpcgen.protocol import Registry
from rpcgen.protocol.statistics import RELATIVE_ERROR, MethodStatistics
from tests.protocol.messages import DOUBLE, SUM


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(abs), SUM.handler(lambda pair: pair.a)])
    return registry


def statistics(registry: Registry, name: str = "Math.Double") -> MethodStatistics:
    return registry.find(name).statistics


def count(registry: Registry, *durations: float, failed: bool = False) -> None:
    for seconds in durations:
        statistics(registry).started()
        statistics(registry).finished(seconds, failed)


def in_child(work: Callable[[], None]) -> None:
    """Do something in a process that has then ended."""
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    os.waitpid(pid, 0)


def test_counts_of_a_process_are_seen_by_others(registry: Registry) -> None:
    board = StatisticsBoard(registry, 2)

    def work() -> None:
        count(registry, 0.002, 0.004)
        count(registry, 0.008, failed=True)
        registry.connections.opened()
        board.write(1)

    in_child(work)
    board.join(0)
    count(registry, 0.001)
    calls = statistics(registry).snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (4, 1, 0)
    assert calls.latencies is not None
    assert calls.latencies.max == 0.008
    assert calls.latencies.p50 == pytest.approx(0.002, rel=RELATIVE_ERROR)
    assert registry.connections.snapshot() == (1, 1)


def test_own_counts_are_not_added_twice(registry: Registry) -> None:
    board = StatisticsBoard(registry, 2)
    board.join(0)
    count(registry, 0.001)
    board.write(0)
    assert statistics(registry).snapshot().calls == 1


def test_methods_have_places_of_their_own(registry: Registry) -> None:
    board = StatisticsBoard(registry, 2)
    count(registry, 0.001)
    board.write(1)
    board.join(0)
    assert statistics(registry, "Math.Sum").snapshot().calls == 0


def test_counts_of_a_process_that_has_ended_stay(registry: Registry) -> None:
    board = StatisticsBoard(registry, 2)

    def work() -> None:
        count(registry, 0.002)
        statistics(registry).started()
        registry.connections.opened()
        board.write(1)

    for _ in range(2):
        in_child(work)
        board.bury(1)
    board.join(0)
    calls = statistics(registry).snapshot()
    assert (calls.calls, calls.in_flight, registry.connections.snapshot()) == (2, 0, (0, 2))


def test_place_of_a_process_that_was_killed_while_it_wrote_can_be_read(registry: Registry) -> None:
    board = StatisticsBoard(registry, 2)
    count(registry, 0.001)
    board.write(1)
    part = board._parts[1]
    board._numbers[board._width + part.start - 1] += 1  # odd, as in the middle of writing
    board.join(0)
    torn = statistics(registry).snapshot().calls
    board.bury(1)
    assert (torn, statistics(registry).snapshot().calls) == (2, 2)


def test_alone_nothing_is_added(registry: Registry) -> None:
    count(registry, 0.001)
    assert (statistics(registry).snapshot().calls, registry.connections.snapshot()) == (1, (0, 0))
