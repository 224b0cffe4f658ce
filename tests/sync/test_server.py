from __future__ import annotations

import errno
import json
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.request import urlopen

import pytest

from rpcgen import Listener, Server, context, dial
from rpcgen.errors import (
    DecodeError,
    DialError,
    DisconnectedError,
    RegisterError,
    RpcError,
    ServerError,
)
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, GobServerCodec, Response
from rpcgen.protocol.headers import CANCEL_METHOD, CancelArgs
from rpcgen.schema import Schema
from rpcgen.sync import handshakes
from rpcgen.testing.certificates import client_context, server_context
from tests.protocol.messages import DOUBLE, SUM, Pair, answered, request_bytes
from tests.support.gates import Gate
from tests.support.sockets import connect, until_end
from tests.support.timeouts import TIMEOUT_S

HELD = Method[int, int]("Math.Held")
BLOB = Method[int, bytes]("Math.Blob")


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def server(gate: Gate) -> Iterator[Server]:
    server = Server()
    server.register_name(
        "Math",
        [
            SUM.handler(lambda pair: pair.a + pair.b),
            DOUBLE.handler(lambda number: 2 * number),
            HELD.handler(gate.held),
            BLOB.handler(bytes),
        ],
    )
    yield server
    gate.open.set()
    server.close()


@pytest.fixture
def address(server: Server, gate: Gate) -> Iterator[str]:
    listener = server.listen("127.0.0.1:0")
    with server:
        yield listener.address
        gate.open.set()  # or the server waits for what is held


def test_serve_answers(address: str) -> None:
    with dial(address) as client:
        assert client.call(SUM, Pair(1, 2)) == 3


def test_serve_blocks_until_close(server: Server) -> None:
    listener = server.listen("127.0.0.1:0")
    thread = threading.Thread(target=server.serve)
    thread.start()
    with dial(listener.address) as client:
        assert client.call(SUM, Pair(1, 2)) == 3
    server.close()
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


def test_serve_several_listeners(server: Server, tmp_path: Path) -> None:
    listeners = [server.listen("127.0.0.1:0"), server.listen(f"unix://{tmp_path}/s")]
    with server:
        for listener in listeners:
            with dial(listener.address) as client:
                assert client.call(SUM, Pair(1, 2)) == 3


def test_listen_while_serving(server: Server, address: str) -> None:
    listener = server.listen("127.0.0.1:0")
    with dial(listener.address) as client:
        assert client.call(SUM, Pair(1, 2)) == 3


def test_requests_of_a_connection_run_side_by_side(address: str, gate: Gate) -> None:
    with dial(address) as client:
        calls = [client.go(HELD, n) for n in range(20)]
        for _ in calls:
            assert gate.entered.acquire(timeout=TIMEOUT_S)
        gate.open.set()
        assert [call.result(TIMEOUT_S) for call in calls] == list(range(20))


def test_requests_are_answered_in_the_order_in_which_they_end(address: str, gate: Gate) -> None:
    with dial(address) as client:
        held = client.go(HELD, 1)
        assert client.call(DOUBLE, 2) == 4
        assert not held.is_done()


def test_error_of_a_handler_is_the_answer(server: Server, address: str) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
    with dial(address) as client:
        with pytest.raises(ServerError, match="integer division or modulo by zero"):
            client.call("Bad.Div", 0, int)


