"""`KeepAlive`: asks a server for a sign of life where nothing has come for long."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from rpcgen.protocol import ClientProtocol
from rpcgen.protocol.headers import NOTICE_SEQ

__all__ = ["KeepAlive", "Pingable"]

# Time in seconds for what has come while the event loop was busy.
_LAST_CHANCE_S: Final = 0.05


class Pingable(Protocol):
    """A client's connection, as far as this needs it."""

    protocol: ClientProtocol[Any]
    loop: asyncio.AbstractEventLoop

    @property
    def is_decoding(self) -> bool:
        """True while a thread decodes what has come, and nothing more is received."""
        ...

    @property
    def queued(self) -> int:
        """Number of bytes that wait to be sent."""
        ...

    def cancel(self, seq: int) -> None:
        """Send a cancel, which is a ping if the number is `NOTICE_SEQ`."""
        ...

    def fail(self, reason: str) -> None:
        """End the connection."""
        ...


class KeepAlive:
    """A timer that looks whether something has come since it went off last.

    Args:
        connection: The connection, which is up.
        seconds: Time until it asks, and again until it takes the server for dead.
    """

    def __init__(self, connection: Pingable, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._queued = 0
        self._wait()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.cancel()

    def _wait(self) -> None:
        self._connection.protocol.is_silent = True
        self._timer = self._connection.loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        if self._lives():
            self._wait()
            return
        self._connection.cancel(NOTICE_SEQ)
        self._timer = self._connection.loop.call_later(self._seconds, self._doubt)

    def _doubt(self) -> None:
        self._timer = self._connection.loop.call_later(_LAST_CHANCE_S, self._decide)

    def _decide(self) -> None:
        if self._lives():
            self._wait()
        else:
            self._connection.fail(
                f"the server has not answered a ping within {self._seconds} s (keepalive)"
            )

    def _lives(self) -> bool:
        """Return True if something has come, or the server has read."""
        connection = self._connection
        before, self._queued = self._queued, connection.queued
        has_come = connection.is_decoding or not connection.protocol.is_silent
        return has_come or 0 < self._queued < before
