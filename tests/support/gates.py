"""Handlers that are held up until the test lets them go on."""

from __future__ import annotations

import asyncio
import threading

from tests.support.timeouts import TIMEOUT_S

__all__ = ["AsyncGate", "Gate"]


class Gate:
    """A method that is held up until the test opens the gate, and counts who is in it.

    Attributes:
        entered: Released once for each call that comes in.
        open: Set by the test to let all calls go on.
        most_inside: Largest number of calls that were inside at the same time.
    """

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()
        self.most_inside = 0
        self._lock = threading.Lock()
        self._inside = 0

    def held(self, number: int) -> int:
        """Wait until the gate is open and return ``number``."""
        with self._lock:
            self._inside += 1
            self.most_inside = max(self.most_inside, self._inside)
        self.entered.release()
        self.open.wait(TIMEOUT_S)
        with self._lock:
            self._inside -= 1
        return number


class AsyncGate:
    """A coroutine method that is held up until the test opens the gate.

    Attributes:
        entered: Released once for each call that comes in.
        open: Set by the test to let all calls go on.
    """

    def __init__(self) -> None:
        self.entered = asyncio.Semaphore(0)
        self.open = asyncio.Event()

    async def held(self, number: int) -> int:
        """Wait until the gate is open and return ``number``."""
        self.entered.release()
        await self.open.wait()
        return number
