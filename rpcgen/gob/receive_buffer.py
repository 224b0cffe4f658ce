"""`Room`: memory for what a large message still lacks."""

from __future__ import annotations

from typing import Final

__all__ = ["Room"]

# Buffers to be used again: fresh memory costs more than to read into it, since the system hands
# it out page by page. Taking and giving back are atomic.
_spare: Final[list[bytearray]] = []

# How many are kept for the whole process, and of how many bytes each at most.
_MOST_SPARE: Final = 4
_LARGEST_SPARE: Final = 4 << 20

_SMALLEST: Final = 1 << 16


class Room:
    """Where the rest of a message is put, until it is decoded."""

    def __init__(self) -> None:
        self._buffers: list[bytearray] = []
        self._left = memoryview(b"")

    def view(self, needed: int, held: int) -> memoryview:
        """Return memory to be filled with up to ``needed`` bytes.

        A sender can claim what it likes: no more fresh memory is taken than
        four times what is ``held`` of the message already, or 64 KiB.
        """
        if not self._left:
            buffer = _memory(max(_SMALLEST, min(needed, 4 * held)))
            self._buffers.append(buffer)
            self._left = memoryview(buffer)
        return self._left[:needed]

    def fill(self, count: int) -> memoryview:
        """Return the first bytes of the last `view`, which are filled now."""
        filled, self._left = self._left[:count], self._left[count:]
        return filled

    def release(self) -> None:
        """Give the memory back: nobody looks at it any more."""
        self._left = memoryview(b"")
        for buffer in self._buffers:
            if len(_spare) < _MOST_SPARE and len(buffer) <= _LARGEST_SPARE:
                _spare.append(buffer)
        self._buffers.clear()


def _memory(size: int) -> bytearray:
    try:
        buffer = _spare.pop()
    except IndexError:
        return bytearray(size)
    return buffer if len(buffer) >= size else bytearray(size)
