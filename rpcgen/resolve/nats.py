"""``nats://host:port/Service``: servers that have announced themselves to a NATS broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rpcgen.channel.resolver import Endpoint, Failed, Update
from rpcgen.code import Code
from rpcgen.errors import RpcError
from rpcgen.protocol.server_session import error_text

from .brokers import Brokers, BrokerTarget, PathName
from .loop_thread import LoopThread
from .nats_connection import Client, Msg, is_unheard, stay_connected
from .nats_micro import (
    Announced,
    announced_in,
    announced_subject,
    info_subject,
)

if TYPE_CHECKING:
    import ssl

__all__ = ["NatsResolver", "resolver"]

# Seconds from one question to the next, and to the second one after an empty answer: servers
# take a moment to come back to a broker that has been started again.
_ASK_S: Final = 10.0
_ASK_SOON_S: Final = 1.0

# Seconds for which answers to a question are waited for.
_ANSWER_S: Final = 1.0

# Questions that a server may leave without an answer before it is forgotten. A server that leaves
# says so, and one that was killed is found out by those who call it.
_MISSES: Final = 3


def resolver(
    target: str | Sequence[str],
    tls: ssl.SSLContext | None = None,
    credentials: PathName | None = None,
) -> NatsResolver:
    """Return the resolver of an address, or of several brokers.

    Args:
        target: ``nats://host:4222/Service``, or without the service, where all servers that are
            announced there serve the same ones; or a list of such.
        tls: See `NatsResolver`.
        credentials: The same.

    Raises:
        DialError: An address is neither.
    """
    return NatsResolver(target, tls=tls, credentials=credentials)


class NatsResolver:
    """Asks the micro services of a broker where they are, and hears when they come and go.

    Servers that are known stay so while the broker is away: calls do not go through it.

    Args:
        broker: ``nats://host:port``, or ``nats+tls://host:port`` to encrypt to it; or a list of
            such, of which any one does.
        service: Service that is looked for; empty: the one that the address names, or else the
            ones that all servers share.
        seconds: Time from one question to the next, in seconds.
        tls: How to encrypt to the broker, and whom to trust; None: whom the system trusts.
        credentials: Path of a file that says who one is to the broker: credentials (``.creds``),
            or the seed of an NKEY.

    Raises:
        DialError: An address is no broker's, or the credentials cannot be read.
        ImportError: The package for credentials is missing.
        TypeError: A value is of the wrong type.
        ValueError: A value is none that it can be.
    """

    def __init__(
        self,
        broker: BrokerTarget,
        service: str = "",
        *,
        seconds: float = _ASK_S,
        tls: ssl.SSLContext | None = None,
        credentials: PathName | None = None,
    ) -> None:
        self.brokers = Brokers.of(broker, tls, credentials)
        """Brokers that it asks; durable calls are left there too."""
        self._service = service or self.brokers.service
        self._seconds = seconds
        self._looking: _Looking | None = None
        self._thread: LoopThread | None = None

    def __repr__(self) -> str:
        return f"<NatsResolver {self.brokers}/{self._service}>"

    def start(self, update: Update, failed: Failed) -> None:
        """Begin to ask; see `rpcgen.Resolver`."""
        looking = _Looking(self.brokers, self._service, self._seconds, update, failed)
        self._looking = looking
        self._thread = LoopThread(looking.run, "rpcgen-resolver")

    def resolve_soon(self) -> None:
        """Ask again before it is time."""
        if self._thread is not None and self._looking is not None:
            self._thread.call_soon(self._looking.ask_soon)

    def close(self) -> None:
        """Ask no more."""
        if self._thread is not None:
            self._thread.stop()


class _Looking:
    """One thread's time of asking, in one process. All of it happens on the thread's loop."""

    def __init__(
        self, brokers: Brokers, service: str, seconds: float, update: Update, failed: Failed
    ) -> None:
        self._brokers = brokers
        self._place = str(brokers)
        self._service = service
        self._seconds = seconds
        self._update = update
        self._failed = failed
        self._known = _Known()
        self._is_wanted = asyncio.Event()

    def ask_soon(self) -> None:
        """Have the next question asked at once."""
        self._is_wanted.set()

    async def run(self) -> None:
        """Ask until this is cancelled."""
        await stay_connected(
            self._brokers, "rpcgen client", self._ask_through, self._trouble, self._reconnected
        )

    async def _ask_through(self, client: Client) -> None:
        """Ask as long as a connection is there, or may be there again."""
        inbox = client.new_inbox()
        await client.subscribe(inbox, cb=self._heard)
        await client.subscribe(announced_subject(self._service), cb=self._heard)
        while not client.is_closed:
            self._is_wanted.clear()
            if client.is_connected:
                await self._ask(client, inbox)
            wait = self._seconds if self._known else min(self._seconds, _ASK_SOON_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_wanted.wait(), wait)

    async def _ask(self, client: Client, inbox: str) -> None:
        """Ask all servers, and forget those that have not answered for some time."""
        self._known.ask()
        await client.publish(info_subject(self._service), reply=inbox)
        await asyncio.sleep(min(_ANSWER_S, self._seconds))
        if client.is_connected and self._known.forget_silent():
            self._tell()
        if not self._known:
            self._failed(self._nobody())

    async def _heard(self, message: Msg) -> None:
        if is_unheard(message):
            if not self._known:
                self._failed(self._nobody())
            return
        announced = announced_in(message.data)
        if announced is not None and self._known.note(announced):
            self._tell()
            if not self._known:
                self.ask_soon()

    def _tell(self) -> None:
        services = self._known.services()
        if not self._service and len(services) > 1 and not self._known.shared():
            self._update(())
            self._failed(
                _unavailable(
                    f"{self._place}: servers of {', '.join(services)} are announced there:"
                    f" say which, as in {self._place}/{services[0]}"
                )
            )
            return
        self._update(self._known.endpoints())

    def _nobody(self) -> RpcError:
        what = self._service or "anything"
        return _unavailable(f"{self._place}: no server of {what} is announced there")

    def _trouble(self, error: Exception) -> None:
        if not self._known:
            self._failed(_unavailable(f"{self._place}: {error_text(error)}"))

    async def _reconnected(self) -> None:
        self._known.ask_anew()
        self._is_wanted.set()


class _Known:
    """Servers that have answered, and how often they have not since."""

    def __init__(self) -> None:
        self._announced: dict[tuple[str, str], Announced] = {}
        self._misses: dict[tuple[str, str], int] = {}

    def __bool__(self) -> bool:
        """Return whether any server is known."""
        return bool(self._announced)

    def ask(self) -> None:
        """Count a question."""
        for key in self._misses:
            self._misses[key] += 1

    def ask_anew(self) -> None:
        """Count from here: the broker was away."""
        self._misses = dict.fromkeys(self._misses, 0)

    def note(self, announced: Announced) -> bool:
        """Take an answer, and return whether something is new."""
        key = announced.id, announced.service
        if announced.endpoint is None:
            self._misses.pop(key, None)
            return self._announced.pop(key, None) is not None
        before = self._announced.get(key)
        self._announced[key], self._misses[key] = announced, 0
        return before is None or before.endpoint != announced.endpoint

    def forget_silent(self) -> bool:
        """Forget who has left too many questions without an answer; return whether anybody has."""
        silent = [key for key, misses in self._misses.items() if misses >= _MISSES]
        for key in silent:
            del self._announced[key], self._misses[key]
        return bool(silent)

    def services(self) -> list[str]:
        """Return the names of all services, sorted."""
        return sorted({service for _, service in self._announced})

    def shared(self) -> set[str]:
        """Return the names of the services that each of the servers has."""
        of_servers: dict[str, set[str]] = {}
        for id, service in self._announced:
            of_servers.setdefault(id, set()).add(service)
        return set.intersection(*of_servers.values()) if of_servers else set()

    def endpoints(self) -> list[Endpoint]:
        """Return where the servers are, each once."""
        found = (each.endpoint for each in self._announced.values())
        return list(dict.fromkeys(each for each in found if each is not None))


def _unavailable(text: str) -> RpcError:
    error = RpcError(text)
    error.code, error.started = Code.UNAVAILABLE, False
    return error
