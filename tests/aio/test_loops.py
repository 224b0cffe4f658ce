from __future__ import annotations

import asyncio

import pytest

from rpcgen.aio.loops import check_loop


async def test_check_loop_in_its_own() -> None:
    check_loop(asyncio.get_running_loop(), "it")


async def test_check_loop_in_another_one() -> None:
    other = asyncio.new_event_loop()
    with pytest.raises(RuntimeError, match="it belongs to one event loop and is used in another"):
        check_loop(other, "it")
    other.close()


def test_check_loop_in_none() -> None:
    loop = asyncio.new_event_loop()
    with pytest.raises(RuntimeError, match="outside of any event loop"):
        check_loop(loop, "it")
    loop.close()


async def test_check_loop_after_its_end() -> None:
    other = asyncio.new_event_loop()
    other.close()
    with pytest.raises(RuntimeError, match="an event loop that is closed"):
        check_loop(other, "it")
