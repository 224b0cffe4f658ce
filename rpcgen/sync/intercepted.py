"""`Interceptors`: what a client with threads does where there are functions around its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.protocol import DoneQueue
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.interceptors import (
    ClientCall,
    ClientInterceptor,
    chain,
    checked_interceptors,
)

from .call import Call
from .call_in_thread import CallInThread

__all__ = ["InterceptedGo", "Interceptors", "Send"]

Send: TypeAlias = Callable[[Method[Any, Any], object, CallSettings], Call[Any]]


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


class InterceptedGo(CallInThread):
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
        super().__init__(method.name, args, done)
        # The call that was sent last, which interceptors may have made of it; first itself.
        self._sent = self._outer = ClientCall.of(method, args, settings)
        self._begin = begin

    def start(self, interceptors: tuple[ClientInterceptor, ...]) -> None:
        """Run the interceptors; where there is no thread, the call is over."""
        run = partial(self._run, chain(interceptors, self._proceed))
        self._start_thread(run, "rpcgen-client-go", "the interceptors")

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
        self._begun(inner)
        try:
            return inner.result()
        finally:
            call.reply_metadata = inner.metadata
