from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from rpcgen.sync.send_buffer import Outbox
from rpcgen.sync.stream import Stream

PATIENCE = 30.0
MEBIBYTE = 1 << 20


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    with ours, theirs:
        yield ours, theirs


def read(connection: socket.socket, size: int) -> bytes:
    with connection.makefile("rb") as file:
        return file.read(size)


@pytest.fixture
def outbox(pair: tuple[socket.socket, socket.socket]) -> Outbox:
    return Outbox(Stream(pair[0]))


def test_put_sends_nothing(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.put([b"hello"])
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(5)


def test_size_of_what_is_left(outbox: Outbox) -> None:
    outbox.put([b"hello"])
    outbox.put([b"you"])
    assert outbox.size == 8


def test_flush_sends_a_message(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.put([b"hello"])
    outbox.flush()
    assert pair[1].recv(100) == b"hello"
    assert outbox.size == 0


def test_flush_sends_messages_in_order(
    pair: tuple[socket.socket, socket.socket], outbox: Outbox
) -> None:
    messages = [b"%d," % number for number in range(1000)]
    for message in messages:
        outbox.put([message])
    outbox.flush()
    assert pair[1].recv(MEBIBYTE) == b"".join(messages)


def test_flush_of_nothing(outbox: Outbox) -> None:
    outbox.flush()
    assert outbox.size == 0


def test_flush_does_not_wait_for_a_reader(outbox: Outbox) -> None:
    outbox.put([bytes(8 * MEBIBYTE)])
    outbox.flush()
    assert 0 < outbox.size < 8 * MEBIBYTE


@pytest.mark.parametrize("sizes", [[8 * MEBIBYTE], [100_000] * 50, [1, 3 * MEBIBYTE, 0, 5]])
def test_flush_goes_on_where_it_stopped(
    pair: tuple[socket.socket, socket.socket], outbox: Outbox, sizes: list[int]
) -> None:
    messages = [bytes([number]) * size for number, size in enumerate(sizes)]
    for message in messages:
        outbox.put([message])
    received = b""
    outbox.flush()
    while outbox.size or len(received) < sum(sizes):
        received += pair[1].recv(MEBIBYTE)
        outbox.flush()
    assert received == b"".join(messages)


def test_flush_that_waits_sends_everything(
    pair: tuple[socket.socket, socket.socket], outbox: Outbox
) -> None:
    large = bytes(8 * MEBIBYTE)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(read(pair[1], len(large))))
    reader.start()
    outbox.put([large])
    outbox.flush(wait=True)
    assert outbox.size == 0
    reader.join(PATIENCE)
    assert received == [large]


def test_flush_to_nobody_raises(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    pair[1].close()
    outbox.put([b"lost"])
    with pytest.raises(OSError, match="Broken pipe"):
        outbox.flush()


def test_put_after_giving_up_is_dropped(outbox: Outbox) -> None:
    outbox.give_up()
    outbox.put([b"lost"])
    assert outbox.size == 0


def test_give_up_drops_what_is_left(outbox: Outbox) -> None:
    outbox.put([b"hello"])
    outbox.give_up()
    assert outbox.size == 0


def test_send_sends_a_message(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.send([b"hello"])
    assert pair[1].recv(100) == b"hello"
    assert outbox.size == 0


def test_send_sends_all_parts(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.send([b"hello", b" ", b"you"])
    assert pair[1].recv(100) == b"hello you"


def test_send_after_what_waits(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.put([b"first "])
    outbox.send([b"second"])
    assert pair[1].recv(100) == b"first second"


def test_send_keeps_what_does_not_go(
    pair: tuple[socket.socket, socket.socket], outbox: Outbox
) -> None:
    large = bytes(range(256)) * (8 * MEBIBYTE // 256)
    outbox.send([large])
    assert 0 < outbox.size < len(large)
    received = b""
    while len(received) < len(large):
        received += pair[1].recv(MEBIBYTE)
        outbox.flush()
    assert received == large


def test_send_where_nothing_goes(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    outbox.send([bytes(8 * MEBIBYTE)])
    other = Outbox(outbox._stream)
    other.send([b"hello"])
    assert other.size == 5


def test_send_to_nobody_raises(pair: tuple[socket.socket, socket.socket], outbox: Outbox) -> None:
    pair[1].close()
    with pytest.raises(OSError, match="Broken pipe"):
        outbox.send([b"lost"])
