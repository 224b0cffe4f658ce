"""Messages for the tests of the codec."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Annotated, Any

from attrs import define, field, frozen

from rpcgen.types import Float32, Int8, Uint8, Uint16, length, wire


@wire("main.Point")
@frozen
class Point:
    x: int
    y: int


@wire("main.Point")
@define
class Point3:
    """A later version of the other."""

    x: int
    y: int
    z: int
    label: str = "none"


@wire("main.Item")
@define
class Item:
    sku: str
    price: float
    tags: list[str] = field(factory=list)


@wire("main.Order")
@define
class Order:
    id: int
    items: list[Item]
    stock: dict[str, int] = field(factory=dict)
    note: str | None = None


@wire("main.Node")
@define
class Node:
    name: str
    kids: list[Node] = field(factory=list)
    next: Node | None = None


@wire("main.Holder")
@define
class Holder:
    value: Any
    count: int = 0


@wire("main.Empty")
@frozen
class Empty:
    pass


class Color(enum.IntEnum):
    NONE = 0
    RED = 1
    BLUE = 300


class Unit(enum.StrEnum):
    EMPTY = ""
    METRE = "m"


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2


@wire("main.Sizes")
@define
class Sizes:
    i8: Int8 = 0
    u8: Uint8 = 0
    u16: Uint16 = 0
    f32: Float32 = 0.0


@wire("main.Kinds")
@define
class Kinds:
    flag: bool
    number: int
    small: Int8
    octet: Uint8
    real: float
    narrow: Float32
    pair: complex
    text: str
    raw: bytes
    color: Color
    unit: Unit
    span: timedelta
    grid: Annotated[list[int], length(2)]
    names: tuple[str, ...]
    points: dict[Point, list[Point]]
    maybe: Point | None
    when: datetime


@wire("main.Circle")
@define
class Circle:
    r: float


@wire("main.Square")
@define
class Square:
    side: float


@wire("main.Drawing")
@define
class Drawing:
    shape: Circle | Square
    others: list[Circle | Square | None] = field(factory=list)


@wire("main.Secret")
@frozen
class Secret:
    """A class that encodes itself."""

    data: bytes = b""

    def gob_encode(self) -> bytes:
        return self.data[::-1]

    @classmethod
    def gob_decode(cls, data: bytes) -> Secret:
        if data == b"bad":
            raise ValueError("bad secret")
        return cls(data[::-1])


@wire("main.Keeper")
@define
class Keeper:
    secret: Secret
    maybe: Secret | None = None
