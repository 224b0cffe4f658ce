"""`LoopSpinner`: keeps the event loop awake for a moment, where an answer is about to come."""

from __future__ import annotations

import asyncio
from time import perf_counter

from rpcgen.net.spin import SPIN_LIMIT_S, spin_of, yield_cpu

__all__ = ["LoopSpinner"]


class LoopSpinner:
    """Looks for events again and again before the loop sleeps until there are some.

    See `rpcgen.net.spin` for what that saves. As long as there is something to
    call, a loop does not sleep, so this has itself called; everything else on
    the loop goes on as usual.

    Args:
        loop: The event loop.
        spin: False to do none of it.
    """

    __slots__ = ("_handle", "_loop", "_spin", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop, spin: bool = True) -> None:
        self._loop = loop
        self._spin = spin_of(spin)
        self._until = 0.0
        self._handle: asyncio.Handle | None = None

    def arm(self) -> None:
        """Expect something to come soon."""
        if self._handle is None and self._spin.should_spin():
            self._until = perf_counter() + SPIN_LIMIT_S
            self._handle = self._loop.call_soon(self._poll)

    def disarm(self) -> None:
        """Take note that something has come, or never will."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self._spin.record_hit()

    def _poll(self) -> None:
        if perf_counter() > self._until:
            self._handle = None
            self._spin.record_miss()
            return
        yield_cpu()
        self._handle = self._loop.call_soon(self._poll)
