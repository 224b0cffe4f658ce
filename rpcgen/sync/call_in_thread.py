"""`CallInThread`: a call that a thread of its own carries out, by other calls."""

from __future__ import annotations

import contextvars
import math
import threading
from collections.abc import Callable
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError
from rpcgen.net import clock
from rpcgen.protocol import DoneQueue

from .call import Call
from .latch import Latch

__all__ = ["CallInThread"]

# Maximum sleep in seconds until it is looked again whether a call is over.
_MAX_SLEEP_S: Final = 0.5


class CallInThread:
    """Drives a `Call` whose outcome is that of calls which a thread makes, one after the other.

    Args:
        service_method: Name of the method that is called.
        args: Its arguments.
        done: The queue into which the call is put when it is over.
    """

    def __init__(
        self, service_method: str, args: object, done: DoneQueue[Call[Any]] | None
    ) -> None:
        self.call: Call[Any] = Call(self, service_method, args, done)
        # Those that were begun for it, the last of them under way.
        self._inner: list[Call[Any]] = []

    def _start_thread(self, run: Callable[[], None], name: str, purpose: str) -> None:
        """Run a function in the context that is here; where there is no thread, the call is over.

        Args:
            run: Finishes the call.
            name: Name of the thread.
            purpose: What the thread is for, for the error's text.
        """
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            reraise_interrupt(error)
            self.call._finish(None, RpcError(f"no thread for {purpose}: {error}"))

    def _begun(self, inner: Call[Any]) -> None:
        """Take note of a call that was begun for this one."""
        self._inner.append(inner)
        if self.call.is_done():  # cancelled before it was known what to cancel
            inner.cancel()

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        latch = Latch()
        waiter = _Waiter(latch)
        call._waiters.append(waiter)
        end = math.inf if timeout is None else clock.monotonic() + timeout
        try:
            while not call.is_done() and (left := end - clock.monotonic()) > 0:
                latch.wait(min(left, _MAX_SLEEP_S))
        finally:
            call._waiters.remove(waiter)

    def _read_in_background(self) -> None:
        """Do nothing: a thread waits, or the connection is read."""

    def _give_up(self, call: Call[Any]) -> None:
        """Do nothing: the call lives until it is over."""

    def _cancel(self, call: Call[Any], error: RpcError) -> None:
        call._finish(None, error)
        for inner in tuple(self._inner):
            inner.cancel()


class _Waiter:
    """Sets a latch when the call is over."""

    def __init__(self, latch: Latch) -> None:
        self._latch = latch

    def release(self) -> None:
        self._latch.set()
