"""`Pool`: the connections of a channel, which the tasks of an event loop share."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias

from rpcgen.channel.core import ChannelProtocol
from rpcgen.channel.dialing import attempt_options, cannot_connect, not_greeted
from rpcgen.channel.options import ChannelSettings
from rpcgen.channel.resolver import Endpoint, Resolver
from rpcgen.channel.servers import Line, Server
from rpcgen.channel.telling import tell_ejected, tell_reached_again, tell_unreachable
from rpcgen.errors import DialError, RpcError, ShutdownError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.net.peek import peek
from rpcgen.protocol import DialOptions
from rpcgen.protocol.call_options import CallSettings

from .client import Client

__all__ = ["Dial", "Pool", "connect"]

Dial: TypeAlias = Callable[[str, DialOptions], Awaitable[Client]]

# Maximum number of turns of the event loop until it has dealt with what has come.
_TURNS: Final = 10


class Pool:
    """The connections of a channel on one event loop.

    Args:
        settings: What the channel was told.
        connect: Connects to a server; raises `RpcError`.
        resolver: Finds the servers.
    """

    def __init__(
        self,
        settings: ChannelSettings,
        connect: Callable[[Endpoint], Awaitable[Client]],
        resolver: Resolver,
    ) -> None:
        self.core = ChannelProtocol[Client](settings, Random())
        self.loop = asyncio.get_running_loop()
        self._connect = connect
        self._resolver = resolver
        self._is_started = False
        # Done with each change of what `pick` may give, and replaced.
        self._changed: asyncio.Future[None] = self.loop.create_future()
        self._closed: asyncio.Future[None] = self.loop.create_future()
        self._attempts: set[asyncio.Task[None]] = set()

    # --- calls ----------------------------------------------------------------------------------

    async def pick(self, method: Method[Any, Any], settings: CallSettings) -> Line[Client]:
        """Return the line for a call; wait for one where that is worth while.

        Raises:
            DialError: No server can be reached.
            DeadlineExceededError: None could until the deadline of the call.
            ShutdownError: The pool is closed.
        """
        if not self._is_started:
            self._start()
        while True:
            line = self.core.pick(time.monotonic())
            if self.core.has_work:
                self._work()
            if line is not None:
                return line
            await self._wait(method, settings)

    async def _wait(self, method: Method[Any, Any], settings: CallSettings) -> None:
        """Wait until there may be a line."""
        core, deadline, now = self.core, settings.deadline, time.monotonic()
        error = core.refuse(settings.wait_for_ready, now)
        if error is not None:
            raise error
        left = math.inf
        if deadline is not None:
            left = min(deadline - clock.monotonic(), clock.max_timer)
        await asyncio.wait([self._changed], timeout=core.wait_time(method, left, now))

    async def look(self, line: Line[Client]) -> None:
        """Let the event loop deal with what has come to an idle connection: perhaps its end."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if not line.calls.takes_calls or not line.peek():
                return

    def note(self, line: Line[Client], error: RpcError) -> None:
        """Take note of a call that has failed."""
        now = time.monotonic()
        if self.core.note(line, error, now):
            tell_ejected(line.server, error, now)
        if self.core.has_work:
            self._work()

    async def sleep(self, seconds: float) -> None:
        """Sleep, at most until the pool is closed."""
        await asyncio.wait([self._closed], timeout=seconds)

    # --- what is to be done ---------------------------------------------------------------------

    def _start(self) -> None:
        """Begin to look for servers."""

        def update(endpoints: Sequence[Endpoint], /) -> None:
            self._hand_over(partial(self.core.update, endpoints))

        def failed(error: RpcError, /) -> None:
            self._hand_over(partial(self.core.fail_to_resolve, error))

        self._resolver.start(update, failed)
        self._is_started = True

    def _hand_over(self, step: Callable[[float], None]) -> None:
        """Take a step in the event loop, whatever thread this is."""

        def take() -> None:
            step(time.monotonic())
            self._change()

        try:
            self.loop.call_soon_threadsafe(take)
        except RuntimeError:
            pass  # the loop is closed, and all connections with it

    def _change(self) -> None:
        """Do what there is to do after a change, and wake those who wait for one."""
        if self.core.has_work:
            self._work()
        changed, self._changed = self._changed, self.loop.create_future()
        changed.set_result(None)

    def _work(self) -> None:
        work = self.core.take_work(time.monotonic())
        for server in work.attempts:
            if self.core.begin(server, time.monotonic()):
                task = self.loop.create_task(self._attempt(server))
                self._attempts.add(task)
                task.add_done_callback(self._attempts.discard)
        self.sweep()
        if work.resolve:
            self._resolver.resolve_soon()

    def sweep(self) -> None:
        """Close the connections that get no more calls and have none pending."""
        leaving = self.core.leaving
        for line in [each for each in leaving if not each.calls.pending]:
            del leaving[line]
            line.connection._connection.close()

    async def _attempt(self, server: Server[Client]) -> None:
        try:
            client = await self._connect(server.endpoint)
        except asyncio.CancelledError:
            self.core.failed(server, DialError("connecting was cancelled"), time.monotonic())
            raise
        except Exception as error:
            is_first, failure = server.error is None, cannot_connect(server.endpoint, error)
            self.core.failed(server, failure, time.monotonic())
            if is_first:
                tell_unreachable(failure)
        else:
            was_lost = server.error is not None
            protocol, looks = client._protocol, peek(_descriptor(client))
            if self.core.connected(server, client, protocol, looks, time.monotonic()) is None:
                client._connection.close()
            if was_lost:
                tell_reached_again(server)
        self._change()

    # --- the end --------------------------------------------------------------------------------

    async def close(self) -> None:
        """Close all connections; calls that are pending fail.

        Raises:
            ShutdownError: It was closed before.
        """
        lines = self.core.close()
        self._closed.set_result(None)
        self._change()
        if self._is_started:
            self._resolver.close()
        for task in self._attempts:
            task.cancel()
        if self._attempts:
            await asyncio.wait([*self._attempts])
        for line in lines:
            try:
                await line.connection.close()
            except ShutdownError:
                pass  # closed before


async def connect(dial: Dial, options: DialOptions, endpoint: Endpoint) -> Client:
    """Connect to a server, and have it answer once: so it is there, and knows what we can.

    Args:
        dial: Makes one connection to an address.
        options: Those of `dial`.
        endpoint: The server.

    Raises:
        DialError: There is no connection to be had, or no answer.
    """
    options, timeout = attempt_options(options, endpoint)
    due = clock.monotonic() + timeout
    client = await dial(endpoint.address, options)
    try:
        await client._greet(due)
    except BaseException as error:
        client._connection.close()
        if not isinstance(error, RpcError):
            raise
        raise not_greeted(endpoint, error) from error
    return client


def _descriptor(client: Client) -> int:
    """Return the number of a connection's socket, -1 if it has none."""
    transport = client._connection._transport
    connection = None if transport is None else transport.get_extra_info("socket")
    return -1 if connection is None else int(connection.fileno())
