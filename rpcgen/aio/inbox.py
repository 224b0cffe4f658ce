"""`Inbox`: how a connection reads."""

from __future__ import annotations

import asyncio

__all__ = ["READ_SIZE", "Inbox", "read_buffer"]

READ_SIZE = 65536


def read_buffer() -> memoryview:
    """Return a buffer for `Inbox`; all connections of one event loop may share it."""
    return memoryview(bytearray(READ_SIZE))


class Inbox(asyncio.BufferedProtocol):
    """Reads into a buffer that is there already, and hands on what has come as bytes.

    An `asyncio.Protocol` gets fresh bytes from the event loop, which asyncio
    makes 256 KiB long before each read: that takes five times as long as
    reading a small message. Between `get_buffer` and `buffer_updated` the loop
    does nothing but read, so no connection sees what another one has read.
    """

    __slots__ = ("_buffer",)

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer

    def receive(self, data: bytes) -> None:
        """Take what has arrived."""
        raise NotImplementedError

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.receive(bytes(self._buffer[:nbytes]))
