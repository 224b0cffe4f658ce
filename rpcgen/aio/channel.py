"""`Channel`: a client of one or several servers, which connects by itself, on asyncio."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast, overload

from attrs import define

from rpcgen.channel.dialing import connection_options, dialer_for, resolver_for
from rpcgen.channel.options import ChannelSettings, channel_settings
from rpcgen.channel.retry import Budget, Request, Retries
from rpcgen.channel.servers import Line
from rpcgen.errors import RpcError, ShutdownError
from rpcgen.method import Method, untyped_method
from rpcgen.net import clock
from rpcgen.protocol import (
    CallOptions,
    ClientProtocol,
    Completion,
    DialOptions,
    DoneQueue,
)
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.protocol.context import current
from rpcgen.protocol.options import defaults_of

from .base_client import BaseClient
from .call import Call
from .channel_pool import Dial, Pool, connect
from .client import Client
from .intercepted import Interceptors
from .loops import check_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcgen.channel.resolver import Resolver
    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.protocol.interceptors import AsyncClientInterceptor

__all__ = ["Channel", "prepare_channel"]

Req = TypeVar("Req")
Res = TypeVar("Res")


def prepare_channel(
    target: Target, options: ChannelOptions, dial: Dial
) -> Callable[[], Awaitable[Channel]]:
    """Return what makes a channel on the event loop that runs; it connects with its first call.

    Args:
        target: Where the servers are.
        options: Those of `dial`.
        dial: Makes one connection to an address.

    Raises:
        DialError: An address is none.
        TypeError: There is no option of this name, or it is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """
    settings, dial_options = channel_settings(options)
    make_resolver, dial = resolver_for(target, options), dialer_for(target, dial)

    async def connect() -> Channel:
        channel = Channel(make_resolver, settings, dial_options, dial)
        channel._broker = getattr(make_resolver(), "brokers", None)
        return channel

    return connect


@define(eq=False)
class _Attempt:
    """An attempt of a call.

    Attributes:
        line: The connection that was chosen; None if there was none.
        completion: How it has ended.
        is_unwritten: True if the connection took no call any more, so that nothing was written.
    """

    line: Line[Client] | None
    completion: Completion[Any]
    is_unwritten: bool = False


class Channel(BaseClient):
    """Calls the methods of one or several servers; any number of tasks may share it.

    Made by `dial` where it is told more than one connection needs. It connects with its first
    call, and again whenever a server was lost. A call that was under way on a connection when
    that ended fails, and is made again only as `Retry` says. In an event loop of a child process
    after a fork it has connections of its own. An asynchronous context manager that closes it.

    Its methods are those of `Client`.
    """

    def __init__(
        self,
        make_resolver: Callable[[], Resolver],
        settings: ChannelSettings,
        options: DialOptions,
        dial: Dial,
    ) -> None:
        self._make_resolver = make_resolver
        self._settings = settings
        self._connect = partial(connect, dial, connection_options(options))
        interceptors = cast("Sequence[AsyncClientInterceptor]", options.get("interceptors", ()))
        nothing = cast("ClientProtocol[Any]", _NothingPending())
        # Carry out the calls of `go`, and all where there are interceptors.
        self._carriers = Interceptors(interceptors, self._call, nothing)
        self._random = Random()
        self._budget = Budget(0.0 if settings.retry is None else settings.retry.budget)
        self._pool = self._new_pool()
        intercepted = self._carriers if interceptors else None
        super().__init__(self._pool.loop, defaults_of(options), intercepted)
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"<Channel {'closed' if self.closed else 'open'}>"

    @property
    def closed(self) -> bool:
        """True once no further call can succeed, since it was closed."""
        return self._pool.core.closed

    @overload
    async def call(
        self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]
    ) -> Res: ...
    @overload
    async def call(
        self, method: str, args: object, reply: type[Res], **options: Unpack[CallOptions]
    ) -> Res: ...
    @overload
    async def call(self, method: str, args: object, **options: Unpack[CallOptions]) -> Any: ...
    async def call(
        self,
        method: Method[Any, Any] | str,
        args: object,
        reply: Any = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Call a method, wait for its reply and return it; see `Client.call`.

        Args:
            method: The method, or its name.
            args: Its arguments.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.

        Raises:
            DialError: No server can be reached; with ``wait_for_ready``, the call waits instead.
            RpcError: What `Call.result` raises.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if asyncio.get_running_loop() is not self._loop:
            self._move()
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return await self._interceptors.call(method, args, settings)
        line = self._pool.core.only
        if line is None:
            line = self._pool.core.first
            if line is not None and line.calls.pending:
                line = None
        if line is not None and line.has_news(time.monotonic()):
            await self._pool.look(line)
        if line is None or settings is not NO_OPTIONS or not line.calls.takes_calls:
            return (await self._call(method, args, settings)).taken()
        # `_attempt` once more: coroutines for each call would take a good part of it.
        try:
            reply = await line.connection.call(method, args)
        except RpcError as error:
            attempt = _Attempt(line, Completion(None, None, error))
            request = Request(method, args, settings)
            return (await self._retry(request, attempt)).taken()
        if line.is_leaving or line.server.health.failures or self._budget.is_short:
            self._succeed(line)
        return reply

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None,
    ) -> Call[Any]:
        return self._carriers.go(method, args, done, settings)

    async def close(self) -> None:
        """Close all connections; pending calls end with `ShutdownError`.

        Raises:
            ShutdownError: It was closed before.
        """
        self._check_loop()
        await self._pool.close()
        if self._queue is not None:
            from rpcgen.durable.client import close_queue  # others do without

            await asyncio.to_thread(close_queue, self)

    # --- calls ----------------------------------------------------------------------------------

    async def _call(
        self, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Completion[Any]:
        """Carry a call out, and return how it has ended."""
        request = Request(method, args, settings)
        attempt = await self._attempt(request)
        if attempt.completion.error is None:
            return attempt.completion
        return await self._retry(request, attempt)

    async def _retry(self, request: Request, attempt: _Attempt) -> Completion[Any]:
        """Go on with a call after an attempt that has failed; return how it has ended."""
        retries = Retries(self._settings.retry, self._budget, self._random)
        while attempt.completion.error is not None:
            delay = self._delay(request, attempt, attempt.completion.error, retries)
            if delay is None or self._pool.core.closed:
                retries.last(attempt.completion.error)
                break
            if delay > 0.0:
                await self._pool.sleep(delay)
            attempt = await self._attempt(request)
        return attempt.completion

    async def _attempt(self, request: Request) -> _Attempt:
        """Make an attempt of a call."""
        pool, settings = self._pool, request.settings
        line = pool.core.only
        try:
            if line is None:
                line = await pool.pick(request.method, settings)
            if line.has_news(time.monotonic()):
                await pool.look(line)
            completion = await line.connection._call(request.method, request.args, settings)
        except RpcError as error:
            is_unwritten = line is not None and isinstance(error, ShutdownError)
            return _Attempt(line, Completion(None, None, error), is_unwritten)
        if completion.error is None:
            self._succeed(line)
        return _Attempt(line, completion)

    def _succeed(self, line: Line[Client]) -> None:
        self._budget.earn()
        if line.server.health.failures:
            line.server.health.succeed()
        if line.is_leaving:
            self._pool.sweep()

    def _delay(
        self, request: Request, attempt: _Attempt, error: RpcError, retries: Retries
    ) -> float | None:
        """Return the time in seconds until the next attempt, None if there is to be none."""
        if attempt.line is not None:
            self._pool.note(attempt.line, error)
        if attempt.is_unwritten and retries.take_unwritten():
            return 0.0
        return retries.delay(request.method, error, request.settings.deadline, clock.monotonic())

    # --- connections ----------------------------------------------------------------------------

    def _new_pool(self) -> Pool:
        return Pool(self._settings, self._connect, self._make_resolver())

    def _move(self) -> None:
        """Go over to the event loop that runs, in a child process after a fork.

        Raises:
            RuntimeError: It is the same process.
        """
        if os.getpid() == self._process or self.closed:
            check_loop(self._loop, "the channel")
        self._pool = self._new_pool()
        self._loop, self._process = self._pool.loop, os.getpid()


class _NothingPending:
    """Calls of a channel's own, of which its connections know nothing."""

    def weaken(self, seq: int) -> None:
        """Do nothing: a call lives as long as its task."""
