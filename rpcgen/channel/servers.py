"""State of one server in a channel: its connections, attempts to connect, and how calls fare.

::

    idle ──attempt──▶ connecting ──connected──▶ ready ──its last connection ends──▶ idle
                          └──failed──▶ backing off ──it is time──▶ idle

    healthy ──FAILURES in a row──▶ ejected ──it is time──▶ on trial ──a success──▶ healthy
                                      ▲                       └──a failure──▶ ejected for longer
                                      └──────────────────────────────────────────┘
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from attrs import define, field

from rpcgen.code import Code
from rpcgen.errors import RpcError, ServerError

from .backoff import Backoff
from .resolver import Endpoint

__all__ = [
    "EJECTION_S",
    "FAILURES",
    "FAULTS",
    "MOST_EJECTION_S",
    "CallsOfLine",
    "Health",
    "Line",
    "Server",
]

C = TypeVar("C")

FAILURES: Final = 5
"""Number of calls in a row that fail for the server's fault until it is ejected."""

EJECTION_S: Final = 1.0
"""Time in seconds for which a server is ejected first; twice as long each time after that."""

MOST_EJECTION_S: Final = 60.0
"""Maximum time in seconds for which a server is ejected."""

IDLE_S: Final = 0.001
"""Time in seconds without a call after which a connection is looked at: it may have ended."""

FAULTS: Final = frozenset([Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED])
"""Codes of errors that speak against a server, whatever was called."""


class CallsOfLine(Protocol):
    """The calls on an open connection, as `ClientProtocol` counts them."""

    @property
    def pending(self) -> int:
        """Number of calls that wait for their reply."""
        ...

    @property
    def takes_calls(self) -> bool:
        """False once no further call can succeed."""
        ...


@define(eq=False)
class Line(Generic[C]):
    """An open connection to a server.

    Attributes:
        server: Where it leads.
        connection: What the API calls through.
        calls: The calls on it.
        opened: Time of the clock at which it was made, in seconds.
        used: Time of the clock at which it was last given to a call, in seconds.
        peek: Returns something true if bytes have come, or the end, that nobody has read.
        is_leaving: True once it gets no more calls, and is to be closed after the last.
    """

    server: Server[C]
    connection: C
    calls: CallsOfLine
    opened: float
    peek: Callable[[], object]
    used: float = 0.0
    is_leaving: bool = False

    def has_news(self, now: float) -> bool:
        """Return True, and take note of a call, if it has been idle and something has come."""
        is_idle, self.used = now - self.used > IDLE_S, now
        return is_idle and not self.calls.pending and bool(self.peek())


class Health:
    """Circuit breaker of a server: one that fails again and again gets no calls for a while."""

    def __init__(self) -> None:
        self.failures = 0
        """Number of calls that have failed since the last success."""
        self.ejected_until = -math.inf
        """Time of the clock until which it gets no calls, in seconds."""
        self._seconds = EJECTION_S

    def is_ejected(self, now: float) -> bool:
        """Return True while the server gets no calls."""
        return now < self.ejected_until

    def succeed(self) -> None:
        """Take note of a call that the server has answered."""
        if self.failures >= FAILURES:  # on trial until now
            self._seconds = EJECTION_S
        self.failures = 0

    def fail(self, error: RpcError) -> bool:
        """Take note of a call that has failed; return True if the server should be ejected."""
        if isinstance(error, ServerError):
            if error.code not in FAULTS:
                self.succeed()
                return False
        elif error.started is False or error.code not in FAULTS:
            return False  # nothing was tried, or it is our own fault
        self.failures += 1
        return self.failures >= FAILURES

    def eject(self, now: float) -> None:
        """Give the server no calls for a while; afterwards, a single failure is enough."""
        self.ejected_until = now + self._seconds
        self._seconds = min(2 * self._seconds, MOST_EJECTION_S)


@define(eq=False)
class Server(Generic[C]):
    """One server that a channel knows.

    Attributes:
        endpoint: Where it is.
        backoff: Times between attempts to connect.
        due: Earliest time of the clock for the next attempt, in seconds.
        is_connecting: True while an attempt is under way.
        error: Why the last attempt has failed; None if it has not.
        lines: Connections that take calls, as far as is known.
        health: How its calls fare.
        is_known: False once the resolver names it no more.
        credit: Weight that it has gathered since its last turn, where turns go by weight.
    """

    endpoint: Endpoint
    backoff: Backoff
    due: float = -math.inf
    is_connecting: bool = False
    error: RpcError | None = None
    lines: list[Line[C]] = field(factory=list)
    health: Health = field(factory=Health)
    is_known: bool = True
    credit: float = 0.0

    @property
    def pending(self) -> int:
        """Number of calls that wait for a reply."""
        lines = self.lines
        if len(lines) == 1:
            return lines[0].calls.pending
        return sum(line.calls.pending for line in lines)

    def least_pending(self) -> Line[C]:
        """Return the connection on which the fewest calls are pending; there is one."""
        lines = self.lines
        if len(lines) == 1:
            return lines[0]
        return min(lines, key=_pending)


def _pending(line: Line[C]) -> int:
    return line.calls.pending
