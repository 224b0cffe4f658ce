from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from rpcgen.aio import Server, dial
from rpcgen.errors import DialError, RpcError, ServerError
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import CALLS_IN_FLIGHT, GobServerCodec, Response
from rpcgen.schema import Schema
from tests.protocol.messages import DOUBLE, SUM, Pair, request_bytes

HELD = Method[int, int]("Math.Held")
BLOB = Method[int, bytes]("Math.Blob")


class Gate:
    """Methods that are held up until the test opens the gate."""

    def __init__(self) -> None:
        self.entered = asyncio.Semaphore(0)
        self.open = asyncio.Event()

    async def held(self, number: int) -> int:
        self.entered.release()
        await self.open.wait()
        return number


async def add(pair: Pair) -> int:
    return pair.a + pair.b


def make_server(gate: Gate) -> Server:
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
async def serving() -> AsyncIterator[tuple[Server, Gate, str]]:
    gate = Gate()
    async with make_server(gate) as server:
        listener = await server.listen("127.0.0.1:0")
        yield server, gate, listener.address
        gate.open.set()


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return await asyncio.open_connection(host, int(port))


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
    server = make_server(Gate())
    listener = await server.listen("127.0.0.1:0")
    task = asyncio.ensure_future(server.serve())
    async with dial(listener.address) as client:
        assert await client.call(SUM, Pair(1, 2)) == 3
    await server.close()
    await task


async def test_serve_several_listeners(tmp_path: Path) -> None:
    server = make_server(Gate())
    listeners = [await server.listen("127.0.0.1:0"), await server.listen(f"unix://{tmp_path}/s")]
    async with server:
        for listener in listeners:
            async with dial(listener.address) as client:
                assert await client.call(SUM, Pair(1, 2)) == 3


async def test_accept_takes_a_socket_that_listens() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    async with make_server(Gate()) as server:
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
        assert (await client.call(DOUBLE, 2), held.over) == (4, False)


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
    server = make_server(Gate())
    theirs.sendall(request_bytes(("Math.Double", 0, 4)))
    theirs.shutdown(socket.SHUT_WR)
    await server.serve_codec(ours, GobServerCodec())
    with theirs:
        assert theirs.makefile("rb").read().endswith(bytes.fromhex("03040010"))


async def test_serve_conn_returns_when_the_client_leaves() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    server = make_server(Gate())
    await server.serve_conn(ours)
    assert repr(server) == "<Server of Math>"


async def test_serve_request_answers_one() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    server, codec = make_server(Gate()), GobServerCodec()
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
            await make_server(Gate()).serve_request(ours, GobServerCodec())


async def test_close_answers_what_is_under_way() -> None:
    async with serving() as (server, gate, address), dial(address) as client:
        call = client.go(HELD, 5)
        await gate.entered.acquire()
        closing = asyncio.ensure_future(server.close(grace=30))
        await asyncio.sleep(0)
        gate.open.set()
        assert await call == 5
        await closing


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
    server = make_server(Gate())
    await server.listen(f"unix://{tmp_path}/s")
    await server.close()
    assert list(tmp_path.iterdir()) == []


async def test_repr_names_the_services() -> None:
    assert repr(make_server(Gate())) == "<Server of Math>"


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

    def encode_response(self, response: Response, schema: Schema[Any], reply: object) -> bytes:
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
