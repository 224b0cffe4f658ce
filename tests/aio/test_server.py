from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from rpcgen import context
from rpcgen.aio import Call, Client, Listener, Server, dial
from rpcgen.aio.admission import Admission
from rpcgen.aio.connection import ServerConnection, Serving
from rpcgen.aio.workers import Workers
from rpcgen.errors import CallTimeoutError, DialError, DisconnectedError, RpcError, ServerError
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import (
    CALLS_IN_FLIGHT,
    CodecName,
    DialOptions,
    GobClientCodec,
    GobServerCodec,
    Request,
    Response,
    ServerProtocol,
)
from rpcgen.protocol.headers import CANCEL_METHOD, CancelArgs, ExtendedRequest
from rpcgen.protocol.serving import ConnectionLimits
from rpcgen.schema import Schema
from rpcgen.testing.certificates import client_context, server_context
from tests.protocol.messages import DOUBLE, SUM, Pair, answered, request_bytes
from tests.support.gates import AsyncGate
from tests.support.timeouts import TIMEOUT_S

HELD = Method[int, int]("Math.Held")
BLOB = Method[int, bytes]("Math.Blob")


async def add(pair: Pair) -> int:
    return pair.a + pair.b


def make_server(gate: AsyncGate) -> Server:
    server = Server()
    server.register_name(
        "Math",
        [
            SUM.async_handler(add),
            DOUBLE.handler(lambda number: 2 * number),
            HELD.async_handler(gate.held),
            BLOB.handler(bytes),
        ],
    )
    return server


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, AsyncGate, str]]:
    gate = AsyncGate()
    async with make_server(gate) as server:
        listener = await server.listen("127.0.0.1:0")
        yield server, gate, listener.address
        gate.open.set()


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return await asyncio.open_connection(host, int(port))


