from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from typing import TypeAlias

import pytest

from rpcgen.sync.stream import Stream
from rpcgen.testing.memory_stream import MemoryStream, memory_streams
from tests.support.timeouts import TIMEOUT_S

pytestmark = pytest.mark.skipif(not hasattr(os, "eventfd"), reason="a pair of sockets here")

Ends: TypeAlias = tuple[Stream, Stream]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = memory_streams()
    yield ours, theirs
    ours.close()
    theirs.close()


def is_readable(stream: Stream) -> bool:
    poll = select.poll()
    poll.register(stream.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def test_streams_are_of_memory(ends: Ends) -> None:
    assert [*map(type, ends)] == [MemoryStream, MemoryStream]


def test_what_is_sent_is_read_in_order(ends: Ends) -> None:
    ours, theirs = ends
    ours.send(b"one")
    ours.sendmsg([b"two", memoryview(b"three")])
    assert (theirs.read(), theirs.read()) == (b"one", b"twothree")


def test_descriptor_is_readable_while_there_is_something(ends: Ends) -> None:
    ours, theirs = ends
    seen = [is_readable(theirs)]
    for data in b"one", b"two":
        ours.send(data)
        seen.append(is_readable(theirs))
    for _ in range(2):
        theirs.read()
        seen.append(is_readable(theirs))
    assert seen == [False, True, True, True, False]


def test_bytes_are_those_at_the_time_of_sending(ends: Ends) -> None:
    ours, theirs = ends
    data = bytearray(b"before")
    ours.send(memoryview(data))
    data[:] = b"after!"
    assert theirs.read() == b"before"


def test_read_into_leaves_what_has_no_room(ends: Ends) -> None:
    ours, theirs = ends
    ours.send(b"hello")
    room = memoryview(bytearray(3))
    assert (theirs.read_into(room, whole=True), bytes(room), theirs.read()) == (3, b"hel", b"lo")


def test_nothing_to_read_blocks_nobody_who_does_not_wait(ends: Ends) -> None:
    ours, _ = ends
    ours.set_timeout(0)
    with pytest.raises(BlockingIOError):
        ours.read()
    assert ours.receive_nowait([]) is None


def test_read_waits(ends: Ends) -> None:
    ours, theirs = ends
    sender = threading.Timer(0.01, ours.send_all, [b"late"])
    sender.start()
    assert theirs.read() == b"late"
    sender.join(TIMEOUT_S)


def test_end_is_read_after_what_was_sent(ends: Ends) -> None:
    ours, theirs = ends
    ours.send(b"last")
    ours.shutdown(socket.SHUT_WR)
    assert (theirs.read(), theirs.read(), theirs.read()) == (b"last", b"", b"")
    assert theirs.is_readable()


def test_one_direction_ends_alone(ends: Ends) -> None:
    ours, theirs = ends
    ours.shutdown(socket.SHUT_WR)
    theirs.send(b"still")
    assert ours.read() == b"still"


def test_nothing_is_sent_to_an_end_that_reads_no_more(ends: Ends) -> None:
    ours, theirs = ends
    theirs.shutdown(socket.SHUT_RD)
    with pytest.raises(BrokenPipeError):
        ours.send(b"in vain")


def test_close_gives_the_descriptor_back_and_ends_the_other(ends: Ends) -> None:
    ours, theirs = ends
    descriptor = ours.fileno()
    ours.close()
    ours.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert (ours.fileno(), ours.is_readable(), theirs.read()) == (-1, True, b"")


def test_other_side_is_a_process_of_this_machine_and_user(ends: Ends) -> None:
    ours, _ = ends
    peer = ours.make_peer(ours.peer(), {})
    assert (peer.address, peer.uid) == ("unix", os.getuid())
    assert ours.peer_name(ours.peer()) == f"process {os.getpid()} of user {os.getuid()}"
