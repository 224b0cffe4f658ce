"""Plain calls that the accelerator carries out, and what it leaves to the client."""

from __future__ import annotations

import math
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from attrs import define

from rpcgen import Client, ServerError, gob
from rpcgen.errors import DisconnectedError, EncodeError, RpcError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec, Response
from rpcgen.sync import _fork
from rpcgen.sync.exchange import exchange_of
from rpcgen.sync.leader_follower import LeaderFollower
from rpcgen.sync.sections import Sections
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import ScriptedServer, connected
from tests.support.timeouts import TIMEOUT_S

pytestmark = pytest.mark.skipif(gob.implementation != "c", reason="no accelerator")

BLOB = Method[bytes, bytes]("Math.Blob")

# Calls after which a stream has described all types, and the accelerator knows them.
LEARNING = 4


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


def test_exception_of_a_signal_handler_ends_the_sleep(
    asleep: Peers, alarm: Callable[[Callable[[], object]], None]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    alarm(interrupt)
    with pytest.raises(KeyboardInterrupt):
        asleep.client.call(SUM, Pair(1, 2))
    asleep.answer(LEARNING, 1)  # of the call that was given up
    asleep.answer(LEARNING + 1, 3)
    assert asleep.client.call(SUM, Pair(1, 2)) == 3
    assert not asleep.client._protocol.pending


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
        exchange.call(SUM, Pair())


def test_exchange_takes_parts_once(peers: Peers) -> None:
    exchange = peers.client._exchange.__self__  # type: ignore[union-attr]
    with pytest.raises(TypeError):
        exchange.__init__(peers.client, 0, 0.0)
