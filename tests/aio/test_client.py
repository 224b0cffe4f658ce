from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from unittest.mock import patch

import pytest

from rpcgen.aio import Call, Client
from rpcgen.aio.write_coalescer import WriteCoalescer
from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, GobServerCodec, Request, Response
from rpcgen.schema import Schema
from tests.protocol.messages import SUM, Pair, response_bytes
from tests.support.scripted_aio import ScriptedServer, connected

BLOB = Method[bytes, bytes]("Math.Blob")
LIST = Method[list[int], list[int]]("Math.List")

# So many numbers are large, to be encoded as well as decoded.
MANY = list(range(100_000))


def large_response() -> bytes:
    """Return the bytes of the first answer to `LIST`."""
    response = Response("Math.List", 0)
    return b"".join(GobServerCodec().encode_response(response, LIST.response, MANY))


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
        client._connection.data_received(response_bytes((0, 3)))
        await asyncio.wait([task])
        assert task.cancelled()


async def test_call_that_is_cancelled_when_its_error_has_come() -> None:
    async with connected() as (client, _):
        task = asyncio.ensure_future(client.call(SUM, Pair(1, 2)))
        await asyncio.sleep(0)
        client._connection.data_received(response_bytes((0, None, "no luck")))
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


async def test_calls_that_waited_for_room_go_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as (client, server):
        transport = client._connection
        # As if each request took all the room that there is.
        monkeypatch.setattr(transport, "write", lambda data: transport.pause_writing())
        tasks = [asyncio.ensure_future(client.call(SUM, Pair(1, 2))) for _ in range(4)]
        for pending in (1, 2, 3, 4):
            for _ in range(3):
                await asyncio.sleep(0)
            assert repr(client) == f"<Client open, {pending} pending>"
            transport.resume_writing()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        server.writer.transport.abort()


async def test_go_beyond_what_may_be_queued_ends_the_call() -> None:
    async with connected(limits=Limits(queued=4 << 20)) as (client, server):
        calls = [client.go(BLOB, bytes(1 << 20)) for _ in range(50)]
        refused = [call for call in calls if call.is_done()]
        assert 30 < len(refused) < 50
        with pytest.raises(RpcError, match=r"the limit is 4194304 \(Limits\.queued\)"):
            await refused[0]
        server.writer.transport.abort()


async def test_go_beyond_what_may_be_queued_leaves_nothing_pending() -> None:
    async with connected(limits=Limits(queued=4 << 20)) as (client, server):
        calls = [client.go(BLOB, bytes(1 << 20)) for _ in range(50)]
        pending = sum(not call.is_done() for call in calls)
        assert repr(client) == f"<Client open, {pending} pending>"
        server.writer.transport.abort()


async def test_go_beyond_what_may_be_queued_keeps_no_arguments() -> None:
    async with connected(limits=Limits(queued=4 << 20)) as (client, server):
        calls = [client.go(BLOB, bytes(1 << 20)) for _ in range(50)]
        refused = weakref.ref(next(call for call in calls if call.is_done()))
        gc.disable()
        try:
            del calls
            assert refused() is None
        finally:
            gc.enable()
        server.writer.transport.abort()


async def test_go_of_one_request_that_is_larger_than_what_may_be_queued() -> None:
    async with connected(limits=Limits(queued=1000)) as (client, server):
        assert not client.go(BLOB, bytes(1 << 20)).is_done()
        server.writer.transport.abort()


async def test_call_that_waits_for_room_can_be_given_up() -> None:
    async with connected() as (client, server):
        first = client.go(BLOB, bytes(32 << 20))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await client.call(BLOB, bytes(1 << 20))
        assert (repr(client), first.is_done()) == ("<Client open, 1 pending>", False)
        server.writer.transport.abort()


async def test_large_reply_is_the_reply() -> None:
    async with connected() as (client, server):
        server.writer.write(server.response(0, MANY))
        assert await client.call(LIST, [1]) == MANY


async def test_replies_after_a_large_one_end_their_calls_after_it() -> None:
    done: asyncio.Queue[Call[Any]] = asyncio.Queue()
    async with connected() as (client, server):
        calls: list[Call[Any]] = [client.go(LIST, [1], done)]
        calls += [client.go(SUM, Pair(1, 2), done) for _ in range(3)]
        calls.append(client.go(LIST, [1], done))
        for seq, reply in enumerate([MANY, 1, 2, 3, MANY]):
            server.writer.write(server.response(seq, reply))
        assert [await done.get() for _ in calls] == calls
        assert [call.reply for call in calls] == [MANY, 1, 2, 3, MANY]


