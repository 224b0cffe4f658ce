"""The services of ``peer/``, as an IDL would have them, and what serves them in Python."""

from __future__ import annotations

import asyncio
import threading

from attrs import define, field

from generated.arith import Args, Arith, Quotient
from rpcgen import Method

__all__ = [
    "ARRIVED",
    "ECHO",
    "FAIL",
    "RELEASE",
    "REORDER",
    "UNENCODABLE",
    "WAIT",
    "Arrival",
    "AsyncCalculator",
    "AsyncProbe",
    "Calculator",
    "OrderIn",
    "OrderOut",
    "Place",
    "Probe",
]


@define
class Arrival:
    """A number of calls that wait at a gate."""

    gate: str
    count: int


@define
class Place:
    """A point, in whole numbers."""

    x: int
    y: int


@define
class OrderIn:
    """Lacks most fields of Go's, and has one that Go's lacks."""

    number: int = 0
    only_here: str = ""
    comment: str = ""


@define
class OrderOut:
    """Has fields of Go's in another order, and one that Go's lacks, with a default."""

    only_here: str = "default"
    number: int = 0
    origin: Place | None = None
    tags: list[str] = field(factory=list)


WAIT = Method[str, str]("Probe.Wait")
ARRIVED = Method[Arrival, int]("Probe.Arrived")
RELEASE = Method[str, bool]("Probe.Release")
ECHO = Method[bytes, bytes]("Probe.Echo")
FAIL = Method[str, int]("Probe.Fail")
REORDER = Method[OrderIn, OrderOut]("Probe.Reorder")
UNENCODABLE = Method[int, int]("Probe.Unencodable")


class TextlessError(Exception):
    """An error whose text is empty."""


class Calculator(Arith):
    """Go's ``Arith``, with Go's error."""

    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        if args.b == 0:
            raise ZeroDivisionError("divide by zero")
        return Quotient(args.a // args.b, args.a % args.b)


class AsyncCalculator:
    """The same with ``async def``."""

    async def multiply(self, args: Args) -> int:
        return Calculator().multiply(args)

    async def divide(self, args: Args) -> Quotient:
        return Calculator().divide(args)


def fail(text: str) -> int:
    """Raise an error with this text."""
    raise ValueError(text) if text else TextlessError


def reorder(order: OrderIn) -> OrderOut:
    """Return an order of which Go knows some fields."""
    return OrderOut("not for Go", order.number + 1, Place(1, 2), ["first", "second"])


class Probe:
    """The counterpart of ``peer/probe.go``, with threads."""

    def __init__(self) -> None:
        # Guards the two below.
        self._changed = threading.Condition()
        self._waiting: dict[str, int] = {}
        self._open: set[str] = set()
        self.handlers = [
            WAIT.handler(self.wait),
            ARRIVED.handler(self.arrived),
            RELEASE.handler(self.release),
            ECHO.handler(bytes),
            FAIL.handler(fail),
            REORDER.handler(reorder),
            UNENCODABLE.handler(lambda number: 2**100),
        ]

    def wait(self, gate: str) -> str:
        with self._changed:
            self._waiting[gate] = self._waiting.get(gate, 0) + 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: gate in self._open)
            self._waiting[gate] -= 1
        return gate

    def arrived(self, arrival: Arrival) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting.get(arrival.gate, 0) >= arrival.count)
            return self._waiting[arrival.gate]

    def release(self, gate: str) -> bool:
        with self._changed:
            self._open.add(gate)
            self._changed.notify_all()
        return True

    def release_all(self) -> None:
        """Let every call at a gate go, so that the server can end."""
        for gate in list(self._waiting):
            self.release(gate)


class AsyncProbe:
    """The counterpart of ``peer/probe.go``, with asyncio."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._waiting: dict[str, int] = {}
        self._open: set[str] = set()
        self.handlers = [
            WAIT.async_handler(self.wait),
            ARRIVED.async_handler(self.arrived),
            RELEASE.async_handler(self.release),
            ECHO.handler(bytes),
            FAIL.async_handler(self.fail),
            REORDER.handler(reorder),
            UNENCODABLE.handler(lambda number: 2**100),
        ]

    async def wait(self, gate: str) -> str:
        async with self._changed:
            self._waiting[gate] = self._waiting.get(gate, 0) + 1
            self._changed.notify_all()
            await self._changed.wait_for(lambda: gate in self._open)
            self._waiting[gate] -= 1
        return gate

    async def arrived(self, arrival: Arrival) -> int:
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._waiting.get(arrival.gate, 0) >= arrival.count
            )
            return self._waiting[arrival.gate]

    async def release(self, gate: str) -> bool:
        async with self._changed:
            self._open.add(gate)
            self._changed.notify_all()
        return True

    async def fail(self, text: str) -> int:
        return fail(text)

    async def release_all(self) -> None:
        """Let every call at a gate go, so that the server can end."""
        for gate in list(self._waiting):
            await self.release(gate)
