"""`Channel`: a client of one or several servers, which connects by itself, with threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, cast

from rpcgen._interrupts import reraise_interrupt
from rpcgen.channel.dialing import connection_options, dialer_for, resolver_for
from rpcgen.channel.options import ChannelSettings, channel_settings
from rpcgen.channel.retry import Budget, Request, Retries
from rpcgen.channel.servers import IDLE_S, Line
from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.protocol import DialOptions, DoneQueue
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.options import defaults_of

from . import _fork
from .base_client import BaseClient
from .call import Call
from .channel_go import Attempt, ChannelGo, Pending, is_unwritten
from .channel_pool import Dial, Pool, connect
from .client import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcgen.channel.resolver import Resolver
    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.protocol.interceptors import ClientInterceptor

    from .intercepted import Send

__all__ = ["Channel", "dial_channel"]


def dial_channel(target: Target, options: ChannelOptions, dial: Dial) -> Channel:
    """Return a channel, which connects with its first call.

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
    make_resolver = resolver_for(target, options)
    channel = Channel(make_resolver, settings, dial_options, dialer_for(target, dial))
    channel._broker = getattr(make_resolver(), "brokers", None)
    return channel


class Channel(BaseClient):
    """Calls the methods of one or several servers; any number of threads may share it.

    Made by `dial` where it is told more than one connection needs. It connects with its first
    call, and again whenever a server was lost. A call that was under way on a connection when
    that ended fails, and is made again only as `Retry` says. In a child process after a fork it
    has connections of its own. A context manager that closes it.

    Its methods are those of `Client`. A signal handler or a finalizer may use it as it may use
    that; what has interrupted the choice of a connection in the same thread gets `RpcError`.
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
        interceptors = cast("Sequence[ClientInterceptor]", options.get("interceptors", ()))
        send = cast("Send", self._pending)
        super().__init__(defaults_of(options), interceptors, send=send, go=self._go)
        self._exchange = self._exchange_on_line
        self._random = Random()
        self._budget = Budget(0.0 if settings.retry is None else settings.retry.budget)
        self._pool = self._new_pool()
        # Those of this process and its children, by the number of forks; setting one is atomic.
        self._pools: dict[int, Pool] = {}

    def __repr__(self) -> str:
        return f"<Channel {'closed' if self.closed else 'open'}>"

    @property
    def closed(self) -> bool:
        """True once no further call can succeed, since it was closed."""
        return self._pool.core.closed

    def close(self) -> None:
        """Close all connections; pending calls end with `ShutdownError`.

        Raises:
            ShutdownError: It was closed before.
        """
        pool = self._pool
        if pool.is_foreign:  # other processes go on with the connections
            pool.abandon()
        else:
            pool.close()
        if self._queue is not None:
            from rpcgen.durable.client import close_queue  # others do without

            close_queue(self)

    # --- calls ----------------------------------------------------------------------------------

    def _send(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Call[Any]:
        """Carry out a call, and return it once it has succeeded."""
        core, call = self._pool.core, None
        line = core.only
        try:
            if line is None:
                line = core.first  # which others may take as well: then they share it
                if line is None or line.calls.pending:
                    line = self._here().pick(method, settings)
            # `Line.has_news` once more, which would be a call for every call.
            now = time.monotonic()
            is_idle, line.used = now - line.used > IDLE_S, now
            if is_idle and not line.calls.pending and line.peek():
                line.connection._receiver.look()
            call = line.connection._send(method, args, settings)
            call.result()
        except RpcError as error:
            reraise_interrupt(error)
            request = Request(method, args, settings)
            return self._run_attempts(request, Attempt(line, call, error))
        if line.is_leaving or line.server.health.failures or self._budget.is_short:
            self._succeed(line)
        return call

    def _exchange_on_line(
        self, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Any:
        """Carry out a call by the connection's short way, where it has one."""
        line = self._pool.core.first  # which `only` is, where there is one
        exchange = None if line is None else line.connection._exchange
        if line is None or exchange is None or self._pool.is_foreign:
            return self._send(method, args, settings).result()
        calls, now = line.calls, time.monotonic()
        is_idle = now - line.used > IDLE_S
        if calls.pending or not calls.takes_calls or (is_idle and line.peek()):
            return self._send(method, args, settings).result()
        line.used = now
        try:
            reply = exchange(method, args, settings)
        except RpcError as error:
            reraise_interrupt(error)
            request = Request(method, args, settings)
            return self._run_attempts(request, Attempt(line, None, error)).result()
        if line.is_leaving or line.server.health.failures or self._budget.is_short:
            self._succeed(line)
        return reply

    def _pending(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Pending:
        return Pending(self._send, Request(method, args, settings))

    def _succeed(self, line: Line[Client]) -> None:
        self._budget.earn()
        if line.server.health.failures:
            line.server.health.succeed()
        if line.is_leaving:
            self._pool.sweep()

    def _run_attempts(
        self,
        request: Request,
        attempt: Attempt | None,
        begun: Callable[[Call[Any]], None] | None = None,
    ) -> Call[Any]:
        """Carry a call out, or go on with it after an attempt that has failed.

        Args:
            request: The call.
            attempt: The attempt; None if there was none yet.
            begun: Called with each further attempt.

        Returns:
            The attempt that has succeeded.
        """
        retries = Retries(self._settings.retry, self._budget, self._random)
        while True:
            if attempt is not None:
                self._prepare(request, attempt, retries)
            line, call = None, None
            try:
                line = self._here().pick(request.method, request.settings)
                if line.has_news(time.monotonic()):
                    line.connection._receiver.look()
                call = line.connection._send(request.method, request.args, request.settings)
                if begun is not None:
                    begun(call)
                call.result()
            except RpcError as error:
                reraise_interrupt(error)
                attempt = Attempt(line, call, error)
            else:
                self._succeed(line)
                return call

    def _prepare(self, request: Request, attempt: Attempt, retries: Retries) -> None:
        """Wait until it is time for the next attempt.

        Raises:
            RpcError: There is to be none, and this is how the call ends.
        """
        pool, error = self._here(), attempt.error
        if attempt.line is not None:
            pool.note(attempt.line, error)
        if attempt.is_unwritten and retries.take_unwritten():
            return
        deadline = request.settings.deadline
        delay = retries.delay(request.method, error, deadline, clock.monotonic())
        if delay is None or pool.core.closed:
            raise retries.last(error)
        pool.sleep(delay)

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None = None,
    ) -> Call[Any]:
        core, line = self._pool.core, None
        if self._settings.retry is None:
            line = core.only
            if line is None and core.first is not None:  # a pool: one server, as well
                line = self._here().pick_now()
        if line is not None:
            call = line.connection._go(method, args, settings, done)
            if not is_unwritten(call):
                return call
            self._here().note(line, cast("RpcError", call.error))
        going = ChannelGo(self, Request(method, args, settings), done)
        going.start()
        return going.call

    def _line_now(self) -> Line[Client] | None:
        return self._here().pick_soon()

    # --- connections ----------------------------------------------------------------------------

    def _new_pool(self) -> Pool:
        return Pool(self._settings, self._connect, self._make_resolver())

    def _here(self) -> Pool:
        """Return the pool of this process."""
        pool = self._pool
        if pool.is_foreign and not pool.core.closed:
            pool.abandon()
            pool = self._pool = self._pools.setdefault(_fork.generation, self._new_pool())
        return pool
