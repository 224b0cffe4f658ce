from collections.abc import Sequence
from datetime import timedelta
from enum import IntFlag
from typing import Annotated, Any, NewType, Protocol

from attrs import frozen
from rpcgen.types import wire
from typing_extensions import deprecated

from . import limits
from .limits import BURST

UserId = NewType("UserId", int)

LIMIT = 10
GREETING = "hello"
FIELD = "Name"
NOTE = "a note"
_SECRET = "a secret"
NOBODY = UserId(0)


@frozen
class Point:
    x: int = 0
    y: int = 0


ORIGIN = Point()


class Mode(IntFlag):
    READ = 1
    WRITE = 2


@wire("app-visor.v1")
class Visor(Protocol):
    def constants(
        self, limit: int = LIMIT, burst: int = BURST, most: int = limits.BURST, at: Point = ORIGIN
    ) -> None: ...

    def expressions(
        self, a: int = 3 * 4, b: int = (1 + 2) * 3, c: str = _SECRET, d: float = LIMIT / 4
    ) -> None: ...

    def made(
        self,
        point: Point = Point(x=1),
        timeout: timedelta = timedelta(seconds=2 * 1.5),
        mode: Mode = Mode.READ | Mode.WRITE,
        user: UserId = UserId(7),
        nobody: UserId = NOBODY,
    ) -> None: ...

    def tuples(
        self,
        names: Sequence[str] = (),
        one: tuple[int, ...] = (1,),
        two: tuple[str, ...] = ("a", 'b"c'),
        anything: Any = (1, (2.5, None)),
        pair: Annotated[tuple[int, ...], "a note"] = (LIMIT, 2),
    ) -> None: ...

    def strings(
        self,
        greeting: str = GREETING,
        unit: str = limits.UNIT,
        both: tuple[str, ...] = (GREETING, limits.UNIT),
        title: Annotated[str, wire(FIELD)] = GREETING,
        noted: "Annotated[list[int], NOTE] | None" = None,
    ) -> None: ...

    @deprecated(NOTE)
    def alone(self, at: Point = Point()) -> None: ...