def reset(writer: asyncio.StreamWriter) -> None:
    """Vanish: the server gets a reset instead of an end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_async_handler_answers() -> None:
    async with serving() as (_, _, address), dial(address) as client:
        assert await client.call(SUM, Pair(1, 2)) == 3


async def test_plain_handler_answers() -> None:
    async with serving() as (_, _, address), dial(address) as client:
        assert await client.call(DOUBLE, 4) == 8


async def test_plain_handler_runs_in_another_thread() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        here = Method[int, int]("Thread.Ident")
        server.register_name("Thread", [here.handler(lambda _: threading.get_ident())])
        assert await client.call(here, 0) != threading.get_ident()


async def test_serve_blocks_until_close() -> None:
    server = make_server(AsyncGate())
    listener = await server.listen("127.0.0.1:0")
    task = asyncio.ensure_future(server.serve())
    async with dial(listener.address) as client:
        assert await client.call(SUM, Pair(1, 2)) == 3
    await server.close()
    await task


async def test_serve_several_listeners(tmp_path: Path) -> None:
    server = make_server(AsyncGate())
    listeners = [await server.listen("127.0.0.1:0"), await server.listen(f"unix://{tmp_path}/s")]
    async with server:
        for listener in listeners:
            async with dial(listener.address) as client:
                assert await client.call(SUM, Pair(1, 2)) == 3


async def test_accept_takes_a_socket_that_listens() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    async with make_server(AsyncGate()) as server:
        await server.accept(listening)
        async with dial(f"127.0.0.1:{listening.getsockname()[1]}") as client:
            assert await client.call(DOUBLE, 2) == 4


async def test_listen_on_a_taken_port() -> None:
    async with serving() as (server, _, address):
        with pytest.raises(DialError, match=r"cannot listen on tcp://127\.0\.0\.1:\d+: "):
            await server.listen(address)


async def test_requests_of_a_connection_run_side_by_side() -> None:
    async with serving() as (_, gate, address), dial(address) as client:
        calls = [client.go(HELD, n) for n in range(20)]
        for _ in calls:
            await gate.entered.acquire()
        gate.open.set()
        assert [await call for call in calls] == list(range(20))


async def test_requests_beyond_those_that_can_be_under_way_are_answered_too() -> None:
    count = 3 * CALLS_IN_FLIGHT + 5
    async with serving() as (_, gate, address), dial(address) as client:
        calls = [client.go(HELD, n) for n in range(count)]
        for _ in range(CALLS_IN_FLIGHT):
            await gate.entered.acquire()
        await asyncio.sleep(0.01)
        assert gate.entered.locked()  # nobody else has entered
        gate.open.set()
        assert [await call for call in calls] == list(range(count))


async def test_requests_before_the_client_closed_its_side_are_answered() -> None:
    count = 3 * CALLS_IN_FLIGHT + 5
    async with serving() as (_, gate, address):
        reader, writer = await connect(address)
        writer.write(request_bytes(*(("Math.Held", seq, 5) for seq in range(count))))
        writer.write_eof()
        await gate.entered.acquire()
        gate.open.set()
        assert (await reader.read()).count(b"Math.Held") == count
        writer.close()


async def test_requests_of_a_client_that_is_gone_are_carried_out() -> None:
    count = 2 * CALLS_IN_FLIGHT + 5
    async with serving() as (_, gate, address):
        _, writer = await connect(address)
        writer.write(request_bytes(*(("Math.Held", seq, 5) for seq in range(count))))
        await gate.entered.acquire()
        writer.transport.abort()
        gate.open.set()
        for _ in range(count - 1):
            await gate.entered.acquire()


async def test_requests_of_one_read_are_answered_in_few_writes() -> None:
    sizes: list[int] = []

    class Reads(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            sizes.append(len(data))

    async with serving() as (_, _, address):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(Reads, host, int(port))
        transport.write(request_bytes(*(("Math.Sum", seq, Pair(1, 2)) for seq in range(100))))
        while sum(sizes) < 100 * len(b"Math.Sum"):
            await asyncio.sleep(0.001)
        assert len(sizes) < 50
        transport.close()


async def test_handlers_of_one_read_have_contexts_of_their_own() -> None:
    seen: list[int] = []
    number: ContextVar[int] = ContextVar("number", default=-1)

    async def remember(value: int) -> int:
        seen.append(number.get())
        number.set(value)
        return number.get()

    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Var", [Method[int, int]("Var.Set").async_handler(remember)])
        calls = [client.go("Var.Set", n, reply=int) for n in range(20)]
        assert [await call for call in calls] == list(range(20))
        assert seen == [-1] * 20


async def test_handlers_run_in_tasks_of_their_own() -> None:
    tasks: list[object] = []

    async def tell(value: int) -> int:
        async with asyncio.timeout(60):
            tasks.append(asyncio.current_task())
        return value

    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Task", [Method[int, int]("Task.Tell").async_handler(tell)])
        calls = [client.go("Task.Tell", n, reply=int) for n in range(20)]
        assert [await call for call in calls] == list(range(20))
        assert len(set(tasks)) == 20
        assert None not in tasks


async def test_requests_are_answered_in_the_order_in_which_they_end() -> None:
    async with serving() as (_, _, address), dial(address) as client:
        held = client.go(HELD, 1)
        assert (await client.call(DOUBLE, 2), held.is_done()) == (4, False)


async def test_error_of_a_handler_is_the_answer() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
        with pytest.raises(ServerError, match="by zero"):
            await client.call("Bad.Div", 0, int)


async def test_error_of_a_handler_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
        with pytest.raises(ServerError):
            await client.call("Bad.Div", 0, int)
    assert "ZeroDivisionError" in caplog.text


async def test_handler_that_exits_does_not_end_the_server() -> None:
    async def leave(number: int) -> int:
        raise SystemExit(number)

    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Exit").async_handler(leave)])
        with pytest.raises(ServerError):
            await client.call("Bad.Exit", 3, int)
        assert await client.call(DOUBLE, 2) == 4


async def test_reply_that_does_not_fit_is_an_error() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Reply").handler(lambda n: 2**n)])
        with pytest.raises(ServerError, match="does not fit"):
            await client.call("Bad.Reply", 64, int)


async def test_client_that_closes_its_side_gets_its_replies() -> None:
    async with serving() as (_, gate, address):
        reader, writer = await connect(address)
        writer.write(request_bytes(("Math.Held", 0, 5)))
        writer.write_eof()
        await gate.entered.acquire()
        gate.open.set()
        assert (await reader.read()).endswith(bytes.fromhex("0304000a"))
        writer.close()


async def test_client_that_never_reads_does_not_hold_up_others() -> None:
    async with serving() as (_, _, address), dial(address) as client:
        _, writer = await connect(address)
        size = 1 << 20
        writer.write(request_bytes(*(("Math.Blob", seq, size) for seq in range(50))))
        assert await client.call(DOUBLE, 2) == 4
        writer.transport.abort()


async def test_client_that_sends_nonsense_is_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as (_, _, address):
        reader, writer = await connect(address)
        with caplog.at_level(logging.WARNING):
            writer.write(bytes.fromhex("03040006"))
            assert await reader.read() == b""
        assert "rpc: server cannot decode request" in caplog.text
        writer.close()


async def test_limits_apply() -> None:
    server = Server(limits=Limits(message=100))
    server.register_name("Math", [Method[bytes, int]("Math.Len").handler(len)])
    listener = await server.listen("127.0.0.1:0")
    async with server, dial(listener.address) as client:
        with pytest.raises(RpcError):
            await client.call("Math.Len", bytes(1000), int)


async def test_serve_codec_uses_it() -> None:
    ours, theirs = socket.socketpair()
    server = make_server(AsyncGate())
    theirs.sendall(request_bytes(("Math.Double", 0, 4)))
    theirs.shutdown(socket.SHUT_WR)
    await server.serve_codec(ours, GobServerCodec())
    with theirs:
        assert theirs.makefile("rb").read().endswith(bytes.fromhex("03040010"))


async def test_serve_conn_returns_when_the_client_leaves() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    server = make_server(AsyncGate())
    await server.serve_conn(ours)
    assert repr(server) == "<Server of Math>"


async def test_serve_request_answers_one() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    server, codec = make_server(AsyncGate()), GobServerCodec()
    with ours, theirs:
        theirs.sendall(request_bytes(("Math.Sum", 0, Pair(1, 2)), ("Math.Double", 1, 5)))
        await server.serve_request(ours, codec)
        assert theirs.recv(65536).endswith(bytes.fromhex("03040006"))
        await server.serve_request(ours, codec)
        assert theirs.recv(65536).endswith(bytes.fromhex("03040014"))


async def test_serve_request_that_is_refused() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        theirs.sendall(request_bytes(("Math.Nope", 0, 4)))
        with pytest.raises(ServerError, match=r"rpc: can't find method Math\.Nope"):
            await make_server(AsyncGate()).serve_request(ours, GobServerCodec())


async def test_connection_is_not_closed_while_asyncio_has_it_write_on() -> None:
    ours, theirs = socket.socketpair()
    shared = Serving(ConnectionLimits(), Workers(1))
    connection = ServerConnection(ServerProtocol(Server(), GobServerCodec()), shared)
    loop = asyncio.get_running_loop()
    with theirs:
        transport, _ = await loop.connect_accepted_socket(lambda: connection, ours)
        connection.pause_writing()
        connection.stop()
        connection.resume_writing()  # which asyncio calls in the middle of sending
        assert not transport.is_closing()
        await connection.wait_closed()
    shared.sweep.end()


async def test_close_answers_what_is_under_way() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        closing = asyncio.ensure_future(server.close(grace=30))
        await asyncio.sleep(0)
        gate.open.set()
        assert await call == 5
        await closing


async def test_cancel_that_comes_while_the_server_closes_is_not_lost() -> None:
    begun = asyncio.Event()

    async def wait(number: int) -> int:
        begun.set()
        await asyncio.sleep(TIMEOUT_S)
        return number

    server, codec = Server(), GobClientCodec()
    server.register_name("Math", [HELD.async_handler(wait), SUM.async_handler(add)])
    listener = await server.listen("127.0.0.1:0")
    async with server:
        reader, writer = await connect(listener.address)
        writer.write(request_bytes(("Math.Held", 1, 5), codec=codec))
        await begun.wait()
        closing = asyncio.create_task(server.close(TIMEOUT_S))
        assert server._shared is not None
        (connection,) = server._shared.connections
        while not connection._closes_when_idle:
            await asyncio.sleep(0)
        writer.write(request_bytes(("Math.Sum", 2, Pair(1, 2)), codec=codec))  # which is not
        writer.write(request_bytes((CANCEL_METHOD, 3, CancelArgs(1)), codec=codec))
        assert answered(await reader.read()) == [1, 3]
        await closing
        writer.close()


async def test_close_does_not_wait_for_ever() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        await server.close(grace=0.01)
        with pytest.raises(RpcError):
            await call


async def test_close_leaves_no_task_behind() -> None:
    before = len(asyncio.all_tasks())
    async with serving() as (_, gate, address):
        client = await dial(address)
        client.go(HELD, 5)
        await gate.entered.acquire()
        await client.close()
    assert len(asyncio.all_tasks()) == before


async def test_close_removes_the_file_of_a_unix_socket(tmp_path: Path) -> None:
    server = make_server(AsyncGate())
    await server.listen(f"unix://{tmp_path}/s")
    await server.close()
    assert list(tmp_path.iterdir()) == []


async def test_repr_names_the_services() -> None:
    assert repr(make_server(AsyncGate())) == "<Server of Math>"


async def test_statistics_of_a_call_that_is_over() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        await client.call(SUM, Pair(1, 2))
        calls = server.find("Math.Sum").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 0, 0)


async def test_statistics_of_a_call_under_way() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        client.go(HELD, 1)
        await gate.entered.acquire()
        calls = server.find("Math.Held").statistics.snapshot()
    assert (calls.calls, calls.in_flight) == (1, 1)


async def test_statistics_of_a_handler_that_raises() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
        with pytest.raises(ServerError):
            await client.call("Bad.Div", 0, int)
        calls = server.find("Bad.Div").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 1, 0)


async def test_statistics_of_a_reply_that_does_not_fit() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("Bad", [Method[int, int]("Bad.Reply").handler(lambda n: 2**n)])
        with pytest.raises(ServerError):
            await client.call("Bad.Reply", 64, int)
        calls = server.find("Bad.Reply").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 1, 0)


async def test_statistics_of_a_call_that_is_cancelled_by_close() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        client.go(HELD, 1)
        await gate.entered.acquire()
        await server.close(grace=0.0)
        await asyncio.sleep(0)  # the task notices its end
        calls = server.find("Math.Held").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 1, 0)


async def test_connections_that_are_open_are_counted() -> None:
    async with serving() as (server, _, address), dial(address) as one, dial(address) as other:
        await one.call(SUM, Pair(1, 2))
        await other.call(SUM, Pair(1, 2))
        assert server.connections.open == 2


async def test_connections_that_are_over_are_not_open() -> None:
    async with serving() as (server, _, address):
        async with dial(address) as client:
            await client.call(SUM, Pair(1, 2))
        await server.close()
        assert (server.connections.open, server.connections.total) == (0, 1)


async def test_debug_page_is_served_over_http(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as (server, _, _):
        server.handle_http()
        listener = await server.listen("http://127.0.0.1:0")
        host, _, port = listener.address.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /debug/rpc HTTP/1.0\r\n\r\n")
        assert b"func Sum(messages.Pair, *int) error" in re.sub(rb"</?b>", b"", await reader.read())
        writer.close()
        await writer.wait_closed()
    assert caplog.text == ""


class SulkingCodec(GobServerCodec):
    """Cannot even say that something went wrong."""

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        if response.error:
            raise RuntimeError("out of words")
        return super().encode_response(response, schema, reply)


@pytest.mark.parametrize("method", ["Math.Sum", "Math.Nope"])
async def test_error_that_cannot_be_told_ends_the_connection(
    caplog: pytest.LogCaptureFixture, method: str
) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    async with serving() as (server, _, _):
        with theirs:
            theirs.sendall(request_bytes((method, 0, "no pair")))
            await asyncio.wait_for(server.serve_codec(ours, SulkingCodec()), 30)
    assert "out of words" in caplog.text


LIST = Method[list[int], int]("Math.Len")
ECHO = Method[list[int], list[int]]("Math.Echo")

# So many numbers are large, to be encoded as well as decoded.
MANY = list(range(100_000))


def list_bytes(*lists: list[int]) -> bytes:
    codec = GobClientCodec()
    return b"".join(
        part
        for seq, numbers in enumerate(lists)
        for part in codec.encode_request(Request(LIST.name, seq), LIST.request, numbers)
    )


def register_list(server: Server, handler: Callable[[list[int]], Awaitable[int]]) -> None:
    server.register_name("Math", [LIST.async_handler(handler)])


async def count(numbers: list[int]) -> int:
    return len(numbers)


async def echo(numbers: list[int]) -> list[int]:
    return numbers


@pytest.mark.parametrize("codec", ["gob", "json"])
async def test_large_request_is_answered(codec: CodecName) -> None:
    server = Server()
    register_list(server, count)
    async with server:
        listener = await server.listen("127.0.0.1:0", codec)
        async with dial(listener.address, codec=codec) as client:
            assert await client.call(LIST, MANY) == len(MANY)


@pytest.mark.parametrize("codec", ["gob", "json"])
async def test_large_reply_is_sent(codec: CodecName) -> None:
    server = Server()
    server.register_name("Math", [ECHO.async_handler(echo)])
    async with server:
        listener = await server.listen("127.0.0.1:0", codec)
        async with dial(listener.address, codec=codec) as client:
            replies = await asyncio.gather(*(client.call(ECHO, MANY) for _ in range(3)))
            assert all(reply == MANY for reply in replies)


@pytest.mark.parametrize("codec", ["gob", "json"])
async def test_large_post_is_answered(codec: CodecName) -> None:
    server = Server()
    register_list(server, count)
    async with server:
        listener = await server.listen("http://127.0.0.1:0", codec)
        reader, writer = await connect(listener.address.replace("http", "tcp"))
        body = json.dumps({"method": "Math.Len", "params": [MANY], "id": 1}).encode()
        head = (
            "POST /_goRPC_ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        assert b'"result":100000' in await reader.read()
        writer.close()


async def test_large_request_is_decoded_in_another_thread() -> None:
    threads: set[int] = set()

    class Codec(GobServerCodec):
        def decode_request_body(self, schema: Schema[Any] | None) -> Any:
            threads.add(threading.get_ident())
            return super().decode_request_body(schema)

    server = Server()
    register_list(server, count)
    ours, theirs = socket.socketpair()
    with theirs:
        serving = asyncio.ensure_future(server.serve_codec(ours, Codec()))
        await asyncio.to_thread(theirs.sendall, list_bytes(MANY))
        theirs.shutdown(socket.SHUT_WR)
        await serving
    await server.close()
    # A first look, at what has come so far, finds that it is not whole.
    assert threads - {threading.get_ident()}


async def test_requests_beside_large_ones_begin_in_their_order() -> None:
    sizes: list[int] = []

    async def remember(numbers: list[int]) -> int:
        sizes.append(len(numbers))
        return len(numbers)

    server = Server()
    register_list(server, remember)
    async with server:
        reader, writer = await connect((await server.listen("127.0.0.1:0")).address)
        lists = [[1], MANY, [1, 2], [1, 2, 3], MANY, []]
        writer.write(list_bytes(*lists))
        writer.write_eof()
        assert (await reader.read()).count(b"Math.Len") == len(lists)
        writer.close()
    assert sizes == [len(numbers) for numbers in lists]


async def test_large_request_that_does_not_fit_is_refused_alone() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        server.register_name("List", [Method[Pair, int]("List.Sum").async_handler(add)])
        with pytest.raises(ServerError):
            await client.call("List.Sum", MANY, int)
        assert await client.call(DOUBLE, 2) == 4


async def test_close_while_a_large_request_is_decoded_answers_it() -> None:
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Codec(GobServerCodec):
        def decode_request_body(self, schema: Schema[Any] | None) -> Any:
            loop.call_soon_threadsafe(began.set)
            return super().decode_request_body(schema)

    server = Server()
    register_list(server, count)
    ours, theirs = socket.socketpair()
    with theirs:
        serving = asyncio.ensure_future(server.serve_codec(ours, Codec()))
        await asyncio.to_thread(theirs.sendall, list_bytes(MANY))
        await began.wait()
        await server.close(grace=60)
        await serving
        assert theirs.makefile("rb").read().count(b"Math.Len") == 1


async def test_refusal_after_a_large_reply_waits_for_it() -> None:
    server = Server()
    server.register_name("Math", [ECHO.async_handler(echo), LIST.async_handler(count)])
    async with server:
        async with dial((await server.listen("127.0.0.1:0")).address) as client:
            calls: list[Call[Any]] = []
            for _ in range(3):
                calls.append(client.go(ECHO, MANY))
                calls.append(client.go("Math.Nope", 1))
                calls.append(client.go(LIST, [1]))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
    for reply, error, size in zip(*[iter(outcomes)] * 3, strict=True):
        assert reply == MANY
        assert isinstance(error, ServerError)
        assert size == 1


async def test_close_while_a_large_reply_is_encoded_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began, leave = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    class Codec(GobServerCodec):
        def encode_response(
            self, response: Response, schema: Schema[Any], reply: object
        ) -> Sequence[bytes]:
            loop.call_soon_threadsafe(began.set)
            leave.wait(60)
            return super().encode_response(response, schema, reply)

    server = Server()
    server.register_name("Math", [ECHO.async_handler(echo)])
    ours, theirs = socket.socketpair()
    async with await Client.with_codec(theirs, GobClientCodec()) as client:
        serving = asyncio.ensure_future(server.serve_codec(ours, Codec()))
        calls = [client.go(ECHO, MANY) for _ in range(2)]
        await began.wait()
        await server.close(grace=0)
        await serving
        leave.set()
        with pytest.raises(RpcError):
            await calls[0]
    statistics = server.find("Math.Echo").statistics.snapshot()
    assert (statistics.in_flight, caplog.text) == (0, "")


async def test_close_drops_the_requests_of_a_client_that_is_gone() -> None:
    gate = AsyncGate()
    server = make_server(gate)
    async with server:
        _, writer = await connect((await server.listen("127.0.0.1:0")).address)
        writer.write(request_bytes(*(("Math.Held", seq, 5) for seq in range(5))))
        await gate.entered.acquire()
        assert server._shared is not None
        (connection,) = server._shared.connections
        reset(writer)
        await connection.wait_closed()
        assert server._shared.orphans == {connection}
    await asyncio.sleep(0)
    assert (server._shared.orphans, connection._running) == (set(), {})


async def test_connection_of_a_client_that_is_gone_is_forgotten() -> None:
    async with serving() as (server, gate, address):
        _, writer = await connect(address)
        writer.write(request_bytes(("Math.Held", 0, 5), ("Math.Held", 1, 5)))
        await gate.entered.acquire()
        await gate.entered.acquire()
        assert server._shared is not None
        (connection,) = server._shared.connections
        reset(writer)
        await connection.wait_closed()
        gate.open.set()
        while server._shared.orphans:
            await asyncio.sleep(0)
        assert connection._running == {}


async def test_flood_of_one_client_leaves_turns_to_others() -> None:
    order: list[int] = []

    async def note(number: int) -> int:
        order.append(number)
        return number

    server = Server()
    server.register_name("Math", [DOUBLE.async_handler(note)])
    async with server:
        address = (await server.listen("127.0.0.1:0")).address
        _, writer = await connect(address)
        async with dial(address) as client:
            await client.call(DOUBLE, 1)
            writer.write(request_bytes(*(("Math.Double", seq, 5) for seq in range(20_000))))
            await client.call(DOUBLE, 2)
            assert order.index(2) < 19_000
            writer.transport.abort()


async def test_one_client_does_not_take_all_threads() -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    def hold(number: int) -> int:
        entered.release()
        leave.wait(60)
        return number

    server = Server(workers=5)
    quick = Method[int, int]("Math.Quick")
    server.register_name("Math", [DOUBLE.handler(hold), quick.handler(abs)])
    async with server:
        address = (await server.listen("127.0.0.1:0")).address
        async with dial(address) as greedy, dial(address) as modest:
            calls = [greedy.go(DOUBLE, n) for n in range(20)]
            for _ in range(4):
                await asyncio.to_thread(entered.acquire)
            assert await modest.call(quick, -3) == 3
            leave.set()
            assert [await call for call in calls] == list(range(20))


async def test_calls_beyond_those_of_one_connection_wait() -> None:
    gate = AsyncGate()
    server = Server(max_calls_per_connection=2)
    server.register_name("Math", [HELD.async_handler(gate.held)])
    async with server, dial((await server.listen("127.0.0.1:0")).address) as client:
        calls = [client.go(HELD, n) for n in range(5)]
        for _ in range(2):
            await gate.entered.acquire()
        await asyncio.sleep(0.01)
        assert gate.entered.locked()  # nobody else has entered
        gate.open.set()
        assert [await call for call in calls] == list(range(5))


async def test_connections_beyond_those_that_are_taken_wait() -> None:
    server = Server(max_connections=1)
    server.register_name("Math", [SUM.async_handler(add)])
    async with server:
        address = (await server.listen("127.0.0.1:0")).address
        first = await dial(address)
        assert await first.call(SUM, Pair(1, 2)) == 3
        async with dial(address) as second:
            call = second.go(SUM, Pair(3, 4))
            with pytest.raises(CallTimeoutError):
                await call.result(timeout=0.02)
            await first.close()
            assert await call == 7


@pytest.mark.parametrize(
    "limits",
    [
        {"header_timeout": 0},
        {"body_timeout": -1},
        {"idle_timeout": 0},
        {"max_connections": 0},
        {"max_calls_per_connection": 0},
        {"workers": 0},
    ],
)
def test_limit_that_is_none(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Server(**limits)


@asynccontextmanager
async def impatient(address: str, **limits: Any) -> AsyncIterator[tuple[AsyncGate, Listener]]:
    """Serve with limits of a few hundredths of a second."""
    gate = AsyncGate()
    server = Server(**limits)
    server.register_name("Math", [SUM.async_handler(add), HELD.async_handler(gate.held)])
    async with server:
        yield gate, await server.listen(address)
        gate.open.set()


async def test_header_that_does_not_end_is_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    async with impatient("127.0.0.1:0", header_timeout=0.03) as (_, listener):
        reader, writer = await connect(listener.address)
        writer.write(request_bytes(("Math.Sum", 0, Pair(1, 2)))[:5])
        assert await reader.read() == b""
        writer.close()
    assert "the rest of a request's header did not come within 0.03 s" in caplog.text
    assert "(header_timeout)" in caplog.text


async def test_body_that_does_not_end_is_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    async with impatient("127.0.0.1:0", body_timeout=0.03) as (_, listener):
        reader, writer = await connect(listener.address)
        writer.write(request_bytes(("Math.Sum", 0, Pair(1, 2)))[:-1])
        assert await reader.read() == b""
        writer.close()
    assert "the rest of a request's body did not come within 0.03 s" in caplog.text
    assert "(body_timeout)" in caplog.text


async def test_drops_do_not_prolong_a_body() -> None:
    async with impatient("127.0.0.1:0", body_timeout=0.05) as (_, listener):
        reader, writer = await connect(listener.address)
        ended = asyncio.ensure_future(reader.read())
        writer.write(list_bytes(MANY)[:200])
        while not ended.done():
            writer.write(b"\0")
            await asyncio.sleep(0.01)
        writer.close()


async def test_idle_connection_is_hung_up() -> None:
    async with impatient("127.0.0.1:0", idle_timeout=0.03) as (_, listener):
        reader, writer = await connect(listener.address)
        assert await reader.read() == b""
        writer.close()


async def test_idle_connection_stays_without_a_limit() -> None:
    async with impatient("127.0.0.1:0", header_timeout=0.01, body_timeout=0.01) as (_, listener):
        async with dial(listener.address) as client:
            await asyncio.sleep(0.1)
            assert await client.call(SUM, Pair(1, 2)) == 3


async def test_connection_with_a_call_under_way_is_not_idle() -> None:
    async with impatient("127.0.0.1:0", idle_timeout=0.02) as (gate, listener):
        async with dial(listener.address) as client:
            call = client.go(HELD, 5)
            await asyncio.sleep(0.2)
            gate.open.set()
            assert await call == 5


@pytest.mark.parametrize("codec", ["gob", "json"])
async def test_connection_between_calls_is_no_late_header(codec: CodecName) -> None:
    server = Server(header_timeout=0.02, body_timeout=0.02)
    server.register_name("Math", [SUM.async_handler(add)])
    async with server:
        listener = await server.listen("127.0.0.1:0", codec)
        async with dial(listener.address, codec=codec) as client:
            for _ in range(2):
                assert await client.call(SUM, Pair(1, 2)) == 3
                await asyncio.sleep(0.1)


async def test_http_request_that_does_not_come_is_hung_up_on() -> None:
    async with impatient("http://127.0.0.1:0", handshake_timeout=0.03) as (_, listener):
        reader, writer = await connect(listener.address.replace("http", "tcp"))
        writer.write(b"CONNECT /_goRPC_ HTT")
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("scheme", ["http", "tls", "https"])
async def test_oldest_handshake_makes_room_for_others(scheme: str) -> None:
    options: DialOptions = {} if scheme == "http" else {"tls": client_context()}
    server = make_server(AsyncGate())
    server._admission = Admission(None, 1)
    async with server:
        tls = None if scheme == "http" else server_context()
        address = (await server.listen(f"{scheme}://127.0.0.1:0", tls=tls)).address
        reader, writer = await connect(address.replace(scheme, "tcp"))
        writer.write(b"CONNECT /_goRPC_ HTT" if scheme == "http" else b"\x16\x03\x01")
        async with dial(address, **options) as client:
            assert await client.call(DOUBLE, 2) == 4
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_handshake_that_is_over_leaves_its_place() -> None:
    server = make_server(AsyncGate())
    server._admission = Admission(None, 1)
    async with server:
        address = (await server.listen("http://127.0.0.1:0")).address
        async with dial(address) as first, dial(address) as second:
            for client in (first, second):
                assert await client.call(DOUBLE, 2) == 4


async def test_replies_after_the_end_of_tls_are_not_given_to_the_transport() -> None:
    gate = AsyncGate()
    async with make_server(gate) as server:
        listener = await server.listen("tls://127.0.0.1:0", tls=server_context())
        reader, writer = await asyncio.open_connection(
            "localhost", listener.bound.port, ssl=client_context()
        )
        writer.write(request_bytes(("Math.Held", 0, 5)))
        await gate.entered.acquire()
        assert server._shared is not None
        (connection,) = server._shared.connections
        assert not connection.eof_received()
        gate.open.set()
        await server.close()
        assert await reader.read() == b""
        writer.close()


class BrokenSocket(socket.socket):
    """Cannot accept: for a time, or for good."""

    errors: list[int]

    def accept(self) -> tuple[socket.socket, Any]:
        if self.errors:
            number = self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


def broken(*errors: int) -> BrokenSocket:
    listening = BrokenSocket()
    listening.errors = list(errors)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


@pytest.mark.parametrize(
    "number", [errno.EPROTO, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EPERM, errno.EMFILE]
)
async def test_accept_after_an_error_that_passes(number: int) -> None:
    listening = broken(number, number)
    async with make_server(AsyncGate()) as server:
        await server.accept(listening)
        async with dial(f"127.0.0.1:{listening.getsockname()[1]}") as client:
            assert await client.call(DOUBLE, 2) == 4


async def test_serve_raises_when_a_listening_socket_is_useless() -> None:
    listening = broken(errno.EINVAL)
    server = make_server(AsyncGate())
    await server.accept(listening)
    serving = asyncio.ensure_future(server.serve())
    _, writer = await connect(f"127.0.0.1:{listening.getsockname()[1]}")
    with pytest.raises(OSError, match="Invalid argument"):
        await serving
    writer.transport.abort()


async def elsewhere(use: Callable[[], Awaitable[object]]) -> None:
    """Use something in an event loop of another thread, and expect that to be refused."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match="the server belongs to one event loop"):
            await use()

    await asyncio.to_thread(asyncio.run, main())


