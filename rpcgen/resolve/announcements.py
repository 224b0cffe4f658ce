"""Announcements of a server to brokers, while it serves.

Both servers import this module; what needs nats-py is imported by `AnnouncedServer.announce` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from rpcgen.protocol.base_server import BaseServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from rpcgen.protocol import Address, CodecName

    from .brokers import Brokers, PathName
    from .nats_announcer import Offer

__all__ = ["AnnouncedServer", "Announcement", "Announcements"]


class Announcement(Protocol):
    """Work of a server at a broker while it serves."""

    def stop(self) -> None:
        """Begin to end it."""
        ...

    def join(self) -> None:
        """Wait until it has ended, for a few seconds; not in an event loop."""
        ...


class Announcements:
    """The brokers to which a server is announced, or for which it works, in either API."""

    def __init__(self) -> None:
        self._announced: list[Callable[[], Announcement]] = []
        self._running: list[Announcement] = []
        self._is_serving = False

    def __bool__(self) -> bool:
        """Return whether there is any broker."""
        return bool(self._announced)

    def add(self, make: Callable[[], Announcement]) -> None:
        """Announce the server to a broker, from when it serves.

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
        broker: str | Sequence[str],
        *,
        version: str,
        addresses: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        via: Literal["nats"] | None = None,
        tls: ssl.SSLContext | None = None,
        credentials: PathName | None = None,
    ) -> None:
        """Have clients find the server by a NATS broker, while it serves.

        Each service is a NATS micro service of the same name there. Returns at once: the server
        serves whether there is a broker or not, and is announced when there is.

        Args:
            broker: ``nats://host:4222`` or ``tls://host:4222``, with a user and a password, or a
                token, before the host if need be; or a list of such, of which any one does.
            version: That of the server, such as ``1.4.0``.
            addresses: Where clients are to connect to, the first one first; by default where the
                listeners are, and for one at all addresses of the machine, the one by which
                the machine reaches the broker.
            metadata: What else is to be known of the server, such as its zone.
            via: "nats" to take calls that come through the broker as well, of clients that
                dial with ``via="nats"``; so does a server without listeners. Whoever may publish
                at the broker can call the server then.
            tls: How to encrypt to a broker at ``tls://host:4222``, and whom to trust; None: whom
                the system trusts.
            credentials: Path of a file that says who the server is to the broker: credentials
                (``.creds``), or the seed of an NKEY.

        Raises:
            DialError: The broker's address is none, or the credentials cannot be read.
            ImportError: The package for NATS is missing, or the one for credentials.
            TypeError: ``addresses`` is a single text, or another value is of the wrong type.
            ValueError: The version is none, calls do not come by what ``via`` says, or another
                value is none that it can be.
        """
        if via not in (None, "nats"):
            raise ValueError(f"via={via!r}: write 'nats', or leave it out")
        from .brokers import Brokers
        from .nats_announcer import Announced, NatsAnnouncer, Offer  # only here: it needs nats-py

        if isinstance(addresses, str):
            raise TypeError(f"addresses={addresses!r}: write a list, [{addresses!r}]")
        told = dict(metadata or {})
        brokers = Brokers.of(broker, tls, credentials).encrypted()
        announced = Announced(brokers, version, tuple(addresses), told, via or "")

        def offer() -> Offer:
            return Offer(self.services, self._bound_listeners())

        self._announcements.add(lambda: NatsAnnouncer(announced, offer))
        if via is not None:
            self._announcements.add(lambda: self._take_calls_from(brokers))
        if self._serving:  # where other processes do, nothing has begun in this one
            self._announcements.begin()

    def _take_calls_from(self, brokers: Brokers) -> Announcement:
        """Begin to take calls that come through one of some brokers."""
        raise NotImplementedError

    def _named_services(self) -> list[str]:
        """Return the names of the services that others look for."""
        from .nats_micro import is_own

        return [service.name for service in self.services if not is_own(service.name)]

    @property
    def _most_calls_of_broker(self) -> int:
        """Maximum number of calls through a broker that are under way: it is one connection."""
        limits = self._connection_limits
        return min(
            limits.max_calls_per_connection, limits.max_calls or limits.max_calls_per_connection
        )

    def _bound_listeners(self) -> list[tuple[Address, CodecName]]:
        return [(listener.bound, codec) for listener, codec in self._listeners.copy().items()]
