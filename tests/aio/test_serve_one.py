from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from attrs import define

from rpcgen import Registry
from rpcgen.aio.serve_one import execute, start_task
from rpcgen.aio.workers import Workers
from rpcgen.errors import EncodeError
from rpcgen.protocol import GobClientCodec, GobServerCodec, Invocation, Response, ServerProtocol
from rpcgen.protocol.execution import Execution
from tests.protocol.messages import DOUBLE, request_bytes


async def double(number: int) -> int:
    return 2 * number


@define
class Answered:
    """A call that is over, what was sent, and why it failed if it did."""

    invocation: Invocation
    response: Response
    errors: list[BaseException]
    value: object


async def answered(function: Callable[[int], Any], *, is_async: bool = False) -> Answered:
    """Call a handler with 4."""
    registry = Registry()
    handler = DOUBLE.async_handler(function) if is_async else DOUBLE.handler(function)
    registry.register_name("Math", [handler])
    protocol = ServerProtocol(registry, GobServerCodec())
    (invocation,) = protocol.receive(request_bytes(("Math.Double", 0, 4)))
    assert isinstance(invocation, Invocation)
    errors: list[BaseException] = []
    execution = Execution(protocol, perf_counter, lambda call, error: errors.append(error))
    workers = Workers(1)
    data = await execute(execution, invocation, workers, None)
    workers.close()
    codec = GobClientCodec()
    codec.feed(data)
    response = codec.decode_response_header()
    value = codec.decode_response_body(None if response.error else DOUBLE.response)
    return Answered(invocation, response, errors, value)


async def test_execute_of_an_async_handler() -> None:
    assert (await answered(double, is_async=True)).value == 8


async def test_execute_of_a_plain_handler() -> None:
    assert (await answered(lambda number: 2 * number)).value == 8


async def test_execute_of_a_plain_handler_comes_from_another_thread() -> None:
    threads: list[int] = []

    def remember(number: int) -> int:
        threads.append(threading.get_ident())
        return number

    await answered(remember)
    assert threads != [threading.get_ident()]


async def test_execute_is_counted() -> None:
    call = await answered(double, is_async=True)
    calls = call.invocation.served.statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 0, 0)


EXCEPTIONS = (
    ValueError,
    SystemExit,
    KeyboardInterrupt,
    GeneratorExit,
    asyncio.CancelledError,
    StopIteration,
    BaseException,
)


@pytest.mark.parametrize("exception", EXCEPTIONS)
async def test_execute_of_a_plain_handler_that_raises(exception: type[BaseException]) -> None:
    def fail(_: int) -> int:
        raise exception("text")

    call = await answered(fail)
    assert call.response.error == "text"
    assert call.invocation.served.statistics.snapshot().in_flight == 0


@pytest.mark.parametrize("exception", EXCEPTIONS)
async def test_execute_of_an_async_handler_that_raises(exception: type[BaseException]) -> None:
    async def fail(_: int) -> int:
        raise exception("text")

    call = await answered(fail, is_async=True)
    # Python lets no StopIteration out of a coroutine.
    assert call.response.error in ("text", "coroutine raised StopIteration")
    assert call.invocation.served.statistics.snapshot().in_flight == 0


async def test_execute_of_a_reply_that_does_not_fit() -> None:
    call = await answered(lambda number: 2 << 63)
    assert isinstance(call.errors[0], EncodeError)
    assert call.invocation.served.statistics.errors == 1


async def test_start_task_runs_the_coroutine() -> None:
    over: list[bool] = []

    async def finish() -> None:
        await asyncio.sleep(0)
        over.append(True)

    await start_task(asyncio.get_running_loop(), finish())
    assert over == [True]


async def test_start_task_names_the_task() -> None:
    async def name() -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())

    names: list[str] = []
    await start_task(asyncio.get_running_loop(), name(), "Arith.Multiply")
    assert names == ["Arith.Multiply"]


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