async def test_large_reply_is_decoded_in_another_thread() -> None:
    threads: set[int] = set()

    class Codec(GobClientCodec):
        def decode_response_body(self, schema: Schema[Any] | None) -> Any:
            threads.add(threading.get_ident())
            return super().decode_response_body(schema)

    ours, theirs = socket.socketpair()
    async with await Client.with_codec(ours, Codec()) as client:
        _, writer = await asyncio.open_unix_connection(sock=theirs)
        call = client.go(LIST, [1])
        writer.write(large_response())
        await call
        writer.close()
    # A first look, at what has come so far, finds that it is not whole.
    assert threads - {threading.get_ident()}


async def test_connection_that_is_lost_while_a_large_reply_is_decoded() -> None:
    async with connected() as (client, server):
        calls = [client.go(LIST, [1]), client.go(LIST, [1])]
        for _ in calls:
            await server.receive_args(LIST)
        server.writer.write(server.response(0, MANY))
        server.writer.close()
        assert await calls[0] == MANY
        with pytest.raises(DisconnectedError):
            await calls[1]


async def test_close_while_a_large_reply_is_decoded() -> None:
    async with connected() as (client, _):
        calls = [client.go(LIST, [1]), client.go(LIST, [1])]
        client._connection.data_received(large_response())
        await client.close()
        assert [call.is_done() for call in calls] == [True, True]
        assert isinstance(calls[1].error, ShutdownError)


async def test_large_reply_that_does_not_fit_fails_its_call_alone() -> None:
    async with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        server.writer.write(server.response(0, MANY))
        with pytest.raises(DecodeError):
            await call
        reply, _ = await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert reply == 3


async def test_large_arguments_arrive() -> None:
    async with connected() as (client, server):
        client.go(LIST, MANY)
        assert await server.receive_args(LIST) == MANY


async def test_calls_after_large_arguments_arrive_after_them() -> None:
    async with connected() as (client, server):
        client.go(LIST, MANY)
        for number in range(3):
            client.go(SUM, Pair(number, 1))
        client.go(LIST, MANY)
        assert await server.receive_args(LIST) == MANY
        for number in range(3):
            assert await server.receive_args(SUM) == Pair(number, 1)
        assert await server.receive_args(LIST) == MANY


async def test_large_arguments_are_encoded_in_another_thread() -> None:
    threads: set[int] = set()

    class Codec(GobClientCodec):
        def encode_request(
            self, request: Request, schema: Schema[Any], args: object
        ) -> Sequence[bytes]:
            threads.add(threading.get_ident())
            return super().encode_request(request, schema, args)

    ours, theirs = socket.socketpair()
    async with await Client.with_codec(ours, Codec()) as client:
        server = ScriptedServer(*await asyncio.open_unix_connection(sock=theirs))
        client.go(LIST, MANY)
        await server.receive_args(LIST)
        server.writer.close()
    assert threads
    assert threading.get_ident() not in threads


async def test_large_arguments_that_do_not_fit_fail_their_call_alone() -> None:
    async with connected() as (client, server):
        calls: list[Call[Any]] = [client.go(LIST, [*MANY, 2**63])]
        calls.append(client.go(SUM, Pair(2**63)))
        client.go(SUM, Pair(1, 2))
        assert await server.receive_args(SUM) == Pair(1, 2)
        assert [type(call.error) for call in calls] == [EncodeError, EncodeError]


