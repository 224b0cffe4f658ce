from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from rpcgen.errors import DisconnectedError, EncodeError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedResponse
from rpcgen.sync.call import Call
from rpcgen.sync.client import Client
from rpcgen.sync.stream import Stream
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import ScriptedServer
from tests.support.timeouts import TIMEOUT_S

MEBIBYTE = 1 << 20

BLOB = Method[bytes, int]("Math.Blob")


class HeldStream(Stream):
    """Holds up the thread that sends first, until the test says so; counts what is sent at once."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.batches: list[int] = []
        self.error: OSError | None = None

    def send(self, wire_data: bytes | memoryview, wait: bool = False) -> int:
        self._hold(1)
        return super().send(wire_data, wait)

    def send_nowait(self, wire_data: bytes, sent: list[int]) -> None:
        self._hold(1)
        super().send_nowait(wire_data, sent)

    def sendmsg(self, wire_data: Sequence[bytes | memoryview], wait: bool = False) -> int:
        self._hold(len(wire_data))
        return super().sendmsg(wire_data, wait)

    def _hold(self, count: int) -> None:
        self.batches.append(count)
        self.entered.set()
        self.go_on.wait(TIMEOUT_S)
        if self.error is not None:
            raise self.error


class Held:
    """A client one of whose threads is sending, for as long as the test pleases."""

    def __init__(self, connection: socket.socket) -> None:
        self.stream = HeldStream(connection)
        self.client = Client(self.stream)
        self.first: list[Call[int]] = []
        self._writer = threading.Thread(
            target=lambda: self.first.append(self.client.go(SUM, Pair(0, 0)))
        )
        self._writer.start()
        assert self.stream.entered.wait(TIMEOUT_S)

    def go_on(self) -> Call[int]:
        """Let the thread send; return its call."""
        self.stream.go_on.set()
        self._writer.join(TIMEOUT_S)
        return self.first[0]


@pytest.fixture
def pair() -> Iterator[tuple[Held, ScriptedServer]]:
    ours, theirs = socket.socketpair()
    held = Held(ours)
    with theirs, held.client:
        yield held, ScriptedServer(theirs)
        held.go_on()


def test_request_is_left_with_the_thread_that_sends(pair: tuple[Held, ScriptedServer]) -> None:
    held, _ = pair
    held.client.go(SUM, Pair(1, 2))  # which would wait if it had to send
    assert held.stream.batches == [1]


def test_requests_that_were_left_are_sent_together(pair: tuple[Held, ScriptedServer]) -> None:
    held, server = pair
    for number in range(5):
        held.client.go(SUM, Pair(number, 0))
    held.go_on()
    assert [server.receive().seq for _ in range(6)] == list(range(6))
    assert held.stream.batches == [1, 5]


def test_request_that_cannot_be_encoded_holds_up_no_other(
    pair: tuple[Held, ScriptedServer],
) -> None:
    held, server = pair
    bad = held.client.go(SUM, Pair("one", 2))  # type: ignore[arg-type]
    held.client.go(SUM, Pair(1, 2))
    held.go_on()
    assert isinstance(bad.error, EncodeError)
    assert [server.receive().seq for _ in range(2)] == [0, 2]


def test_calls_whose_batch_fails_are_all_told(pair: tuple[Held, ScriptedServer]) -> None:
    held, _ = pair
    others = [held.client.go(SUM, Pair(number, 0)) for number in range(3)]
    held.stream.error = BrokenPipeError("gone")
    errors = [call.error for call in (held.go_on(), *others)]
    assert [str(error) for error in errors] == ["writing request: gone"] * 4
    assert {type(error) for error in errors} == {DisconnectedError}


def test_calls_that_wait_when_a_draining_server_has_hung_up_are_known_not_to_be_started(
    pair: tuple[Held, ScriptedServer],
) -> None:
    held, server = pair
    others = [held.client.go(SUM, Pair(number, 0)) for number in range(3)]
    server.respond(ExtendedResponse("", NOTICE_SEQ, last=0))
    held.stream.error = BrokenPipeError("gone")
    errors = [call.error for call in (held.go_on(), *others)]
    assert [error is not None and error.started for error in errors] == [False] * 4


def test_call_that_is_being_sent_when_the_client_closes_is_shut_down(
    pair: tuple[Held, ScriptedServer],
) -> None:
    held, _ = pair
    other = held.client.go(SUM, Pair(1, 0))
    held.stream.error = BrokenPipeError("gone")
    held.client._protocol.close()
    errors = [call.error for call in (held.go_on(), other)]
    assert {type(error) for error in errors} == {ShutdownError}


def test_call_after_a_batch_that_failed_is_refused(pair: tuple[Held, ScriptedServer]) -> None:
    held, _ = pair
    held.stream.error = BrokenPipeError("gone")
    held.go_on()
    held.stream.error = None
    assert isinstance(held.client.go(SUM, Pair(1, 2)).error, ShutdownError)


def test_large_request_is_left_with_the_thread_that_sends(
    pair: tuple[Held, ScriptedServer],
) -> None:
    held, server = pair
    held.client.go(BLOB, bytes(2 * MEBIBYTE))  # which would wait if it had to send
    held.go_on()
    size = 2 * MEBIBYTE
    while size > 0:
        size -= len(server.socket.recv(MEBIBYTE))


def test_large_request_of_a_single_call_arrives_whole() -> None:
    ours, theirs = socket.socketpair()
    large = bytes(range(256)) * (8 * MEBIBYTE // 256)
    received: list[bytes] = []
    with theirs, Client(ours) as client:
        size = len(large)
        reader = threading.Thread(
            target=lambda: received.append(theirs.recv(size, socket.MSG_WAITALL))
        )
        reader.start()
        client.go(BLOB, large)
        reader.join(TIMEOUT_S)
    assert large[: 7 * MEBIBYTE] in received[0]


class Interrupt(BaseException):
    """What a signal handler raises."""


ENCODING = -1


class InterruptedStream(Stream):
    """Interrupts the thread that sends, once, after so many bytes or before it sends at all."""

    after: int | None = None  # bytes, or ENCODING

    def encrypt(self, data: bytes) -> bytes:
        if self.after == ENCODING:
            self.after = None
            raise Interrupt("while the request is encoded")
        return super().encrypt(data)

    def send_nowait(self, wire_data: bytes, sent: list[int]) -> None:
        if self.after is None:
            super().send_nowait(wire_data, sent)
            return
        after, self.after = self.after, None
        if after:
            super().send_nowait(wire_data[:after], sent)
        raise Interrupt("while the request is sent")


@pytest.fixture
def interrupted() -> Iterator[tuple[InterruptedStream, Client, ScriptedServer]]:
    """A client that has had an answer, so that its types are described, and the other end."""
    ours, theirs = socket.socketpair()
    stream = InterruptedStream(ours)
    with theirs, Client(stream) as client:
        server = ScriptedServer(theirs)
        call = client.go(SUM, Pair(0, 0))
        server.reply(server.receive().seq, 0)
        call.result(TIMEOUT_S)
        yield stream, client, server


@pytest.mark.parametrize(
    ("after", "count"), [(ENCODING, 1), (0, 2), (1000, 2)], ids=["encoding", "none", "all"]
)
def test_request_interrupted_at_its_edges_leaves_the_client_usable(
    interrupted: tuple[InterruptedStream, Client, ScriptedServer], after: int, count: int
) -> None:
    stream, client, server = interrupted
    stream.after = after
    with pytest.raises(Interrupt):
        client.go(SUM, Pair(2, 2))
    call = client.go(SUM, Pair(3, 3))
    seqs = [server.receive().seq for _ in range(count)]
    server.reply(seqs[-1], 6)
    assert call.result(TIMEOUT_S) == 6


def test_request_interrupted_in_its_middle_ends_the_connection(
    interrupted: tuple[InterruptedStream, Client, ScriptedServer],
) -> None:
    stream, client, _ = interrupted
    stream.after = 3
    with pytest.raises(Interrupt):
        client.go(SUM, Pair(2, 2))
    with pytest.raises((DisconnectedError, ShutdownError)):
        client.go(SUM, Pair(3, 3)).result(TIMEOUT_S)