def test_error_of_a_handler_is_logged(
    server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
    with dial(address) as client, pytest.raises(ServerError):
        client.call("Bad.Div", 0, int)
    assert "ZeroDivisionError" in caplog.text


def test_handler_that_exits_does_not_end_the_server(server: Server, address: str) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Exit").handler(exit)])
    with dial(address) as client:
        with pytest.raises(ServerError):
            client.call("Bad.Exit", 3, int)
        assert client.call(DOUBLE, 2) == 4


def test_reply_that_does_not_fit_is_an_error(server: Server, address: str) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Reply").handler(lambda n: 2**n)])
    with dial(address) as client:
        with pytest.raises(ServerError, match="does not fit"):
            client.call("Bad.Reply", 64, int)
        assert client.call(DOUBLE, 2) == 4


def test_client_that_closes_its_side_gets_its_replies(address: str, gate: Gate) -> None:
    with connect(address) as connection:
        connection.sendall(request_bytes(("Math.Held", 0, 5)))
        connection.shutdown(socket.SHUT_WR)
        gate.entered.acquire(timeout=TIMEOUT_S)
        gate.open.set()
        assert connection.makefile("rb").read().endswith(bytes.fromhex("0304000a"))


def test_client_that_never_reads_does_not_hold_up_others(address: str) -> None:
    size = 1 << 20
    with connect(address) as deaf, dial(address) as client:
        deaf.sendall(request_bytes(*(("Math.Blob", seq, size) for seq in range(50))))
        assert client.call(DOUBLE, 2) == 4


def test_client_that_sends_nonsense_is_hung_up_on(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), connect(address) as connection:
        connection.sendall(bytes.fromhex("03040006"))
        assert connection.recv(1) == b""
    assert "rpc: server cannot decode request" in caplog.text


def test_client_that_says_nothing_can_leave(address: str) -> None:
    connect(address).close()
    with dial(address) as client:
        assert client.call(DOUBLE, 2) == 4


def test_limits_apply(gate: Gate) -> None:
    server = Server(limits=Limits(message=100))
    server.register_name("Math", [Method[bytes, int]("Math.Len").handler(len)])
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        with pytest.raises(RpcError):
            client.call("Math.Len", bytes(1000), int)


def test_serve_conn_returns_when_the_client_leaves(server: Server) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(request_bytes(("Math.Double", 0, 4)))
    theirs.shutdown(socket.SHUT_WR)
    server.serve_conn(ours)
    with theirs:
        assert theirs.makefile("rb").read().endswith(bytes.fromhex("03040010"))


def test_serve_codec_uses_it(server: Server) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(request_bytes(("Math.Double", 0, 4)))
    theirs.shutdown(socket.SHUT_WR)
    server.serve_codec(ours, GobServerCodec())
    with theirs:
        assert theirs.makefile("rb").read().endswith(bytes.fromhex("03040010"))


def test_serve_request_answers_one(server: Server) -> None:
    ours, theirs = socket.socketpair()
    codec = GobServerCodec()
    with ours, theirs:
        theirs.sendall(request_bytes(("Math.Double", 0, 4), ("Math.Double", 1, 5)))
        server.serve_request(ours, codec)
        assert theirs.recv(65536).endswith(bytes.fromhex("03040010"))


def test_serve_request_keeps_what_it_read_ahead(server: Server) -> None:
    ours, theirs = socket.socketpair()
    codec = GobServerCodec()
    with ours, theirs:
        theirs.sendall(request_bytes(("Math.Double", 0, 4), ("Math.Double", 1, 5)))
        server.serve_request(ours, codec)
        server.serve_request(ours, codec)
        assert theirs.recv(65536).endswith(bytes.fromhex("03040014"))


def test_serve_request_that_is_refused(server: Server) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(request_bytes(("Math.Nope", 0, 4)))
        with pytest.raises(ServerError, match=r"rpc: can't find method Math\.Nope"):
            server.serve_request(ours, GobServerCodec())
        assert b"can't find method" in theirs.recv(65536)


def test_serve_request_at_the_end(server: Server) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(DisconnectedError, match="EOF"):
        server.serve_request(ours, GobServerCodec())


def test_serve_request_that_is_nonsense(server: Server) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(bytes.fromhex("03040006"))
        with pytest.raises(DecodeError, match="rpc: server cannot decode request"):
            server.serve_request(ours, GobServerCodec())


def test_register_name_of_an_async_def(server: Server) -> None:
    async def triple(number: int) -> int:
        return 3 * number

    with pytest.raises(RegisterError, match=r"rpcgen\.aio\.Server"):
        server.register_name("Async", [Method[int, int]("Async.Triple").async_handler(triple)])


def test_accept_takes_a_socket_that_listens(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.accept, args=(listening,), daemon=True)
        thread.start()
        with dial(f"127.0.0.1:{listening.getsockname()[1]}") as client:
            assert client.call(DOUBLE, 2) == 4
        server.close()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


def test_accept_goes_on_when_it_fails_for_a_while(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    listener = server.listen("127.0.0.1:0")
    accept = listener.accept
    failures = [OSError(errno.EMFILE, "Too many open files")]

    def flaky() -> socket.socket:
        if failures:
            raise failures.pop()
        return accept()

    with patch.object(Listener, "accept", lambda self: flaky()), server:
        with dial(listener.address) as client:
            assert client.call(DOUBLE, 2) == 4
    assert "rpc.Serve: accept: [Errno 24] Too many open files" in caplog.text


def test_close_answers_what_is_under_way(server: Server, gate: Gate) -> None:
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        call = client.go(HELD, 5)
        gate.entered.acquire(timeout=TIMEOUT_S)
        closing = threading.Thread(target=server.close, args=(TIMEOUT_S,))
        closing.start()
        gate.open.set()
        assert call.result(TIMEOUT_S) == 5
        closing.join(TIMEOUT_S)


def test_close_does_not_wait_for_ever(server: Server, gate: Gate) -> None:
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        call = client.go(HELD, 5)
        gate.entered.acquire(timeout=TIMEOUT_S)
        server.close(grace=0.01)
        with pytest.raises(RpcError):
            call.result(TIMEOUT_S)


def test_close_leaves_no_thread_behind_that_waits_for_a_call(server: Server, gate: Gate) -> None:
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=server.serve_conn, args=(ours,))
    serving.start()
    with theirs:
        theirs.sendall(request_bytes(("Math.Held", 0, 5)))
        gate.entered.acquire(timeout=TIMEOUT_S)
        server.close(grace=0.01)
        serving.join(TIMEOUT_S)
        assert not serving.is_alive()


def test_close_takes_no_more_connections(server: Server) -> None:
    listener = server.listen("127.0.0.1:0")
    server.close()
    with pytest.raises(DialError):
        dial(listener.address)


def test_close_leaves_no_thread_behind(server: Server) -> None:
    listener = server.listen("127.0.0.1:0")
    before = threading.active_count()
    with server:
        clients = [dial(listener.address) for _ in range(10)]
        for client in clients:
            client.call(DOUBLE, 2)
            client.close()
    deadline = time.monotonic() + TIMEOUT_S
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_repr_names_the_services(server: Server) -> None:
    assert repr(server) == "<Server of Math>"


def test_statistics_of_a_call_that_is_over(server: Server, address: str) -> None:
    with dial(address) as client:
        client.call(SUM, Pair(1, 2))
    calls = server.find("Math.Sum").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 0, 0)


