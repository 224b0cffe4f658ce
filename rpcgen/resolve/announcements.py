"""`Announcements`: what a server tells brokers of itself, while it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rpcgen.protocol import Address, CodecName
from rpcgen.protocol.registry import Service

from .nats_announcer import Announced, NatsAnnouncer, Offer

__all__ = ["Announcements"]


class Announcements:
    """The brokers to which a server is announced, in either API.

    Args:
        services: Returns what it serves at the moment; called from other threads.
        listeners: Returns where, and in which codec; likewise.
    """

    def __init__(
        self,
        services: Callable[[], Sequence[Service]],
        listeners: Callable[[], Sequence[tuple[Address, CodecName]]],
    ) -> None:
        self._offer = lambda: Offer(services(), listeners())
        self._announced: list[Announced] = []
        self._running: list[NatsAnnouncer] = []
        self._is_serving = False

    def add(
        self,
        broker: str,
        version: str,
        addresses: Iterable[str],
        metadata: Mapping[str, str] | None,
    ) -> None:
        """Announce the server to a broker, from when it serves.

        Raises:
            DialError: The broker's address is none.
            TypeError: ``addresses`` is a single text.
            ValueError: The version is none.
        """
        if isinstance(addresses, str):
            raise TypeError(f"addresses={addresses!r}: write a list, [{addresses!r}]")
        announced = Announced(broker, version, tuple(addresses), dict(metadata or {}))
        self._announced.append(announced)
        if self._is_serving:
            self._running.append(NatsAnnouncer(announced, self._offer))

    def begin(self) -> None:
        """Take note that the server serves."""
        if not self._is_serving:
            self._is_serving = True
            self._running = [NatsAnnouncer(each, self._offer) for each in self._announced]

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
