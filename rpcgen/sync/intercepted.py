"""`Interceptors`: what a client with threads does where there are functions around its calls."""

from __future__ import annotations

import contextvars
import math
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.protocol import DoneQueue
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.interceptors import (
    ClientCall,
    ClientInterceptor,
    chain,
    checked_interceptors,
)

from .call import Call
from .latch import Latch

__all__ = ["InterceptedGo", "Interceptors", "Send", "wait_for_call"]

Send: TypeAlias = Callable[[Method[Any, Any], object, CallSettings], Call[Any]]

# Maximum sleep in seconds until it is looked again whether a call is over.
_MAX_SLEEP_S: Final = 0.5


class Interceptors:
    """The interceptors of a client.

    Args:
        interceptors: The first is outermost.
        send: Sends a call that this thread waits for.
        go: Sends a call that another thread may wait for.

    Raises:
        TypeError: One is none for a client with threads.
    """

    def __init__(self, interceptors: Iterable[ClientInterceptor], *, send: Send, go: Send) -> None:
        self._interceptors = checked_interceptors(interceptors)
        self._send = send
        self._go = go
        self._chain = chain(self._interceptors, self._proceed)

    def call(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Any:
        """Carry out a call through all of them, and return the reply."""
        return self._chain(ClientCall.of(method, args, settings))

    def go(
        self,
        method: Method[Any, Any],
        args: object,
        done: DoneQueue[Call[Any]] | None,
        settings: CallSettings,
    ) -> Call[Any]:
        """Start a call through all of them, in a thread."""
        intercepted = InterceptedGo(method, args, done, settings, self._go)
        intercepted.start(self._interceptors)
        return intercepted.call

    def _proceed(self, intercepted: ClientCall[Any, Any]) -> Any:
        call = self._send(intercepted.method, intercepted.args, intercepted.settings)
        try:
            return call.result()
        finally:
            intercepted.reply_metadata = call.metadata


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
        begin: Send,
    ) -> None:
        self.call: Call[Any] = Call(self, method.name, args, done)
        # The call that was sent last, which interceptors may have made of it; first itself.
        self._sent = self._outer = ClientCall.of(method, args, settings)
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
        reply = None
        failure: RpcError | None = None
        try:
            reply = carry_out(self._outer)
        except RpcError as error:
            failure = error
        except BaseException as error:
            failure = RpcError(f"an interceptor has failed: {error!r}")
            failure.__cause__ = error
        self.call._finish(reply, failure, self._sent.reply_metadata)

    def _proceed(self, call: ClientCall[Any, Any]) -> Any:
        self._sent = call
        inner = self._begin(call.method, call.args, call.settings)
        self._inner.append(inner)
        if self.call.is_done():  # cancelled before it was known what to cancel
            inner.cancel()
        try:
            return inner.result()
        finally:
            call.reply_metadata = inner.metadata

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        wait_for_call(call, timeout)

    def _read_in_background(self) -> None:
        """Do nothing: the thread of the interceptors waits."""

    def _give_up(self, call: Call[Any]) -> None:
        """Do nothing: the call lives as long as its thread."""

    def _cancel(self, call: Call[Any], error: RpcError) -> None:
        call._finish(None, error)
        for inner in tuple(self._inner):
            inner.cancel()


def wait_for_call(call: Call[Any], timeout: float | None) -> None:
    """Wait until a call is over that another thread ends.

    Args:
        call: The call.
        timeout: Maximum time in seconds; None: as long as it takes.
    """
    latch = Latch()
    waiter = _Waiter(latch)
    call._waiters.append(waiter)
    end = math.inf if timeout is None else clock.monotonic() + timeout
    try:
        while not call.is_done() and (left := end - clock.monotonic()) > 0:
            latch.wait(min(left, _MAX_SLEEP_S))
    finally:
        call._waiters.remove(waiter)


class _Waiter:
    """Sets a latch when the call is over."""

    def __init__(self, latch: Latch) -> None:
        self._latch = latch

    def release(self) -> None:
        self._latch.set()
