"""Turns of a server's connection, by the accelerator and in Python: the same comes of both."""

from __future__ import annotations

import errno
import gc
import logging
import os
import select
import socket
import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, Literal, TypeVar
from unittest.mock import patch

import pytest
from attrs import define

from rpcgen import Method, Server, gob
from rpcgen.errors import TruncatedError
from rpcgen.protocol import GobClientCodec, GobServerCodec, Request, ServerProtocol
from rpcgen.protocol.serving import ConnectionLimits
from rpcgen.sync.connection import MAX_REQUESTS_PER_TURN, WRITE_HIGH_WATER, ServerConnection
from rpcgen.sync.leader_term import LeaderTerm
from rpcgen.sync.poller import READ, WRITE
from rpcgen.sync.scheduler import Scheduler
from rpcgen.sync.stream import Stream
from rpcgen.testing import FakeClock
from tests.protocol.messages import DOUBLE
from tests.support.timeouts import TIMEOUT_S

T = TypeVar("T")

BLOB = Method[int, bytes]("Math.Blob")

# Bytes of a reply that no socket takes at once.
LARGE = 16 << 20

# Calls after which both ends have described all types, and the accelerator knows them.
LEARNING = 4


@define
class Noted:
    """Arguments whose making is told, as their class is called for it."""

    number: int = 0

    def __attrs_post_init__(self) -> None:
        for told in tuple(_told):
            told()


_told: list[Callable[[], None]] = []

NOTED = Method[Noted, int]("Math.Noted")


class Events:
    """The events that the connection asks for."""

    def __init__(self) -> None:
        self.asked = 0
        self.removed = 0

    def update_interest(self, fd: int, before: int, events: int) -> None:
        self.asked = events

    def remove(self, connection: ServerConnection) -> None:
        self.removed += 1

    def wake(self) -> None:
        pass


class Served:
    """A connection that has learned, with a leader whose watchdog looks when a test says so."""

    def __init__(self, workers: int = 8, limits: ConnectionLimits | None = None) -> None:
        self.handler: Callable[[int], int] = lambda number: 2 * number
        server = Server()
        server.register_name(
            "Math",
            [
                DOUBLE.handler(lambda number: self.handler(number)),
                BLOB.handler(bytes),
                NOTED.handler(lambda noted: noted.number),
            ],
        )
        self.scheduler = Scheduler(workers, lambda interrupted, unflushed: None)
        with patch("rpcgen.sync.watchdog.Watchdog.start"):
            self.term = self.scheduler.start_term()
        self.ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(TIMEOUT_S)
        self.client, self.events = GobClientCodec(), Events()
        self.protocol = ServerProtocol(server, GobServerCodec())
        self.connection = ServerConnection(
            Stream(self.ours),
            self.protocol,
            self.scheduler,
            self.events,
            limits or ConnectionLimits(),
        )
        self.connection.open()
        self.connection.begin()

    def requests(self, *numbers: int, method: Method[Any, Any] = DOUBLE) -> bytes:
        """Return requests, whose numbers are their arguments, too."""
        made = argument_of(method)
        return b"".join(
            part
            for number in numbers
            for part in self.client.encode_request(
                Request(method.name, number), method.request, made(number)
            )
        )

    def send(self, *numbers: int, method: Method[Any, Any] = DOUBLE) -> None:
        self.theirs.sendall(self.requests(*numbers, method=method))

    def turn(self, events: int = READ) -> bool:
        return self.connection.on_ready(self.term, events, is_alone=True)

    def replies(self, count: int, method: Method[Any, Any] = DOUBLE) -> list[Any]:
        """Receive replies, which must be there, and return their values or errors."""
        return [self.reply(method) for _ in range(count)]

    def reply(self, method: Method[Any, Any] = DOUBLE) -> Any:
        header = self.decode(self.client.decode_response_header)
        schema = None if header.error else method.response
        value = self.decode(lambda: self.client.decode_response_body(schema))
        return header.error or value

    def decode(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except TruncatedError:
                self.receive()

    def receive(self) -> None:
        data = self.theirs.recv(1 << 20)
        assert data, "the connection has ended"
        self.client.feed(data)

    def learn(self, method: Method[Any, Any]) -> None:
        for number in range(1, LEARNING):
            self.send(number, method=method)
            self.turn()
            self.reply(method)

    def stall(self) -> None:
        """Have the watchdog find the same work twice."""
        while not self.term.watchdog.check():
            pass

    def close(self) -> None:
        self.term.watchdog.stop()
        self.scheduler.shutdown()
        self.connection.close_after_fork()
        self.theirs.close()


def argument_of(method: Method[Any, Any]) -> Callable[[int], Any]:
    return Noted if method is NOTED else int


@pytest.fixture(params=["c", "python"])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., Served]]:
    if request.param == "c" and gob.implementation != "c":
        pytest.skip("no accelerator")
    made = list[Served]()

    def make(workers: int = 8, limits: ConnectionLimits | None = None) -> Served:
        served = Served(workers, limits)
        made.append(served)
        if request.param == "python":
            for name in ("on_ready", "flush_turn"):
                vars(served.connection).pop(name, None)
        for method in (DOUBLE, BLOB, NOTED):
            served.learn(method)
        return served

    yield make
    for served in made:
        served.close()


