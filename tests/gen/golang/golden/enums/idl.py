# Written by `rpcgen from-go enums`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 9d6579e9ec0d96fb

"""Services of the Go package golden/enums."""

from __future__ import annotations

from typing import Annotated, NewType, Protocol

from attrs import define, field
from rpcgen.types import (
    Int8,
    Int32,
    OpenIntEnum,
    OpenStrEnum,
    Uint8,
    Uint16,
    Uint64,
    length,
    underlying,
)

# Plain has no constants.
Plain = NewType("Plain", int)


class Color(OpenIntEnum):
    """Color is a color."""

    # ColorRed is the color of blood.
    RED = 1
    GREEN = 2
    # and of the sky
    BLUE = 4
    # ColorLast is of the type by what it is made of.
    LAST = 5


@underlying(Int32)
class Flag(OpenIntEnum):
    READ = 1
    WRITE = 2
    BOTH = 3
    NONE = 0


@underlying(Int8)
class Level(OpenIntEnum):
    DEBUG = -1
    TRACE = -10
    INFO = -2
    NOTE = -11


class Mood(OpenStrEnum):
    GOOD = "good"
    BAD = "bad"


@underlying(Uint16)
class Port(OpenIntEnum):
    """Port numbers are unsigned, which gob tells from signed ones."""

    HTTP = 80
    DNS = 53


@underlying(Uint64)
class Right(OpenIntEnum):
    """Right is a flag of the widest kind."""

    READ = 1
    WRITE = 2
    ALL = 18446744073709551615
    ROOT = 9223372036854775808


@underlying(Uint8)
class Grade(OpenIntEnum):
    """Grade is a byte."""

    A = 97
    B = 98


@define
class All:
    color: Color = Color(0)
    flag: Flag = Flag.NONE
    level: Level = Level(0)
    mood: Mood = Mood("")
    port: Port = Port(0)
    plain: Plain = Plain(0)
    colors: list[Color] = field(factory=list)
    by_mood: dict[Mood, Color] = field(factory=dict)
    maybe: Color | None = None
    right: Right = Right(0)
    rights: dict[Right, Port] = field(factory=dict)
    grade: Grade = Grade(0)
    grades: bytes = b""
    pair: Annotated[bytes, length(2)] = bytes(2)


class Service(Protocol):
    def all(self, args: All) -> All: ...

    def color(self, args: Color) -> Color: ...
