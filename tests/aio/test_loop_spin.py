from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from unittest.mock import patch

import pytest

from rpcgen.aio import loop_spin as module
from rpcgen.aio.loop_spin import Vigil


class Clock:
    """A clock that goes on by a microsecond each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        self.now += 1e-6
        return self.now


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def run(main: Callable[[Clock], Coroutine[None, None, None]]) -> None:
    clock = Clock()
    with patch.object(module, "perf_counter", clock), patch.object(module, "LONGEST", 1e-5):
        asyncio.run(main(clock))


def test_vigil_looks_in_every_turn_of_the_loop() -> None:
    async def main(clock: Clock) -> None:
        vigil = Vigil(asyncio.get_running_loop())
        vigil.begin()
        await turns(5)
        assert clock.looks >= 5
        vigil.end()

    run(main)


def test_vigil_ends_by_itself() -> None:
    async def main(clock: Clock) -> None:
        Vigil(asyncio.get_running_loop()).begin()
        await turns(100)
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_vigil_looks_no_more_after_its_end() -> None:
    async def main(clock: Clock) -> None:
        vigil = Vigil(asyncio.get_running_loop())
        vigil.begin()
        vigil.end()
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_vigil_after_one_in_vain_is_not_kept() -> None:
    async def main(clock: Clock) -> None:
        vigil = Vigil(asyncio.get_running_loop())
        vigil.begin()
        await turns(100)
        looks = clock.looks
        vigil.begin()
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_vigil_that_is_kept_already_is_kept_once() -> None:
    async def main(clock: Clock) -> None:
        vigil = Vigil(asyncio.get_running_loop())
        vigil.begin()
        vigil.begin()
        vigil.end()
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_vigil_lets_others_go_on(delay: float) -> None:
    async def main(clock: Clock) -> None:
        vigil = Vigil(asyncio.get_running_loop())
        vigil.begin()
        await asyncio.wait_for(asyncio.sleep(delay), 30)
        vigil.end()

    run(main)
