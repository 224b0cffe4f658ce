from __future__ import annotations

import asyncio
import gc
import queue

import pytest

from rpcgen import aio
from rpcgen.errors import CallTimeoutError, DisconnectedError, EncodeError
from tests.protocol.messages import SUM, Pair
from tests.support.scripted_aio import connected


async def test_result_is_the_reply() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.answer(3)
        assert await call.result() == 3


async def test_await_is_the_result() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.answer(3)
        assert await call == 3


async def test_await_in_two_tasks() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        tasks = [asyncio.ensure_future(call.result()) for _ in "ab"]
        await server.answer(3)
        assert await asyncio.gather(*tasks) == [3, 3]


async def test_result_that_does_not_come_in_time() -> None:
    async with connected() as (client, _):
        with pytest.raises(CallTimeoutError, match=r"Math\.Sum: no reply within 0\.01 s"):
            await client.go(SUM, Pair(1, 2)).result(timeout=0.01)


async def test_result_after_a_timeout() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(CallTimeoutError):
            await call.result(timeout=0.01)
        await server.answer(3)
        assert await call == 3


async def test_call_that_was_given_up_is_forgotten_with_the_object() -> None:
    async with connected() as (client, _):
        with pytest.raises(CallTimeoutError):
            await client.go(SUM, Pair(1, 2)).result(timeout=0)
        gc.collect()
        assert repr(client) == "<Client open, 0 pending>"


async def test_call_whose_task_was_cancelled_is_forgotten_with_the_object() -> None:
    async with connected() as (client, _):
        task = asyncio.ensure_future(client.go(SUM, Pair(1, 2)).result())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        del task
        gc.collect()
        assert repr(client) == "<Client open, 0 pending>"


async def test_call_that_was_given_up_is_held_by_its_queue() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(CallTimeoutError):
            await call.result(timeout=0)
        done = call.done
        del call
        gc.collect()
        await server.answer(3)
        assert (await done.get()).reply == 3


async def test_call_that_nobody_has_waited_for_is_not_forgotten() -> None:
    done: asyncio.Queue[aio.Call[int]] = asyncio.Queue()
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2), done)
        gc.collect()
        await server.answer(3)
        assert (await done.get()).reply == 3


async def test_result_after_a_task_that_was_cancelled() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        task = asyncio.ensure_future(call.result())
        await asyncio.sleep(0)
        task.cancel()
        await server.answer(3)
        assert await call == 3


async def test_result_in_vain_leaves_nothing_behind() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        for _ in range(3):
            with pytest.raises(CallTimeoutError):
                await call.result(timeout=0)
        assert call._waiters == []


async def test_result_for_a_task_beside_one_that_was_cancelled() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        tasks = [asyncio.ensure_future(call.result()) for _ in "ab"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await server.answer(3)
        assert await tasks[1] == 3


async def test_result_of_arguments_that_do_not_fit() -> None:
    async with connected() as (client, _):
        with pytest.raises(EncodeError):
            await client.go(SUM, Pair(2**63, 2))


async def test_call_is_pending_at_first() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        assert (call.is_done(), call.reply, call.error) == (False, None, None)


async def test_done_receives_the_call() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        done = call.done
        await server.answer(3)
        assert await done.get() is call


async def test_done_of_a_call_that_is_over() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.answer(3)
        await call
        assert call.done.get_nowait() is call


async def test_done_has_room_for_ten_calls() -> None:
    async with connected() as (client, _):
        assert client.go(SUM, Pair(1, 2)).done.maxsize == 10


async def test_done_receives_calls_in_the_order_of_their_replies() -> None:
    done: asyncio.Queue[aio.Call[int]] = asyncio.Queue()
    async with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 2), done) for n in range(3)]
        for seq in (2, 0, 1):
            server.reply(seq, seq)
        assert [await done.get() for _ in calls] == [calls[2], calls[0], calls[1]]


async def test_done_that_is_full_loses_the_call_alone() -> None:
    done: asyncio.Queue[aio.Call[int]] = asyncio.Queue(1)
    async with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 2), done) for n in range(3)]
        for seq in range(3):
            server.reply(seq, seq)
        assert [await call for call in calls] == [0, 1, 2]


async def test_done_of_another_thread_that_is_full_loses_the_call_alone() -> None:
    done: queue.Queue[aio.Call[int]] = queue.Queue(1)
    async with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 2), done) for n in range(3)]
        for seq in range(3):
            server.reply(seq, seq)
        assert [await call for call in calls] == [0, 1, 2]


async def test_done_receives_a_call_that_failed() -> None:
    done: asyncio.Queue[aio.Call[int]] = asyncio.Queue()
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2), done)
        server.writer.close()
        assert isinstance((await done.get()).error, DisconnectedError)


async def test_repr_tells_the_state() -> None:
    async with connected() as (client, _):
        assert repr(client.go(SUM, Pair(1, 2))) == "<Call Math.Sum pending>"
