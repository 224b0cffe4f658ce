"""`Sweep`: hangs up on clients that take too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

__all__ = ["Sweep"]


class Timed(Protocol):
    """A connection whose client may take too long."""

    def check_time(self, now: float) -> None:
        """Hang up if the client has taken too long; ``now`` is the loop's time in seconds."""
        ...


class Sweep:
    """Looks at all connections of a server now and then, as long as there are some.

    One timer for all of them, so that a call pays for none.

    Args:
        connections: The connections, as they are at each look.
        interval: Seconds between two looks.
    """

    def __init__(self, connections: Callable[[], Collection[Timed]], interval: float) -> None:
        self._connections = connections
        self._interval = interval
        self._handle: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look at the connections from now on, unless that has begun."""
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(self._interval, self._look)

    def end(self) -> None:
        """Look no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self) -> None:
        self._handle = None
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._connections()):
            connection.check_time(now)
        if self._connections():
            self.begin()