@pytest.fixture
def served(make: Callable[..., Served]) -> Served:
    return make()


@pytest.fixture
def accelerated() -> Iterator[Served]:
    if gob.implementation != "c":
        pytest.skip("no accelerator")
    served = Served()
    for method in (DOUBLE, BLOB, NOTED):
        served.learn(method)
    yield served
    served.close()


def not_called(*_: object) -> Any:
    raise AssertionError("this was left to Python")


# --- plain turns ----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_alone", [False, True], ids=["among others", "alone"])
def test_plain_turn_is_not_left_to_python(accelerated: Served, is_alone: bool) -> None:
    names = ("_process_requests", "_end_turn", "_update_interest", "_read", "_begin_call")
    accelerated.send(7, 8)
    with ExitStack() as left:
        for name in names:
            left.enter_context(patch.object(ServerConnection, name, not_called))
        accelerated.connection.on_ready(accelerated.term, READ, is_alone=is_alone)
        if not is_alone:
            accelerated.term.unflushed.pop().flush_turn(accelerated.term)
    assert accelerated.replies(2) == [14, 16]


def test_requests_of_a_turn_are_answered_in_their_order(served: Served) -> None:
    served.send(5, 6, 7)
    assert served.turn()
    assert served.replies(3) == [10, 12, 14]
    assert served.events.asked == READ


def test_connection_among_others_is_left_unflushed(served: Served) -> None:
    served.send(5)
    assert served.connection.on_ready(served.term, READ)
    assert served.term.unflushed == [served.connection]
    assert not select.select([served.theirs], [], [], 0)[0]
    assert served.term.unflushed.pop().flush_turn(served.term)
    assert served.reply() == 10


def test_turn_without_anything_to_read_changes_nothing(served: Served) -> None:
    assert served.turn()
    assert (served.events.asked, served.connection._has_buffered_requests) == (READ, False)


def test_turn_begins_no_more_requests_than_it_may(served: Served) -> None:
    count = MAX_REQUESTS_PER_TURN + 3
    served.send(*range(1, count + 1))
    served.turn()
    assert len(served.replies(MAX_REQUESTS_PER_TURN)) == MAX_REQUESTS_PER_TURN
    assert served.events.asked == READ | WRITE
    served.turn(WRITE)
    assert served.replies(3) == [2 * number for number in range(count - 2, count + 1)]


def test_request_that_is_cut_waits_for_its_rest(served: Served) -> None:
    data = served.requests(5, 6)
    served.theirs.sendall(data[:-1])
    served.turn()
    assert served.reply() == 10
    served.theirs.sendall(data[-1:])
    served.turn()
    assert served.reply() == 12


def test_turn_is_activity(served: Served) -> None:
    served.connection._was_active = False
    served.send(5)
    served.turn()
    assert served.connection._was_active


def test_replies_that_have_waited_are_sent_before_the_next_call() -> None:
    with FakeClock() as clock:
        served = Served()
        served.learn(DOUBLE)
        seen = list[int]()

        def handler(number: int) -> int:
            clock.advance(1.0)
            if number == 7:
                seen.extend(served.replies(2))
            return number

        served.handler = handler
        served.send(5, 6, 7)
        served.turn()
        assert seen == [5, 6]
        served.close()


# --- the lead -------------------------------------------------------------------------------------


def test_watchdog_sees_the_call_while_its_handler_runs(served: Served) -> None:
    seen = list[object]()

    def handler(number: int) -> int:
        seen.extend(served.term.current)
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    (call,) = seen
    assert getattr(call, "args", None) == 5
    assert (served.term.connection, served.term.current) == (served.connection, [])


def test_watchdog_that_has_seen_the_call_is_kicked(served: Served) -> None:
    def handler(number: int) -> int:
        served.term.watchdog.seen = True
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    assert not served.term.watchdog.seen


def test_watchdog_that_has_seen_something_before_is_kicked(served: Served) -> None:
    served.term.watchdog.seen = True
    seen = list[bool]()

    def handler(number: int) -> int:
        seen.append(served.term.watchdog.seen)
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    assert seen == [False]
    assert served.reply() == 5


