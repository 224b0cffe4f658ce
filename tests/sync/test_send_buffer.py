from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from rpcgen.sync.send_buffer import SendBuffer
from rpcgen.sync.stream import Stream
from tests.support.timeouts import TIMEOUT_S

MEBIBYTE = 1 << 20


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(TIMEOUT_S)
    with ours, theirs:
        yield ours, theirs


def read(connection: socket.socket, size: int) -> bytes:
    with connection.makefile("rb") as file:
        return file.read(size)


@pytest.fixture
def buffer(pair: tuple[socket.socket, socket.socket]) -> SendBuffer:
    return SendBuffer(Stream(pair[0]))


def test_put_sends_nothing(pair: tuple[socket.socket, socket.socket], buffer: SendBuffer) -> None:
    buffer.put([b"hello"])
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(5)


def test_size_of_what_is_left(buffer: SendBuffer) -> None:
    buffer.put([b"hello"])
    buffer.put([b"you"])
    assert buffer.size == 8


def test_flush_sends_a_message(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    buffer.put([b"hello"])
    buffer.flush()
    assert pair[1].recv(100) == b"hello"
    assert buffer.size == 0


def test_flush_sends_messages_in_order(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    messages = [b"%d," % number for number in range(1000)]
    for message in messages:
        buffer.put([message])
    buffer.flush()
    assert pair[1].recv(MEBIBYTE) == b"".join(messages)


def test_flush_of_nothing(buffer: SendBuffer) -> None:
    buffer.flush()
    assert buffer.size == 0


def test_flush_does_not_wait_for_a_reader(buffer: SendBuffer) -> None:
    buffer.put([bytes(8 * MEBIBYTE)])
    buffer.flush()
    assert 0 < buffer.size < 8 * MEBIBYTE


@pytest.mark.parametrize("sizes", [[8 * MEBIBYTE], [100_000] * 50, [1, 3 * MEBIBYTE, 0, 5]])
def test_flush_goes_on_where_it_stopped(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer, sizes: list[int]
) -> None:
    messages = [bytes([number]) * size for number, size in enumerate(sizes)]
    for message in messages:
        buffer.put([message])
    received = b""
    buffer.flush()
    while buffer.size or len(received) < sum(sizes):
        received += pair[1].recv(MEBIBYTE)
        buffer.flush()
    assert received == b"".join(messages)


def test_flush_that_waits_sends_everything(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    large = bytes(8 * MEBIBYTE)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(read(pair[1], len(large))))
    reader.start()
    buffer.put([large])
    buffer.flush(wait=True)
    assert buffer.size == 0
    reader.join(TIMEOUT_S)
    assert received == [large]


def test_flush_to_nobody_raises(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    pair[1].close()
    buffer.put([b"lost"])
    with pytest.raises(OSError, match="Broken pipe"):
        buffer.flush()


def test_put_after_discard_is_dropped(buffer: SendBuffer) -> None:
    buffer.discard()
    buffer.put([b"lost"])
    assert buffer.size == 0


def test_give_up_drops_what_is_left(buffer: SendBuffer) -> None:
    buffer.put([b"hello"])
    buffer.discard()
    assert buffer.size == 0


def test_send_sends_a_message(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    buffer.send([b"hello"])
    assert pair[1].recv(100) == b"hello"
    assert buffer.size == 0


def test_send_sends_all_parts(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    buffer.send([b"hello", b" ", b"you"])
    assert pair[1].recv(100) == b"hello you"


def test_send_after_what_waits(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    buffer.put([b"first "])
    buffer.send([b"second"])
    assert pair[1].recv(100) == b"first second"


def test_send_keeps_what_does_not_go(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    large = bytes(range(256)) * (8 * MEBIBYTE // 256)
    buffer.send([large])
    assert 0 < buffer.size < len(large)
    received = b""
    while len(received) < len(large):
        received += pair[1].recv(MEBIBYTE)
        buffer.flush()
    assert received == large


def test_send_where_nothing_goes(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    buffer.send([bytes(8 * MEBIBYTE)])
    other = SendBuffer(buffer._stream)
    other.send([b"hello"])
    assert other.size == 5


def test_send_to_nobody_raises(
    pair: tuple[socket.socket, socket.socket], buffer: SendBuffer
) -> None:
    pair[1].close()
    with pytest.raises(OSError, match="Broken pipe"):
        buffer.send([b"lost"])
