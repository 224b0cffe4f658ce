# Written by `rpcgen from-go enums`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: a437fa1ed1f872b4

"""Services of the Go package golden/enums."""

from __future__ import annotations

from typing import NewType, Protocol

from attrs import define, field
from rpcgen.types import OpenIntEnum, OpenStrEnum, Uint16

# Port numbers are unsigned, and so no enum of Python's on gob.
Port = NewType("Port", Uint16)
PORT_HTTP = Port(80)
PORT_DNS = Port(53)


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


class Flag(OpenIntEnum):
    READ = 1
    WRITE = 2
    BOTH = 3
    NONE = 0


class Level(OpenIntEnum):
    DEBUG = -1
    TRACE = -10
    INFO = -2
    NOTE = -11


class Mood(OpenStrEnum):
    GOOD = "good"
    BAD = "bad"


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


class Service(Protocol):
    def all(self, args: All) -> All: ...

    def color(self, args: Color) -> Color: ...
