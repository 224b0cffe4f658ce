from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rpcgen.testing.memory_transport import MemoryTransport, memory_transports
from tests.support.timeouts import TIMEOUT_S


class Recorder(asyncio.Protocol):
    """Keeps what an event loop tells it."""

    def __init__(self, transport: MemoryTransport, stays_open: bool = False) -> None:
        self.transport = transport
        self.stays_open = stays_open
        self.received = b""
        self.events: list[str] = []
        self.lost = asyncio.Event()
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        self.received += data

    def eof_received(self) -> bool:
        self.events.append("eof")
        return self.stays_open

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append("lost")
        self.lost.set()

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")


class Buffered(asyncio.BufferedProtocol):
    """Takes three bytes at a time."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.buffer = bytearray(3)
        self.pieces: list[bytes] = []
        transport.set_protocol(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.pieces.append(bytes(self.buffer[:nbytes]))


async def turns() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(scenario(), TIMEOUT_S)

    asyncio.run(main())


def test_what_is_written_arrives_in_a_later_turn() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        recorder = Recorder(theirs)
        ours.write(b"one")
        ours.write(memoryview(b"two"))
        assert recorder.received == b""
        await turns()
        assert recorder.received == b"onetwo"

    run(scenario)


def test_what_comes_before_there_is_a_protocol_is_kept() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        ours.write(b"early")
        await turns()
        recorder = Recorder(theirs)
        await turns()
        assert (recorder.received, theirs.get_protocol()) == (b"early", recorder)

    run(scenario)


def test_buffered_protocol_gets_what_its_buffer_holds() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        buffered = Buffered(theirs)
        ours.write(b"12345")
        await turns()
        assert buffered.pieces == [b"123", b"45"]

    run(scenario)


def test_writer_pauses_while_the_other_end_reads_nothing() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        writer, reader = Recorder(ours), Recorder(theirs)
        theirs.pause_reading()
        ours.write(bytes(100_000))
        await turns()
        assert (writer.events, ours.get_write_buffer_size()) == (["pause"], 100_000)
        assert (reader.received, theirs.is_reading()) == (b"", False)
        theirs.resume_reading()
        await turns()
        assert (writer.events, len(reader.received)) == (["pause", "resume"], 100_000)

    run(scenario)


@pytest.mark.parametrize("end", [MemoryTransport.close, MemoryTransport.abort])
def test_close_ends_both_once_everything_is_read(end: Callable[[MemoryTransport], None]) -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        closer, other = Recorder(ours), Recorder(theirs)
        ours.write(b"last")
        end(ours)
        end(ours)
        ours.write(b"dropped")
        await asyncio.gather(closer.lost.wait(), other.lost.wait())
        assert (closer.events, other.events) == (["lost"], ["eof", "lost"])
        assert (other.received, ours.is_closing(), theirs.is_closing()) == (b"last", True, True)

    run(scenario)


def test_one_direction_can_end_alone() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        first, second = Recorder(ours), Recorder(theirs, stays_open=True)
        assert ours.can_write_eof()
        ours.write_eof()
        await turns()
        theirs.write(b"still")
        await turns()
        assert (first.received, second.events) == (b"still", ["eof"])
        theirs.close()
        await first.lost.wait()

    run(scenario)


def test_writer_goes_on_where_the_other_end_is_lost() -> None:
    async def scenario() -> None:
        ours, theirs = memory_transports()
        writer, _ = Recorder(ours, stays_open=True), Recorder(theirs)
        theirs.pause_reading()
        ours.write(bytes(100_000))
        theirs.close()
        await turns()
        ours.write(b"nobody")
        assert (writer.events, ours.get_write_buffer_size()) == (["pause", "eof", "resume"], 0)

    run(scenario)
