from __future__ import annotations

import asyncio

from rpcgen.aio.write_coalescer import Outbox


class Transport(asyncio.Transport):
    """Remembers what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


def make_outbox() -> tuple[Outbox, Transport]:
    transport = Transport()
    return Outbox(transport, asyncio.get_running_loop()), transport


async def test_send_of_the_last_writes_at_once() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=True)
    assert transport.written == [b"a"]


async def test_send_in_one_turn_is_one_write() -> None:
    outbox, transport = make_outbox()
    for data in (b"a", b"b", b"c"):
        outbox.send(data, last=False)
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"abc"]


async def test_send_in_two_turns_is_two_writes() -> None:
    outbox, transport = make_outbox()
    for data in (b"a", b"b"):
        outbox.send(data, last=False)
        await asyncio.sleep(0)
    assert transport.written == [b"a", b"b"]


async def test_send_of_the_last_takes_along_what_has_been_gathered() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=False)
    outbox.send(b"b", last=True)
    assert transport.written == [b"ab"]
    await asyncio.sleep(0)
    assert transport.written == [b"ab"]


async def test_send_of_much_does_not_wait_for_the_turn_to_end() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=False)
    outbox.send(bytes(1 << 20), last=False)
    assert b"".join(transport.written) == b"a" + bytes(1 << 20)


async def test_send_after_much() -> None:
    outbox, transport = make_outbox()
    outbox.send(bytes(1 << 20), last=False)
    outbox.send(b"b", last=False)
    await asyncio.sleep(0)
    assert transport.written[-1] == b"b"


async def test_flush_writes_at_once() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=False)
    outbox.flush()
    assert transport.written == [b"a"]


async def test_flush_of_nothing_writes_nothing() -> None:
    outbox, transport = make_outbox()
    outbox.flush()
    assert transport.written == []


async def test_hold_gathers_until_release() -> None:
    outbox, transport = make_outbox()
    assert outbox.hold()
    for data in (b"a", b"b"):
        outbox.send(data, last=False)
    assert transport.written == []
    outbox.release()
    assert transport.written == [b"ab"]


async def test_hold_in_a_turn_that_has_begun_leaves_it_to_its_end() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=False)
    assert not outbox.hold()
    outbox.send(b"b", last=False)
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"ab"]


async def test_send_after_release() -> None:
    outbox, transport = make_outbox()
    outbox.hold()
    outbox.release()
    outbox.send(b"a", last=True)
    assert transport.written == [b"a"]


async def test_send_of_many_does_not_wait_for_the_turn_to_end() -> None:
    outbox, transport = make_outbox()
    for _ in range(100):
        outbox.send(b"a", last=False)
    assert transport.written
    await asyncio.sleep(0)
    assert b"".join(transport.written) == b"a" * 100


async def test_clear_drops_what_has_been_gathered() -> None:
    outbox, transport = make_outbox()
    outbox.send(b"a", last=False)
    outbox.clear()
    await asyncio.sleep(0)
    assert transport.written == []