async def test_call_with_large_arguments_that_is_cancelled_leaves_the_connection_usable() -> None:
    async with connected() as (client, server):
        tasks = [asyncio.ensure_future(client.call(LIST, MANY)) for _ in range(2)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        client.go(SUM, Pair(1, 2))
        assert await server.receive_args(LIST) == MANY
        assert await server.receive_args(SUM) == Pair(1, 2)


async def test_close_while_large_arguments_are_encoded() -> None:
    async with connected() as (client, _):
        calls: list[Call[Any]] = [client.go(LIST, MANY), client.go(SUM, Pair(1, 2))]
        await client.close()
        assert [type(call.error) for call in calls] == [ShutdownError, ShutdownError]


async def in_another_loop(use: Callable[[], Awaitable[object]]) -> None:
    """Use something in an event loop of another thread, and expect that to be refused."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match="one event loop and is used in another"):
            await use()

    await asyncio.to_thread(asyncio.run, main())


async def test_call_in_another_loop() -> None:
    async with connected() as (client, _):
        await in_another_loop(lambda: client.call(SUM, Pair(1, 2)))


async def test_go_in_another_loop() -> None:
    async def go() -> None:
        client.go(SUM, Pair(1, 2))

    async with connected() as (client, _):
        await in_another_loop(go)


async def test_close_in_another_loop() -> None:
    async with connected() as (client, _):
        await in_another_loop(client.close)
        assert not client.closed


async def test_result_in_another_loop() -> None:
    async with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        await in_another_loop(call.result)


async def test_go_in_a_thread_without_a_loop() -> None:
    async with connected() as (client, _):
        with pytest.raises(RuntimeError, match="outside of any event loop"):
            await asyncio.to_thread(client.go, SUM, Pair(1, 2))


def test_call_after_the_end_of_its_loop() -> None:
    async def connect() -> tuple[Client, ScriptedServer]:
        ours, theirs = socket.socketpair()
        client = await Client.with_codec(ours, GobClientCodec())
        server = ScriptedServer(*await asyncio.open_unix_connection(sock=theirs))
        await client.close()
        server.writer.close()
        await server.writer.wait_closed()
        return client, server

    client, _ = asyncio.run(connect())

    async def call() -> None:
        with pytest.raises(RuntimeError, match="an event loop that is closed"):
            await client.call(SUM, Pair(1, 2))

    asyncio.run(call())


async def test_closed_is_false_at_first() -> None:
    async with connected() as (client, _):
        assert client.closed is False


async def test_closed_after_close() -> None:
    async with connected() as (client, _):
        await client.close()
        assert client.closed is True


async def test_closed_after_the_server_has_hung_up() -> None:
    async with connected() as (client, server):
        server.writer.write_eof()
        await error_of(client)
        assert client.closed is True


async def test_with_codec_of_an_encrypted_socket() -> None:
    context = ssl.create_default_context()
    ours, theirs = socket.socketpair()
    with theirs:
        secure = context.wrap_socket(
            ours, server_hostname="localhost", do_handshake_on_connect=False
        )
        with secure, pytest.raises(TypeError, match="SSLSocket"):
            await Client.with_codec(secure, GobClientCodec())


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


async def test_go_in_a_handler_that_interrupts_the_sleep_of_the_loop_is_sent() -> None:
    async with connected() as (client, server):
        client.go(SUM, Pair(1, 2))  # beside which another one waits for the end of the turn
        await server.receive()
        calls: list[Call[int]] = []
        before = signal.signal(signal.SIGALRM, lambda *_: calls.append(client.go(SUM, Pair(3, 4))))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            await server.answer(7)  # nothing else is to come
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert await calls[0] == 7


async def interrupted_go(client: Client, server: ScriptedServer, calls: list[Call[int]]) -> None:
    """Make two calls at a time, answer all, and what ``calls`` has got meanwhile."""
    replies = asyncio.gather(client.call(SUM, Pair(1, 2)), client.call(SUM, Pair(3, 4)))
    for _ in range(3):
        await server.answer(3)
    assert [*await replies, *[await call for call in calls]] == [3, 3, 3]


async def test_go_from_inside_the_encoding_of_another_is_sent_after_it() -> None:
    async with connected() as (client, server):
        calls: list[Call[int]] = []
        encode = client._connection._encode

        def encode_and_go(*request: Any) -> bytes:
            data = encode(*request)
            if not calls:
                calls.append(client.go(SUM, Pair(5, 6)))
            return data

        with patch.object(client._connection, "_encode", encode_and_go):
            await interrupted_go(client, server, calls)


async def test_go_from_inside_the_writing_of_a_turn_is_sent_after_it() -> None:
    async with connected() as (client, server):
        calls: list[Call[int]] = []
        clear = WriteCoalescer.clear

        def clear_late(coalescer: WriteCoalescer) -> None:
            if not calls:
                calls.append(client.go(SUM, Pair(5, 6)))
            clear(coalescer)

        with patch.object(WriteCoalescer, "clear", clear_late):
            await interrupted_go(client, server, calls)


async def test_go_from_inside_the_encoding_of_another_that_is_given_up_is_not_sent() -> None:
    async with connected() as (client, server):
        client._connection.is_sending = True
        call = client.go(SUM, Pair(5, 6))
        client._connection.is_sending = False
        call._finish(0, None)
        await asyncio.gather(client.call(SUM, Pair(1, 2)), server.answer(3))
        assert client._protocol.pending == 0


async def test_large_go_from_inside_the_encoding_of_another_is_sent() -> None:
    async with connected() as (client, server):
        client._connection.is_sending = True
        call = client.go(LIST, MANY)
        client._connection.is_sending = False
        assert await server.receive_args(LIST) == MANY
        server.writer.write(large_response())
        assert await call == MANY


async def test_go_by_name_with_the_type_of_the_reply() -> None:
    async with connected() as (client, server):
        call = client.go("Math.Sum", Pair(1, 2), reply=int)
        await server.answer(3)
        assert await call == 3


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


async def test_socket_that_is_handed_over_is_kept_alive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connection = socket.create_connection(listening.getsockname())
        async with await Client.with_codec(connection, GobClientCodec()):
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_nothing_is_sent_after_the_end_of_the_stream() -> None:
    async with connected() as (client, server):
        client._connection.eof_received()
        call = client.go(SUM, Pair(1, 2))
        await client.close()
        assert await server.reader.read() == b""
        with pytest.raises(ShutdownError):
            await call
