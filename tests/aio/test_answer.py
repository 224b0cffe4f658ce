from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rpcgen import Registry
from rpcgen.aio.answer import answer, start_task
from rpcgen.aio.workers import Workers
from rpcgen.errors import EncodeError
from rpcgen.protocol import GobServerCodec, Invocation, ServerProtocol
from tests.protocol.messages import DOUBLE, request_bytes


async def double(number: int) -> int:
    return 2 * number


async def answered(
    function: Callable[[int], Any], *, is_async: bool = False
) -> tuple[Invocation, bytes | BaseException]:
    """Call a handler with 4; return the call, and the answer or what was raised instead."""
    registry = Registry()
    handler = DOUBLE.async_handler(function) if is_async else DOUBLE.handler(function)
    registry.register_name("Math", [handler])
    protocol = ServerProtocol(registry, GobServerCodec())
    (invocation,) = protocol.receive(request_bytes(("Math.Double", 0, 4)))
    assert isinstance(invocation, Invocation)
    workers = Workers(1)
    outcome = await asyncio.gather(
        answer(protocol, invocation, workers, None), return_exceptions=True
    )
    workers.close()
    return invocation, outcome[0]


async def test_answer_of_an_async_handler() -> None:
    _, data = await answered(double, is_async=True)
    assert isinstance(data, bytes)
    assert data.endswith(bytes.fromhex("03040010"))


async def test_answer_of_a_plain_handler() -> None:
    _, data = await answered(lambda number: 2 * number)
    assert isinstance(data, bytes)
    assert data.endswith(bytes.fromhex("03040010"))


async def test_answer_of_a_plain_handler_comes_from_another_thread() -> None:
    threads: list[int] = []

    def remember(number: int) -> int:
        threads.append(threading.get_ident())
        return number

    await answered(remember)
    assert threads != [threading.get_ident()]


async def test_answer_is_counted() -> None:
    invocation, _ = await answered(double, is_async=True)
    calls = invocation.served.statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 0, 0)


async def test_answer_of_a_handler_that_raises() -> None:
    invocation, error = await answered(lambda number: 1 // (number - 4))
    assert isinstance(error, ZeroDivisionError)
    assert invocation.served.statistics.errors == 1


async def test_answer_that_does_not_fit() -> None:
    invocation, error = await answered(lambda number: 2 << 63)
    assert isinstance(error, EncodeError)
    assert invocation.served.statistics.errors == 1


async def test_answer_of_a_handler_that_raises_stop_iteration() -> None:
    _, error = await answered(lambda number: next(iter(())))
    assert isinstance(error, RuntimeError)


async def test_start_task_runs_the_coroutine() -> None:
    over: list[bool] = []

    async def finish() -> None:
        await asyncio.sleep(0)
        over.append(True)

    await start_task(asyncio.get_running_loop(), finish())
    assert over == [True]


async def test_start_task_leaves_the_context_alone() -> None:
    seen: list[object] = []

    async def look() -> None:
        seen.append(asyncio.current_task())

    task = start_task(asyncio.get_running_loop(), look())
    await task
    assert seen == [task]
    assert asyncio.current_task() is not task


async def test_start_task_asks_the_task_factory() -> None:
    made: list[object] = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    loop = asyncio.get_running_loop()
    coroutine = asyncio.sleep(0)
    loop.set_task_factory(factory)
    try:
        await start_task(loop, coroutine)
    finally:
        loop.set_task_factory(None)
    assert made == [coroutine]


async def test_start_task_that_raises() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await start_task(asyncio.get_running_loop(), fail())
