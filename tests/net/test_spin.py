from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

import rpcgen.net.spin as module
from rpcgen.net.spin import AdaptiveSpin, spin_of


class World:
    """Where something is found at a certain time, and each look takes 10 microseconds."""

    def __init__(self) -> None:
        self.now = 1.0
        self.found_at = 0.0
        self.looks = 0

    def clock(self) -> float:
        return self.now

    def look(self) -> str | None:
        self.looks += 1
        self.now += 1e-5
        return "it" if self.now > self.found_at else None

    def appears_in(self, seconds: float) -> None:
        self.found_at = self.now + seconds
        self.looks = 0


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with (
        patch.object(module, "perf_counter", world.clock),
        patch.object(module, "SPIN_LIMIT_S", 1e-4),
    ):
        yield world


def test_poll_of_what_is_there(world: World) -> None:
    assert AdaptiveSpin().poll_until(world.look) == "it"
    assert world.looks == 1


def test_poll_of_what_comes_soon(world: World) -> None:
    world.appears_in(5e-5)
    assert AdaptiveSpin().poll_until(world.look) == "it"


def test_poll_of_what_comes_too_late(world: World) -> None:
    world.appears_in(1.0)
    assert AdaptiveSpin().poll_until(world.look) is None
    assert world.looks < 20


def test_poll_of_what_is_false(world: World) -> None:
    assert AdaptiveSpin().poll_until(lambda: b"") == b""


def test_poll_after_waiting_in_vain_does_not_look(world: World) -> None:
    spin = AdaptiveSpin()
    world.appears_in(1.0)
    spin.poll_until(world.look)
    world.appears_in(0.0)
    assert spin.poll_until(world.look) is None
    assert world.looks == 0


def test_poll_looks_again_after_a_while(world: World) -> None:
    spin = AdaptiveSpin()
    world.appears_in(1.0)
    spin.poll_until(world.look)
    world.appears_in(0.0)
    assert [spin.poll_until(world.look) for _ in range(2)] == [None, "it"]


def test_poll_looks_ever_more_rarely(world: World) -> None:
    spin = AdaptiveSpin()
    looked = 0
    for _ in range(2000):
        world.appears_in(1.0)
        spin.poll_until(world.look)
        looked += world.looks > 0
    assert looked < 20


def test_poll_looks_each_time_once_it_pays(world: World) -> None:
    spin = AdaptiveSpin()
    for _ in range(5):
        world.appears_in(1.0)
        spin.poll_until(world.look)
    world.appears_in(0.0)
    while spin.poll_until(world.look) is None:
        pass
    world.appears_in(1.0)
    spin.poll_until(world.look)
    world.appears_in(0.0)
    assert [spin.poll_until(world.look) for _ in range(2)] == [None, "it"]


def test_poll_with_a_single_core_looks_once(world: World) -> None:
    world.appears_in(1.0)
    with patch.object(module, "SPIN_LIMIT_S", 0.0):
        assert AdaptiveSpin().poll_until(world.look) is None
    assert world.looks <= 2


def test_poll_of_who_may_not_spin_does_not_look(world: World) -> None:
    spin = spin_of(False)
    assert [spin.poll_until(world.look) for _ in range(3)] == [None] * 3
    assert world.looks == 0


def test_hits_and_misses_of_who_may_not_spin_change_nothing(world: World) -> None:
    spin = spin_of(False)
    spin.record_miss()
    spin.record_hit()
    assert not any(spin.should_spin() for _ in range(1000))


def test_who_may_spin_does(world: World) -> None:
    assert spin_of(True).poll_until(world.look) == "it"