async def test_close_in_another_loop() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        await elsewhere(server.close)
        assert await client.call(DOUBLE, 2) == 4


async def test_listen_in_another_loop() -> None:
    async with serving() as (server, _, _):
        await elsewhere(lambda: server.listen("127.0.0.1:0"))


async def test_serve_conn_in_another_loop() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        async with serving() as (server, _, _):
            await elsewhere(lambda: server.serve_conn(ours))


def test_serve_after_the_end_of_its_loop() -> None:
    server = make_server(AsyncGate())

    async def once() -> None:
        async with server:
            pass

    async def again() -> None:
        with pytest.raises(RuntimeError, match="an event loop that is closed"):
            await server.serve()

    asyncio.run(once())
    asyncio.run(again())


def test_listen_in_one_loop_and_serve_in_another() -> None:
    server = make_server(AsyncGate())

    async def call(address: str) -> int:
        async with server, dial(address) as client:
            return await client.call(DOUBLE, 2)

    listener = asyncio.run(server.listen("127.0.0.1:0"))
    assert asyncio.run(call(listener.address)) == 4


async def test_connections_are_probed_for_life() -> None:
    async with serving() as (server, _, address), dial(address) as client:
        await client.call(DOUBLE, 2)
        assert server._shared is not None
        (ours,) = server._shared.connections
        for transport in (ours._transport, client._connection._transport):
            assert transport is not None
            connection = transport.get_extra_info("socket")
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize("address", [":0", "[::]:0", "0.0.0.0:0"])
async def test_listen_on_all_addresses_of_both_families(address: str) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no dual stack here")
    async with make_server(AsyncGate()) as server:
        port = (await server.listen(address)).address.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            async with dial(f"{host}:{port}") as client:
                assert await client.call(DOUBLE, 2) == 4