def test_statistics_of_a_call_under_way(server: Server, address: str, gate: Gate) -> None:
    with dial(address) as client:
        client.go(HELD, 1)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        calls = server.find("Math.Held").statistics.snapshot()
    assert (calls.calls, calls.in_flight) == (1, 1)


def test_statistics_of_a_handler_that_raises(server: Server, address: str) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Div").handler(lambda n: 1 // n)])
    with dial(address) as client, pytest.raises(ServerError):
        client.call("Bad.Div", 0, int)
    calls = server.find("Bad.Div").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 1, 0)


def test_statistics_of_a_reply_that_does_not_fit(server: Server, address: str) -> None:
    server.register_name("Bad", [Method[int, int]("Bad.Reply").handler(lambda n: 2**n)])
    with dial(address) as client, pytest.raises(ServerError):
        client.call("Bad.Reply", 64, int)
    calls = server.find("Bad.Reply").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 1, 0)


def test_statistics_measure_how_long_a_call_took(server: Server, address: str, gate: Gate) -> None:
    with dial(address) as client:
        began = time.perf_counter()
        held = client.go(HELD, 1)
        gate.open.set()
        held.result(TIMEOUT_S)
        took = time.perf_counter() - began
    latencies = server.find("Math.Held").statistics.snapshot().latencies
    assert latencies is not None
    assert 0 < latencies.max < took


