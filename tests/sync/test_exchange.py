"""Plain calls that the accelerator carries out, and what it leaves to the client."""

from __future__ import annotations

import itertools
import math
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from attrs import define

from rpcgen import Client, ServerError, gob
from rpcgen.errors import (
    DeadlineExceededError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import CallOptions, GobClientCodec, GobServerCodec, Request, Response
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.headers import ExtendedRequest, ExtendedResponse, Feature
from rpcgen.protocol.request_encoder import RequestEncoder
from rpcgen.sync import _fork
from rpcgen.sync.exchange import Exchange, exchange_of
from rpcgen.sync.leader_follower import LeaderFollower
from rpcgen.sync.sections import Sections
from rpcgen.testing import FakeClock
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import ScriptedServer, connected
from tests.support.timeouts import TIMEOUT_S

pytestmark = pytest.mark.skipif(gob.implementation != "c", reason="no accelerator")

BLOB = Method[bytes, bytes]("Math.Blob")

# Calls after which a stream has described all types, and the accelerator knows them.
LEARNING = 4

# Number of the next call after the same with another header.
NEXT = 2 * LEARNING


class Left:
    """Notes which calls were left to the client."""

    def __init__(self, client: Client) -> None:
        self.count = 0
        self._send = client._send
        client._send = self.send  # type: ignore[method-assign, assignment]

    def send(self, *arguments: Any) -> Any:
        self.count += 1
        return self._send(*arguments)


def hurry(client: Client) -> None:
    """Let a client never look for the end of its connection, however long the test takes."""
    client._last_use = math.inf
    client._exchange = exchange_of(client, client._stream, math.inf)


@define
class Peers:
    """A client that has learned, and the other end of its connection."""

    client: Client
    server: ScriptedServer
    left: Left

    def answer(self, seq: int, value: int) -> None:
        """Answer a call that is about to be made."""
        self.server.reply(seq, value)
        self.hurry()

    def hurry(self) -> None:
        """Let the client not look for the end of its connection before the next call."""
        hurry(self.client)


@pytest.fixture
def peers() -> Iterator[Peers]:
    with connected() as (client, server):
        peers = Peers(client, server, Left(client))
        for seq in range(LEARNING):
            peers.answer(seq, seq)
            assert client.call(SUM, Pair(1, 2)) == seq
            server.receive()
        peers.left.count = 0
        peers.hurry()
        yield peers


def in_thread(function: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_call_is_carried_out_without_the_client(peers: Peers) -> None:
    for seq in range(LEARNING, 700):
        peers.answer(seq, seq)
        assert peers.client.call(SUM, Pair(1, 2)) == seq
        assert peers.server.receive().seq == seq
    assert peers.left.count == 0


def test_call_leaves_nothing_behind(peers: Peers) -> None:
    peers.answer(LEARNING, 3)
    peers.client.call(SUM, Pair(1, 2))
    client = peers.client
    assert not client._protocol.pending
    assert not client._sections.claims
    assert not client._leader_follower._leader
    assert not client._receiver._received


def test_first_call_of_a_method_is_left_to_the_client(peers: Peers) -> None:
    peers.server.respond(Response("Math.Blob", LEARNING), b"blob")
    peers.hurry()
    assert peers.client.call(BLOB, b"blob") == b"blob"
    assert peers.left.count == 1


def test_call_beside_another_is_left_to_the_client(peers: Peers) -> None:
    other = peers.client.go(SUM, Pair(1, 2))
    peers.answer(LEARNING + 1, 7)
    peers.answer(LEARNING, 8)
    assert peers.client.call(SUM, Pair(3, 4)) == 7
    assert other.result(TIMEOUT_S) == 8
    assert peers.left.count == 1


def test_call_after_a_pause_looks_at_the_connection_first(peers: Peers) -> None:
    peers.client._last_use = -math.inf
    peers.client._exchange = exchange_of(peers.client, peers.client._stream, 0.05)
    peers.server.socket.shutdown(socket.SHUT_WR)
    with pytest.raises(ShutdownError) as raised:
        peers.client.call(SUM, Pair(1, 2))
    assert raised.value.started is False


def test_call_in_another_process_is_refused(peers: Peers) -> None:
    with patch.object(_fork, "generation", _fork.generation + 1):
        with pytest.raises(ShutdownError, match="after a fork"):
            peers.client.call(SUM, Pair(1, 2))
    peers.answer(LEARNING, 3)
    assert peers.client.call(SUM, Pair(1, 2)) == 3


def test_call_of_a_closed_client_is_refused(peers: Peers) -> None:
    peers.client.close()
    with pytest.raises(ShutdownError):
        peers.client.call(SUM, Pair(1, 2))


def test_arguments_that_do_not_fit_leave_the_stream_in_step(peers: Peers) -> None:
    with pytest.raises(EncodeError):
        peers.client.call(SUM, Pair(2**63, 2))
    assert peers.left.count == 1  # which says what is wrong
    peers.answer(LEARNING + 1, 3)
    assert peers.client.call(SUM, Pair(1, 2)) == 3
    assert peers.server.receive().seq == LEARNING + 1


def test_error_of_the_server_is_raised(peers: Peers) -> None:
    peers.server.respond(Response("Math.Sum", LEARNING, "no sums today"))
    peers.hurry()
    with pytest.raises(ServerError, match="no sums today"):
        peers.client.call(SUM, Pair(1, 2))
    peers.answer(LEARNING + 1, 3)
    assert peers.client.call(SUM, Pair(1, 2)) == 3


def test_reply_behind_another_is_found(peers: Peers) -> None:
    peers.answer(LEARNING + 9, 1)  # of a call that nobody makes
    peers.answer(LEARNING, 3)
    assert peers.client.call(SUM, Pair(1, 2)) == 3


def test_replies_that_come_together_are_all_delivered(peers: Peers) -> None:
    peers.answer(LEARNING, 3)
    peers.answer(LEARNING + 1, 4)
    assert peers.client.call(SUM, Pair(1, 2)) == 3
    peers.answer(LEARNING + 1, 5)
    assert peers.client.call(SUM, Pair(1, 2)) == 5
    assert not peers.client._receiver._received


def test_reply_that_comes_late_and_in_pieces_is_put_together(peers: Peers) -> None:
    def answer() -> None:
        peers.server.receive()
        data = bytearray()
        with patch.object(peers.server.socket, "sendall", data.extend, create=True):
            peers.answer(LEARNING, 3)
        for byte in data:
            peers.server.socket.sendall(bytes([byte]))
            step.wait(0.002)

    step = threading.Event()
    peers.server.socket = Sending(peers.server.socket)  # type: ignore[assignment]
    thread = in_thread(answer)
    assert peers.client.call(SUM, Pair(1, 2)) == 3
    thread.join(TIMEOUT_S)


class Sending:
    """A socket whose `sendall` a test can replace."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.recv = connection.recv
        self.sendall: Callable[[bytes], object] = connection.sendall


def test_end_of_the_connection_ends_the_call(peers: Peers) -> None:
    def hang_up() -> None:
        peers.server.receive()
        peers.server.socket.close()

    thread = in_thread(hang_up)
    with pytest.raises(DisconnectedError, match="unexpected EOF"):
        peers.client.call(SUM, Pair(1, 2))
    thread.join(TIMEOUT_S)
    assert peers.client.closed


def test_connection_that_is_reset_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(socket.create_connection(listener.getsockname()))
        theirs, _ = listener.accept()
    with client, theirs:
        server = ScriptedServer(theirs)
        for seq in range(LEARNING):
            server.reply(seq, seq)
            hurry(client)
            client.call(SUM, Pair(1, 2))
            server.receive()
        hurry(client)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        with pytest.raises(DisconnectedError) as raised:
            client.call(SUM, Pair(1, 2))
        assert os.strerror(32) in str(raised.value) or os.strerror(104) in str(raised.value)


def test_request_that_the_connection_takes_in_part_arrives_whole() -> None:
    with connected() as (client, server):
        client._stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        method = Method[list[int], int]("Math.Sum")
        numbers = list(range(8000))
        for seq in range(LEARNING):
            server.reply(seq, seq)
            hurry(client)
            client.call(method, numbers[:10])
            server.receive_header()
        left = Left(client)
        hurry(client)

        def answer() -> None:
            assert client._writer.is_blocked or stop.wait(TIMEOUT_S)
            server.receive_header()
            server.reply(LEARNING, 3)

        stop = threading.Event()
        enqueue = client._writer.enqueue_first

        def enqueue_first(*arguments: Any) -> None:
            enqueue(*arguments)
            stop.set()

        with patch.object(client._writer, "enqueue_first", enqueue_first):
            thread = in_thread(answer)
            assert client.call(method, numbers) == 3
        thread.join(TIMEOUT_S)
        assert left.count == 0
        assert not client._writer.is_blocked


def test_call_while_others_wait_lets_them_go_on(peers: Peers) -> None:
    def answer() -> None:
        for _ in range(2):
            seq = peers.server.receive().seq
            peers.server.reply(seq, seq)

    thread = in_thread(answer)
    results: list[int] = []
    others = [
        in_thread(lambda: results.append(peers.client.call(SUM, Pair(1, 2)))) for _ in range(2)
    ]
    for other in [*others, thread]:
        other.join(TIMEOUT_S)
    assert sorted(results) == [LEARNING, LEARNING + 1]


@pytest.fixture
def asleep(peers: Peers) -> Peers:
    """The same, where experience says that it does not pay to spin."""
    peers.client._receiver.spin._to_skip = 5
    return peers


def test_call_that_sleeps_is_carried_out_without_the_client(asleep: Peers) -> None:
    asleep.answer(LEARNING, 3)
    with patch.object(LeaderFollower, "wait", side_effect=AssertionError):
        assert asleep.client.call(SUM, Pair(1, 2)) == 3
    assert asleep.client._receiver.spin._to_skip == 4
    assert not asleep.client._protocol.pending
    assert not asleep.client._leader_follower._leader


def test_call_that_others_end_before_it_sleeps_does_not_sleep(peers: Peers) -> None:
    client, over, slept = peers.client, threading.Event(), list[bool]()

    def look_for_sleep() -> None:
        while not over.is_set():
            slept.append(bool(client._leader_follower._leader))

    def take_reply() -> None:
        threads.append(in_thread(look_for_sleep))
        peers.answer(LEARNING, 3)
        client._receiver.look()  # as a finalizer does that uses the client

    threads: list[threading.Thread] = []
    with patch.object(type(client._receiver.spin), "record_miss", lambda spin: take_reply()):
        assert client.call(SUM, Pair(1, 2)) == 3
    over.set()
    threads[0].join(TIMEOUT_S)
    assert not any(slept)


def test_sleep_ends_with_the_client(asleep: Peers) -> None:
    def close() -> None:
        asleep.server.receive()
        asleep.client.close()

    thread = in_thread(close)
    with pytest.raises(ShutdownError):
        asleep.client.call(SUM, Pair(1, 2))
    thread.join(TIMEOUT_S)
    assert asleep.client._stream.fileno() < 0


def test_sleep_ends_with_the_connection(asleep: Peers) -> None:
    asleep.server.socket.shutdown(socket.SHUT_WR)
    with pytest.raises(DisconnectedError, match="unexpected EOF"):
        asleep.client.call(SUM, Pair(1, 2))


@pytest.fixture
def alarm() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Do something in a signal handler, a moment later."""
    before = signal.getsignal(signal.SIGALRM)

    def set_alarm(step: Callable[[], object]) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: step())
        signal.setitimer(signal.ITIMER_REAL, 0.01)

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def interrupt_sleep(
    peers: Peers, alarm: Callable[[Callable[[], object]], None], first: int, **options: Any
) -> None:
    """Have a signal handler raise in a call that sleeps, of a number, and call again."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    alarm(interrupt)
    with pytest.raises(KeyboardInterrupt):
        peers.client.call(SUM, Pair(1, 2), **options)
    peers.answer(first, 1)  # of the call that was given up
    peers.answer(first + 1, 3)
    assert peers.client.call(SUM, Pair(1, 2), **options) == 3
    assert not peers.client._protocol.pending


def test_exception_of_a_signal_handler_ends_the_sleep(
    asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    interrupt_sleep(asleep, alarm, LEARNING)


def test_exception_while_a_follower_is_woken_leaves_no_call_behind(asleep: Peers) -> None:
    leaders = asleep.client._leader_follower
    leaders._followers[threading.Lock()] = None
    asleep.server.socket.sendall(b"\x05")  # of a response
    asleep.hurry()
    with (
        patch.object(LeaderFollower, "notify_follower", side_effect=KeyboardInterrupt("there")),
        pytest.raises(KeyboardInterrupt),
    ):
        asleep.client.call(SUM, Pair(1, 2))
    assert not asleep.client._protocol._pending


def test_signal_handler_may_call_while_a_call_sleeps(
    asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    replies: list[int] = []

    def call() -> None:
        for seq in (LEARNING, LEARNING + 1):
            asleep.answer(seq, seq)
        replies.append(asleep.client.call(SUM, Pair(1, 2)))

    alarm(call)
    assert asleep.client.call(SUM, Pair(1, 2)) == LEARNING
    assert replies == [LEARNING + 1]


def test_client_that_is_closed_while_a_call_waits_ends_it(peers: Peers) -> None:
    def close() -> None:
        peers.server.receive()
        peers.client.close()

    thread = in_thread(close)
    with pytest.raises(ShutdownError):
        peers.client.call(SUM, Pair(1, 2))
    thread.join(TIMEOUT_S)


class Hook:
    """What one thread does, once, where a value is made."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, Callable[[], object]]] = []

    def set(self, step: Callable[[], object]) -> None:
        self._steps = [(threading.get_ident(), step)]

    def run(self) -> None:
        if self._steps and self._steps[0][0] == threading.get_ident():
            self._steps.pop()[1]()


HOOK = Hook()


@define
class Hooked:
    """A value whose making runs code of the user's."""

    a: int = 0

    def __attrs_post_init__(self) -> None:
        HOOK.run()


HOOKED = Method[Hooked, Hooked]("Echo.Hooked")


@pytest.fixture
def hooked(peers: Peers) -> Peers:
    """The same, once it has learned what `Hooked` is, with the answer to the next call."""
    for seq in range(LEARNING, 2 * LEARNING):
        peers.server.respond(Response("Echo.Hooked", seq), Hooked(seq))
        peers.hurry()
        assert peers.client.call(HOOKED, Hooked(1)) == Hooked(seq)
    peers.server.respond(Response("Echo.Hooked", 2 * LEARNING), Hooked(7))
    peers.left.count = 0
    peers.hurry()
    return peers


def test_exception_in_the_middle_of_a_reply_comes_out_and_harms_nothing(hooked: Peers) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    client, value = hooked.client, Hooked(1)
    HOOK.set(interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.call(HOOKED, value)
    assert hooked.left.count == 0
    assert not client._sections.claims
    assert not client._leader_follower._leader
    hooked.answer(2 * LEARNING + 1, 3)
    assert client.call(SUM, Pair(1, 2)) == 3


def test_call_from_the_middle_of_a_reply_fails_at_once(hooked: Peers) -> None:
    errors: list[BaseException] = []

    def interrupt() -> None:
        try:
            hooked.client.call(HOOKED, other)
        except RpcError as error:
            errors.append(error)

    value, other = Hooked(1), Hooked(2)
    HOOK.set(interrupt)
    assert hooked.client.call(HOOKED, value) == Hooked(7)
    assert "in the same thread" in str(errors[0])


# --- time limits ----------------------------------------------------------------------------------


@pytest.fixture
def timed(peers: Peers) -> Peers:
    """The same, once it has learned what a header with a time limit is."""
    for seq in range(LEARNING, NEXT):
        peers.answer(seq, seq)
        assert peers.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == seq
        peers.server.receive()
    peers.left.count = 0
    peers.hurry()
    return peers


@pytest.fixture
def timed_asleep(timed: Peers) -> Peers:
    """The same, where experience says that it does not pay to spin."""
    timed.client._receiver.spin._to_skip = 5
    return timed


def timeout_of(request: Request) -> int:
    """Return the nanoseconds that a request says are left."""
    assert type(request) is ExtendedRequest
    return request.timeout


def test_call_with_a_time_limit_is_carried_out_without_the_client(timed: Peers) -> None:
    for seq in range(NEXT, 700):
        timed.answer(seq, seq)
        assert timed.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == seq
        request = timed.server.receive()
        assert (request.seq, timeout_of(request) % 1_000_000) == (seq, 0)
        assert TIMEOUT_S - 30 < timeout_of(request) / 1e9 < TIMEOUT_S
    assert timed.left.count == 0
    assert not timed.client._protocol.pending


def test_call_between_those_with_a_time_limit_has_the_header_of_go(timed: Peers) -> None:
    timed.answer(NEXT, 3)
    timed.client.call(SUM, Pair(1, 2))
    assert type(timed.server.receive()) is Request
    timed.answer(NEXT + 1, 3)
    timed.client.call(SUM, Pair(1, 2), timeout=None)
    assert type(timed.server.receive()) is Request
    assert timed.left.count == 0


@pytest.mark.parametrize("seconds", [0.75, 1.5, TIMEOUT_S, 1e9, 1e10, 1e300])
@pytest.mark.parametrize("seq", [127, 128, 511, 512, 65536])
def test_header_with_a_time_limit_is_that_of_python(timed: Peers, seconds: float, seq: int) -> None:
    client, codec = timed.client, timed.client._protocol.codec
    assert isinstance(codec, GobClientCodec)
    client._protocol._seq = itertools.count(seq)
    timed.answer(seq, 3)
    deadline = time.monotonic() + seconds
    assert exchange(client)(SUM, Pair(1, 2), CallSettings(deadline)) == 3
    data = timed.server.socket.recv(65536)
    assert timed.left.count == 0
    timed.server._codec.feed(data)
    timeout = timeout_of(timed.server.receive())
    expected = codec.encode_known_request("Math.Sum", seq, timeout, None, SUM.request, Pair(1, 2))
    assert expected is not None
    assert data == b"".join(expected)
    # Between the times that Python would say at the deadline's making, and now.
    assert said(seconds) >= timeout >= said(deadline - time.monotonic())


def exchange(client: Client) -> Exchange:
    hurry(client)
    assert client._exchange is not None
    return client._exchange


def said(left: float) -> int:
    """Return the nanoseconds that the encoder in Python says of a time that is left."""
    codec = GobServerCodec()
    request = RequestEncoder(GobClientCodec(), lambda: 0.0).encode(
        1, SUM, Pair(1, 2), CallSettings(left)
    )
    codec.feed(request)
    return timeout_of(codec.decode_request_header())


def test_first_call_of_a_method_with_a_time_limit_is_left_to_the_client(peers: Peers) -> None:
    peers.answer(LEARNING, 3)
    assert peers.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    request = peers.server.receive()
    assert isinstance(request, ExtendedRequest)
    assert request.features
    assert peers.left.count == 1


def test_time_limit_of_a_call_comes_before_that_of_the_client() -> None:
    with connected(call_timeout=TIMEOUT_S / 2) as (client, server):
        for seq in range(NEXT):
            server.reply(seq, seq)
            hurry(client)
            client.call(SUM, Pair(1, 2))
            server.receive()
        left = Left(client)
        for seq, options in enumerate([CallOptions(), CallOptions(timeout=TIMEOUT_S)], NEXT):
            server.reply(seq, seq)
            hurry(client)
            assert client.call(SUM, Pair(1, 2), **options) == seq
        assert timeout_of(server.receive()) < TIMEOUT_S / 2 * 1e9 < timeout_of(server.receive())
        assert left.count == 0


def test_call_that_is_over_before_it_begins_sends_nothing(timed: Peers) -> None:
    with pytest.raises(DeadlineExceededError) as raised:
        timed.client.call(SUM, Pair(1, 2), timeout=0)
    assert raised.value.started is False
    timed.answer(NEXT + 1, 3)
    assert timed.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    assert timed.server.receive().seq == NEXT + 1


class Encoding:
    """Arguments whose encoding runs code of the user's."""

    def gob_encode(self) -> bytes:
        HOOK.run()
        return b"e"

    @classmethod
    def gob_decode(cls, data: bytes) -> Encoding:
        return cls()


def test_time_limit_that_passes_while_arguments_are_encoded_ends_the_call(timed: Peers) -> None:
    client, server, method = timed.client, timed.server, Method[Encoding, int]("Math.Encoding")
    for seq in range(NEXT, NEXT + LEARNING):
        timed.answer(seq, seq)
        assert client.call(method, Encoding(), timeout=TIMEOUT_S) == seq
        server.receive_header()
    timed.left.count = 0
    args, deadline = Encoding(), time.monotonic() + 0.05
    HOOK.set(lambda: time.sleep(max(0.0, deadline - time.monotonic())))
    with pytest.raises(DeadlineExceededError) as raised:
        exchange(client)(method, args, CallSettings(deadline))
    assert timed.left.count == 0
    assert raised.value.started is None  # it was sent
    assert server.receive_header().seq == NEXT + LEARNING
    assert server.receive_cancel()[1] == NEXT + LEARNING


def given_up(peers: Peers, seq: int) -> None:
    """Check that a call has left nothing behind, and that its late reply does no harm."""
    client, server = peers.client, peers.server
    assert not client._protocol.pending
    assert not client._sections.claims
    assert not client._leader_follower._leader
    assert server.receive().seq == seq
    own, cancelled = server.receive_cancel()
    assert cancelled == seq
    server.reply(seq, 1)  # too late
    server.respond(Response(CANCEL.name, own), True)
    peers.answer(own + 1, 3)
    assert client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    peers.answer(own + 2, 4)
    peers.left.count = 0
    assert client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 4
    assert peers.left.count == 0


def test_time_limit_that_passes_in_a_sleep_ends_the_call(timed_asleep: Peers) -> None:
    with pytest.raises(DeadlineExceededError, match=r"Math\.Sum: not over at its deadline"):
        timed_asleep.client.call(SUM, Pair(1, 2), timeout=0.02)
    assert timed_asleep.left.count == 0
    given_up(timed_asleep, NEXT)


def test_time_limit_that_passes_in_a_spin_ends_the_call(timed: Peers) -> None:
    client = timed.client
    with patch("rpcgen.sync.exchange.SPIN_LIMIT_S", TIMEOUT_S):
        timed.hurry()
    begin = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        client.call(SUM, Pair(1, 2), timeout=0.02)
    assert time.monotonic() - begin < TIMEOUT_S / 2
    assert timed.left.count == 0
    given_up(timed, NEXT)


def test_reply_that_is_there_when_the_time_is_over_is_taken(timed_asleep: Peers) -> None:
    timed_asleep.answer(NEXT, 3)
    with patch.object(LeaderFollower, "wait", side_effect=AssertionError):
        assert timed_asleep.client.call(SUM, Pair(1, 2), timeout=0.5) == 3
    assert not timed_asleep.client._protocol.pending


def test_reply_that_comes_as_the_time_is_over_is_too_late(timed_asleep: Peers) -> None:
    wait, client = LeaderFollower.wait, timed_asleep.client

    def answer_first(leader: LeaderFollower, waitable: Any, deadline: float | None) -> bool:
        assert deadline is not None
        assert time.monotonic() >= deadline
        timed_asleep.server.reply(NEXT, 1)
        return wait(leader, waitable, deadline)

    with (
        patch.object(LeaderFollower, "wait", answer_first),
        pytest.raises(DeadlineExceededError),
    ):
        client.call(SUM, Pair(1, 2), timeout=0.02)
    timed_asleep.hurry()
    given_up(timed_asleep, NEXT)


def test_time_limit_that_passes_in_the_middle_of_a_reply_leaves_the_stream_in_step(
    timed_asleep: Peers,
) -> None:
    data, client, server = bytearray(), timed_asleep.client, timed_asleep.server
    connection = server.socket
    server.socket = Sending(connection)  # type: ignore[assignment]
    with patch.object(server.socket, "sendall", data.extend, create=True):
        server.reply(NEXT, 1)
    server.socket = connection
    connection.sendall(data[:5])
    with pytest.raises(DeadlineExceededError):
        client.call(SUM, Pair(1, 2), timeout=0.02)
    connection.sendall(data[5:])
    server.receive()
    own, _ = server.receive_cancel()
    timed_asleep.answer(own + 1, 3)
    assert client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3


def test_reply_whose_making_outlasts_the_time_is_returned(hooked: Peers) -> None:
    client = hooked.client
    for seq in range(2 * LEARNING, 3 * LEARNING):
        if seq > 2 * LEARNING:
            hooked.server.respond(Response("Echo.Hooked", seq), Hooked(7))
        assert client.call(HOOKED, Hooked(1), timeout=TIMEOUT_S) == Hooked(7)
    hooked.server.respond(Response("Echo.Hooked", 3 * LEARNING), Hooked(8))
    hooked.hurry()
    hooked.left.count = 0
    deadline = time.monotonic() + 0.05
    value, expected = Hooked(1), Hooked(8)
    HOOK.set(lambda: time.sleep(max(0.0, deadline - time.monotonic())))
    assert exchange(client)(HOOKED, value, CallSettings(deadline)) == expected
    assert time.monotonic() >= deadline
    assert hooked.left.count == 0


def test_exception_of_a_signal_handler_ends_a_sleep_with_a_time_limit(
    timed_asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    interrupt_sleep(timed_asleep, alarm, NEXT, timeout=TIMEOUT_S)


def test_signal_in_a_sleep_does_not_put_the_deadline_off(
    timed_asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    signals: list[int] = []
    alarm(lambda: signals.append(1))
    with pytest.raises(DeadlineExceededError):
        timed_asleep.client.call(SUM, Pair(1, 2), timeout=0.05)
    assert signals == [1]
    given_up(timed_asleep, NEXT)


def test_signal_handler_may_call_while_a_call_with_a_time_limit_sleeps(
    timed_asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    replies: list[int] = []

    def call() -> None:
        timed_asleep.answer(NEXT + 1, 7)
        replies.append(timed_asleep.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S))

    alarm(call)
    with pytest.raises(DeadlineExceededError):
        timed_asleep.client.call(SUM, Pair(1, 2), timeout=0.1)
    assert replies == [7]
    assert not timed_asleep.client._protocol.pending


def test_call_that_waits_is_pending_with_its_deadline(timed: Peers) -> None:
    due: list[float | None] = []

    def answer() -> None:
        seq = timed.server.receive().seq
        due.append(timed.client._protocol.expire()[1])
        timed.server.reply(seq, 3)

    thread = in_thread(answer)
    before = time.monotonic()
    assert timed.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    thread.join(TIMEOUT_S)
    assert due[0] is not None
    assert due[0] - before >= TIMEOUT_S


def test_time_limit_bounds_the_sending_of_a_request_that_nobody_reads() -> None:
    with connected() as (client, server):
        client._stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        method = Method[list[int], int]("Math.Sum")
        for seq in range(NEXT):
            server.reply(seq, seq)
            hurry(client)
            client.call(method, [1], timeout=TIMEOUT_S)
            server.receive_header()
        left = Left(client)
        hurry(client)
        with pytest.raises(DeadlineExceededError):
            client.call(method, list(range(8000)), timeout=0.05)
        assert left.count == 0
        assert not client._protocol.pending


def test_time_limit_by_another_clock_is_left_to_the_client(timed: Peers) -> None:
    timed.answer(NEXT, 3)
    with FakeClock():
        assert timed.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    assert timed.left.count == 1


def test_client_that_was_made_with_another_clock_leaves_time_limits_to_itself(
    timed: Peers,
) -> None:
    with FakeClock():
        timed.answer(NEXT, 3)
    assert timed.client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S) == 3
    assert timed.left.count == 1


@pytest.mark.parametrize("settings", [CallSettings(key="k"), CallSettings(7)])
def test_settings_that_are_out_of_the_ordinary_are_left_to_the_client(
    timed: Peers, settings: CallSettings
) -> None:
    timed.answer(NEXT, 3)
    left: list[CallSettings] = []

    def send(method: object, args: object, settings: CallSettings) -> Any:
        left.append(settings)
        raise RpcError("left")

    with patch.object(timed.client, "_send", send), pytest.raises(RpcError, match="left"):
        exchange(timed.client)(SUM, Pair(1, 2), settings)
    assert left == [settings]


def test_settings_that_are_none_are_left_to_the_client(timed: Peers) -> None:
    with patch.object(timed.client, "_send", side_effect=RpcError("left")):
        with pytest.raises(RpcError, match="left"):
            exchange(timed.client)(SUM, Pair(1, 2), None)  # type: ignore[arg-type]


# --- metadata -------------------------------------------------------------------------------------

TEXTS = {"tenant": "a", "trace": "b" * 100}


@pytest.fixture(params=[None, TIMEOUT_S])
def beside(request: pytest.FixtureRequest) -> Iterator[Peers]:
    """A client whose calls have metadata, with a time limit or without, once it has learned."""
    with connected(metadata=TEXTS, call_timeout=request.param) as (client, server):
        peers = Peers(client, server, Left(client))
        large = ExtendedResponse("Math.Sum", 0, features=int(Feature.LARGE_HEADERS))
        for seq in range(NEXT):
            if seq:
                peers.answer(seq, seq)
            else:
                server.respond(large, seq)
            assert client.call(SUM, Pair(1, 2)) == seq
            server.receive()
        peers.left.count = 0
        peers.hurry()
        yield peers


def test_metadata_of_the_last_call_are_sent_without_the_client(beside: Peers) -> None:
    for seq in range(NEXT, 300):
        beside.answer(seq, seq)
        assert beside.client.call(SUM, Pair(1, 2)) == seq
        request = beside.server.receive()
        assert isinstance(request, ExtendedRequest)
        assert (request.seq, request.metadata) == (seq, TEXTS)
    # A time limit that is another one by a millisecond now and then is encoded by Python.
    assert beside.left.count < 100


def test_header_with_metadata_is_that_of_python(beside: Peers) -> None:
    client, seq, codec = beside.client, NEXT, beside.client._protocol.codec
    assert isinstance(codec, GobClientCodec)
    while True:
        beside.left.count = 0
        beside.answer(seq, 3)
        assert client.call(SUM, Pair(1, 2)) == 3
        data = beside.server.socket.recv(65536)
        if not beside.left.count:
            break
        beside.server._codec.feed(data)
        beside.server.receive()
        seq += 1
    timeout, metadata, _ = codec._last
    expected = codec.encode_known_request(
        "Math.Sum", seq, timeout, metadata, SUM.request, Pair(1, 2)
    )
    assert expected is not None
    assert data == b"".join(expected)


def test_other_metadata_are_left_to_the_client(beside: Peers) -> None:
    beside.answer(NEXT, 3)
    assert beside.client.call(SUM, Pair(1, 2), metadata={"tenant": "c"}) == 3
    request = beside.server.receive()
    assert isinstance(request, ExtendedRequest)
    assert request.metadata == {**TEXTS, "tenant": "c"}
    assert beside.left.count == 1


# --- what it is for -------------------------------------------------------------------------------


def test_exchange_is_for_connections_of_the_system_and_this_codec_alone() -> None:
    class Own(GobClientCodec):
        pass

    ours, theirs = socket.socketpair()
    with theirs, Client(ours, Own()) as client:
        assert client._exchange is None


def test_claim_of_the_accelerator_is_never_taken_for_lost() -> None:
    errors: list[BaseException] = []
    sections = Sections(errors.append, lambda: None)
    claim = sections.claims["take"] = [1, 1]
    sections.check(thorough=True)
    assert sections.claims == {"take": claim}
    assert not errors


def test_exchange_refuses_parts_that_are_none() -> None:
    from rpcgen.gob.accelerated import native

    exchange = native.Exchange()
    with pytest.raises(TypeError):
        exchange._prepare((), 0, 0.0, 0.0)
    with pytest.raises(TypeError):
        exchange.call(SUM, Pair(), NO_OPTIONS)


def test_exchange_takes_parts_once(peers: Peers) -> None:
    exchange = peers.client._exchange.__self__  # type: ignore[union-attr]
    with pytest.raises(TypeError):
        exchange.__init__(peers.client, 0, 0.0)
