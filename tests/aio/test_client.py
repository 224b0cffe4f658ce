from __future__ import annotations

import asyncio
import socket

import pytest

from rpcgen.aio import Client
from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec
from tests.protocol.messages import SUM, Pair, response_bytes

from .peers import ScriptedServer, connected

BLOB = Method[bytes, bytes]("Math.Blob")


async def error_of(client: Client, args: Pair | None = None) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await client.call(SUM, args or Pair(1, 2))
    return caught.value


async def test_call_returns_the_reply() -> None:
    async with connected() as (client, server):
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_call_by_name_with_the_type_of_the_reply() -> None:
    async with connected() as (client, server):
        reply, _ = await asyncio.gather(client.call("Math.Sum", Pair(1, 2), int), server.answer(3))
        assert reply == 3


async def test_call_by_name_alone_takes_the_reply_as_it_comes() -> None:
    async with connected() as (client, server):
        reply, _ = await asyncio.gather(client.call("Math.Sum", Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_call_that_the_server_answers_with_an_error() -> None:
    async with connected() as (client, server):
        server.writer.write(response_bytes((0, None, "no luck")))
        error = await error_of(client)
        assert (type(error), str(error)) == (ServerError, "no luck")


async def test_call_with_arguments_that_do_not_fit() -> None:
    async with connected() as (client, _):
        assert isinstance(await error_of(client, Pair(2**63)), EncodeError)


async def test_call_after_arguments_that_did_not_fit() -> None:
    async with connected() as (client, server):
        await error_of(client, Pair(2**63))
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_call_whose_reply_is_of_another_type() -> None:
    async with connected() as (client, server):
        server.writer.write(response_bytes((0, "three")))
        assert isinstance(await error_of(client), DecodeError)


async def test_call_when_the_server_hangs_up() -> None:
    async with connected() as (client, server):
        server.writer.write_eof()
        error = await error_of(client)
        assert (type(error), str(error)) == (DisconnectedError, "unexpected EOF")


async def test_call_when_the_server_sends_nonsense() -> None:
    async with connected() as (client, server):
        server.writer.write(bytes.fromhex("03040006"))
        assert isinstance(await error_of(client), DisconnectedError)


async def test_call_after_the_connection_was_lost() -> None:
    async with connected() as (client, server):
        server.writer.write_eof()
        await error_of(client)
        error = await error_of(client)
        assert (type(error), str(error)) == (ShutdownError, "connection is shut down")


async def test_call_after_close() -> None:
    async with connected() as (client, _):
        await client.close()
        assert isinstance(await error_of(client), ShutdownError)


async def test_call_that_is_cancelled_leaves_the_connection_usable() -> None:
    async with connected() as (client, server):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await server.receive()
        task.cancel()
        await asyncio.wait([task])
        server.reply(0, 1)
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_call_that_is_cancelled_is_pending_no_more() -> None:
    async with connected() as (client, server):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await server.receive()
        task.cancel()
        await asyncio.wait([task])
        assert repr(client) == "<Client open, 0 pending>"


async def test_call_that_is_cancelled_before_it_was_sent_leaves_the_connection_usable() -> None:
    async with connected() as (client, server):
        tasks = [asyncio.ensure_future(client.call(SUM, Pair(n, 2))) for n in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for seq in range(3):
            assert (await server.receive()).seq == seq
            server.reply(seq, 1)
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_call_that_is_cancelled_when_its_reply_has_come() -> None:
    async with connected() as (client, _):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await asyncio.sleep(0)
        task.cancel()
        client._transport.data_received(response_bytes((0, 3)))
        await asyncio.wait([task])
        assert task.cancelled()


async def test_call_that_is_cancelled_when_its_error_has_come() -> None:
    async with connected() as (client, _):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await asyncio.sleep(0)
        client._transport.data_received(response_bytes((0, None, "no luck")))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_call_waits_for_a_server_that_is_slow_to_read() -> None:
    async with connected() as (client, server):
        large = bytes(32 << 20)
        first = asyncio.ensure_future(client.call(BLOB, large))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(client.call(BLOB, large))
        await asyncio.sleep(0.05)
        assert repr(client) == "<Client open, 1 pending>"
        for task in (first, second):
            task.cancel()
        await asyncio.wait([first, second])
        server.writer.transport.abort()


async def test_many_calls_at_once() -> None:
    async with connected() as (client, server):
        calls = [asyncio.ensure_future(client.call(SUM, Pair(n, 1))) for n in range(200)]
        for _ in calls:
            await server.answer(7)
        assert await asyncio.gather(*calls) == [7] * 200


async def test_calls_of_one_turn_arrive_in_their_order() -> None:
    async with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 1)) for n in range(100)]
        assert [(await server.receive()).seq for _ in calls] == list(range(100))


async def test_close_sends_the_calls_of_its_turn_first() -> None:
    async with connected() as (client, server):
        for n in range(3):
            client.go(SUM, Pair(n, 1))
        await client.close()
        assert [(await server.receive()).seq for _ in range(3)] == [0, 1, 2]


async def test_go_sends_at_once() -> None:
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2))
        assert (await server.receive()).service_method == "Math.Sum"


async def test_go_by_name_with_the_type_of_the_reply() -> None:
    async with connected() as (client, server):
        call = client.go("Math.Sum", Pair(1, 2), reply=int)
        await server.answer(3)
        assert await call == 3


async def test_go_with_something_that_is_no_queue() -> None:
    async with connected() as (client, _):
        with pytest.raises(TypeError, match="rpc: done channel is unbuffered"):
            client.go(SUM, Pair(1, 2), object())  # type: ignore[call-overload]


async def test_with_codec_uses_it() -> None:
    ours, theirs = socket.socketpair()
    async with await Client.with_codec(ours, GobClientCodec()) as client:
        server = ScriptedServer(*await asyncio.open_unix_connection(sock=theirs))
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3
        server.writer.close()


async def test_go_after_close_ends_the_call() -> None:
    async with connected() as (client, _):
        await client.close()
        assert isinstance(client.go(SUM, Pair(1, 2)).error, ShutdownError)


async def test_close_ends_pending_calls() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        await client.close()
        assert isinstance(call.error, ShutdownError)


async def test_close_twice() -> None:
    async with connected() as (client, _):
        await client.close()
        with pytest.raises(ShutdownError):
            await client.close()


async def test_close_hangs_up() -> None:
    async with connected() as (client, server):
        await client.close()
        assert await server.reader.read() == b""


async def test_context_closes() -> None:
    async with connected() as (client, _):
        async with client:
            pass
        assert repr(client) == "<Client closed, 0 pending>"


async def test_repr_tells_the_state() -> None:
    async with connected() as (client, _):
        client.go(SUM, Pair(1, 2))
        assert repr(client) == "<Client open, 1 pending>"