def test_statistics_of_a_single_request(server: Server) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(request_bytes(("Math.Sum", 1, Pair(1, 2))))
        server.serve_request(theirs, GobServerCodec())
    calls = server.find("Math.Sum").statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (1, 0, 0)


def test_connections_that_are_open_are_counted(server: Server, address: str) -> None:
    with dial(address) as one, dial(address) as other:
        one.call(SUM, Pair(1, 2))
        other.call(SUM, Pair(1, 2))
        assert server.connections.open == 2


def test_connections_that_are_over_are_not_open(server: Server) -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    server.serve_conn(theirs)
    assert (server.connections.open, server.connections.total) == (0, 1)


def test_connections_over_http_are_counted_from_connect_on(server: Server) -> None:
    server.handle_http()
    listener = server.listen("http://127.0.0.1:0")
    with server, dial(listener.address) as client:
        client.call(SUM, Pair(1, 2))
        with urlopen(f"{listener.address}/debug/rpc?format=json", timeout=TIMEOUT_S) as answer:
            assert json.load(answer)["connections"] == {"open": 1, "total": 1}


def test_serve_conn_sends_at_once(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with theirs:
        serving = threading.Thread(target=server.serve_conn, args=(ours,))
        serving.start()
        theirs.sendall(request_bytes(("Math.Double", 0, 4)))
        assert theirs.recv(65536).endswith(bytes.fromhex("03040010"))
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    serving.join(TIMEOUT_S)


# --- closing --------------------------------------------------------------------------------------

CLOSE = Method[int, int]("Bye.Close")


def test_serve_waits_for_the_close_under_way(
    server: Server, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpcgen.sync.server._GRACE_S", 0.05)
    listener = server.listen("127.0.0.1:0")
    serving = threading.Thread(target=server.serve)
    serving.start()
    with dial(listener.address) as client:
        call = client.go(HELD, 5)
        gate.entered.acquire(timeout=TIMEOUT_S)
        closing = threading.Thread(target=server.close, args=(TIMEOUT_S,))
        closing.start()
        serving.join(0.2)  # longer than the grace that serve() itself has
        assert serving.is_alive()
        gate.open.set()
        assert call.result(TIMEOUT_S) == 5
    serving.join(TIMEOUT_S)
    closing.join(TIMEOUT_S)
    assert not serving.is_alive()


def test_close_cuts_the_grace_of_the_close_under_way(server: Server, gate: Gate) -> None:
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        call = client.go(HELD, 5)
        gate.entered.acquire(timeout=TIMEOUT_S)
        closing = threading.Thread(target=server.close, args=(3600,))
        closing.start()
        server.close(grace=0.01)
        closing.join(TIMEOUT_S)
        assert not closing.is_alive()
        with pytest.raises(RpcError):
            call.result(TIMEOUT_S)


def test_close_without_a_grace_waits_for_the_close_under_way(
    server: Server, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpcgen.sync.server._GRACE_S", 0.05)
    listener = server.listen("127.0.0.1:0")
    with dial(listener.address) as client:
        with server:
            call = client.go(HELD, 5)
            gate.entered.acquire(timeout=TIMEOUT_S)
            closing = threading.Thread(target=server.close, args=(TIMEOUT_S,))
            closing.start()
            opening = threading.Timer(0.2, gate.open.set)  # longer than the grace of `with`
            opening.start()
        assert call.result(TIMEOUT_S) == 5
        closing.join(TIMEOUT_S)


@pytest.mark.parametrize("is_slow", [False, True], ids=["leader", "worker"])
def test_close_in_a_handler_sends_its_reply(server: Server, is_slow: bool) -> None:
    returned = threading.Event()

    def close(number: int) -> int:
        if is_slow and number:
            return nap(100)  # which leaves the method to the workers
        server.close(grace=TIMEOUT_S)
        returned.set()
        return 7

    server.register_name("Bye", [CLOSE.handler(close)])
    listener = server.listen("127.0.0.1:0")
    serving = threading.Thread(target=server.serve)
    serving.start()
    with dial(listener.address) as client:
        if is_slow:
            client.call(CLOSE, 1)
        assert client.go(CLOSE, 0).result(TIMEOUT_S) == 7
    serving.join(TIMEOUT_S)
    assert not serving.is_alive()


def test_close_in_a_handler_lets_other_calls_end(server: Server, gate: Gate) -> None:
    def close(_: int) -> int:
        server.close(grace=TIMEOUT_S)
        return 7

    server.register_name("Bye", [CLOSE.handler(close)])
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client, dial(listener.address) as other:
        held = other.go(HELD, 5)
        gate.entered.acquire(timeout=TIMEOUT_S)
        assert client.go(CLOSE, 0).result(TIMEOUT_S) == 7
        gate.open.set()
        assert held.result(TIMEOUT_S) == 5


def test_close_before_anything_is_served(server: Server) -> None:
    server.close()
    server.serve()  # returns


def test_close_by_many_threads(server: Server, gate: Gate) -> None:
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        assert client.call(DOUBLE, 2) == 4
        threads = [threading.Thread(target=server.close) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT_S)
        assert not any(thread.is_alive() for thread in threads)


def test_close_ends_accept_of_a_socket(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.accept, args=(listening,), daemon=True)
        thread.start()
        with dial(f"127.0.0.1:{listening.getsockname()[1]}") as client:
            assert client.call(DOUBLE, 2) == 4
        server.close()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
        assert listening.fileno() >= 0


def test_call_of_a_connection_that_was_just_accepted_is_not_lost_by_a_shutdown(
    server: Server,
) -> None:
    listener = server.listen("127.0.0.1:0")
    accepted, go_on, begin = threading.Event(), threading.Event(), server._begin

    def begin_later(*arguments: Any) -> None:
        accepted.set()
        assert go_on.wait(TIMEOUT_S)
        begin(*arguments)

    with (
        patch.object(server, "_begin", begin_later),
        patch("rpcgen.sync.server._JUST_ACCEPTED_S", TIMEOUT_S),
        server,
        dial(listener.address, call_timeout=TIMEOUT_S) as client,
    ):
        call = client.go(DOUBLE, 2)
        assert accepted.wait(TIMEOUT_S)
        closing = threading.Thread(target=server.shutdown)
        closing.start()
        while not listener.closed:
            time.sleep(0.001)
        go_on.set()
        closing.join(TIMEOUT_S)
        with suppress(RpcError):
            call.result(TIMEOUT_S)
    assert call.error is None or call.error.started is False


# --- what is refused ------------------------------------------------------------------------------


async def double_later(number: int) -> int:
    return 2 * number


def test_serve_conn_of_an_ssl_socket_is_refused(server: Server) -> None:
    context = ssl.create_default_context()
    with socket.socket() as plain, context.wrap_socket(plain, server_hostname="x") as wrapped:
        with pytest.raises(TypeError, match=r"listen\('tls://"):
            server.serve_conn(wrapped)
        with pytest.raises(TypeError, match=r"listen\('tls://"):
            server.accept(wrapped)
        with pytest.raises(TypeError, match=r"listen\('tls://"):
            server.serve_request(wrapped, GobServerCodec())


def test_register_name_of_an_async_def_without_saying_so(server: Server) -> None:
    method = Method[int, int]("Later.Double")
    with pytest.raises(TypeError, match=r"Later\.Double is an async def.*rpcgen\.aio\.Server"):
        server.register_name("Later", [method.handler(double_later)])  # type: ignore[arg-type]


def test_accept_of_a_socket_of_no_use_raises(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = Listener(listening)
        with patch.object(Listener, "accept", side_effect=OSError(errno.EINVAL, "of no use")):
            with pytest.raises(OSError, match="of no use"):
                server.accept(listener)
        listener.close()


# --- limits ---------------------------------------------------------------------------------------


def until_hung_up(connection: socket.socket) -> bytes:
    connection.settimeout(TIMEOUT_S)
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def nap(milliseconds: int) -> int:
    time.sleep(milliseconds / 1000)
    return milliseconds


def serving_with(**limits: Any) -> Server:
    server = Server(**limits)
    server.register_name(
        "Math",
        [
            DOUBLE.handler(lambda number: 2 * number),
            HELD.handler(nap),
        ],
    )
    return server


REQUEST = request_bytes(("Math.Double", 0, 4))


@pytest.mark.parametrize("sent", [1, 20, 60])
def test_header_that_does_not_end_is_hung_up_on(
    sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving_with(header_timeout=0.05)
    listener = server.listen("127.0.0.1:0")
    with server, connect(listener.address) as client:
        client.sendall(REQUEST[:sent])
        assert until_hung_up(client) == b""
    assert "rest of a request's header did not come within 0.05 s" in caplog.text
    assert "(header_timeout)" in caplog.text


def drip(client: socket.socket, data: bytes) -> int:
    """Send byte by byte until the other side hangs up; return how many bytes went out."""
    client.settimeout(0.02)
    for number in range(len(data)):
        try:
            client.sendall(data[number : number + 1])
            if client.recv(1) == b"":
                return number
        except TimeoutError:
            pass
        except OSError:
            return number
    return len(data)


def test_header_that_drips_is_hung_up_on() -> None:
    server = serving_with(header_timeout=0.1)
    listener = server.listen("127.0.0.1:0")
    with server, connect(listener.address) as client:
        assert drip(client, REQUEST[:60]) < 60


def test_body_that_does_not_end_is_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    server = serving_with(body_timeout=0.05)
    listener = server.listen("127.0.0.1:0")
    with server, connect(listener.address) as client:
        client.sendall(REQUEST[:-1])
        until_hung_up(client)
    assert "rest of a request's body did not come within 0.05 s" in caplog.text
    assert "(body_timeout)" in caplog.text


def test_idle_connection_is_hung_up_on() -> None:
    server = serving_with(idle_timeout=0.2)
    listener = server.listen("127.0.0.1:0")
    with server, connect(listener.address) as client:
        client.sendall(REQUEST)
        assert until_hung_up(client) != b""


def test_connection_whose_call_is_under_way_is_not_idle() -> None:
    server = serving_with(idle_timeout=0.2)
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        assert client.go(HELD, 800).result(TIMEOUT_S) == 800


def test_connection_whose_call_holds_up_the_leader_is_not_idle() -> None:
    server = serving_with(idle_timeout=0.2)
    listener = server.listen("127.0.0.1:0")
    with patch("rpcgen.sync.watchdog.Watchdog.check", return_value=False):
        with server, dial(listener.address) as client:
            assert client.go(HELD, 800).result(TIMEOUT_S) == 800


def test_connection_is_not_idle_unless_said() -> None:
    server = serving_with(header_timeout=0.01, body_timeout=0.01)
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        assert client.call(DOUBLE, 1) == 2
        time.sleep(0.2)
        assert client.call(DOUBLE, 2) == 4


def test_connections_beyond_the_most_wait_for_room() -> None:
    server = serving_with(max_connections=1)
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as second_best:
        with dial(listener.address) as waiting:
            assert second_best.call(DOUBLE, 1) == 2
            call = waiting.go(DOUBLE, 2)
            with pytest.raises(TimeoutError):
                call.result(0.2)
            second_best.close()
            assert call.result(TIMEOUT_S) == 4
    # Already closed above, which `with` is not told of.


def test_calls_beyond_the_most_of_a_connection_wait(gate: Gate) -> None:
    server = Server(max_calls_per_connection=2)
    server.register_name("Math", [HELD.handler(gate.held)])
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        calls = [client.go(HELD, number) for number in range(4)]
        for _ in range(2):
            assert gate.entered.acquire(timeout=TIMEOUT_S)
        assert not gate.entered.acquire(timeout=0.1)
        gate.open.set()
        assert [call.result(TIMEOUT_S) for call in calls] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "name",
    [
        "workers",
        "header_timeout",
        "body_timeout",
        "idle_timeout",
        "max_connections",
        "max_calls_per_connection",
    ],
)
@pytest.mark.parametrize("limit", [0, -1])
def test_limit_must_be_greater_than_zero(name: str, limit: int) -> None:
    with pytest.raises(ValueError, match=f"{name}.*greater than 0"):
        Server(**{name: limit})  # type: ignore[arg-type]


def test_client_that_takes_all_it_gets_leaves_some_to_others(gate: Gate) -> None:
    server = Server(workers=8)
    server.register_name(
        "Math", [HELD.handler(gate.held), DOUBLE.handler(lambda number: 2 * number)]
    )
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as greedy, dial(listener.address) as other:
        calls = [greedy.go(HELD, number) for number in range(20)]
        for _ in range(7):
            assert gate.entered.acquire(timeout=TIMEOUT_S)
        assert not gate.entered.acquire(timeout=0.1)
        assert other.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        gate.open.set()
        assert [call.result(TIMEOUT_S) for call in calls] == list(range(20))


# --- handshakes -----------------------------------------------------------------------------------


def client_hello() -> bytes:
    """Return what begins a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    tls = client_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def handshake_threads() -> int:
    return sum(thread.name == "rpcgen-handshake" for thread in threading.enumerate())


def test_handshake_that_drips_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    server = serving_with(handshake_timeout=0.1)
    listener = server.listen("tls://127.0.0.1:0", tls=server_context())
    with server, connect(listener.address) as client:
        hello = client_hello()[:60]
        assert drip(client, hello) < len(hello)
    assert "TLS handshake: timed out (from 127.0.0.1:" in caplog.text
    assert "handshake_timeout=0.1" in caplog.text


def test_slowest_handshake_makes_room_for_others(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshakes, "MAX_HANDSHAKES", 3)
    listener = server.listen("tls://127.0.0.1:0", tls=server_context())
    address = listener.address.replace("tls", "tcp")
    with server, ExitStack() as stack:
        slow = [stack.enter_context(connect(address)) for _ in range(5)]
        assert until_hung_up(slow[0]) == b""
        assert until_hung_up(slow[1]) == b""
        deadline = time.monotonic() + TIMEOUT_S
        while handshake_threads() > 3 and time.monotonic() < deadline:
            time.sleep(0.001)
        assert handshake_threads() <= 3
        with dial(listener.address.replace("127.0.0.1", "localhost"), tls=client_context()) as fast:
            assert fast.go(DOUBLE, 2).result(TIMEOUT_S) == 4


def test_close_ends_handshakes(server: Server) -> None:
    listener = server.listen("tls://127.0.0.1:0", tls=server_context())
    with server, connect(listener.address) as client:
        client.sendall(client_hello()[:5])
        while not handshake_threads():
            time.sleep(0.001)
        server.close()
        assert until_hung_up(client) == b""


@pytest.mark.parametrize("sent", [b"", b"CONNECT /_goRPC_"])
def test_http_request_that_does_not_end_is_hung_up_on(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving_with(handshake_timeout=0.05)
    listener = server.listen("http://127.0.0.1:0")
    with server, connect(listener.address) as client:
        client.sendall(sent)
        assert until_hung_up(client) == b""
    assert "an HTTP request did not come within 0.05 s" in caplog.text
    assert "(handshake_timeout)" in caplog.text


# --- what the log says ----------------------------------------------------------------------------


def test_error_of_a_handler_is_logged_with_the_peer(
    server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with dial(address) as client, pytest.raises(ServerError):
        client.call(BLOB, -1)
    assert "Math.Blob failed, called by 127.0.0.1:" in caplog.text


def test_error_of_a_handler_on_a_unix_socket_is_logged_with_the_process(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listener = server.listen(f"unix://{tmp_path}/s")
    with server, dial(listener.address) as client, pytest.raises(ServerError):
        client.call(BLOB, -1)
    assert f"Math.Blob failed, called by process {os.getpid()} of user" in caplog.text


def test_error_that_a_handler_answers_with_is_not_logged(
    server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(number: int) -> int:
        raise ServerError("no such key")

    method = Method[int, int]("Keys.Get")
    server.register_name("Keys", [method.handler(refuse)])
    with dial(address) as client, pytest.raises(ServerError, match=r"^no such key$"):
        client.call(method, 1)
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


class OddCodec(GobServerCodec):
    """Raises, or gives no bytes, wherever it is told to."""

    def __init__(self, where: str, odd: Any) -> None:
        super().__init__()
        self._where = where
        self._odd = odd

    def _odd_at(self, where: str) -> bool:
        if self._where == where and isinstance(self._odd, BaseException):
            raise self._odd
        return self._where == where

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        if not self._odd_at("feed"):
            super().feed(data)

    def decode_request_header(self) -> Any:
        return self._odd if self._odd_at("header") else super().decode_request_header()

    def decode_request_body(self, schema: Any) -> Any:
        return self._odd if self._odd_at("body") else super().decode_request_body(schema)

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        if self._odd_at("response"):
            odd: Sequence[bytes] = self._odd
            return odd
        if response.error and self._odd_at("error"):
            raise self._odd
        return super().encode_response(response, schema, reply)


@pytest.mark.parametrize("odd", [5, None, b"", "text", ValueError("odd"), SystemExit("odd")])
@pytest.mark.parametrize("where", ["feed", "header", "body", "response"])
def test_odd_codec_costs_its_own_connection_at_most(
    server: Server, address: str, where: str, odd: Any
) -> None:
    ours, theirs = socket.socketpair()
    serving = threading.Thread(
        target=server.serve_codec, args=(ours, OddCodec(where, odd)), daemon=True
    )
    serving.start()
    with theirs, dial(address) as other:
        theirs.sendall(request_bytes(("Math.Double", 0, 4), ("Math.Nonsense", 1, 4)))
        theirs.shutdown(socket.SHUT_WR)
        until_hung_up(theirs)
        serving.join(TIMEOUT_S)
        assert not serving.is_alive()
        assert other.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        assert server.find("Math.Double").statistics.snapshot().in_flight == 0


@pytest.mark.parametrize(
    ("option", "error"), [({"codc": "json"}, TypeError), ({"strings": "utf-8"}, ValueError)]
)
def test_listen_with_an_option_that_there_is_not(
    option: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error, match=r"there are: strict_names, strings|write 'strict' or"):
        Server().listen(f"unix://{tmp_path}/socket", **option)
    assert list(tmp_path.iterdir()) == []


def test_handler_that_outlives_the_grace_is_told() -> None:
    begun, told = threading.Event(), threading.Event()

    def wait(number: int) -> int:
        begun.set()
        if context().wait_cancelled(TIMEOUT_S):
            told.set()
        return number

    server = Server()
    server.register_name("Math", [HELD.handler(wait)])
    listener = server.listen("127.0.0.1:0")
    with server, dial(listener.address) as client:
        client.go(HELD, 5)
        assert begun.wait(TIMEOUT_S)
        server.close(grace=0.01)
        assert told.wait(TIMEOUT_S)


def test_cancel_that_comes_while_the_server_closes_is_not_lost() -> None:
    begun, told = threading.Event(), threading.Event()

    def wait(number: int) -> int:
        begun.set()
        if context().wait_cancelled(TIMEOUT_S):
            told.set()
        return number

    server, codec = Server(), GobClientCodec()
    server.register_name("Math", [HELD.handler(wait), SUM.handler(lambda pair: pair.a + pair.b)])
    listener = server.listen("127.0.0.1:0")
    with server, connect(listener.address) as client:
        client.sendall(request_bytes(("Math.Held", 1, 5), codec=codec))
        assert begun.wait(TIMEOUT_S)
        (connection,) = server._reactor.connections
        closing = threading.Thread(target=server.close, args=(TIMEOUT_S,))
        closing.start()
        while not connection._closes_when_idle:
            time.sleep(0.001)
        late = request_bytes(("Math.Sum", 2, Pair(1, 2)), codec=codec)  # which is not begun
        cancel = request_bytes((CANCEL_METHOD, 3, CancelArgs(1)), codec=codec)
        client.sendall(late + cancel)
        assert told.wait(TIMEOUT_S)
        closing.join(TIMEOUT_S)
        assert answered(until_end(client)) == [1, 3]
