from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from unittest.mock import patch

import pytest

from rpcgen import Code, Server
from rpcgen.protocol import GobClientCodec, GobServerCodec, Invocation, Request, ServerProtocol
from rpcgen.protocol.headers import ExtendedResponse
from rpcgen.protocol.registry import ServedMethod
from rpcgen.protocol.serving import ConnectionLimits
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.leader_term import LeaderTerm, Work
from rpcgen.sync.poller import READ, WRITE
from rpcgen.sync.scheduler import Scheduler
from rpcgen.sync.stream import Stream
from rpcgen.sync.watchdog import Watchdog
from tests.protocol.messages import SUM, Pair, request_bytes


class Events:
    """Notes which events a connection asks for, and can forget them as the system does."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_lost = False
        self.removed = 0
        self.woken = 0

    def update_interest(self, fd: int, before: int, events: int) -> None:
        if self.is_lost:
            raise FileNotFoundError("No such file or directory")
        self.asked = events

    def remove(self, connection: ServerConnection) -> None:
        self.removed += 1

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def begun(events: Events, ours: socket.socket, early: bytes = b"") -> ServerConnection:
    protocol = ServerProtocol(Server(), GobServerCodec())
    scheduler = Scheduler(1, lambda interrupted, unflushed: None)
    stream = Stream(ours, pushback=early)
    connection = ServerConnection(stream, protocol, scheduler, events, ConnectionLimits())
    connection.open()
    connection.begin()
    return connection


def new_term() -> LeaderTerm:
    watchdog: Watchdog[Work] = Watchdog(lambda work: None)
    return LeaderTerm(watchdog, watchdog.current)


def in_python(connection: ServerConnection) -> ServerConnection:
    """Have the methods in Python give a connection its turns."""
    for name in ("on_ready", "flush_turn"):
        vars(connection).pop(name, None)
    return connection


def turn(connection: ServerConnection) -> None:
    """Do what the leader does when a socket is ready."""
    assert connection.on_ready(new_term(), WRITE)


READY = pytest.mark.parametrize("is_alone", [False, True], ids=["among others", "alone"])


@READY
def test_turn_shows_the_watchdog_the_connection(
    events: Events, sockets: tuple[socket.socket, socket.socket], is_alone: bool
) -> None:
    connection, term = in_python(begun(events, sockets[0])), new_term()
    seen: list[tuple[object, object]] = []

    def look(term: LeaderTerm, events: int) -> bool:
        seen.append((list(term.watchdog.current), term.connection))
        return True

    with patch.object(connection, "_process_requests", look):
        connection.on_ready(term, READ, is_alone=is_alone)
    assert seen == [([connection], connection)]


@READY
def test_turn_kicks_the_watchdog(
    events: Events, sockets: tuple[socket.socket, socket.socket], is_alone: bool
) -> None:
    connection, term = begun(events, sockets[0]), new_term()
    term.watchdog.seen = True
    connection.on_ready(term, WRITE, is_alone=is_alone)
    assert not term.watchdog.seen


def test_flush_kicks_the_watchdog(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    connection, term = begun(events, sockets[0]), new_term()
    term.watchdog.seen = True
    connection.flush_turn(term)
    assert not term.watchdog.seen


@READY
def test_turn_leaves_nothing_to_watch(
    events: Events, sockets: tuple[socket.socket, socket.socket], is_alone: bool
) -> None:
    connection, term = begun(events, sockets[0]), new_term()
    assert connection.on_ready(term, WRITE, is_alone=is_alone)
    assert term.watchdog.current == []


def test_flush_leaves_nothing_to_watch(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    connection, term = begun(events, sockets[0]), new_term()
    assert connection.flush_turn(term)
    assert term.watchdog.current == []


@READY
def test_turn_after_the_lead_was_taken(
    events: Events, sockets: tuple[socket.socket, socket.socket], is_alone: bool
) -> None:
    connection, term = in_python(begun(events, sockets[0])), new_term()
    term.handed_over.set()  # as the next leader does

    def lose(term: LeaderTerm, events: int) -> bool:
        term.watchdog.current.pop()
        return True

    with patch.object(connection, "_process_requests", lose):
        assert not connection.on_ready(term, READ, is_alone=is_alone)


def test_flush_after_the_lead_was_taken(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    connection, term = in_python(begun(events, sockets[0])), new_term()
    term.handed_over.set()
    with patch.object(connection, "_update_interest", term.watchdog.current.clear):
        assert not connection.flush_turn(term)


def test_begin_asks_for_requests(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    begun(events, sockets[0])
    assert events.asked == READ


def test_begin_with_something_read_before_asks_for_a_turn(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    begun(events, sockets[0], early=b"\x00")
    assert events.asked == READ | WRITE


def test_open_does_not_let_a_read_wait(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    begun(events, sockets[0])
    assert sockets[0].gettimeout() == 0


@pytest.mark.parametrize("early", [b"", b"\x00"], ids=["idle", "about to have a turn"])
def test_hang_up_of_a_socket_whose_events_are_lost_ends_the_connection(
    events: Events, sockets: tuple[socket.socket, socket.socket], early: bytes
) -> None:
    connection = begun(events, sockets[0], early)
    events.is_lost = True
    connection.abort()
    assert connection.wait_closed(0)
    assert (events.removed, events.woken) == (1, 1)


def test_lost_socket_ends_the_connection(
    events: Events, sockets: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    connection = begun(events, sockets[0])
    connection.on_socket_lost()
    assert connection.wait_closed(0)
    assert events.asked == 0
    assert "was closed by somebody else" in caplog.text


def test_lost_socket_of_a_connection_that_has_ended_changes_nothing(
    events: Events, sockets: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    connection = begun(events, sockets[0])
    events.is_lost = True
    connection.abort()
    events.asked, events.is_lost = WRITE, False
    connection.on_socket_lost()
    assert events.asked == WRITE
    assert "was closed by somebody else" not in caplog.text


def test_drained_client_is_told_before_the_connection_closes(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    connection = begun(events, sockets[0])
    connection.drain()
    connection.close_when_idle()  # as after a while in which the leader has not had a turn
    assert not connection._is_finished
    turn(connection)
    assert connection._is_finished


def test_connection_that_comes_too_late_begins_nothing_of_what_came_with_it(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    early = request_bytes(("Arith.Multiply", 1, Pair(7, 8)))
    connection = begun(events, sockets[0], early)
    connection.stop()
    turn(connection)
    assert (connection.running, connection._send_buffer.size) == (set(), 0)
    assert connection._is_finished


def test_call_that_no_worker_can_take_was_not_begun(
    events: Events, sockets: tuple[socket.socket, socket.socket]
) -> None:
    connection = begun(events, sockets[0])
    codec = GobServerCodec()
    codec.feed(request_bytes(("Math.Sum", 1, Pair(7, 8))))
    served = ServedMethod(SUM.request, SUM.response, len)
    invocation = Invocation(codec.decode_request_header(), served, Pair())
    connection.reject_call(invocation, "server takes no more calls: it is closed")
    client = GobClientCodec()
    client.feed(sockets[1].recv(1 << 16))
    header = client.decode_response_header()
    assert isinstance(header, ExtendedResponse)
    assert (header.code, header.unstarted) == (Code.UNAVAILABLE, True)


@pytest.mark.parametrize("is_aborted_first", [True, False])
def test_abort_cancels_a_call_that_leaves_the_leader_at_the_same_time(
    events: Events, sockets: tuple[socket.socket, socket.socket], is_aborted_first: bool
) -> None:
    connection = begun(events, sockets[0])
    served = ServedMethod(SUM.request, SUM.response, lambda pair: pair.a + pair.b)
    invocation = Invocation(Request("Math.Sum", 1), served, Pair(1, 2))
    leave = partial(connection.on_call_left, invocation)
    steps: list[Callable[[], None]] = [connection.abort, leave]
    for step in steps if is_aborted_first else steps[::-1]:
        step()
    assert invocation.context is not None
    assert invocation.context.reason == Code.CANCELLED