def run_script(script: str, *arguments: str) -> str:
    """Run a program of its own, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_process_ends_while_plain_handlers_run() -> None:
    script = """if True:
        import asyncio, threading
        from rpcgen import Method, aio
        hold, entered = Method[int, int]("T.Hold"), threading.Semaphore(0)
        def held(number):
            entered.release()
            threading.Event().wait()
        async def main():
            server = aio.Server()
            server.register_name("T", [hold.handler(held)])
            async with server, aio.dial((await server.listen("127.0.0.1:0")).address) as client:
                calls = [client.go(hold, n) for n in range(3)]
                for _ in calls:
                    await asyncio.to_thread(entered.acquire)
                await server.close(grace=0.01)
            print("closed")
        asyncio.run(main())
    """
    assert run_script(script) == "closed\n"


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_close_of_one_process_leaves_the_others_their_listener(
    transport: str, tmp_path: Path
) -> None:
    script = """if True:
        import asyncio, os, signal, sys
        from rpcgen import Method, aio
        pid = Method[int, int]("T.Pid")
        server = aio.Server()
        server.register_name("T", [pid.handler(lambda _: os.getpid())])
        listener = asyncio.run(server.listen(sys.argv[1]))
        async def serve():
            closing = lambda: asyncio.ensure_future(server.close())
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, closing)
            await server.serve()
        async def reach():
            async with aio.dial(listener.address, timeout=10) as client:
                return await client.go(pid, 1).result(timeout=10)
        children = []
        for _ in range(3):
            child = os.fork()
            if not child:
                asyncio.run(serve())
                os._exit(0)
            children.append(child)
        try:
            first = asyncio.run(reach())
            os.kill(first, signal.SIGTERM)
            os.waitpid(first, 0)
            children.remove(first)
            print([asyncio.run(reach()) in children for _ in range(5)])
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
    """
    address = f"unix://{tmp_path}/s" if transport == "unix" else "tcp://127.0.0.1:0"
    assert run_script(script, address) == "[True, True, True, True, True]\n"


async def test_serve_conn_of_an_encrypted_socket() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        context = ssl.create_default_context()
        secure = context.wrap_socket(
            ours, server_hostname="localhost", do_handshake_on_connect=False
        )
        with secure, pytest.raises(TypeError, match="SSLSocket"):
            await make_server(AsyncGate()).serve_conn(secure)


async def test_serve_conn_that_is_cancelled_hangs_up() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with theirs:
        serving = asyncio.ensure_future(make_server(AsyncGate()).serve_conn(ours))
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert await asyncio.get_running_loop().sock_recv(theirs, 1) == b""


async def test_serve_that_is_cancelled_hangs_up() -> None:
    server = make_server(AsyncGate())
    address = (await server.listen("127.0.0.1:0")).address
    serving = asyncio.ensure_future(server.serve())
    async with dial(address) as client:
        await client.call(DOUBLE, 2)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(RpcError):
            await client.call(DOUBLE, 2)


# --- closing, and what is logged ------------------------------------------------------------------

CLOSE = Method[int, int]("Bye.Close")


async def test_serve_waits_for_the_close_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rpcgen.aio.server._GRACE_S", 0.05)
    gate = AsyncGate()
    server = make_server(gate)
    listener = await server.listen("127.0.0.1:0")
    serving = asyncio.create_task(server.serve())
    async with dial(listener.address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        closing = asyncio.create_task(server.close(TIMEOUT_S))
        await asyncio.wait([serving], timeout=0.2)  # longer than the grace that serve() has
        assert not serving.done()
        gate.open.set()
        assert await call == 5
    await serving
    await closing


async def test_close_cuts_the_grace_of_the_close_under_way() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        closing = asyncio.create_task(server.close(3600))
        await asyncio.sleep(0)
        await server.close(grace=0.01)
        await asyncio.wait_for(closing, TIMEOUT_S)
        with pytest.raises(RpcError):
            await call


async def test_close_that_is_cancelled_goes_on() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        closing = asyncio.create_task(server.close(TIMEOUT_S))
        await asyncio.sleep(0)
        closing.cancel()
        gate.open.set()
        assert await call == 5


@pytest.mark.parametrize("waits", [False, True])
async def test_close_in_a_handler_sends_its_reply(waits: bool) -> None:
    async with serving() as (server, _, address):

        async def close(_: int) -> int:
            if waits:
                await asyncio.sleep(0)
            await server.close(TIMEOUT_S)
            return 7

        server.register_name("Bye", [CLOSE.async_handler(close)])
        async with dial(address) as client:
            assert await asyncio.wait_for(client.go(CLOSE, 0), TIMEOUT_S) == 7
        await asyncio.wait_for(server.serve(), TIMEOUT_S)


async def close_in_a_task(server: Server) -> None:
    await asyncio.create_task(server.close(TIMEOUT_S))


async def close_in_a_group(server: Server) -> None:
    await asyncio.gather(server.close(TIMEOUT_S))


async def close_in_time(server: Server) -> None:
    await asyncio.wait_for(server.close(TIMEOUT_S), TIMEOUT_S)


@pytest.mark.parametrize("close_it", [close_in_a_task, close_in_a_group, close_in_time])
@pytest.mark.parametrize("listens", [True, False])
async def test_close_in_a_task_of_a_handler_sends_its_reply(
    close_it: Callable[[Server], Awaitable[None]], listens: bool
) -> None:
    async with serving() as (server, _, address):

        async def close(_: int) -> int:
            await close_it(server)
            return 7

        server.register_name("Bye", [CLOSE.async_handler(close)])
        if listens:
            async with dial(address) as client:
                assert await asyncio.wait_for(client.go(CLOSE, 0), TIMEOUT_S) == 7
        else:
            ours, theirs = socket.socketpair()
            task = asyncio.create_task(server.serve_conn(theirs))
            async with await Client.with_codec(ours, GobClientCodec()) as client:
                assert await asyncio.wait_for(client.go(CLOSE, 0), TIMEOUT_S) == 7
            await task
        await asyncio.wait_for(server.serve(), TIMEOUT_S)


async def test_close_by_a_thread_of_a_handler_sends_its_reply() -> None:
    async with serving() as (server, _, address):
        loop = asyncio.get_running_loop()

        def close(_: int) -> int:
            asyncio.run_coroutine_threadsafe(server.close(TIMEOUT_S), loop).result(TIMEOUT_S)
            return 7

        server.register_name("Bye", [CLOSE.handler(close)])
        async with dial(address) as client:
            assert await asyncio.wait_for(client.go(CLOSE, 0), TIMEOUT_S) == 7


async def test_close_by_the_task_that_serves_a_connection_waits() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        ours, theirs = socket.socketpair()
        ours.close()
        await server.serve_conn(theirs)
        held = client.go(HELD, 5)
        await gate.entered.acquire()
        await server.close(0)
        with pytest.raises(DisconnectedError):
            await held


async def test_close_in_a_handler_lets_other_calls_end() -> None:
    async with serving() as (server, gate, address):

        async def close(_: int) -> int:
            await server.close(TIMEOUT_S)
            return 7

        server.register_name("Bye", [CLOSE.async_handler(close)])
        async with dial(address) as client, dial(address) as other:
            held = other.go(HELD, 5)
            await gate.entered.acquire()
            assert await client.call(CLOSE, 0) == 7
            gate.open.set()
            assert await held == 5


async def test_serve_that_is_cancelled_closes_and_is_cancelled() -> None:
    server = make_server(AsyncGate())
    listener = await server.listen("127.0.0.1:0")
    serving = asyncio.create_task(server.serve())
    async with dial(listener.address) as client:
        assert await client.call(DOUBLE, 2) == 4
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_error_of_a_handler_is_logged_with_the_peer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as (server, _, address), dial(address) as client:

        async def fail(_: int) -> int:
            raise ValueError("no")

        server.register_name("Bye", [CLOSE.async_handler(fail)])
        with pytest.raises(ServerError):
            await client.call(CLOSE, 1)
    assert "Bye.Close failed, called by 127.0.0.1:" in caplog.text


async def test_error_that_a_handler_answers_with_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as (server, _, address), dial(address) as client:

        async def refuse(_: int) -> int:
            raise ServerError("no such key")

        server.register_name("Bye", [CLOSE.async_handler(refuse)])
        with pytest.raises(ServerError, match=r"^no such key$"):
            await client.call(CLOSE, 1)
    assert "no such key" not in caplog.text


EXITS = (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopIteration)


@pytest.mark.parametrize("exception", EXITS)
@pytest.mark.parametrize("is_async", [False, True])
async def test_serve_request_answers_whatever_is_raised(
    exception: type[BaseException], is_async: bool
) -> None:
    def fail(_: int) -> int:
        raise exception("text")

    async def fail_later(_: int) -> int:
        raise exception("text")

    server = Server()
    handler = CLOSE.async_handler(fail_later) if is_async else CLOSE.handler(fail)
    server.register_name("Bye", [handler])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(request_bytes(("Bye.Close", 0, 4)))
        await server.serve_request(ours, GobServerCodec())
        codec = GobClientCodec()
        codec.feed(theirs.recv(65536))
        assert re.match("text|coroutine raised StopIteration", codec.decode_response_header().error)
    assert server.find("Bye.Close").statistics.snapshot().in_flight == 0
    await server.close()


async def test_serve_request_that_is_cancelled_is_cancelled() -> None:
    gate = AsyncGate()
    server = make_server(gate)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(request_bytes(("Math.Held", 0, 4)))
        serving = asyncio.create_task(server.serve_request(ours, GobServerCodec()))
        await gate.entered.acquire()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
    assert server.find("Math.Held").statistics.snapshot().in_flight == 0
    await server.close()


@pytest.mark.parametrize(
    ("option", "error"), [({"codc": "json"}, TypeError), ({"strings": "utf-8"}, ValueError)]
)
async def test_listen_with_an_option_that_there_is_not(
    option: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error, match=r"there are: strict_names, strings|write 'strict' or"):
        await Server().listen(f"unix://{tmp_path}/socket", **option)
    assert list(tmp_path.iterdir()) == []


async def test_deadline_that_passes_as_another_call_comes(caplog: pytest.LogCaptureFixture) -> None:
    codec = GobClientCodec()
    requests = [
        b"".join(codec.encode_request(header, HELD.request, header.seq))
        for header in (
            ExtendedRequest(HELD.name, 1, timeout=20_000_000),
            ExtendedRequest(HELD.name, 2, timeout=int(TIMEOUT_S * 1e9)),
        )
    ]
    async with serving() as (_, gate, address):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        connection = socket.create_connection((host, int(port)))
        connection.send(requests[0])
        await gate.entered.acquire()
        passed = time.monotonic() + 0.03
        connection.send(requests[1])
        # The event loop finds both at once: the deadline, and the call that has no task yet.
        while time.monotonic() < passed:
            pass
        await gate.entered.acquire()
        connection.close()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_plain_handler_that_outlives_the_grace_is_told() -> None:
    begun, told = threading.Event(), threading.Event()

    def wait(number: int) -> int:
        begun.set()
        if context().wait_cancelled(TIMEOUT_S):
            told.set()
        return number

    server = Server()
    server.register_name("Math", [HELD.handler(wait)])
    listener = await server.listen("127.0.0.1:0")
    async with server, dial(listener.address) as client:
        client.go(HELD, 5)
        assert await asyncio.to_thread(begun.wait, TIMEOUT_S)
        await server.close(grace=0.01)
        assert await asyncio.to_thread(told.wait, TIMEOUT_S)
