from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast
from unittest.mock import patch

import pytest

from rpcgen import DisconnectedError, Method, RpcError, Server, ServerError, dial
from rpcgen.protocol import GobServerCodec, Request, Response
from rpcgen.schema import Schema
from rpcgen.sync import reactor as reactor_module
from rpcgen.sync import slow_methods
from rpcgen.sync import watchdog as watchdog_module
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.leader_term import LeaderTerm
from rpcgen.sync.poller import make_poller
from tests.protocol.messages import DOUBLE, request_bytes
from tests.support.gates import Gate
from tests.support.sockets import connect
from tests.support.timeouts import TIMEOUT_S

HELD = Method[int, int]("Math.Held")
NESTED = Method[str, int]("Math.Nested")
THREAD = Method[int, str]("Math.Thread")
SLEEP = Method[int, str]("Math.Sleep")


def nested(address: str) -> int:
    with dial(address) as client:
        return client.call(DOUBLE, 21)


def sleep(milliseconds: int) -> str:
    time.sleep(milliseconds / 1000)
    return threading.current_thread().name


def serving(server: Server, gate: Gate) -> Iterator[str]:
    server.register_name(
        "Math",
        [
            DOUBLE.handler(lambda number: 2 * number),
            HELD.handler(gate.held),
            NESTED.handler(nested),
            THREAD.handler(lambda _: threading.current_thread().name),
            SLEEP.handler(sleep),
        ],
    )
    listener = server.listen("tcp://127.0.0.1:0")
    with server:
        yield listener.address
        gate.open.set()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def address(server: Server, gate: Gate) -> Iterator[str]:
    yield from serving(server, gate)


@pytest.fixture
def small_server() -> Server:
    """A server with a single worker."""
    return Server(workers=1)


@pytest.fixture
def small_address(small_server: Server, gate: Gate) -> Iterator[str]:
    """The address of that server."""
    yield from serving(small_server, gate)


def reactor_threads() -> set[threading.Thread]:
    return {
        thread
        for thread in threading.enumerate()
        if thread.name in ("rpcgen-leader", "rpcgen-watchdog")
    }


def wait_for_no_reactor() -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while reactor_threads() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not reactor_threads()


# --- who carries out a call ----------------------------------------------------------------------


def test_quick_call_is_carried_out_by_the_leader(address: str) -> None:
    # Nothing is slow here, however long the system takes to let the leader run.
    with patch.object(watchdog_module.Watchdog, "check", return_value=False):
        with dial(address) as client:
            assert client.call(THREAD, 0) == "rpcgen-leader"


def test_slow_call_holds_up_no_other_connection(address: str, gate: Gate) -> None:
    with dial(address) as client, dial(address) as other:
        slow = client.go(HELD, 1)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        assert other.call(DOUBLE, 2) == 4
        assert not slow.is_done()


def test_slow_call_holds_up_no_other_call_of_its_connection(address: str, gate: Gate) -> None:
    with dial(address) as client:
        slow = client.go(HELD, 1)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        assert client.call(DOUBLE, 2) == 4
        assert not slow.is_done()


def test_slow_call_holds_up_nothing_that_was_sent_with_it(address: str, gate: Gate) -> None:
    with connect(address) as connection:
        connection.sendall(request_bytes(("Math.Held", 0, 1), ("Math.Double", 1, 2)))
        assert connection.recv(65536).endswith(bytes.fromhex("03040008"))


def test_slow_call_is_answered_late(address: str, gate: Gate) -> None:
    with dial(address) as client:
        slow = client.go(HELD, 1)
        client.call(DOUBLE, 2)
        gate.open.set()
        assert slow.result(TIMEOUT_S) == 1


def test_reply_before_a_slow_call_is_not_kept_back(address: str, gate: Gate) -> None:
    with connect(address) as connection:
        connection.sendall(request_bytes(("Math.Double", 0, 2), ("Math.Held", 1, 1)))
        assert connection.recv(65536).endswith(bytes.fromhex("03040008"))
        assert not gate.open.is_set()


