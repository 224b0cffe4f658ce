"""`InterceptedGo`: a call that goes through interceptors while nobody need wait for it."""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.protocol import DoneQueue
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.interceptors import ClientCall, ClientInterceptor, chain

from .call import Call
from .latch import Latch

__all__ = ["InterceptedGo"]

# Maximum sleep in seconds until it is looked again whether a call is over.
_MAX_SLEEP_S: Final = 0.5


class InterceptedGo:
    """Drives a `Call` whose interceptors run in a thread of their own.

    Args:
        method: What is called.
        args: Its arguments.
        done: The queue into which the call is put when it is over.
        settings: Its settings.
        begin: Begins the call as it has become, once the interceptors proceed.
    """

    def __init__(
        self,
        method: Method[Any, Any],
        args: object,
        done: DoneQueue[Call[Any]] | None,
        settings: CallSettings,
        begin: Callable[[ClientCall[Any, Any]], Call[Any]],
    ) -> None:
        self.call: Call[Any] = Call(self, method.name, args, done)
        self._outer = ClientCall.of(method, args, settings)
        self._begin = begin
        # Those that the interceptors have begun, the last of them under way.
        self._inner: list[Call[Any]] = []

    def start(self, interceptors: tuple[ClientInterceptor, ...]) -> None:
        """Run the interceptors; where there is no thread, the call is over."""
        run = contextvars.copy_context().run
        carry_out = chain(interceptors, self._proceed)
        thread = threading.Thread(
            target=run, args=(self._run, carry_out), name="rpcgen-client-go", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            reraise_interrupt(error)
            self.call._finish(None, RpcError(f"no thread for the interceptors: {error}"))

    def _run(self, carry_out: Callable[[ClientCall[Any, Any]], Any]) -> None:
        outer, reply = self._outer, None
        failure: RpcError | None = None
        try:
            reply = carry_out(outer)
        except RpcError as error:
            failure = error
        except BaseException as error:
            failure = RpcError(f"an interceptor has failed: {error!r}")
            failure.__cause__ = error
        self.call._finish(reply, failure, outer.reply_metadata)

    def _proceed(self, call: ClientCall[Any, Any]) -> Any:
        inner = self._begin(call)
        self._inner.append(inner)
        if self.call.is_done():  # cancelled before it was known what to cancel
            inner.cancel()
        try:
            return inner.result()
        finally:
            call.reply_metadata = inner.metadata

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        latch = Latch()
        waiter = _Waiter(latch)
        call._waiters.append(waiter)
        end = math.inf if timeout is None else time.monotonic() + timeout
        try:
            while not call.is_done() and (left := end - time.monotonic()) > 0:
                latch.wait(min(left, _MAX_SLEEP_S))
        finally:
            call._waiters.remove(waiter)

    def _read_in_background(self) -> None:
        """Do nothing: the thread of the interceptors waits."""

    def _give_up(self, call: Call[Any]) -> None:
        """Do nothing: the call lives as long as its thread."""

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
