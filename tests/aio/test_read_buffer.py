from __future__ import annotations

import asyncio
import socket

from rpcgen.aio.read_buffer import READ_SIZE, ReadBufferProtocol


class Reader(ReadBufferProtocol):
    """Keeps what it receives, and hangs up at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[bytes] = []
        self.over: asyncio.Future[None] = asyncio.Future()

    def data_received(self, data: bytes) -> None:
        self.received.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set_result(None)


async def reading() -> tuple[Reader, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    reader = Reader()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: reader, ours)
    return reader, theirs


async def test_data_received_gets_what_was_sent() -> None:
    reader, theirs = await reading()
    with theirs:
        theirs.sendall(b"hello")
    await reader.over
    assert reader.received == [b"hello"]


async def test_data_received_gets_bytes() -> None:
    reader, theirs = await reading()
    with theirs:
        theirs.sendall(b"hello")
    await reader.over
    assert type(reader.received[0]) is bytes


async def test_data_received_of_more_than_the_buffer() -> None:
    reader, theirs = await reading()
    data = bytes(range(256)) * (3 * READ_SIZE // 256)
    with theirs:
        await asyncio.to_thread(theirs.sendall, data)
    await reader.over
    assert b"".join(reader.received) == data
    assert len(reader.received) > 2


async def test_connections_that_share_a_buffer_receive_their_own() -> None:
    pairs = [await reading() for _ in range(20)]
    for number, (_, theirs) in enumerate(pairs):
        with theirs:
            theirs.sendall(b"%d" % number * 1000)
    for number, (reader, _) in enumerate(pairs):
        await reader.over
        assert b"".join(reader.received) == b"%d" % number * 1000


async def test_connections_of_one_loop_read_into_one_buffer() -> None:
    assert Reader().get_buffer(-1) is Reader().get_buffer(-1)


async def test_connections_of_two_loops_read_into_two_buffers() -> None:
    async def make() -> Reader:
        return Reader()

    theirs = await asyncio.to_thread(lambda: asyncio.run(make()))
    assert theirs.get_buffer(-1) is not Reader().get_buffer(-1)


class RoomyReader(Reader):
    """Has a place of its own for what comes, for as long as there is room in it."""

    def __init__(self) -> None:
        super().__init__()
        self.room = memoryview(bytearray(1000))

    def message_buffer(self) -> memoryview | None:
        return self.room or None

    def message_buffer_updated(self, count: int) -> None:
        self.received.append(bytes(self.room[:count]))
        self.room = self.room[count:]


async def test_space_is_filled_in_order() -> None:
    reader = RoomyReader()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: reader, ours)
    with theirs:
        theirs.sendall(b"x" * 1000 + b"y" * 500)
    await reader.over
    assert b"".join(reader.received) == b"x" * 1000 + b"y" * 500
    # On uvloop, which reads into a buffer of its own, nothing is put there.
    assert len(reader.room) in (0, 1000)
