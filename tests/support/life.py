"""A service whose handlers look at their calls, for both APIs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from attrs import define, field

import rpcgen
from rpcgen import Code, Handler, Method, Registry, RemoteError, ServerError, aio
from tests.support.timeouts import TIMEOUT_S

__all__ = [
    "END_OF",
    "FAIL_WITH",
    "HOLD",
    "NEST",
    "OPEN",
    "REJECT",
    "SEEN",
    "TRAIL",
    "Failing",
    "Life",
    "RejectedError",
    "Seen",
]


@define
class Seen:
    """What a handler sees of its call.

    Attributes:
        remaining: Seconds until the deadline, -1 without one.
    """

    method: str
    address: str
    certificate: str
    uid: int
    metadata: dict[str, str]
    remaining: float
    cancelled: bool


@define
class Failing:
    """How a handler is to fail."""

    text: str
    code: int = 0
    metadata: dict[str, str] = field(factory=dict)


@define
class RejectedError(RemoteError):
    """An exception that is declared."""

    name: str
    count: int

    def __str__(self) -> str:
        return f"{self.name} was rejected {self.count} times"


SEEN = Method[str, Seen]("Life.Seen")
TRAIL = Method[dict[str, str], str]("Life.Trail")
FAIL_WITH = Method[Failing, str]("Life.FailWith")
REJECT = Method[int, str]("Life.Reject", raises=[RejectedError])
HOLD = Method[str, str]("Life.Hold")
OPEN = Method[str, bool]("Life.Open")
END_OF = Method[str, str]("Life.EndOf")
NEST = Method[str, Seen]("Life.Nest")


def seen(_: str) -> Seen:
    call = rpcgen.context()
    peer = call.peer
    return Seen(
        call.method,
        peer.address,
        str((peer.certificate or {}).get("serialNumber", "")),
        -1 if peer.uid is None else peer.uid,
        dict(call.metadata),
        -1.0 if call.remaining is None else call.remaining,
        call.cancelled,
    )


def trail(texts: dict[str, str]) -> str:
    """Send metadata back."""
    rpcgen.context().reply_metadata.update(texts)
    return "trailed"


def fail_with(how: Failing) -> str:
    """Raise a `ServerError`, or without a code something else."""
    if not how.code:
        raise ValueError(how.text)
    raise ServerError(how.text, code=Code(how.code), metadata=how.metadata)


def reject(count: int) -> str:
    """Raise the declared exception."""
    raise RejectedError("it", count)


class Life:
    """The service, for a server of one API.

    Args:
        api: ``sync`` or ``asyncio``.
    """

    def __init__(self, api: str) -> None:
        self._api = api
        self._lock = threading.Lock()
        # By the names of the calls that are held: those that have come, those that may go on, and
        # how those went on that did.
        self._entered: dict[str, threading.Event] = {}
        self._ends: dict[str, str] = {}
        self._ended: dict[str, threading.Event] = {}
        self._open: dict[str, threading.Event] = {}

    def register(self, server: Registry) -> None:
        """Serve ``Life``."""
        plain = [
            SEEN.handler(seen),
            TRAIL.handler(trail),
            FAIL_WITH.handler(fail_with),
            REJECT.handler(reject),
            OPEN.handler(self._open_gate),
            END_OF.handler(self._end_of),
        ]
        server.register_name("Life", [*plain, *self._handlers()])

    def _handlers(self) -> list[Handler]:
        if self._api == "sync":
            return [HOLD.handler(self._hold), NEST.handler(nest)]
        return [HOLD.async_handler(self._hold_task), NEST.async_handler(nest_async)]

    def wait_until_held(self, name: str) -> None:
        """Wait until a call is held."""
        assert self._event(self._entered, name).wait(TIMEOUT_S)

    def open(self, name: str) -> None:
        """Let a call go on."""
        self._event(self._open, name).set()

    def end_of(self, name: str) -> str:
        """Wait until a call that was held has gone on, and return why."""
        assert self._event(self._ended, name).wait(TIMEOUT_S)
        return self._ends[name]

    def has_begun(self, name: str) -> bool:
        """Return whether the handler of a call was ever begun."""
        return self._event(self._entered, name).is_set()

    def _event(self, events: dict[str, threading.Event], name: str) -> threading.Event:
        with self._lock:
            return events.setdefault(name, threading.Event())

    def _end(self, name: str, how: str) -> str:
        self._ends[name] = how
        self._event(self._ended, name).set()
        return how

    def _open_gate(self, name: str) -> bool:
        self.open(name)
        return True

    def _end_of(self, name: str) -> str:
        return self.end_of(name)

    def _hold(self, name: str) -> str:
        self._event(self._entered, name).set()
        gate, call = self._event(self._open, name), rpcgen.context()
        return self._end(name, _wait_for(gate.is_set, call.wait_cancelled))

    async def _hold_task(self, name: str) -> str:
        self._event(self._entered, name).set()
        gate = self._event(self._open, name)
        try:
            while not gate.is_set():
                await asyncio.sleep(0.002)
        except asyncio.CancelledError:
            self._end(name, "cancelled")
            raise
        return self._end(name, "opened")


def _wait_for(is_open: Callable[[], bool], wait_cancelled: Callable[[float], bool]) -> str:
    while not is_open():
        if wait_cancelled(0.002):
            return "cancelled"
    return "opened"


def nest(address: str) -> Seen:
    """Call `SEEN` of another server."""
    with rpcgen.dial(address) as client:
        return client.call(SEEN, "")


async def nest_async(address: str) -> Seen:
    """Call `SEEN` of another server."""
    async with aio.dial(address) as client:
        return await client.call(SEEN, "")
