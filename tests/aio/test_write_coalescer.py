from __future__ import annotations

import asyncio

from rpcgen.aio.write_coalescer import WriteCoalescer


class Transport(asyncio.Transport):
    """Remembers what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


def make_coalescer() -> tuple[WriteCoalescer, Transport]:
    transport = Transport()
    return WriteCoalescer(transport, asyncio.get_running_loop()), transport


async def test_send_of_the_last_writes_at_once() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=True)
    assert transport.written == [b"a"]


async def test_send_in_one_turn_is_one_write() -> None:
    coalescer, transport = make_coalescer()
    for data in (b"a", b"b", b"c"):
        coalescer.send(data, flush=False)
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"abc"]


async def test_send_in_two_turns_is_two_writes() -> None:
    coalescer, transport = make_coalescer()
    for data in (b"a", b"b"):
        coalescer.send(data, flush=False)
        await asyncio.sleep(0)
    assert transport.written == [b"a", b"b"]


async def test_send_of_the_last_takes_along_what_has_been_gathered() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=False)
    coalescer.send(b"b", flush=True)
    assert transport.written == [b"ab"]
    await asyncio.sleep(0)
    assert transport.written == [b"ab"]


async def test_send_of_much_does_not_wait_for_the_turn_to_end() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=False)
    coalescer.send(bytes(1 << 20), flush=False)
    assert b"".join(transport.written) == b"a" + bytes(1 << 20)


async def test_send_after_much() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(bytes(1 << 20), flush=False)
    coalescer.send(b"b", flush=False)
    await asyncio.sleep(0)
    assert transport.written[-1] == b"b"


async def test_flush_writes_at_once() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=False)
    coalescer.flush()
    assert transport.written == [b"a"]


async def test_flush_of_nothing_writes_nothing() -> None:
    coalescer, transport = make_coalescer()
    coalescer.flush()
    assert transport.written == []


async def test_cork_gathers_until_uncork() -> None:
    coalescer, transport = make_coalescer()
    assert coalescer.cork()
    for data in (b"a", b"b"):
        coalescer.send(data, flush=False)
    assert transport.written == []
    coalescer.uncork()
    assert transport.written == [b"ab"]


async def test_cork_in_a_turn_that_has_begun_leaves_it_to_its_end() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=False)
    assert not coalescer.cork()
    coalescer.send(b"b", flush=False)
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"ab"]


async def test_send_after_uncork() -> None:
    coalescer, transport = make_coalescer()
    coalescer.cork()
    coalescer.uncork()
    coalescer.send(b"a", flush=True)
    assert transport.written == [b"a"]


async def test_send_of_many_does_not_wait_for_the_turn_to_end() -> None:
    coalescer, transport = make_coalescer()
    for _ in range(100):
        coalescer.send(b"a", flush=False)
    assert transport.written
    await asyncio.sleep(0)
    assert b"".join(transport.written) == b"a" * 100


async def test_clear_drops_what_has_been_gathered() -> None:
    coalescer, transport = make_coalescer()
    coalescer.send(b"a", flush=False)
    coalescer.clear()
    await asyncio.sleep(0)
    assert transport.written == []
