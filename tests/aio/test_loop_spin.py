from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from unittest.mock import patch

import pytest

from rpcgen.aio import loop_spin as module
from rpcgen.aio.loop_spin import LoopSpinner


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
    with patch.object(module, "perf_counter", clock), patch.object(module, "SPIN_LIMIT_S", 1e-5):
        asyncio.run(main(clock))


def test_loop_spinner_looks_in_every_turn_of_the_loop() -> None:
    async def main(clock: Clock) -> None:
        spinner = LoopSpinner(asyncio.get_running_loop())
        spinner.arm()
        await turns(5)
        assert clock.looks >= 5
        spinner.disarm()

    run(main)


def test_loop_spinner_ends_by_itself() -> None:
    async def main(clock: Clock) -> None:
        LoopSpinner(asyncio.get_running_loop()).arm()
        await turns(100)
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_loop_spinner_looks_no_more_after_its_end() -> None:
    async def main(clock: Clock) -> None:
        spinner = LoopSpinner(asyncio.get_running_loop())
        spinner.arm()
        spinner.disarm()
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_loop_spinner_after_one_in_vain_is_not_kept() -> None:
    async def main(clock: Clock) -> None:
        spinner = LoopSpinner(asyncio.get_running_loop())
        spinner.arm()
        await turns(100)
        looks = clock.looks
        spinner.arm()
        await turns(10)
        assert clock.looks == looks

    run(main)


def test_loop_spinner_that_is_kept_already_is_kept_once() -> None:
    async def main(clock: Clock) -> None:
        spinner = LoopSpinner(asyncio.get_running_loop())
        spinner.arm()
        spinner.arm()
        spinner.disarm()
        looks = clock.looks
        await turns(10)
        assert clock.looks == looks

    run(main)


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_loop_spinner_lets_others_go_on(delay: float) -> None:
    async def main(clock: Clock) -> None:
        spinner = LoopSpinner(asyncio.get_running_loop())
        spinner.arm()
        await asyncio.wait_for(asyncio.sleep(delay), 30)
        spinner.disarm()

    run(main)