def test_method_that_was_slow_goes_to_a_worker(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the machine takes, it was slow just now.
    monkeypatch.setattr(slow_methods, "monotonic", lambda: 0.0)
    with dial(address) as client:
        client.call(SLEEP, 30)
        assert client.call(SLEEP, 1).startswith("rpcgen-worker")


def test_method_that_was_slow_holds_up_no_other_method(address: str) -> None:
    with dial(address) as client:
        client.call(SLEEP, 30)
        assert not client.call(THREAD, 0).startswith("rpcgen-worker")


def test_handler_may_call_its_own_server(address: str) -> None:
    with dial(address) as client:
        assert client.call(NESTED, address) == 42


def test_exception_of_a_late_handler_is_answered(server: Server, address: str, gate: Gate) -> None:
    def fail(number: int) -> int:
        raise ValueError(f"late {gate.held(number)}")

    server.register_name("Late", [Method[int, int]("Late.Fail").handler(fail)])
    with dial(address) as client:
        call = client.go("Late.Fail", 7, reply=int)
        client.call(DOUBLE, 2)
        gate.open.set()
        with pytest.raises(ServerError, match="late 7"):
            call.result(TIMEOUT_S)


# --- workers ---------------------------------------------------------------------------------


def test_one_worker_carries_out_one_call_at_a_time(small_address: str, gate: Gate) -> None:
    with dial(small_address) as client, dial(small_address) as other:
        calls = [each.go(HELD, number) for number in range(3) for each in (client, other)]
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        time.sleep(5 * watchdog_module.CHECK_INTERVAL_S)
        gate.open.set()
        assert sorted(call.result(TIMEOUT_S) for call in calls) == [0, 0, 1, 1, 2, 2]
    assert gate.most_inside == 1


def test_calls_beyond_the_workers_wait(small_address: str, gate: Gate) -> None:
    with dial(small_address) as client:
        client.go(HELD, 1)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        time.sleep(5 * watchdog_module.CHECK_INTERVAL_S)
        waiting = client.go(DOUBLE, 2)
        time.sleep(5 * watchdog_module.CHECK_INTERVAL_S)
        assert not waiting.is_done()
        gate.open.set()
        assert waiting.result(TIMEOUT_S) == 4


def test_unknown_method_is_refused_while_all_workers_are_busy(
    small_address: str, gate: Gate
) -> None:
    with dial(small_address) as client:
        client.go(HELD, 1)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        with pytest.raises(ServerError, match="can't find method"):
            client.go("Math.Nope", 1, reply=int).result(TIMEOUT_S)


# --- connections ---------------------------------------------------------------------------------


def test_thousands_of_requests_of_one_read_are_answered(address: str) -> None:
    with connect(address) as connection:
        connection.sendall(request_bytes(*(("Math.Double", seq, 2) for seq in range(3000))))
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").read().count(bytes.fromhex("03040008")) == 3000


def test_threads_end_with_the_last_connection(address: str) -> None:
    with dial(address) as one, dial(address) as other:
        one.call(DOUBLE, 2)
        other.call(DOUBLE, 2)
        assert reactor_threads()
    wait_for_no_reactor()


def test_threads_begin_again_with_the_next_connection(address: str) -> None:
    for number in range(3):
        with dial(address) as client:
            assert client.call(DOUBLE, number) == 2 * number
        wait_for_no_reactor()


class SlowCodec(GobServerCodec):
    """Takes as long to decode as the test pleases."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        self.entered.set()
        self.go_on.wait(TIMEOUT_S)
        return super().decode_request_body(schema)


class BrokenCodec(GobServerCodec):
    """Breaks the rules: it raises what is no `DecodeError`."""

    def decode_request_header(self) -> Request:
        raise RuntimeError("out of order")


def serve_codec(server: Server, codec: GobServerCodec) -> tuple[socket.socket, threading.Thread]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=server.serve_codec, args=(ours, codec), daemon=True)
    thread.start()
    theirs.settimeout(TIMEOUT_S)
    return theirs, thread


def test_slow_decoding_holds_up_no_other_connection(server: Server, address: str) -> None:
    codec = SlowCodec()
    connection, thread = serve_codec(server, codec)
    with connection, dial(address) as client:
        connection.sendall(request_bytes(("Math.Double", 0, 2)))
        assert codec.entered.wait(TIMEOUT_S)
        assert client.call(DOUBLE, 3) == 6
        codec.go_on.set()
        assert connection.recv(65536).endswith(bytes.fromhex("03040008"))
    thread.join(TIMEOUT_S)


def test_slow_decoding_is_followed_by_more(server: Server, address: str) -> None:
    codec = SlowCodec()
    connection, thread = serve_codec(server, codec)
    with connection, dial(address) as client:
        connection.sendall(request_bytes(("Math.Double", 0, 2), ("Math.Double", 1, 3)))
        assert codec.entered.wait(TIMEOUT_S)
        client.call(DOUBLE, 3)  # by the new leader
        connection.shutdown(socket.SHUT_WR)
        codec.go_on.set()
        received = connection.makefile("rb").read()
        assert received.count(bytes.fromhex("03040008")) == 1
        assert received.count(bytes.fromhex("0304000c")) == 1
    thread.join(TIMEOUT_S)


def test_hang_up_during_slow_decoding(server: Server, address: str) -> None:
    codec = SlowCodec()
    connection, thread = serve_codec(server, codec)
    with connection, dial(address) as client:
        connection.sendall(request_bytes(("Math.Double", 0, 2)))
        assert codec.entered.wait(TIMEOUT_S)
        client.call(DOUBLE, 3)  # by the new leader
        server.close(grace=0.01)
        codec.go_on.set()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
    wait_for_no_reactor()


def test_codec_that_breaks_the_rules_is_hung_up_on(
    server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        connection, thread = serve_codec(server, BrokenCodec())
        with connection, dial(address) as client:
            connection.sendall(request_bytes(("Math.Double", 0, 2)))
            thread.join(TIMEOUT_S)
            assert not thread.is_alive()
            assert client.call(DOUBLE, 2) == 4
    assert "out of order" in caplog.text


def test_server_without_a_watchdog_serves(address: str, caplog: pytest.LogCaptureFixture) -> None:
    no_more_threads = RuntimeError("can't start new thread")
    with patch.object(watchdog_module.Watchdog, "start", side_effect=no_more_threads):
        with dial(address) as client:
            assert client.call(DOUBLE, 2) == 4
    assert "slow calls will hold up others: can't start new thread" in caplog.text


def test_close_in_a_handler_answers_and_ends_its_own_connection(
    server: Server, address: str
) -> None:
    def close(_: int) -> int:
        server.close(grace=TIMEOUT_S)
        return 7

    server.register_name("Bye", [Method[int, int]("Bye.Close").handler(close)])
    with dial(address) as client:
        assert client.go("Bye.Close", 0, reply=int).result(TIMEOUT_S) == 7
    wait_for_no_reactor()


class SulkingCodec(GobServerCodec):
    """Cannot even say that something went wrong."""

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        if response.error:
            raise RuntimeError("out of words")
        return super().encode_response(response, schema, reply)


@pytest.mark.parametrize("held", [False, True])
def test_error_that_cannot_be_told_costs_the_connection_and_no_worker(
    small_address: str, gate: Gate, held: bool, small_server: Server
) -> None:
    def fail(number: int) -> int:
        if held:
            gate.held(number)
        raise ValueError("late")

    small_server.register_name("Late", [Method[int, int]("Late.Fail").handler(fail)])
    connection, thread = serve_codec(small_server, SulkingCodec())
    with connection:
        connection.sendall(request_bytes(("Late.Fail", 0, 2)))
        if held:
            assert gate.entered.acquire(timeout=TIMEOUT_S)
            time.sleep(5 * watchdog_module.CHECK_INTERVAL_S)
            gate.open.set()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
    with dial(small_address) as client:
        assert client.call(DOUBLE, 2) == 4


class SlowToSay(list[int]):
    """A reply that takes long to encode."""

    def __init__(self, go_on: threading.Event) -> None:
        super().__init__([1])
        self.go_on = go_on
        self.entered = threading.Event()

    def __iter__(self) -> Iterator[int]:
        self.entered.set()
        self.go_on.wait(TIMEOUT_S)
        return super().__iter__()


def test_slow_encoding_takes_no_more_than_a_thread_of_its_connection(
    server: Server, address: str, gate: Gate
) -> None:
    slow = SlowToSay(gate.open)
    reply = Method[int, list[int]]("Slow.Reply")
    server.register_name("Slow", [reply.handler(lambda _: slow)])
    before = threading.active_count()
    with dial(address) as client, dial(address) as other:
        call = client.go(reply, 1)
        assert slow.entered.wait(TIMEOUT_S)
        refused = [client.go("Slow.Nope", n, reply=int) for n in range(20)]
        for _ in range(10):
            assert other.call(DOUBLE, 2) == 4
            time.sleep(watchdog_module.CHECK_INTERVAL_S)
        assert threading.active_count() < before + 6
        gate.open.set()
        assert call.result(TIMEOUT_S) == [1]
        for each in refused:
            with pytest.raises(ServerError, match="can't find method"):
                each.result(TIMEOUT_S)


def test_server_out_of_files_serves_once_it_has_some(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    none_left = OSError(errno.EMFILE, "Too many open files")
    with patch.object(reactor_module, "make_poller", side_effect=none_left):
        with dial(address) as client, pytest.raises(RpcError):
            client.go(DOUBLE, 2).result(TIMEOUT_S)
    with dial(address) as client:
        assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
    assert "rpc.Serve: [Errno 24] Too many open files" in caplog.text


def test_server_out_of_threads_serves_once_it_has_some(address: str) -> None:
    real_start, failures = threading.Thread.start, ["rpcgen-leader"]

    def start(thread: threading.Thread) -> None:
        if thread.name in failures:
            failures.remove(thread.name)
            raise RuntimeError("can't start new thread")
        real_start(thread)

    with patch.object(threading.Thread, "start", start):
        with dial(address) as client, pytest.raises(RpcError):
            client.go(DOUBLE, 2).result(TIMEOUT_S)
        with dial(address) as client:
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4


def begin_serving(server: Server, connection: socket.socket) -> threading.Thread:
    """Serve a connection in a thread that does not keep the process alive if it hangs."""
    thread = threading.Thread(target=server.serve_conn, args=(connection,), daemon=True)
    thread.start()
    return thread


def connected_pair() -> tuple[socket.socket, socket.socket]:
    """Return our socket, and theirs, which waits for a while only."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(TIMEOUT_S)
    return ours, theirs


def test_socket_that_somebody_else_closes_ends_its_connection(server: Server, address: str) -> None:
    ours, theirs = connected_pair()
    thread = begin_serving(server, ours)
    with theirs, dial(address) as client:
        theirs.sendall(request_bytes(("Math.Double", 0, 2)))
        theirs.recv(65536)
        ours.close()
        client.call(DOUBLE, 2)
        server.close(grace=0.01)
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


def test_socket_whose_number_is_another_connections_now_ends_its_connection(
    server: Server, address: str
) -> None:
    ours, theirs = connected_pair()
    thread = begin_serving(server, ours)
    with theirs:
        theirs.sendall(request_bytes(("Math.Double", 0, 2)))
        theirs.recv(65536)
        again, other = connected_pair()
        number = ours.detach()
        # Closes one and gives the other its number, in one step: no other thread gets it.
        os.dup2(again.fileno(), number)
        again.close()
        with socket.socket(fileno=number) as again, other:
            later = begin_serving(server, again)
            thread.join(TIMEOUT_S)
            assert not thread.is_alive()
            other.sendall(request_bytes(("Math.Double", 0, 2)))
            assert other.recv(65536)
            other.close()
            later.join(TIMEOUT_S)
            assert not later.is_alive()


def test_connection_is_open_before_it_can_have_a_turn() -> None:
    reactor = reactor_module.Reactor(1)
    seen: list[tuple[str, int]] = []

    class Connection:
        def fileno(self) -> int:
            return 1 << 20

        def open(self) -> None:
            seen.append(("open", len(reactor)))

        def begin(self) -> None:
            seen.append(("begin", len(reactor)))
            reactor.remove(cast("ServerConnection", self))
            reactor.wake()

    reactor.add(cast("ServerConnection", Connection()))
    assert seen == [("open", 0), ("begin", 1)]


def test_last_socket_that_somebody_else_closes_ends_the_leader() -> None:
    server = Server()
    server.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    before = set(threading.enumerate())
    ours, theirs = connected_pair()
    begin_serving(server, ours)
    with theirs:
        theirs.sendall(request_bytes(("Math.Double", 0, 2)))
        theirs.recv(65536)
        ours.close()
        server.close(grace=0.01)
    for each in set(threading.enumerate()) - before:
        if each.name.startswith("rpcgen-"):
            each.join(TIMEOUT_S)
            assert not each.is_alive()


def test_hang_up_begins_nothing_more(server: Server, address: str, gate: Gate) -> None:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    begun: list[int] = []

    def count(number: int) -> int:
        begun.append(number)
        time.sleep(0.002)
        return number

    server.register_name("Count", [Method[int, int]("Count.Up").handler(count)])
    with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
        connection.sendall(request_bytes(*(("Count.Up", seq, seq) for seq in range(1000))))
        while not begun:
            time.sleep(0.001)
        server.close(grace=0.0)
        after = len(begun)
        time.sleep(0.05)
        assert len(begun) <= after + 2


# --- turns that fail -----------------------------------------------------------------------------


def failing_turn(connection: ServerConnection) -> Callable[..., bool]:
    """Return what fails in the middle of a connection's turn."""

    def on_ready(term: LeaderTerm, events: int, is_alone: bool = False) -> bool:
        term.connection = connection
        term.current.append(connection)
        raise MemoryError("no memory for the turn")

    return on_ready


def fail_a_turn(server: Server, address: str) -> RpcError:
    """Return the error of a call in whose turn the server has failed."""
    with dial(address) as client:
        assert client.call(DOUBLE, 1) == 2
        connection = server._reactor.connections[-1]
        with patch.object(connection, "on_ready", failing_turn(connection)):
            with pytest.raises(RpcError) as caught:
                client.call(DOUBLE, 2)
    return caught.value


def test_turn_that_fails_costs_its_client_the_connection(server: Server, address: str) -> None:
    assert isinstance(fail_a_turn(server, address), DisconnectedError)


def test_turn_that_fails_is_logged(
    server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    fail_a_turn(server, address)
    assert "a turn has failed" in caplog.text
    assert "no memory for the turn" in caplog.text


def test_others_are_served_after_a_turn_that_fails(server: Server, address: str) -> None:
    with dial(address) as other:
        assert other.call(DOUBLE, 1) == 2
        fail_a_turn(server, address)
        assert other.call(DOUBLE, 3) == 6


class FaultyPoller:
    """A poller that fails once in a while."""

    def __init__(self) -> None:
        self._poller = make_poller()
        self.faults = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poller, name)

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        events = self._poller.poll(timeout)
        if events and not self.faults:
            self.faults += 1
            raise MemoryError("no memory for the events")
        return events


def test_clients_are_served_after_a_fault_between_turns(address: str) -> None:
    poller = FaultyPoller()
    with patch.object(reactor_module, "make_poller", return_value=poller), dial(address) as client:
        assert client.call(DOUBLE, 1) == 2
    assert poller.faults == 1
