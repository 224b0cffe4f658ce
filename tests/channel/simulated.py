"""A channel without an API: a clock that is set by hand, chance from a seed, calls by number."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from attrs import define

from rpcgen.channel.backoff import Reconnect
from rpcgen.channel.balance import Balance
from rpcgen.channel.core import ChannelProtocol, Work
from rpcgen.channel.options import ChannelSettings
from rpcgen.channel.resolver import Endpoint
from rpcgen.channel.servers import Line, Server
from rpcgen.errors import DialError, DisconnectedError, RpcError

__all__ = ["Calls", "Simulated", "endpoints"]


@define(eq=False)
class Calls:
    """The calls on a connection."""

    pending: int = 0
    takes_calls: bool = True


def endpoints(names: str) -> list[Endpoint]:
    """Return an endpoint for each letter."""
    return [Endpoint(f"tcp://{name}:1") for name in names]


class Simulated:
    """A channel, of servers that are named by letters.

    Args:
        names: The servers; empty: none is known yet.
        down: Those that cannot be connected to.
        connections: See `ChannelSettings`.
        balance: The same.
        seed: Where chance begins.
    """

    def __init__(
        self,
        names: str = "",
        *,
        down: str = "",
        connections: int = 1,
        balance: Balance = "round_robin",
        seed: int = 1,
    ) -> None:
        self.now = 1000.0
        self.down = set(down)
        self.settings = ChannelSettings(
            Reconnect(first=1.0, most=8.0), connections=connections, balance=balance
        )
        self.channel = ChannelProtocol[str](self.settings, Random(seed))
        self.attempts: list[str] = []
        """Servers that were connected to, or tried, in that order."""
        self.closed: list[Line[str]] = []
        """Connections that were to be closed once nothing is pending."""
        self.resolutions = 0
        """How often the resolver was asked to look again."""
        if names:
            self.update(names)

    def update(self, names: str) -> None:
        """Have the resolver tell of servers."""
        self.tell(endpoints(names))

    def tell(self, found: Sequence[Endpoint]) -> None:
        """Have the resolver tell of servers of which more is known than their names."""
        self.channel.update(found, self.now)

    def take_work(self) -> Work[str]:
        """Return what is to be done; what is to be closed is noted."""
        work = self.channel.take_work(self.now)
        work.attempts = [each for each in work.attempts if self.channel.begin(each, self.now)]
        self.closed += self.channel.leaving
        self.channel.leaving.clear()
        self.resolutions += work.resolve
        return work

    def connect(self) -> list[str]:
        """Make the attempts that are to be made, each at once; return their servers."""
        made = [self.finish(server) for server in self.take_work().attempts]
        self.attempts += made
        return made

    def finish(self, server: Server[str]) -> str:
        """End an attempt, as the server is up or down."""
        name = name_of(server)
        if name in self.down:
            self.channel.failed(server, DialError(f"{name} is down"), self.now)
        else:
            self.channel.connected(server, name, Calls(), bool, self.now)
        return name

    def pick(self) -> str:
        """Return the server of the next call; empty if there is none."""
        line = self.line()
        return "" if line is None else line.connection

    def line(self) -> Line[str] | None:
        """Return the connection of the next call, after what work there is if it needs that."""
        line = self.channel.pick(self.now)
        if self.channel.has_work:
            self.connect()
        return line or self.channel.pick(self.now)

    def picks(self, count: int) -> str:
        """Return the servers of so many calls that are over at once."""
        return "".join(self.pick() for _ in range(count))

    def lines_of(self, name: str) -> Sequence[Line[str]]:
        """Return the connections to a server."""
        (server,) = [each for each in self.channel.servers if name_of(each) == name]
        return server.lines

    def kill(self, name: str) -> None:
        """End a server, and its connections, which is seen with the next call."""
        self.down.add(name)
        for line in self.lines_of(name):
            calls = line.calls
            assert isinstance(calls, Calls)
            calls.takes_calls = False

    def fail(self, name: str, error: RpcError | None = None) -> None:
        """Have a call to a server fail."""
        self.channel.note(self.lines_of(name)[0], error or DisconnectedError(), self.now)

    def succeed(self, name: str) -> None:
        """Have a call to a server succeed."""
        self.lines_of(name)[0].server.health.succeed()


def name_of(server: Server[str]) -> str:
    return server.endpoint.address[len("tcp://")]
