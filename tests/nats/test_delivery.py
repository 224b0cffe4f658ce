from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from rpcgen.nats.delivery import Delivery


class Parser:
    """What has been read and not taken yet."""

    def __init__(self) -> None:
        self.buf = b""


class Reading:
    """A connection that is taking messages, of which more may have been read."""

    def __init__(self) -> None:
        self._ps = Parser()


class End:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)


def deliver(
    use: Callable[[Delivery, Reading, End], Coroutine[Any, Any, None]], client: object = None
) -> None:
    async def main() -> None:
        reading, end = Reading(), End()
        connection = cast("Any", reading if client is None else client)
        await use(Delivery(connection, cast("Any", end)), reading, end)

    asyncio.run(asyncio.wait_for(main(), 60.0))


def test_frame_that_came_alone_is_handed_over_at_once() -> None:
    async def use(delivery: Delivery, reading: Reading, end: End) -> None:
        delivery.add(b"a")
        assert end.sent == [b"a"]

    deliver(use)


def test_frames_that_came_together_are_handed_over_with_the_last() -> None:
    async def use(delivery: Delivery, reading: Reading, end: End) -> None:
        reading._ps.buf = b"more"
        delivery.add(b"a")
        delivery.add(b"b")
        assert end.sent == []
        reading._ps.buf = b""
        delivery.add(b"c")
        await asyncio.sleep(0)
        assert end.sent == [b"abc"]

    deliver(use)


def test_frame_before_a_part_of_a_message_does_not_wait_for_the_rest() -> None:
    async def use(delivery: Delivery, reading: Reading, end: End) -> None:
        reading._ps.buf = b"MSG cut"
        delivery.add(b"a")
        await asyncio.sleep(0)
        assert end.sent == [b"a"]

    deliver(use)


def test_frames_are_handed_over_before_the_end() -> None:
    async def use(delivery: Delivery, reading: Reading, end: End) -> None:
        reading._ps.buf = b"more"
        delivery.add(b"a")
        delivery.flush()
        assert end.sent == [b"a"]

    deliver(use)


def test_connection_that_does_not_tell_what_was_read_hands_each_frame_over() -> None:
    async def use(delivery: Delivery, reading: Reading, end: End) -> None:
        delivery.add(b"a")
        delivery.add(b"b")
        assert end.sent == [b"a", b"b"]

    deliver(use, object())
