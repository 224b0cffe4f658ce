"""`ReadBufferProtocol`: the reading side of a connection, into a buffer that is there already."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

__all__ = ["READ_SIZE", "ReadBufferProtocol"]

READ_SIZE: Final = 262144
"""Maximum number of bytes of one read, as asyncio has it."""


# The buffer of each event loop, which all its connections read into.
_buffers: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()


class ReadBufferProtocol(asyncio.BufferedProtocol, asyncio.Protocol):
    """Reads in the way that is the cheaper one on its event loop.

    asyncio's own loop makes 256 KiB of fresh memory for each read of a
    `Protocol`, which takes five times as long as to read a small message. Of a
    class that is both it takes the `BufferedProtocol`, and reads into a buffer
    that is there already. uvloop has such a buffer itself, and takes the
    `Protocol`. Either way `data_received` gets bytes.

    All connections of an event loop share the buffer: between `get_buffer` and
    `buffer_updated` it does nothing but read, so none sees what another has read.
    """

    __slots__ = ("_buffer", "_message_buffer")

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        buffer = _buffers.get(loop)
        if buffer is None:
            buffer = _buffers[loop] = memoryview(bytearray(READ_SIZE))
        self._buffer = buffer
        self._message_buffer: memoryview | None = None

    def message_buffer(self) -> memoryview | None:
        """Return where to put the next bytes, if there is a better place than any; see the next."""
        return None

    def message_buffer_updated(self, count: int) -> None:
        """Take what was put into `message_buffer`."""
        raise NotImplementedError

    def get_buffer(self, sizehint: int) -> memoryview:
        self._message_buffer = self.message_buffer()
        return self._buffer if self._message_buffer is None else self._message_buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._message_buffer is None:
            self.data_received(bytes(self._buffer[:nbytes]))
        else:
            self._message_buffer = None
            self.message_buffer_updated(nbytes)
