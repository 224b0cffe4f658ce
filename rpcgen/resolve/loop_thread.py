"""`LoopThread`: a coroutine in a thread of its own, where both APIs need one that is asyncio's."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from rpcgen.errors import ShutdownError

__all__ = ["LoopThread"]

T = TypeVar("T")

# Seconds between two cancellations, in which the coroutine may clean up.
_CANCEL_S: Final = 5.0


class LoopThread:
    """Runs a coroutine on an event loop in a thread of its own, until it ends or is stopped.

    Args:
        main: Makes the coroutine, which is cancelled by `stop`.
        name: That of the thread.
    """

    def __init__(self, main: Callable[[], Coroutine[object, object, None]], name: str) -> None:
        self._main = main
        # Guards the two below, for a moment.
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_stopped = False
        # Set once the loop is there, or will never be.
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have a function called on the loop, unless it has ended; from any thread."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(function)

    def start(self, make: Callable[[], Coroutine[Any, Any, T]]) -> concurrent.futures.Future[T]:
        """Start another coroutine on the loop, which is cancelled when the first one has ended.

        Raises:
            ShutdownError: That has ended, or was stopped.
        """
        self._begun.wait()
        with self._lock:
            if self._is_stopped or self._loop is None:
                raise ShutdownError
            return asyncio.run_coroutine_threadsafe(make(), self._loop)

    def stop(self) -> None:
        """Begin to end it; from any thread."""
        with self._lock:
            self._is_stopped = True
        self._begun.set()
        self.call_soon(self._cancel)

    def join(self, timeout: float) -> bool:
        """Wait for its end for some seconds, and return whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._run_main())

    async def _run_main(self) -> None:
        self._task = asyncio.current_task()
        with self._lock:
            if self._is_stopped:
                return
            self._loop = asyncio.get_running_loop()
        self._begun.set()
        try:
            with suppress(asyncio.CancelledError):
                await self._main()
        finally:
            with self._lock:
                self._loop = None

    def _cancel(self) -> None:
        if self._task is None or self._task.done():
            return
        self._task.cancel()
        # Once more: a library may take it for a cancellation of its own.
        asyncio.get_running_loop().call_later(_CANCEL_S, self._cancel)
