"""`Pool`: the connections of a channel, which threads make and share."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, TypeAlias, TypeVar

from rpcgen._interrupts import reraise_interrupt
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

from . import _fork
from .client import Client
from .latch import Latch

__all__ = ["Dial", "Pool", "connect"]

T = TypeVar("T")

Dial: TypeAlias = Callable[[str, DialOptions], Client]

# Time in seconds from the first call of a channel in which `pick_soon` waits for a connection.
_SOON_S: Final = 0.05

# Maximum time in seconds that `close` waits for attempts to connect.
_ATTEMPTS_S: Final = 0.1


class Pool:
    """The connections of a channel in one process.

    Args:
        settings: What the channel was told.
        connect: Connects to a server; raises `RpcError`.
        resolver: Finds the servers.
    """

    def __init__(
        self, settings: ChannelSettings, connect: Callable[[Endpoint], Client], resolver: Resolver
    ) -> None:
        self.core = ChannelProtocol[Client](settings, Random())
        self._connect = connect
        self._resolver = resolver
        self._generation = _fork.generation
        # Guards the core, for a moment each time; nothing is waited for and no other lock is
        # taken meanwhile.
        self._lock = threading.RLock()
        # True while a thread is in the core, which a signal handler may have interrupted.
        self._is_inside = False
        # Set with each change of what `pick` may give, and replaced.
        self._changed = Latch()
        self._closed = Latch()
        # Holds the thread that starts, or has started, the resolver.
        self._starts: dict[None, object] = {}
        # Time of `time.monotonic` until which `pick_soon` waits, in seconds.
        self._soon = math.inf
        self._attempts: dict[threading.Thread, None] = {}

    @property
    def is_foreign(self) -> bool:
        """True in a child of the process that it belongs to."""
        return self._generation != _fork.generation

    def _start(self) -> None:
        """Begin to look for servers, once."""
        mine = object()
        try:
            if self._starts.setdefault(None, mine) is mine:
                self._resolver.start(self._update, self._fail_to_resolve)
        except BaseException:
            if self._starts.get(None) is mine:
                self._starts.clear()
            raise

    def _do(self, step: Callable[..., T], *arguments: Any) -> T:
        """Take a step of the core.

        Raises:
            RpcError: A signal handler or a finalizer has interrupted another step.
        """
        with self._lock:
            if self._is_inside:
                raise RpcError("interrupted this channel in the middle of a step: use it later")
            self._is_inside = True
            try:
                return step(*arguments)
            except BaseException:
                self.core.doubt()
                raise
            finally:
                self._is_inside = False

    # --- calls ----------------------------------------------------------------------------------

    def pick(self, method: Method[Any, Any], settings: CallSettings) -> Line[Client]:
        """Return the line for a call; wait for one where that is worth while.

        Raises:
            DialError: No server can be reached.
            DeadlineExceededError: None could until the deadline of the call.
            ShutdownError: The pool is closed.
        """
        while True:
            changed = self._changed
            line = self.pick_now()
            if line is not None:
                return line
            self._wait(changed, method, settings)

    def pick_now(self) -> Line[Client] | None:
        """Return the line for a call, None if there is none now."""
        if not self._starts:
            self._start()
        core = self.core
        line = self._do(core.pick, time.monotonic())
        if core.has_work:
            self._work()
        return line

    def pick_soon(self) -> Line[Client] | None:
        """Return the same, after a moment where the channel is connecting for the first time.

        So calls that are not waited for need no thread each, just because they are the first.
        """
        changed = self._changed
        line = self.pick_now()
        if self._soon == math.inf:
            self._soon = time.monotonic() + _SOON_S
        while line is None and (left := self._soon - time.monotonic()) > 0:
            if self._do(self.core.refuse, False, time.monotonic()) is not None:
                break
            changed.wait(left)
            changed = self._changed
            line = self.pick_now()
        return line

    def _wait(self, changed: Latch, method: Method[Any, Any], settings: CallSettings) -> None:
        """Wait until there may be a line."""
        core, deadline, now = self.core, settings.deadline, time.monotonic()
        error = self._do(core.refuse, settings.wait_for_ready, now)
        if error is not None:
            raise error
        left = math.inf
        if deadline is not None:
            left = min(deadline - clock.monotonic(), clock.max_sleep)
        changed.wait(core.wait_time(method, left, now))

    def note(self, line: Line[Client], error: RpcError) -> None:
        """Take note of a call that has failed."""
        now = time.monotonic()
        if self._do(self.core.note, line, error, now):
            tell_ejected(line.server, error, now)
        if self.core.has_work:
            self._work()

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until the pool is closed."""
        self._closed.wait(seconds)

    # --- what is to be done ---------------------------------------------------------------------

    def _update(self, endpoints: Sequence[Endpoint], /) -> None:
        self._do(self.core.update, endpoints, time.monotonic())
        self._change()

    def _fail_to_resolve(self, error: RpcError, /) -> None:
        self._do(self.core.fail_to_resolve, error, time.monotonic())
        self._change()

    def _change(self) -> None:
        """Do what there is to do after a change, and wake those who wait for one."""
        if self.core.has_work:
            self._work()
        changed, self._changed = self._changed, Latch()
        changed.set()

    def _work(self) -> None:
        work = self._do(self.core.take_work, time.monotonic())
        for server in work.attempts:
            self._begin_attempt(server)
        self.sweep()
        if work.resolve:
            self._resolver.resolve_soon()

    def sweep(self) -> None:
        """Close the connections that get no more calls and have none pending."""
        leaving = self.core.leaving
        for line in tuple(leaving):
            if not line.calls.pending:
                _close(line.connection)
                leaving.pop(line, None)  # now, and not before: an exception may come in between

    def _begin_attempt(self, server: Server[Client]) -> None:
        thread = threading.Thread(
            target=self._attempt, args=(server,), name="rpcgen-channel-connect", daemon=True
        )
        try:
            if self._do(self.core.begin, server, time.monotonic()):
                self._attempts[thread] = None
                thread.start()
        except BaseException as error:
            self._attempts.pop(thread, None)
            self._fail(server, DialError(f"no thread to connect in: {error}"))
            if not isinstance(error, RuntimeError):
                raise
            reraise_interrupt(error)

    def _attempt(self, server: Server[Client]) -> None:
        try:
            client = self._connect(server.endpoint)
        except Exception as error:
            self._fail(server, cannot_connect(server.endpoint, error))
        else:
            looks, now = peek(client._stream.fileno()), time.monotonic()
            was_lost = server.error is not None
            connected = self.core.connected
            if self._do(connected, server, client, client._protocol, looks, now) is None:
                _close(client)
            if was_lost:
                tell_reached_again(server)
        finally:
            self._attempts.pop(threading.current_thread(), None)
        self._change()

    def _fail(self, server: Server[Client], error: RpcError) -> None:
        is_first = server.error is None
        self._do(self.core.failed, server, error, time.monotonic())
        if is_first:
            tell_unreachable(error)

    # --- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """Close all connections; calls that are pending fail.

        Raises:
            ShutdownError: It was closed before.
        """
        lines = self._do(self.core.close)
        self._closed.set()
        self._change()
        if self._starts:
            self._resolver.close()
        for line in lines:
            _close(line.connection)
        deadline = time.monotonic() + _ATTEMPTS_S
        for thread in tuple(self._attempts):
            if thread is not threading.current_thread() and thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0.0))

    def abandon(self) -> None:
        """Give back the sockets, in a child of the process whose threads go on with them."""
        if not self.core.closed:
            for line in self.core.close():
                _close(line.connection)


def connect(dial: Dial, options: DialOptions, endpoint: Endpoint) -> Client:
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
    client = dial(endpoint.address, options)
    try:
        client._greet(due)
    except BaseException as error:
        client.close()
        reraise_interrupt(error)
        raise not_greeted(endpoint, error) from error
    return client


def _close(client: Client) -> None:
    try:
        client.close()
    except ShutdownError as error:
        reraise_interrupt(error)
        # Else it was closed before.