def test_call_that_has_cost_the_lead_is_answered(served: Served) -> None:
    def handler(number: int) -> int:
        served.stall()
        return number

    served.handler = handler
    served.send(5, 6)
    assert not served.turn()
    assert served.reply() == 5
    assert (served.connection.running, served.term.current) == (set(), [])
    assert served.scheduler._pool._queue.running == 0
    assert served.connection._has_buffered_requests


def test_decoding_that_has_cost_the_lead_leaves_the_call_to_a_worker(served: Served) -> None:
    def stall() -> None:
        _told.clear()
        served.stall()

    served.send(5, method=NOTED)
    _told.append(stall)
    assert not served.turn()
    assert served.reply(NOTED) == 5
    assert served.connection._decoder is None


def test_turn_of_a_connection_that_another_thread_decodes_reads_nothing(served: Served) -> None:
    late = LeaderTerm(served.term.watchdog, [])
    served.connection.pin_decoder(late)
    served.send(5)
    assert served.turn()
    assert served.events.asked == 0
    late.handed_over.set()
    served.connection.hand_back(late)
    assert served.events.asked == READ | WRITE
    assert served.turn(READ | WRITE)


# --- which thread carries out a call --------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_quick_call_runs_in_the_leaders_thread(make: Callable[..., Served], workers: int) -> None:
    served = make(workers)
    threads = list[str]()

    def handler(number: int) -> int:
        threads.append(threading.current_thread().name)
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    assert threads == [threading.current_thread().name]
    assert not served.term.is_executing


def test_call_of_a_slow_method_is_left_to_a_worker(served: Served) -> None:
    threads = list[str]()

    def handler(number: int) -> int:
        threads.append(threading.current_thread().name)
        return number

    served.handler = handler
    served.scheduler._slow_methods.mark_slow(served.protocol._find(DOUBLE.name))
    served.send(5)
    served.turn()
    assert served.reply() == 5
    assert threads == ["rpcgen-worker"]


def test_jobs_that_wait_are_looked_at_after_each_call(served: Served) -> None:
    jobs = served.scheduler._pool.waiting

    def handler(number: int) -> int:
        jobs[served] = None  # type: ignore[assignment]
        return number

    served.handler = handler
    served.send(5)
    with patch.object(type(served.scheduler._pool), "release") as release:
        served.turn()
    jobs.clear()
    release.assert_called_once_with(served.term)


@pytest.mark.parametrize("overload", ["wait", "refuse"])
def test_call_beside_another_one_is_held_to_the_limit(
    make: Callable[..., Served], overload: Literal["wait", "refuse"]
) -> None:
    served = make(8, ConnectionLimits(max_calls_per_connection=1, overload=overload))
    begun, may_end = threading.Event(), threading.Event()

    def handler(number: int) -> int:
        begun.set()
        assert may_end.wait(TIMEOUT_S)
        return number

    served.handler = handler
    served.scheduler._slow_methods.mark_slow(served.protocol._find(DOUBLE.name))
    served.send(5, 6)
    served.turn()
    assert begun.wait(TIMEOUT_S)
    if overload == "refuse":
        assert "too many calls" in served.reply()
    else:
        assert served.connection._has_buffered_requests
    may_end.set()
    assert served.reply() == 5


# --- what a handler does --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt("no"), SystemExit("no")])
def test_what_a_handler_raises_ends_its_call_alone(served: Served, error: BaseException) -> None:
    def handler(number: int) -> int:
        if number == 5:
            raise error
        return number

    served.handler = handler
    served.send(5, 6)
    assert served.turn()
    assert served.replies(2) == ["no", 6]


def test_nothing_is_begun_after_a_handler_has_aborted_the_connection(served: Served) -> None:
    calls = list[int]()

    def handler(number: int) -> int:
        calls.append(number)
        served.connection.abort()
        return number

    served.handler = handler
    served.send(5, 6)
    served.turn()
    assert calls == [5]
    assert served.connection.wait_closed(0)


def test_connection_that_a_handler_drains_is_closed_after_the_reply(served: Served) -> None:
    def handler(number: int) -> int:
        served.connection.drain()
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    assert served.reply() == 5
    served.turn(served.events.asked)
    assert served.connection.wait_closed(0)


def test_connection_whose_descriptor_a_handler_gives_back_sends_nothing(served: Served) -> None:
    def handler(number: int) -> int:
        served.connection.close_after_fork()
        return number

    served.handler = handler
    served.send(5)
    served.turn()
    assert served.theirs.recv(1) == b""


# --- sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [60000, LARGE])
def test_reply_that_the_socket_does_not_take_is_sent_when_it_does(
    served: Served, size: int
) -> None:
    served.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    served.send(size, 6, method=BLOB)
    served.turn()
    assert served.events.asked & WRITE
    assert 0 < served.connection._send_buffer.size < size
    received = list[Any]()
    reader = threading.Thread(target=lambda: received.extend(served.replies(2, BLOB)))
    reader.start()
    while reader.is_alive():
        assert served.turn(WRITE)
    reader.join(TIMEOUT_S)
    assert list(map(len, received)) == [size, 6]
    assert served.events.asked == READ


