"""Protocol and limits of a connection that a listener took."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, Unpack

from attrs import evolve, frozen

from rpcgen.values.limits import Limits

from .address import DEFAULT_RPC_PATH
from .calls_in_flight import Overload
from .codecs import CodecName, CodecOptions, server_codec
from .hosts import HostNames
from .registry import Registry
from .server import ServerProtocol
from .server_session import ServerSession, Stage

__all__ = [
    "CALLS_IN_FLIGHT",
    "DRAIN_LINGER_S",
    "AgeStep",
    "ConnectionAge",
    "ConnectionLimits",
    "ConnectionTimer",
    "server_protocol",
]

CALLS_IN_FLIGHT = 1024
"""More calls of one client than this are not begun before earlier ones are over."""

DRAIN_LINGER_S: Final = 0.5
"""Seconds for which a client that was told of a shutdown has time to hang up by itself.

What it has sent before it knew is answered meanwhile. Nobody may be reading at its end, so it is
not waited for longer where nothing is under way. One that comes later loses no call either: it
finds the notice before the end, and with it that its calls were not begun.
"""

# The part of their age by which connections end sooner or later: not all at once.
_AGE_JITTER: Final = 0.1

_OVERLOADS: Final = ("wait", "refuse")


@frozen(kw_only=True)
class ConnectionLimits:
    """Limits of a client in time and in number; the same in both APIs.

    Attributes:
        header_timeout: Seconds from the first byte of a request's header to its
            end. None: no limit, as for the others.
        body_timeout: Seconds from there to the end of the request's body.
        idle_timeout: Seconds without a request, and without a call under way.
        max_connections: Maximum number of connections that a server has taken
            from its listeners; others wait in the system's backlog.
        max_calls_per_connection: Maximum number of calls of one connection that
            are under way.
        handshake_timeout: Seconds for the TLS handshake, and again for the
            request that opens an HTTP connection.
        max_calls: Maximum number of calls of all connections together that are
            under way.
        overload: What becomes of a call above the last two: "wait" leaves it
            unread, and its client waits; "refuse" answers at once, with
            `Code.RESOURCE_EXHAUSTED`.
        max_connection_age: Seconds after which a connection is drained; see
            `ConnectionAge`.

    Raises:
        ValueError: A limit is not greater than 0, or there is no such overload.
    """

    header_timeout: float | None = 30.0
    body_timeout: float | None = 300.0
    idle_timeout: float | None = None
    max_connections: int | None = None
    max_calls_per_connection: int = CALLS_IN_FLIGHT
    handshake_timeout: float = 10.0
    max_calls: int | None = None
    overload: Overload = "wait"
    max_connection_age: float | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("header_timeout", "body_timeout", "idle_timeout", "max_connection_age"):
            _check(name, getattr(self, name), "seconds, or None for no limit")
        _check("handshake_timeout", self.handshake_timeout or 0, "seconds")
        _check("max_connections", self.max_connections, "or None for no limit")
        _check("max_calls_per_connection", self.max_calls_per_connection or 0, "")
        _check("max_calls", self.max_calls, "or None for no limit")
        if self.overload not in _OVERLOADS:
            raise ValueError(f"overload={self.overload!r}: must be one of {', '.join(_OVERLOADS)}")

    def of_broker(self) -> ConnectionLimits:
        """Return the limits of a connection by which the calls of many clients come.

        It lasts as long as the server does, and a call that would have to wait is better off with
        another one.
        """
        return evolve(self, idle_timeout=None, max_connection_age=None, overload="refuse")

    def seconds(self, stage: Stage) -> float | None:
        """Return how long a connection may be at a stage, None for as long as it likes."""
        match stage:
            case Stage.HANDSHAKE:
                return self.handshake_timeout
            case Stage.HEADER:
                return self.header_timeout
            case Stage.BODY:
                return self.body_timeout
            case Stage.IDLE:
                return self.idle_timeout

    @property
    def interval(self) -> float:
        """Seconds between two looks at all connections that notice in time what is overdue.

        A look costs the calls nothing, so there is no timer for each of them; a
        limit is exceeded by two looks at most.
        """
        given = (
            self.header_timeout,
            self.body_timeout,
            self.idle_timeout,
            self.handshake_timeout,
            self.max_connection_age,
        )
        return min(1.0, *(seconds / 4 for seconds in given if seconds is not None))


class AgeStep(Enum):
    """Next step of a connection that is too old."""

    NONE = 0
    DRAIN = 1
    CLOSE = 2


class ConnectionAge:
    """End of a connection that has lasted long enough, so that clients spread over servers anew.

    It is drained as at a shutdown, which loses no call. So it concerns clients that understand the
    notice, and no others: a stock client would have to be cut off, and does not dial again.
    """

    __slots__ = ("_closes", "_drains")

    def __init__(self, limits: ConnectionLimits, now: float) -> None:
        most = limits.max_connection_age
        self._drains = math.inf if most is None else now + most * _spread()
        # When the client has had time to hang up; infinite before it was told.
        self._closes = math.inf

    def step(self, now: float, expects_notice: bool) -> AgeStep:
        """Return what to do, each thing once; now and then.

        Args:
            now: The time in seconds.
            expects_notice: True if the client understands the drain notice.
        """
        if now >= self._closes:
            self._closes = math.inf
            return AgeStep.CLOSE
        if now < self._drains or not expects_notice:
            return AgeStep.NONE
        self._drains, self._closes = math.inf, now + DRAIN_LINGER_S
        return AgeStep.DRAIN


def _spread() -> float:
    import random  # few servers limit the age of connections

    return random.uniform(1 - _AGE_JITTER, 1 + _AGE_JITTER)


class ConnectionTimer:
    """For how long a connection has been waiting for the same thing."""

    __slots__ = ("_limits", "_message", "_since", "_stage")

    def __init__(self, limits: ConnectionLimits, now: float) -> None:
        self._limits = limits
        self._stage = Stage.IDLE
        self._message: object = None
        self._since = now

    def restart(self, now: float) -> None:
        """Take note that it does not wait for the client."""
        self._since = now

    def overdue(self, stage: Stage, message: object, now: float) -> str:
        """Say what has taken too long, empty if nothing has; see `ServerProtocol.stage`."""
        if stage is not self._stage or message is not self._message:
            self._stage, self._message, self._since = stage, message, now
            return ""
        seconds = self._limits.seconds(stage)
        if seconds is None or now - self._since < seconds:
            return ""
        return f"{stage.value} did not come within {seconds:g} s"


def _check(name: str, limit: float | None, unit: str) -> None:
    if limit is not None and not limit > 0:
        raise ValueError(f"{name}={limit!r}: must be greater than 0 {unit}".rstrip())


def server_protocol(
    registry: Registry,
    codec: CodecName,
    limits: Limits | None,
    http_path: str = "",
    host: str | None = "",
    **options: Unpack[CodecOptions],
) -> ServerSession:
    """Return the protocol of a new connection.

    With an ``http_path`` it begins as HTTP, whose routes are those that
    `Registry.handle_http` has set; a path other than the default replaces the
    one for net/rpc. ``host`` is where the listener is; see `HostNames`.
    Raises `DialError` if there is no codec of this name.
    """
    if not http_path:
        return ServerProtocol(registry, server_codec(codec, limits, **options))
    from .http import HttpServerProtocol  # and with it h11, which others do without

    routes = registry.routes
    if http_path != DEFAULT_RPC_PATH:
        routes = routes.replace(rpc_path=http_path)
    limits = limits or Limits()
    return HttpServerProtocol(
        registry,
        routes,
        lambda: server_codec(codec, limits, **options),
        lambda: server_codec("json", limits),
        limits.message,
        HostNames(host, routes.hosts),
        limits.http_head,
    )
