"""`DeadlineTimer`: one timer of the event loop for the deadlines of all calls of a connection."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from rpcgen.net import clock

__all__ = ["DeadlineTimer"]


class DeadlineTimer:
    """Goes off at the next of many deadlines.

    It is set anew for an earlier one alone, and stays where the call is over that it was set for:
    so most calls set none, and none is taken back.

    Args:
        loop: The event loop.
        expire: Ends the calls that are late; returns the next deadline of those left, None if
            there is none. Called when the timer goes off.
    """

    __slots__ = ("_due", "_expire", "_loop", "handle")

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[], float | None]) -> None:
        self._loop = loop
        self._expire = expire
        self._due = math.inf
        self.handle: asyncio.TimerHandle | None = None
        """Handle of the event loop's callback, None where nothing is due."""

    def watch(self, deadline: float) -> None:
        """See to it that the timer goes off at a time of `rpcgen.net.clock`, in seconds."""
        if deadline >= self._due:
            return
        if self.handle is not None:
            self.handle.cancel()
        self._due = deadline
        left = max(0.0, min(deadline - clock.monotonic(), clock.max_timer))
        self.handle = self._loop.call_later(left, self._go_off)

    def stop(self) -> None:
        """Watch no more, and forget the connection, which knows this timer."""
        if self.handle is not None:
            self.handle.cancel()
        self._expire = _nothing_is_due

    def _go_off(self) -> None:
        self.handle, self._due = None, math.inf
        due = self._expire()
        if due is not None:
            self.watch(due)


def _nothing_is_due() -> None:
    """Stand for what ends calls, where there are none any more."""
