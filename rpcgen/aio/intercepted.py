"""`Interceptors`: what a client on asyncio does where there are functions around its calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.protocol import ClientProtocol, Completion, DoneQueue
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.interceptors import (
    AsyncClientInterceptor,
    ClientCall,
    chain,
    checked_interceptors,
)

from .call import Call
from .loops import keep_awake

__all__ = ["InterceptedGo", "Interceptors"]


class Interceptors:
    """The interceptors of a client.

    Args:
        interceptors: The first is outermost.
        call: Sends a call, and waits for its end.
        protocol: That of the client.

    Raises:
        TypeError: One is none for a client on asyncio.
    """

    def __init__(
        self,
        interceptors: Iterable[AsyncClientInterceptor],
        call: Callable[[Method[Any, Any], object, CallSettings], Awaitable[Completion[Any]]],
        protocol: ClientProtocol[Any],
    ) -> None:
        self._call = call
        self._protocol = protocol
        self._interceptors = checked_interceptors(interceptors, is_async=True)
        self._chain = chain(self._interceptors, self._proceed)
        # Those of `go`: the event loop alone would not keep them.
        self.tasks: set[asyncio.Task[None]] = set()

    async def call(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Any:
        """Carry out a call through all of them, and return the reply."""
        return await self._chain(ClientCall.of(method, args, settings))

    def go(
        self,
        method: Method[Any, Any],
        args: object,
        done: DoneQueue[Call[Any]] | None,
        settings: CallSettings,
    ) -> Call[Any]:
        """Start a call through all of them, in a task."""
        intercepted = InterceptedGo(method, args, done, settings, self._protocol)
        intercepted.start(self._interceptors, self._proceed, self.tasks)
        return intercepted.call

    async def _proceed(self, call: ClientCall[Any, Any]) -> Any:
        completion = await self._call(call.method, call.args, call.settings)
        call.reply_metadata = completion.metadata
        return completion.taken()


class InterceptedGo:
    """Drives a `Call` whose interceptors run in a task of their own.

    Args:
        method: What is called.
        args: Its arguments.
        done: The queue into which the call is put when it is over.
        settings: Its settings.
        protocol: That of the client, where the call itself is never pending.
    """

    def __init__(
        self,
        method: Method[Any, Any],
        args: object,
        done: DoneQueue[Call[Any]] | None,
        settings: CallSettings,
        protocol: ClientProtocol[Any],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.call: Call[Any] = Call(method.name, args, done, loop, self)
        self.protocol = protocol
        # The call that was sent last, which interceptors may have made of it; first itself.
        self._sent = self._outer = ClientCall.of(method, args, settings)
        self._task: asyncio.Task[None] | None = None

    def start(
        self,
        interceptors: tuple[AsyncClientInterceptor, ...],
        send: Callable[[ClientCall[Any, Any]], Awaitable[Any]],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        """Run the interceptors in a task, which is in the set until it is over.

        Args:
            interceptors: The first is outermost.
            send: Sends a call, and returns its reply.
            tasks: Where the task is kept.
        """

        async def proceed(call: ClientCall[Any, Any]) -> Any:
            self._sent = call
            return await send(call)

        self._task = asyncio.ensure_future(self._run(chain(interceptors, proceed)))
        tasks.add(self._task)
        self._task.add_done_callback(tasks.discard)
        if asyncio.current_task() is None:
            keep_awake(self._task.get_loop())

    async def _run(self, carry_out: Callable[[ClientCall[Any, Any]], Awaitable[Any]]) -> None:
        reply = None
        failure: RpcError | None = None
        try:
            reply = await carry_out(self._outer)
        except asyncio.CancelledError:
            if not self.call.is_done():
                self.call._finish(None, RpcError("the task of the interceptors was cancelled"))
            raise
        except RpcError as error:
            failure = error
        except Exception as error:
            failure = RpcError(f"an interceptor has failed: {error!r}")
            failure.__cause__ = error
        if not self.call.is_done():
            self.call._finish(reply, failure, self._sent.reply_metadata)

    def give_up(self, waiter: Any, seq: int, error: RpcError) -> None:
        """End the call with an error, and the interceptors with it."""
        self.call._finish(None, error)
        if self._task is not None:
            self._task.cancel()
