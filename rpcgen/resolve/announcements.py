"""What a server tells brokers of itself, while it serves.

Both servers import this module; what needs nats-py is imported by `AnnouncedServer.announce` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rpcgen.protocol.base_server import BaseServer

if TYPE_CHECKING:
    from rpcgen.protocol import Address, CodecName

    from .nats_announcer import Offer

__all__ = ["AnnouncedServer", "Announcements", "Running"]


class Running(Protocol):
    """What a server does at a broker while it serves."""

    def stop(self) -> None:
        """Begin to end; from any thread."""
        ...

    def join(self) -> None:
        """Wait for the end."""
        ...


class Announcements:
    """The brokers to which a server is announced, or for which it works, in either API."""

    def __init__(self) -> None:
        self._announced: list[Callable[[], Running]] = []
        self._running: list[Running] = []
        self._is_serving = False

    def __bool__(self) -> bool:
        """Return whether there is any broker."""
        return bool(self._announced)

    def add(self, make: Callable[[], Running]) -> None:
        """Announce the server to a broker, or have it work, from when it serves.

        Args:
            make: Begins that, in each process that serves.
        """
        self._announced.append(make)
        if self._is_serving:
            self._running.append(make())

    def begin(self) -> None:
        """Take note that the server serves."""
        if not self._is_serving:
            self._is_serving = True
            self._running = [make() for make in self._announced]

    def stop(self) -> None:
        """Begin to tell clients to call others; from any thread."""
        for each in self._running:
            each.stop()

    def join(self) -> None:
        """Wait until they are told, or the brokers do not listen."""
        for each in self._running:
            each.join()

    def begin_anew(self) -> None:
        """Leave what is announced to the parent process, after a fork."""
        self._is_serving, self._running = False, []


class _Listener(Protocol):
    bound: Address


L = TypeVar("L", bound=_Listener)


class AnnouncedServer(BaseServer, Generic[L]):
    """The part of a server in either API that brokers are told of.

    A subclass sets these attributes, begins the announcements when it serves, and stops them.
    """

    _announcements: Announcements
    _listeners: dict[L, CodecName]
    _serving: bool

    def announce(
        self,
        broker: str,
        *,
        version: str,
        addresses: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Have clients find the server by a NATS broker, while it serves.

        Each service is a NATS micro service of the same name there. Returns at once: the server
        serves whether there is a broker or not, and is announced when there is.

        Args:
            broker: ``nats://host:4222``, with a user and a password if need be.
            version: That of the server, such as ``1.4.0``.
            addresses: Where clients are to connect to, the first one first; by default where the
                listeners are, and for one at all addresses of the machine, the one by which
                the machine reaches the broker.
            metadata: What else is to be known of the server, such as its zone.

        Raises:
            DialError: The broker's address is none.
            ImportError: The package for NATS is missing.
            TypeError: ``addresses`` is a single text.
            ValueError: The version is none.
        """
        from .nats_announcer import Announced, NatsAnnouncer, Offer  # only here: it needs nats-py

        if isinstance(addresses, str):
            raise TypeError(f"addresses={addresses!r}: write a list, [{addresses!r}]")
        announced = Announced(broker, version, tuple(addresses), dict(metadata or {}))

        def offer() -> Offer:
            return Offer(self.services, self._bound_listeners())

        self._announcements.add(lambda: NatsAnnouncer(announced, offer))
        if self._serving:  # where other processes do, nothing has begun in this one
            self._announcements.begin()

    def _bound_listeners(self) -> list[tuple[Address, CodecName]]:
        return [(listener.bound, codec) for listener, codec in self._listeners.copy().items()]
