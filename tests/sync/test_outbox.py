from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from rpcgen.sync.outbox import Outbox
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


def test_send_writes_what_encode_returns(pair: tuple[socket.socket, socket.socket]) -> None:
    Outbox(Stream(pair[0])).send(lambda: b"hello")
    assert read(pair[1], 5) == b"hello"


def test_send_raises_what_encode_raises(pair: tuple[socket.socket, socket.socket]) -> None:
    def encode() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Outbox(Stream(pair[0])).send(encode)


def test_send_after_encode_raised(pair: tuple[socket.socket, socket.socket]) -> None:
    outbox = Outbox(Stream(pair[0]))
    with pytest.raises(ZeroDivisionError):
        outbox.send(lambda: bytes(1 // 0))
    outbox.send(lambda: b"hello")
    assert read(pair[1], 5) == b"hello"


def test_send_while_another_thread_is_held_up(pair: tuple[socket.socket, socket.socket]) -> None:
    outbox = Outbox(Stream(pair[0]))
    large = bytes(8 * MEBIBYTE)
    held_up = threading.Thread(target=outbox.send, args=(lambda: large,))
    held_up.start()
    assert pair[1].recv(1, socket.MSG_PEEK) == b"\0"
    outbox.send(lambda: b"last")
    assert read(pair[1], len(large) + 4).endswith(b"\0last")
    held_up.join(PATIENCE)


def test_send_from_many_threads_keeps_messages_whole(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    outbox = Outbox(Stream(pair[0]))
    messages = [bytes([n]) * 100_000 for n in range(20)]
    threads = [
        threading.Thread(target=outbox.send, args=(partial(bytes, message),))
        for message in messages
    ]
    for thread in threads:
        thread.start()
    received = read(pair[1], 100_000 * 20)
    pieces = {received[start : start + 100_000] for start in range(0, len(received), 100_000)}
    assert pieces == set(messages)
    for thread in threads:
        thread.join(PATIENCE)


def test_send_to_nobody_is_dropped(pair: tuple[socket.socket, socket.socket]) -> None:
    outbox = Outbox(Stream(pair[0]))
    pair[1].close()
    outbox.send(lambda: b"lost")
    outbox.send(lambda: b"lost too")
    outbox.wait_until_sent()


def test_wait_for_room_until_the_other_end_reads(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    outbox = Outbox(Stream(pair[0]), capacity=10)
    large = bytes(8 * MEBIBYTE)
    sender = threading.Thread(target=outbox.send, args=(lambda: large,))
    sender.start()
    assert pair[1].recv(1, socket.MSG_PEEK) == b"\0"
    waiter = threading.Thread(target=outbox.wait_for_room)
    waiter.start()
    waiter.join(0.05)
    assert waiter.is_alive()
    read(pair[1], len(large))
    waiter.join(PATIENCE)
    assert not waiter.is_alive()
    sender.join(PATIENCE)


def test_wait_for_room_when_the_other_end_is_gone(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    outbox = Outbox(Stream(pair[0]), capacity=10)
    sender = threading.Thread(target=outbox.send, args=(lambda: bytes(8 * MEBIBYTE),))
    sender.start()
    assert pair[1].recv(1, socket.MSG_PEEK) == b"\0"
    pair[1].close()
    outbox.wait_for_room()
    sender.join(PATIENCE)
    assert not sender.is_alive()
