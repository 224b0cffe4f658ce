"""`WriteCoalescer`: joins the messages of one turn of the event loop into one write."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["WriteCoalescer"]

# Maximum size of a batch, in bytes: copying more would cost more than a system call, and
# nobody could tell that the other side is slow to read. It is asyncio's own high-water mark.
_HIGH_WATER_BYTES: Final = 65536

# Maximum number of messages in a batch: the other side can begin on these while the next are made.
_MAX_BATCH_MESSAGES: Final = 32


class WriteCoalescer:
    """Gathers what is sent in one turn of the event loop, and writes it at once.

    A system call takes as long as it takes to encode several small messages,
    and wakes the other side, which then reads one message where it could have
    read many.
    """

    __slots__ = ("_batch", "_loop", "_size", "_transport", "is_uncorking")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._batch: list[bytes] | None = None
        self._size = 0
        # True while `uncork` runs: a signal handler that has interrupted it must not send.
        self.is_uncorking = False

    def send(self, data: bytes, *, flush: bool) -> None:
        """Send at the end of this turn of the event loop, or now.

        Everything is sent in the order of these calls.

        Args:
            data: A message, or several.
            flush: Send now, and the batch with it: for a message that no other can follow
                in this turn, so that it goes out without delay.
        """
        if self._batch is None:
            if flush:
                self._transport.write(data)
                return
            self._batch = []
            self._loop.call_soon(self.uncork)
        self._batch.append(data)
        self._size += len(data)
        if flush or self._size > _HIGH_WATER_BYTES or len(self._batch) == _MAX_BATCH_MESSAGES:
            self.flush()

    def cork(self) -> bool:
        """Gather until `uncork`, which comes in this turn of the event loop.

        Returns:
            True if `uncork` has to come; False if the end of the turn sends anyway.
        """
        if self._batch is not None:
            return False
        self._batch = []
        return True

    def uncork(self) -> None:
        """Send the batch, and gather no more."""
        self.is_uncorking = True
        try:
            if self._batch:
                self.flush()
            self._batch = None
        finally:
            self.is_uncorking = False

    def flush(self) -> None:
        """Send the batch."""
        if self._batch:
            data = b"".join(self._batch)
            self.clear()
            self._transport.write(data)

    def clear(self) -> None:
        """Drop the batch: the connection is gone."""
        if self._batch:
            self._batch.clear()
            self._size = 0
