"""`Inbox`: how a connection reads."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["READ_SIZE", "Inbox", "read_buffer"]

READ_SIZE: Final = 262144
"""How much is read at once, as asyncio does."""


def read_buffer() -> memoryview:
    """Return a buffer for `Inbox`; all connections of one event loop may share it."""
    return memoryview(bytearray(READ_SIZE))


class Inbox(asyncio.BufferedProtocol, asyncio.Protocol):
    """Reads in the way that is the cheaper one on its event loop.

    asyncio's own loop makes 256 KiB of fresh memory for each read of a
    `Protocol`, which takes five times as long as to read a small message. Of a
    class that is both it takes the `BufferedProtocol`, and reads into a buffer
    that is there already. uvloop has such a buffer itself, and takes the
    `Protocol`. Either way `data_received` gets bytes.

    Between `get_buffer` and `buffer_updated` the loop does nothing but read, so
    that of the connections that share a buffer none sees what another has read.
    """

    __slots__ = ("_buffer",)

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._buffer[:nbytes]))
