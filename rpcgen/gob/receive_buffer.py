"""Receive buffers for the missing part of a large message."""

from __future__ import annotations

from typing import Final

__all__ = ["ReceiveBuffer"]

# Buffers to use again: fresh memory costs more than to read into it, since the system hands
# it out page by page. Taking and giving back are atomic.
_free_list: Final[list[bytearray]] = []

# Maximum number of buffers that the process keeps, and maximum size of each in bytes.
_MAX_FREE_BUFFERS: Final = 4
_MAX_FREE_BUFFER_BYTES: Final = 4 << 20

_MIN_BUFFER_BYTES: Final = 1 << 16


class ReceiveBuffer:
    """Memory for the rest of one message, until it is decoded."""

    def __init__(self) -> None:
        self._buffers: list[bytearray] = []
        self._left = memoryview(b"")

    def get_buffer(self, needed: int, held: int) -> memoryview:
        """Return memory to receive into.

        A sender can claim any length: no more fresh memory is taken than four
        times what has come of the message, or 64 KiB.

        Args:
            needed: Maximum size of the memory, in bytes: what the message lacks.
            held: Number of bytes of the message that have come.
        """
        if not self._left:
            buffer = _memory(max(_MIN_BUFFER_BYTES, min(needed, 4 * held)))
            self._buffers.append(buffer)
            self._left = memoryview(buffer)
        return self._left[:needed]

    def commit(self, count: int) -> memoryview:
        """Return the first ``count`` bytes of the last `get_buffer`, which are received now."""
        filled, self._left = self._left[:count], self._left[count:]
        return filled

    def release(self) -> None:
        """Give the memory back, which nobody may look at any more."""
        self._left = memoryview(b"")
        for buffer in self._buffers:
            if len(_free_list) < _MAX_FREE_BUFFERS and len(buffer) <= _MAX_FREE_BUFFER_BYTES:
                _free_list.append(buffer)
        self._buffers.clear()


def _memory(size: int) -> bytearray:
    try:
        buffer = _free_list.pop()
    except IndexError:
        return bytearray(size)
    return buffer if len(buffer) >= size else bytearray(size)
