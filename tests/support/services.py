"""What Python serves, and the methods of ``interop/peer/probe.go``, which no IDL has."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from math import pi
from typing import Any

from attrs import define, field

import generated.kinds
from generated.arith import Args, Arith, Quotient
from generated.kvstore import Durability, Entry, KVStore, Page, Stats
from generated.shapes import Circle, Group, Point, Rectangle, Shapes
from rpcgen import Handler, Method, Registry

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
    "EchoKinds",
    "MemoryStore",
    "OrderIn",
    "OrderOut",
    "Place",
    "Plane",
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


class EchoKinds:
    """Every echo of ``idl/kinds.py``; ``received`` is what came last, by method."""

    def __init__(self) -> None:
        self.received: dict[str, object] = {}

    def register(self, server: Registry) -> None:
        """Serve ``Kinds``."""
        methods = [m for m in vars(generated.kinds).values() if isinstance(m, Method)]
        handlers = [self._handler(m) for m in methods if m.name.startswith("Kinds.Echo")]
        handlers += [
            generated.kinds.KINDS_NOTHING.handler(lambda args: None),
            generated.kinds.KINDS_CALLED_OTHERWISE_BY_GO.handler(
                lambda args: f"{args.number} {'nil' if args.text is None else args.text}"
            ),
        ]
        server.register_name("Kinds", handlers)

    def _handler(self, method: Method[Any, Any]) -> Handler:
        def echo(value: object) -> object:
            self.received[method.name] = value
            return value

        return method.handler(echo)


class MemoryStore(KVStore):
    """The counterpart of ``peer/kvstore.go``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects the entries
        self._entries: dict[str, Entry] = {}

    def get(self, key: str) -> Entry:
        with self._lock:
            if key not in self._entries:
                raise LookupError(f"no such key: {key}")
            return self._entries[key]

    def put(
        self,
        key: str,
        value: bytes,
        *,
        tags: dict[str, str],
        expires_in: timedelta | None = None,
        if_version: int | None = None,
        durability: Durability = Durability.MEMORY,
    ) -> int:
        with self._lock:
            old = self._entries.get(key)
            version = old.version if old else 0
            if if_version not in (None, version):
                raise ValueError(f"version is {version}")
            expires = datetime.fromtimestamp(0, UTC) + expires_in if expires_in else None
            self._entries[key] = Entry(key, value, version + 1, tags, expires)
            return version + 1

    def delete(self, key: str) -> None:
        with self._lock:
            if self._entries.pop(key, None) is None:
                raise LookupError(f"no such key: {key}")

    def scan(self, prefix: str = "", limit: int = 100) -> Page:
        with self._lock:
            keys = sorted(key for key in self._entries if key.startswith(prefix))
            entries = [self._entries[key] for key in keys[:limit]]
        return Page(entries, keys[limit] if len(keys) > limit else None)

    def get_many(self, keys: list[str]) -> dict[str, Entry]:
        with self._lock:
            return {key: self._entries[key] for key in keys if key in self._entries}

    def stats(self) -> Stats:
        total = Stats(0, 0)
        with self._lock:
            for key, entry in self._entries.items():
                child = total.children.setdefault(key.partition("/")[0], Stats(0, 0))
                for stats in (total, child):
                    stats.entries += 1
                    stats.octets += len(entry.value)
        return total


class Plane(Shapes):
    """The counterpart of ``peer/shapes.go``."""

    def __init__(self) -> None:
        self._seen: list[Circle | Rectangle | Group] = []

    def area(self, shape: Circle | Rectangle | Group) -> float:
        self._seen.append(shape)
        return self._area(shape)

    def _area(self, shape: Circle | Rectangle | Group) -> float:
        if isinstance(shape, Circle):
            return pi * shape.radius**2
        if isinstance(shape, Rectangle):
            return (shape.high.x - shape.low.x) * (shape.high.y - shape.low.y)
        return sum(map(self._area, shape.members))

    def move(self, shape: Circle | Rectangle, by: Point, times: int = 1) -> Circle | Rectangle:
        def moved(point: Point) -> Point:
            return Point(point.x + times * by.x, point.y + times * by.y)

        if isinstance(shape, Circle):
            return Circle(moved(shape.center), shape.radius)
        return Rectangle(moved(shape.low), moved(shape.high))

    def bounds(self, points: list[Point]) -> Rectangle:
        if not points:
            raise ValueError("no points")
        xs, ys = [p.x for p in points], [p.y for p in points]
        return Rectangle(Point(min(xs), min(ys)), Point(max(xs), max(ys)))

    def count(self) -> int:
        return len(self._seen)

    def describe(self, anything: Any) -> str:
        return repr(anything)
