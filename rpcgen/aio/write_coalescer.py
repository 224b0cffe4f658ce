"""`Outbox`: what a connection sends, in as few system calls as can be."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["Outbox"]

# More than this is not gathered, in bytes: copying it would cost more than a system call, and
# nobody could tell that the other side is slow to read. It is asyncio's own high-water mark.
_MOST: Final = 65536

# Nor more messages: the other side can begin on these while the next are made.
_MOST_MESSAGES: Final = 32


class Outbox:
    """Gathers what is sent in one turn of the event loop, and writes it at once.

    A system call takes as long as it takes to encode several small messages,
    and wakes the other side, which then reads one message where it could have
    read many.
    """

    __slots__ = ("_gathered", "_loop", "_size", "_transport", "is_releasing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] | None = None
        self._size = 0
        # True while `release` runs: a signal handler that has interrupted it must not send.
        self.is_releasing = False

    def send(self, data: bytes, *, last: bool) -> None:
        """Send now if this is the ``last`` for this turn, or else at the end of the turn.

        Say ``last`` where nothing else can be under way, so that it goes out
        without delay. All is sent in the order of these calls.
        """
        if self._gathered is None:
            if last:
                self._transport.write(data)
                return
            self._gathered = []
            self._loop.call_soon(self.release)
        self._gathered.append(data)
        self._size += len(data)
        if last or self._size > _MOST or len(self._gathered) == _MOST_MESSAGES:
            self.flush()

    def hold(self) -> bool:
        """Gather until `release`, which comes in this turn of the event loop.

        Say whether it has to come: not where the end of the turn will send all the same.
        """
        if self._gathered is not None:
            return False
        self._gathered = []
        return True

    def release(self) -> None:
        """Send what has been gathered, and gather no more."""
        self.is_releasing = True
        try:
            if self._gathered:
                self.flush()
            self._gathered = None
        finally:
            self.is_releasing = False

    def flush(self) -> None:
        """Send what has been gathered."""
        if self._gathered:
            data = b"".join(self._gathered)
            self.clear()
            self._transport.write(data)

    def clear(self) -> None:
        """Drop what has been gathered: the connection is gone."""
        if self._gathered:
            self._gathered.clear()
            self._size = 0
