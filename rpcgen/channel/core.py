"""`ChannelProtocol`: which connection a call takes, and when connections are made; without I/O.

An API asks it for a `Line` for each call (`pick`), does the work that it is told to (`take_work`,
`begin`), and says what has become of that (`connected`, `failed`) and of calls (`note`). Each is
told the time, by one clock. There is no timer: whoever waits for a line looks again at `look_at`,
and what nobody waits for is done with the next call.

One thread at a time is in any method. `only` and `first` may be read by all. An exception from
outside, in the middle of a method, does no lasting harm: what is not done is found again by the
next call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Generic, TypeVar

from attrs import define, field

from rpcgen.errors import DeadlineExceededError, DialError, RpcError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol.call_errors import unstarted

from .backoff import Backoff
from .balance import balancer
from .options import ChannelSettings
from .resolver import Endpoint, without_password
from .servers import CallsOfLine, Line, Server

__all__ = ["ChannelProtocol", "Work"]

C = TypeVar("C")


@define(eq=False)
class Work(Generic[C]):
    """Operations that an API provides to a channel.

    Attributes:
        attempts: Servers to connect to, each in the background; `ChannelProtocol.connected` or
            `ChannelProtocol.failed` is told how that ends.
        resolve: True to have the resolver look again.
    """

    attempts: list[Server[C]] = field(factory=list)
    resolve: bool = False


class ChannelProtocol(Generic[C]):
    """The servers of a channel, generic over what the API calls through.

    Args:
        settings: What the channel was told.
        random: Where chance comes from.
    """

    def __init__(self, settings: ChannelSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._balancer = balancer(settings.balance, random)
        self._choose = self._balancer.choose
        # In the resolver's order, by what makes them equal.
        self._servers: dict[Endpoint, Server[C]] = {}
        # Those with a line that are not ejected, or if all are, all with a line; of these, those of
        # the first priority.
        self._ready: list[Server[C]] = []
        self._work: Work[C] = Work()
        self.leaving: dict[Line[C], None] = {}
        """Connections that get no more calls: to be closed once none is pending, and taken out."""
        self._is_resolved = False
        self._resolve_error: RpcError | None = None
        self.closed = False
        """True once `close` was called."""
        self.only: Line[C] | None = None
        """The line of every call, where there is one server with one connection; else None."""
        self.first: Line[C] | None = None
        """The line of a call while none is pending on it, where there is one server; else None."""
        self.has_work = False
        """True if `take_work` may have something to do."""
        self.look_at = -math.inf
        """Time of the clock at which something is due though nothing has happened, in seconds."""

    # --- servers --------------------------------------------------------------------------------

    def update(self, endpoints: Sequence[Endpoint], now: float) -> None:
        """Take all servers that there are; what runs on those that leave is answered."""
        if self.closed:
            return
        self._is_resolved, self._resolve_error = True, None
        before, self._servers = self._servers, {}
        for endpoint in endpoints:
            known = before.pop(endpoint, None)
            if endpoint not in self._servers:
                self._servers[endpoint] = server = known or self._server(endpoint)
                server.endpoint = endpoint  # whose weight and priority may be others
        for server in before.values():
            server.is_known = False
            for line in [*server.lines]:
                self._leave(line)
        self._refresh(now)

    def fail_to_resolve(self, error: RpcError, now: float) -> None:
        """Take why no servers were found; those that are known stay."""
        self._is_resolved, self._resolve_error = True, error
        self._refresh(now)

    @property
    def servers(self) -> list[Server[C]]:
        """All servers that are known, in the resolver's order."""
        return [*self._servers.values()]

    def _server(self, endpoint: Endpoint) -> Server[C]:
        reconnect = self._settings.reconnect
        return Server(endpoint, Backoff(reconnect.first, reconnect.most, self._random))

    # --- calls ----------------------------------------------------------------------------------

    def pick(self, now: float) -> Line[C] | None:
        """Return the line for a call, None if there is none now.

        Asks for `take_work` where that is worth while, also if there is a line.
        """
        if now >= self.look_at:
            self._refresh(now)
        while self._ready:
            server = self._choose(self._ready)
            line: Line[C] = server.least_pending()
            if not line.calls.takes_calls:
                self.lost(line, now)
                continue
            if self._wants_more(server, line, now):
                self.has_work = True
            return line
        self.has_work = True
        return None

    def _wants_more(self, server: Server[C], line: Line[C], now: float) -> bool:
        """Return True if a server should have one more connection than it has."""
        return (
            len(server.lines) < self._settings.connections
            and not server.is_connecting
            and server.due <= now
            and line.calls.pending > 0
        )

    def note(self, line: Line[C], error: RpcError, now: float) -> bool:
        """Take note of a call that has failed.

        Args:
            line: What it was sent on.
            error: How it has ended.
            now: Time of the clock, in seconds.

        Returns:
            True if the server gets no calls for a while from now on.
        """
        server = line.server
        if not line.calls.takes_calls:
            self.lost(line, now)
        if not (server.health.fail(error) and self._may_eject(server, now)):
            return False
        server.health.eject(now)
        self._refresh(now)
        return True

    def _may_eject(self, server: Server[C], now: float) -> bool:
        """Return True if at least as many servers are left as are ejected then.

        A server that is ejected already is not ejected for longer: what fails meanwhile was under
        way before, and says nothing new.
        """
        if server.health.is_ejected(now):
            return False
        others = [each for each in self._servers.values() if each is not server]
        ejected = sum(each.health.is_ejected(now) for each in others)
        return len(others) - ejected > ejected

    def lost(self, line: Line[C], now: float) -> None:
        """Take note that a line takes no more calls."""
        server = line.server
        if line not in server.lines:
            return
        self._leave(line)
        self._work.resolve = True
        if now - line.opened < self._settings.reconnect.first:
            # It takes connections only to end them.
            server.error = DialError(f"{server.endpoint.address} ends its connections at once")
            server.due = now + server.backoff.fail()
        else:
            server.backoff.reset()
            server.due = now
        self._refresh(now)
        if not self._ready:
            # The last one: some that could not be reached may be back, and are worth an attempt.
            for each in self._servers.values():
                if each is not server:
                    each.due = min(each.due, now)

    def _leave(self, line: Line[C]) -> None:
        self.leaving[line] = None
        line.is_leaving = True
        line.server.lines.remove(line)

    # --- why there is no line -------------------------------------------------------------------

    def is_hopeful(self, now: float) -> bool:
        """Return True while it is worth waiting: an attempt is under way, or may be made now."""
        if self._ready or not self._is_resolved:
            return True
        servers = self.servers
        return any(each.is_connecting for each in servers) or bool(self._wanted(now))

    def refuse(self, waits: bool, now: float) -> RpcError | None:
        """Return the error of a call that has got no line, None if it is to wait.

        Args:
            waits: True if it waits for as long as it takes.
            now: Time of the clock, in seconds.
        """
        if not self.closed and (waits or self.is_hopeful(now)):
            return None
        return self.refusal()

    def wait_time(self, method: Method[Any, Any], left: float, now: float) -> float | None:
        """Return the time in seconds after which a call that is not refused asks for a line again.

        Args:
            method: What is called.
            left: Time in seconds that the call has left; infinite without a deadline.
            now: Time of the clock, in seconds.

        Returns:
            None if there is nothing to wait for but a change.

        Raises:
            DeadlineExceededError: There is no time left.
        """
        if left <= 0:
            text = f"{method.name}: no server until its deadline: {self._reason()}"
            raise unstarted(DeadlineExceededError(text))
        seconds = min(self.look_at - now, left)
        return None if seconds == math.inf else max(seconds, 0.0)

    def refusal(self) -> RpcError:
        """Return the error of a call for which there is no line."""
        if self.closed:
            return unstarted(ShutdownError("the channel is closed"))
        return DialError(self._reason())

    def _reason(self) -> str:
        """Return why there is no line."""
        errors = [each.error for each in self._servers.values() if each.error is not None]
        if errors:
            last = errors[-1]
            count = len(self._servers)
            return str(last) if count == 1 else f"none of {count} servers can be reached: {last}"
        if self._resolve_error is not None:
            return f"no server is known: {self._resolve_error}"
        if not self._is_resolved:
            return "no server is known: the resolver has not answered yet"
        for endpoint in self._servers:
            return f"not connected to {without_password(endpoint.address)} yet"
        return "no server is known: the resolver has found none"

    # --- connections ----------------------------------------------------------------------------

    def take_work(self, now: float) -> Work[C]:
        """Return what is to be done; `begin` each attempt."""
        work, self._work, self.has_work = self._work, Work(), False
        if self.closed:
            return work
        work.attempts += self._wanted(now)
        work.attempts += [
            each for each in self._ready if self._wants_more(each, each.least_pending(), now)
        ]
        return work

    def _wanted(self, now: float) -> list[Server[C]]:
        """Return the servers to connect to: of the first priority of which some can be reached."""
        wanted: list[Server[C]] = []
        for priority in sorted({each.endpoint.priority for each in self._servers.values()}):
            servers = [each for each in self.servers if each.endpoint.priority == priority]
            wanted = self._balancer.wanted(servers, now)
            if wanted or any(_is_there(each, now) for each in servers):
                return wanted
        return wanted

    def begin(self, server: Server[C], now: float) -> bool:
        """Take note that an attempt begins; return False if there is to be none."""
        if server.is_connecting or self.closed:
            return False
        server.is_connecting = True
        self._set_look_at(now)
        return True

    def connected(
        self,
        server: Server[C],
        connection: C,
        calls: CallsOfLine,
        peek: Callable[[], object],
        now: float,
    ) -> Line[C] | None:
        """Take a connection that was made; see `Line`.

        Returns:
            Its line; None if nobody wants it any more, and it is to be closed.
        """
        server.is_connecting, server.error = False, None
        if self.closed or not server.is_known:
            return None
        line = Line(server, connection, calls, now, peek)
        server.lines.append(line)
        self._refresh(now)
        return line

    def failed(self, server: Server[C], error: RpcError, now: float) -> None:
        """Take note of an attempt that has failed."""
        server.is_connecting, server.error = False, error
        server.due = now + server.backoff.fail()
        self._work.resolve = True
        self._refresh(now)

    def close(self) -> list[Line[C]]:
        """Take no more calls; return all lines, which are to be closed.

        Raises:
            ShutdownError: It was closed before.
        """
        if self.closed:
            raise ShutdownError("the channel is closed")
        lines = [line for server in self._servers.values() for line in server.lines]
        lines += self.leaving
        self.closed = True
        self._servers, self._ready, self._work = {}, [], Work()
        self.only = self.first = None
        return lines

    def doubt(self) -> None:
        """Find everything out again with the next call: a step has ended in the middle."""
        self.only = self.first = None
        self.look_at = -math.inf

    # --- what follows from that -----------------------------------------------------------------

    def _refresh(self, now: float) -> None:
        """Find out who is ready, after a change or at `look_at`."""
        with_lines = [each for each in self._servers.values() if each.lines]
        healthy = [each for each in with_lines if not each.health.is_ejected(now)]
        ready = healthy or with_lines
        first = min((each.endpoint.priority for each in ready), default=0)
        self._ready = [each for each in ready if each.endpoint.priority == first]
        is_even = len({each.endpoint.weight for each in self._ready}) <= 1
        self._choose = self._balancer.choose if is_even else self._balancer.choose_by_weight
        is_one = len(self._servers) == 1 and bool(self._ready)
        self.first = self._ready[0].lines[0] if is_one else None
        self.only = self.first if self._settings.connections == 1 else None
        self.has_work = True
        self._set_look_at(now)

    def _set_look_at(self, now: float) -> None:
        """Set when the next server may be tried, or gets calls again."""
        due = [
            each.due
            for each in self._servers.values()
            if not each.lines and not each.is_connecting and each.due > now
        ]
        entries = [
            each.health.ejected_until
            for each in self._servers.values()
            if each.health.is_ejected(now)
        ]
        self.look_at = min([*due, *entries], default=math.inf)


def _is_there(server: Server[Any], now: float) -> bool:
    """Return True if a server can be reached, as far as is known, or is being connected to."""
    return server.is_connecting or bool(server.lines and not server.health.is_ejected(now))
