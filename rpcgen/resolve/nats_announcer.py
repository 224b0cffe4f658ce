"""`NatsAnnouncer`: makes the services of a server NATS micro services, for clients to find them."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from attrs import field, frozen

from rpcgen.protocol import CodecName
from rpcgen.protocol.address import Address
from rpcgen.protocol.registry import Service

from .brokers import Brokers
from .loop_thread import LoopThread
from .nats_connection import Client, Msg, TroubleLog, stay_connected
from .nats_micro import (
    Announcement,
    announced_subject,
    control_subjects,
    is_own,
)

__all__ = ["Announced", "NatsAnnouncer", "Offer"]

# Seconds between two looks at what the server serves and where.
_LOOK_S: Final = 1.0

# Seconds for saying goodbye.
_GOODBYE_S: Final = 2.0

# Hosts of a listener that takes connections at all addresses of the machine.
_EVERYWHERE: Final = ("", "0.0.0.0", "::")


@frozen
class Announced:
    """Arguments of `Server.announce`.

    Raises:
        ValueError: The version is none.
    """

    brokers: Brokers
    version: str
    addresses: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(factory=dict)
    via: str = ""

    def __attrs_post_init__(self) -> None:
        Announcement(Service(""), "", self.version, "")


@frozen
class Offer:
    """Services that a server offers at the moment.

    Attributes:
        services: What it serves.
        listeners: Where, and in which codec.
    """

    services: Sequence[Service]
    listeners: Sequence[tuple[Address, CodecName]]


class NatsAnnouncer:
    """Answers for the services of one server in one process, from a thread of its own.

    The broker may come and go: a server serves without one.

    Args:
        announced: Where and as what.
        offer: Returns what the server offers; called from the thread.
    """

    def __init__(self, announced: Announced, offer: Callable[[], Offer]) -> None:
        self._announced = announced
        self._offer = offer
        self._id = secrets.token_hex(10)
        self._started = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        # The micro services that are answered for, by their names.
        self._there: dict[str, Announcement] = {}
        self._troubles = TroubleLog(str(announced.brokers), "cannot announce at")
        self._thread = LoopThread(self._run, "rpcgen-announcer")

    def stop(self) -> None:
        """Begin to say goodbye; from any thread."""
        self._thread.stop()

    def join(self) -> None:
        """Wait until that is said, or the broker does not listen."""
        self._thread.join(2 * _GOODBYE_S)

    async def _run(self) -> None:
        name = f"rpcgen server {self._id}"
        await stay_connected(
            self._announced.brokers,
            name,
            self._announce_through,
            self._troubles.note,
            self._reconnected,
        )

    async def _announce_through(self, client: Client) -> None:
        """Announce as long as a connection is there, or may be there again."""
        self._client, self._there = client, {}
        try:
            while not client.is_closed:
                await self._look(client)
                await asyncio.sleep(_LOOK_S)
        finally:
            with suppress(Exception):  # which would take the place of a cancellation
                await asyncio.wait_for(self._say_goodbye(client), _GOODBYE_S)

    async def _look(self, client: Client) -> None:
        """Announce services that are new, where there is a way to call them."""
        offer = self._offer()
        if not (self._announced.via or self._addresses(offer)[0]):
            return
        for service in offer.services:
            told = self._announced
            announcement = Announcement(
                service, self._id, told.version, self._started, told.metadata
            )
            if is_own(service.name) or announcement.name in self._there:
                continue
            self._there[announcement.name] = announcement
            answers: dict[str, Callable[[], bytes]] = {
                "PING": announcement.ping,
                "INFO": partial(self._info, announcement),
                "STATS": announcement.stats,
            }
            for verb, answer in answers.items():
                for subject in control_subjects(verb, announcement.name, self._id):
                    await client.subscribe(subject, cb=_answering(answer))
            await client.flush()
            await self._say_hello(client, announcement)

    async def _say_hello(self, client: Client, announcement: Announcement) -> None:
        subject = announced_subject(announcement.service.name)
        await client.publish(subject, self._info(announcement))

    async def _say_goodbye(self, client: Client) -> None:
        """Tell clients to call others, and answer what was asked."""
        if not client.is_connected:
            return
        for announcement in self._there.values():
            subject = announced_subject(announcement.service.name)
            await client.publish(subject, announcement.goodbye())
        await client.drain()

    def _info(self, announcement: Announcement) -> bytes:
        addresses, codec = self._addresses(self._offer())
        return announcement.info(addresses, codec, self._announced.via)

    def _addresses(self, offer: Offer) -> tuple[Sequence[str], CodecName]:
        """Return where others can connect to, and what is spoken there: gob if that is."""
        codec: CodecName = min((codec for _, codec in offer.listeners), default="gob")
        if self._announced.addresses:
            return self._announced.addresses, codec
        return [
            self._spelled(address) for address, spoken in offer.listeners if spoken == codec
        ], codec

    def _spelled(self, address: Address) -> str:
        """Return an address as other machines can dial it."""
        if address.network == "unix" or address.host.strip("[]") not in _EVERYWHERE:
            return str(address)
        return str(address.replace(host=_own_host(self._announced.brokers)))

    async def _reconnected(self) -> None:
        self._troubles.clear()
        for announcement in self._there.values():
            await self._say_hello(self._client, announcement)


def _answering(answer: Callable[[], bytes]) -> Callable[[Msg], Awaitable[None]]:
    async def respond(message: Msg) -> None:
        if message.reply:
            await message.respond(answer())

    return respond


def _own_host(brokers: Brokers) -> str:
    """Return the address by which this machine reaches the brokers, or the first of them."""
    for url in brokers.urls:
        place = urlsplit(url)
        with suppress(OSError):
            for family, kind, _, _, address in socket.getaddrinfo(
                place.hostname, place.port or 4222, type=socket.SOCK_DGRAM
            ):
                with suppress(OSError), socket.socket(family, kind) as asking:
                    asking.connect(address)  # which sends nothing
                    return str(asking.getsockname()[0])
    return socket.gethostname()
