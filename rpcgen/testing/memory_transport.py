"""`memory_transports`: the two ends of a connection within one event loop."""

from __future__ import annotations

import asyncio
from typing import Final

from .memory_stream import ThisProcess

__all__ = ["MemoryTransport", "memory_transports"]

# Number of bytes that wait for the other end above which a protocol is told to pause, and below
# which to go on; asyncio's own.
_HIGH_WATER: Final = 65536
_LOW_WATER: Final = _HIGH_WATER // 4


def memory_transports() -> tuple[MemoryTransport, MemoryTransport]:
    """Return the two ends of a new connection, each without a protocol so far."""
    first, second = MemoryTransport(), MemoryTransport()
    first._other, second._other = second, first
    return first, second


class MemoryTransport(asyncio.Transport):
    """One end of a connection within one event loop, with no socket below.

    What is written comes to the protocol of the other end in a later turn of the
    loop, at most one buffer in each. Until an end has its protocol, what comes is kept.
    """

    def __init__(self) -> None:
        super().__init__({"peername": "", "socket": ThisProcess()})
        self._loop = asyncio.get_running_loop()
        self._protocol: asyncio.BaseProtocol | None = None
        self._other: MemoryTransport | None = None
        # Data that has come, and is to be read.
        self._unread = bytearray()
        self._delivery: asyncio.Handle | None = None
        self._is_reading = True
        # True once the other end sends no more; then also once the protocol knows.
        self._has_ended = False
        self._has_told_end = False
        self._is_closing = False
        # True while the protocol is told to write no more.
        self._is_full = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have what comes taken by ``protocol``."""
        self._protocol = protocol
        self._deliver_soon()

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return what takes what comes."""
        assert self._protocol is not None
        return self._protocol

    # --- writing --------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, or drop them where an end is closed."""
        other = self._other
        if self._is_closing or other is None or other._is_closing or other._has_ended:
            return
        other._unread += data
        other._deliver_soon()
        if len(other._unread) > _HIGH_WATER and not self._is_full:
            self._is_full = True
            self.get_protocol().pause_writing()

    def can_write_eof(self) -> bool:
        """Return True: one direction can end before the other."""
        return True

    def write_eof(self) -> None:
        """Send no more."""
        if self._other is not None:
            self._other._has_ended = True
            self._other._deliver_soon()

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that the other end has not read."""
        return 0 if self._other is None else len(self._other._unread)

    def _go_on_writing(self) -> None:
        if self._is_full:
            self._is_full = False
            self.get_protocol().resume_writing()

    # --- the end --------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Return True from `close` on."""
        return self._is_closing

    def close(self) -> None:
        """Close this end; the other one reads what was written, and then the end."""
        if self._is_closing:
            return
        self._is_closing = True
        self.write_eof()
        self._loop.call_soon(self._lose)

    def abort(self) -> None:
        """Close this end, as `close`: what was written counts as sent."""
        self.close()

    def _lose(self) -> None:
        other, self._other = self._other, None
        self._unread.clear()
        if other is not None:
            other._go_on_writing()  # into the void, as into a socket whose other end is gone
        if self._protocol is not None:
            self._protocol.connection_lost(None)

    # --- reading --------------------------------------------------------------------------------

    def is_reading(self) -> bool:
        """Return True while what comes is handed on."""
        return self._is_reading and not self._is_closing

    def pause_reading(self) -> None:
        """Keep what comes."""
        self._is_reading = False

    def resume_reading(self) -> None:
        """Hand on what comes."""
        self._is_reading = True
        self._deliver_soon()

    def _deliver_soon(self) -> None:
        if self._delivery is None and (self._unread or self._has_ended):
            self._delivery = self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        self._delivery = None
        if self._protocol is None or not self.is_reading():
            return
        if self._unread:
            self._hand_on(self._protocol)
            self._deliver_soon()
        elif self._has_ended and not self._has_told_end:
            self._has_told_end = True
            if not self._receive_eof(self._protocol):
                self.close()

    def _hand_on(self, protocol: asyncio.BaseProtocol) -> None:
        if isinstance(protocol, asyncio.BufferedProtocol):
            buffer = memoryview(protocol.get_buffer(-1))
            count = min(len(buffer), len(self._unread))
            buffer[:count] = self._unread[:count]
            del self._unread[:count]
            protocol.buffer_updated(count)
        elif isinstance(protocol, asyncio.Protocol):
            data = bytes(self._unread)
            self._unread.clear()
            protocol.data_received(data)
        if self._other is not None and len(self._unread) <= _LOW_WATER:
            self._other._go_on_writing()

    def _receive_eof(self, protocol: asyncio.BaseProtocol) -> bool:
        """Tell the protocol of the end, and return True if it goes on writing."""
        assert isinstance(protocol, (asyncio.BufferedProtocol, asyncio.Protocol))
        return bool(protocol.eof_received())
