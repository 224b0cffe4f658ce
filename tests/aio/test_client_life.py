"""Deadlines, cancels, drain notices and pings of the client on asyncio."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from unittest.mock import Mock

import pytest

from rpcgen import Code
from rpcgen.aio import Call, Client
from rpcgen.aio.client_connection import ClientConnection
from rpcgen.errors import (
    CallCancelledError,
    DeadlineExceededError,
    DisconnectedError,
    EncodeError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, GobServerCodec, Response
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedRequest, ExtendedResponse
from rpcgen.schema import schema_for
from tests.protocol.messages import SUM, Pair
from tests.support.scripted_aio import connected
from tests.support.timeouts import TIMEOUT_S

BLOB = Method[bytes, bytes]("Math.Blob")
LIST = Method[list[Pair], int]("Math.List")
SOON = 0.02


async def test_call_ends_at_its_deadline() -> None:
    async with connected() as (client, _):
        with pytest.raises(DeadlineExceededError) as caught:
            await client.call(SUM, Pair(1, 2), timeout=SOON)
        assert (caught.value.code, client._protocol.pending) == (Code.DEADLINE_EXCEEDED, 0)


async def test_call_that_is_late_is_cancelled() -> None:
    async with connected() as (client, server):
        with pytest.raises(DeadlineExceededError):
            await client.call(SUM, Pair(1, 2), timeout=SOON)
        assert await server.receive_cancel() == (1, 0)


async def test_late_reply_is_passed_over() -> None:
    async with connected() as (client, server):
        with pytest.raises(DeadlineExceededError):
            await client.call(SUM, Pair(1, 2), timeout=SOON)
        server.reply(0, 3)
        server.reply(2, 4)
        assert await client.call(SUM, Pair(1, 2)) == 4


async def test_call_with_a_deadline_gets_its_reply() -> None:
    async with connected(call_timeout=TIMEOUT_S) as (client, server):
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_deadline_of_the_method() -> None:
    slow = Method[Pair, int]("Math.Sum", timeout=SOON)
    async with connected() as (client, _):
        with pytest.raises(DeadlineExceededError):
            await client.call(slow, Pair(1, 2))


async def test_go_ends_at_its_deadline_though_nobody_waits() -> None:
    async with connected() as (client, _):
        done: asyncio.Queue[Call[int]] = asyncio.Queue()
        client.go(SUM, Pair(1, 2), done, timeout=SOON)
        assert isinstance((await done.get()).error, DeadlineExceededError)


async def test_result_raises_at_the_deadline_though_it_waits_for_longer() -> None:
    async with connected() as (client, _):
        with pytest.raises(DeadlineExceededError):
            await client.go(SUM, Pair(1, 2), timeout=SOON).result(TIMEOUT_S)


async def test_shorter_deadline_after_a_longer_one() -> None:
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2), timeout=TIMEOUT_S)
        client.go(SUM, Pair(1, 2), timeout=SOON)
        assert await server.receive_cancel() == (2, 1)


async def test_longer_deadline_after_a_shorter_one() -> None:
    async with connected() as (client, server):
        first = client.go(SUM, Pair(1, 2), timeout=SOON)
        second = client.go(SUM, Pair(1, 2), timeout=2 * SOON)
        with pytest.raises(DeadlineExceededError):
            await second
        assert isinstance(first.error, DeadlineExceededError)
        assert [await server.receive_cancel() for _ in "ab"] == [(2, 0), (3, 1)]


async def test_deadline_of_a_call_that_waits_for_a_server_to_read() -> None:
    async with connected() as (client, _):
        client.go(BLOB, bytes(8 << 20))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceededError) as caught:
            await client.call(SUM, Pair(1, 2), timeout=SOON)
        assert caught.value.started is False


async def test_deadline_of_a_call_with_large_arguments() -> None:
    async with connected() as (client, _):
        many = [Pair(n, n) for n in range(20_000)]
        with pytest.raises(DeadlineExceededError):
            await client.call(LIST, many, timeout=0)


async def test_close_stops_the_timer() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2), timeout=TIMEOUT_S)
        timer = client._connection.deadlines.handle
        await client.close()
        assert timer is not None
        assert (timer.cancelled(), type(call.error)) == (True, ShutdownError)


async def test_task_that_is_cancelled_tells_the_server() -> None:
    async with connected() as (client, server):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await server.receive()
        task.cancel()
        assert (await server.receive_cancel())[1] == 0


async def test_timeout_of_asyncio_tells_the_server() -> None:
    async with connected() as (client, server):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.call(SUM, Pair(1, 2)), SOON)
        assert (await server.receive_cancel())[1] == 0


async def test_task_that_waits_for_a_call_and_is_cancelled_leaves_it_alone() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        task = asyncio.ensure_future(call.result())
        await server.receive()
        task.cancel()
        await asyncio.wait([task])
        server.reply(0, 3)
        assert await call == 3


async def test_cancel_ends_the_call() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        assert call.cancel()
        with pytest.raises(CallCancelledError, match=r"Math\.Sum: cancelled"):
            await call
        assert (await server.receive_cancel())[1] == 0


async def test_cancel_of_a_call_that_is_over() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        await call
        assert not call.cancel()


async def test_cancel_of_a_call_that_waits_to_be_encoded_sends_nothing_of_it() -> None:
    async with connected() as (client, server):
        many = [Pair(n, n) for n in range(20_000)]
        first = client.go(LIST, many)
        second = client.go(LIST, many[1:])
        second.cancel()
        assert not first.is_done()
        assert await server.receive_args(LIST) == many
        client.go(SUM, Pair(1, 2))
        assert await server.receive_args(SUM) == Pair(1, 2)


async def test_cancel_in_another_thread() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(RuntimeError, match="event loop"):
            await asyncio.to_thread(call.cancel)


async def test_cancel_is_sent_once_whatever_else_ends_the_call() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=0.02)
        for _ in "ab":
            call.cancel()
        with pytest.raises(DeadlineExceededError):  # so that the first deadline has passed
            await client.call(SUM, Pair(1, 2), timeout=0.04)
        client.go(SUM, Pair(1, 2))
        # Their own numbers tell that nothing else was sent.
        assert [await server.receive_cancel() for _ in "ab"] == [(1, 0), (3, 2)]
        assert (await server.receive()).seq == 4


async def test_cancels_are_not_sent_to_a_server_that_does_not_know_them() -> None:
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2)).cancel()
        own, _ = await server.receive_cancel()
        server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        server.reply(2, 3)
        await client.call(SUM, Pair(1, 2))
        client.go(SUM, Pair(1, 2)).cancel()
        client.go(SUM, Pair(1, 2))
        assert [(await server.receive()).seq for _ in range(3)] == [2, 3, 4]


async def test_unknown_option() -> None:
    options: Any = {"timout": 1}
    async with connected() as (client, _):
        with pytest.raises(TypeError, match="unknown option 'timout'"):
            await client.call(SUM, Pair(1, 2), **options)


async def test_plain_call_of_a_client_without_options_is_plain() -> None:
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2))
        assert not isinstance(await server.receive(), ExtendedRequest)


def notice(last: int) -> Response:
    return ExtendedResponse("", NOTICE_SEQ, last=last)


async def test_drain_notice_ends_calls_that_the_server_does_not_begin() -> None:
    async with connected() as (client, server):
        calls = [client.go(SUM, Pair(1, n)) for n in range(3)]
        server.respond(notice(1))
        with pytest.raises(ShutdownError, match="server is shutting down") as caught:
            await calls[2]
        assert caught.value.started is False


async def test_drain_notice_is_read_where_a_request_finds_the_server_gone() -> None:
    ours, theirs = socket.socketpair()
    client = await Client.with_codec(ours, GobClientCodec())
    pending = client.go(SUM, Pair(1, 2))
    await asyncio.sleep(0)  # it is sent
    notice = ExtendedResponse("", NOTICE_SEQ, last=0)
    codec = GobServerCodec()
    replies = codec.encode_response(Response("Math.Sum", 0), SUM.response, 3)
    theirs.sendall(b"".join([*replies, *codec.encode_response(notice, schema_for(None), None)]))
    theirs.close()
    late = client.go(SUM, Pair(1, 2))  # in the same turn: asyncio writes before it can read
    assert await pending.result() == 3
    with pytest.raises(ShutdownError, match="takes no more calls") as caught:
        await late.result()
    assert caught.value.started is False
    await client.close()


async def test_rest_of_a_large_reply_is_read_where_a_request_finds_the_server_gone() -> None:
    ours, theirs = socket.socketpair()
    client = await Client.with_codec(ours, GobClientCodec())
    pending = client.go(BLOB, b"")
    reply = bytes(150_000)
    response = Response("Math.Blob", 0)
    data = b"".join(GobServerCodec().encode_response(response, BLOB.response, reply))
    theirs.sendall(data[:30_000])
    while not client._protocol.is_cut:
        await asyncio.sleep(0)
    theirs.sendall(data[30_000:])
    theirs.close()
    client.go(BLOB, b"")  # in the same turn: asyncio writes before it can read
    assert await pending.result() == reply
    await client.close()


async def test_client_leaves_a_server_that_drains() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        server.respond(notice(0))
        server.reply(0, 3)
        assert await call == 3
        assert await server.reader.read(1) == b""


async def test_connection_is_not_aborted_while_asyncio_has_it_read() -> None:
    connection, transport = ClientConnection(), Mock(asyncio.Transport)
    connection.connection_made(transport)
    notice = ExtendedResponse("", NOTICE_SEQ, last=0)
    parts = GobServerCodec().encode_response(notice, schema_for(None), None)
    connection.data_received(b"".join(parts))
    assert not transport.abort.called
    await asyncio.sleep(0)
    assert transport.abort.called
    connection.connection_lost(None)


async def test_idle_client_leaves_a_server_that_drains() -> None:
    async with connected() as (client, server):
        server.respond(notice(0))
        assert await server.reader.read(1) == b""
        with pytest.raises(ShutdownError) as caught:
            await client.call(SUM, Pair(1, 2))
        assert caught.value.started is False


async def test_client_leaves_once_the_last_call_is_given_up() -> None:
    async with connected() as (client, server):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await server.receive()
        server.respond(notice(0))
        while client._protocol.takes_calls:
            await asyncio.sleep(0.001)
        task.cancel()
        await client._connection.lost


async def test_keepalive_pings_a_silent_server() -> None:
    async with connected(keepalive=SOON) as (_, server):
        assert (await server.receive_cancel())[1] == NOTICE_SEQ


async def test_keepalive_takes_any_answer() -> None:
    async with connected(keepalive=0.2) as (client, server):
        for _ in range(3):
            own, _ = await server.receive_cancel()
            server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        assert not client.closed


async def test_keepalive_ends_the_connection_to_a_dead_server() -> None:
    async with connected(keepalive=SOON) as (client, _):
        with pytest.raises(DisconnectedError, match=r"not answered a ping within 0\.02 s"):
            await client.call(SUM, Pair(1, 2))
        await client._connection.lost


TOKEN = {"authorization": "x" * 800}


async def test_metadata_that_only_known_servers_take_waits_for_a_greeting() -> None:
    async with connected(metadata=TOKEN) as (client, server):
        call = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        own, _ = await server.receive_cancel()
        server.respond(ExtendedResponse(CANCEL.name, own, features=8), False)
        await server.answer(3)
        assert await call == 3


async def test_metadata_that_only_known_servers_take_is_refused_for_another() -> None:
    async with connected(metadata=TOKEN) as (client, server):
        server.respond(Response(CANCEL.name, 0, "rpc: can't find service _goRPC_.Cancel"))
        with pytest.raises(EncodeError, match="512"):
            await client.call(SUM, Pair(1, 2))


async def test_go_with_metadata_that_only_known_servers_take_waits_for_a_greeting() -> None:
    async with connected(metadata=TOKEN) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        own, _ = await server.receive_cancel()
        server.respond(ExtendedResponse(CANCEL.name, own, features=8), False)
        await server.answer(3)
        assert await call == 3


async def test_go_with_metadata_that_only_known_servers_take_is_refused_for_another() -> None:
    async with connected(metadata=TOKEN) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        own, _ = await server.receive_cancel()
        server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        with pytest.raises(EncodeError, match="512"):
            await call


async def test_calls_that_wait_for_the_same_greeting_are_all_sent() -> None:
    async with connected(metadata=TOKEN) as (client, server):
        calls = [asyncio.ensure_future(client.call(SUM, Pair(1, 2))) for _ in "ab"]
        for _ in calls:  # each asks, as none is answered yet
            own, _ = await server.receive_cancel()
            server.respond(ExtendedResponse(CANCEL.name, own, features=8), False)
        for _ in calls:
            await server.answer(3)
        assert await asyncio.gather(*calls) == [3, 3]
