# Written by `rpcgen from-go constants`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: ebb1780635e84a9b

"""Package constants has constants of every form."""

from __future__ import annotations

from typing import Annotated, NewType, Protocol

from attrs import define, field
from rpcgen.types import Float32, Int16, Int32, OpenIntEnum, OpenStrEnum, Uint64, length, underlying

Ratio = NewType("Ratio", Float32)
RATIO_HALF = Ratio(0.5)


Switch = NewType("Switch", bool)
SWITCH_ON = Switch(True)


@underlying(Int16)
class Op(OpenIntEnum):
    """Op takes its values from where it stands."""

    OP_A = 0
    OP_C = 20
    HIDDEN = 30
    OP_E = 4
    OP_F = -5
    OP_G = -4
    OP_H = 21


@underlying(Uint64)
class Size(OpenIntEnum):
    KB = 1024
    MB = 1048576


@underlying(Int32)
class Letter(OpenIntEnum):
    A = 97
    B = 98
    NEWLINE = 10
    E = 233


class Text(OpenStrEnum):
    JOINED = "xy"
    RAW = "raw\\n"
    ESCAPE = 'tab\t"quoted" Aé'


class Length(OpenIntEnum):
    WORD = 5
    MANY = 20
    HALF = 3
    REST = -1
    FLOAT = 1000
    BITS = 170
    OCTAL = 15
    HEX = 255
    LETTER = 120
    CLEAR = 4


@define
class All:
    op: Op = Op.OP_A
    size: Size = Size(0)
    letter: Letter = Letter(0)
    text: Text = Text("")
    ratio: Ratio = Ratio(0.0)
    switch: Switch = Switch(False)
    length_: Length = Length(0)
    ops: Annotated[list[Op], length(5)] = field(factory=lambda: [Op.OP_A] * 5)
    bytes_: Annotated[bytes, length(3)] = bytes(3)


class Service(Protocol):
    def echo(self, args: All) -> All: ...