def test_reply_that_finds_no_room_waits(served: Served) -> None:
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += served.ours.send(bytes(1 << 16))
    served.send(5)
    served.turn()
    assert served.events.asked & WRITE
    while filled:
        filled -= len(served.theirs.recv(min(filled, 1 << 20)))
    served.turn(WRITE)
    assert served.reply() == 10
    assert served.events.asked == READ


def test_client_that_does_not_read_is_not_read_from(served: Served) -> None:
    size = 2 * WRITE_HIGH_WATER
    served.send(LARGE, method=BLOB)
    served.turn()
    left = served.connection._send_buffer.size
    assert left > size
    assert served.events.asked == WRITE
    served.send(5)
    served.turn()
    assert served.connection._send_buffer.size == left


def test_reply_to_a_client_that_has_gone_is_dropped(served: Served) -> None:
    served.send(5)
    served.theirs.close()
    assert served.turn()
    assert served.connection._send_buffer.size == 0


def test_lock_of_another_thread_is_waited_for(served: Served) -> None:
    served.send(5)
    with served.connection._lock:
        leader = threading.Thread(target=served.turn)
        leader.start()
        while not served.connection._was_active:
            pass
    leader.join(TIMEOUT_S)
    assert served.reply() == 10


def test_many_replies_of_other_threads_go_with_those_of_the_turn(served: Served) -> None:
    parts = [bytes([number]) for number in range(100)]
    served.connection._enqueue(parts)
    served.connection.flush_turn(served.term)
    assert served.theirs.recv(1000) == b"".join(parts)


# --- the end --------------------------------------------------------------------------------------


def test_requests_before_the_end_are_answered(served: Served) -> None:
    served.send(5)
    served.theirs.shutdown(socket.SHUT_WR)
    served.turn()
    assert served.reply() == 10
    served.turn()
    served.turn(served.events.asked)
    assert served.connection.wait_closed(0)


def test_end_in_the_middle_of_a_request_closes_the_connection(served: Served) -> None:
    served.theirs.sendall(served.requests(5)[:-1])
    served.theirs.shutdown(socket.SHUT_WR)
    served.turn()
    served.turn()
    served.turn(served.events.asked)
    assert served.reply() == "unexpected EOF"
    assert served.connection.wait_closed(0)


def test_error_of_the_system_is_logged_and_ends_the_connection(
    make: Callable[..., Served], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "rpcgen")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with patch.object(socket, "socketpair", lambda: (ours, theirs)):
        served = make()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    served.turn()
    served.turn(served.events.asked)
    assert served.connection.wait_closed(0)
    assert f"[Errno {errno.ECONNRESET}]" in caplog.text


def test_socket_that_somebody_has_closed_is_not_read_by_its_number(served: Served) -> None:
    number = served.ours.fileno()
    data = served.requests(5)
    served.ours.close()
    others, theirs = socket.socketpair()
    with others, theirs:
        if others.fileno() != number:
            os.dup2(others.fileno(), number)
        theirs.sendall(data)
        served.turn()
        assert others.recv(len(data), socket.MSG_DONTWAIT) == data
        if others.fileno() != number:
            os.close(number)


def test_bytes_that_are_no_request_end_the_connection(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.theirs.sendall(served.requests(5) + b"\x03\xff\xff\xff")
    served.turn()
    served.turn(served.events.asked)
    assert served.reply() == 10
    assert served.connection.wait_closed(0)
    assert "cannot decode request" in caplog.text


def test_what_comes_out_of_decoding_ends_the_connection(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise SystemExit("no room")

    served.send(5, method=NOTED)
    _told.append(broken)
    assert served.turn()
    _told.clear()
    assert served.connection.wait_closed(0)
    assert "no room" in caplog.text


def test_what_comes_out_of_the_end_of_a_turn_ends_the_connection(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.send(5)
    served.connection._is_draining = True
    error = MemoryError("no room")
    with patch.object(ServerConnection, "_wanted_events", side_effect=error):
        assert served.turn()
    assert served.connection.wait_closed(0)
    assert not served.connection._lock.locked()
    assert "no room" in caplog.text


def test_request_after_the_server_has_begun_to_drain_is_refused(served: Served) -> None:
    served.send(5)
    served.connection.drain()
    served.turn()
    assert "begins no more calls" in served.reply()


def test_connection_is_garbage_once_nobody_has_it() -> None:
    served = Served()
    served.learn(DOUBLE)
    served.close()
    gone = weakref.ref(served.connection)
    del served
    gc.collect()
    assert gone() is None
