"""The Python side of the types in `oracle/main.go`, under the same names."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Annotated, Any, Final

from attrs import define, field, frozen

from rpcgen.types import (
    AddrPort,
    BigFloat,
    BigInt,
    BigRat,
    Float32,
    Int8,
    Int16,
    Int32,
    Int64,
    NetHardwareAddr,
    NetIP,
    NetipAddr,
    NetipAddrPort,
    NetIPMask,
    NetipPrefix,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    embedded,
    json_tag,
    length,
    wire,
)

__all__ = [
    "KINDS",
    "Cased",
    "CasedInner",
    "Cell",
    "Color",
    "Containers",
    "Embedding",
    "Inner",
    "Library",
    "Middle",
    "Mood",
    "Other",
    "Sized",
    "Special",
    "Tagged",
    "Tree",
]

NO_ADDR_PORT: Final = AddrPort(None, 0)
NO_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)


@wire("main.Color")
class Color(IntEnum):
    NONE = 0
    RED = 1
    BLUE = -70000


@wire("main.Mood")
class Mood(StrEnum):
    NONE = ""
    GOOD = "good"


@wire("main.Cell")
@frozen
class Cell:
    row: int = 0
    column: int = 0


@wire("main.Sized")
@define
class Sized:
    i8: Int8 = 0
    i16: Int16 = 0
    i32: Int32 = 0
    i64: Int64 = 0
    u: Uint = 0
    u8: Uint8 = 0
    u16: Uint16 = 0
    u32: Uint32 = 0
    u64: Uint64 = 0
    pointer: Uintptr = 0
    f32: Float32 = 0.0


@wire("main.Containers")
@define
class Containers:
    numbers: list[int] = field(factory=list)
    words: tuple[str, ...] = ()
    vector: Annotated[list[float], length(3)] = field(factory=lambda: [0.0, 0.0, 0.0])
    digest: Annotated[bytes, length(4)] = bytes(4)
    ages: dict[str, int] = field(factory=dict)
    nested: list[dict[str, Cell]] = field(factory=list)
    octets: bytes = b""
    small: list[Uint8] = field(factory=list)


@wire("main.Tree")
@define
class Tree:
    value: int = 0
    left: Tree | None = None
    right: Tree | None = None
    others: list[Tree] = field(factory=list)


@wire("main.Special")
@define
class Special:
    color: Color = Color.NONE
    mood: Mood = Mood.NONE
    at: datetime | None = None
    took: timedelta = timedelta()
    big: BigInt | None = None
    ident: Annotated[uuid.UUID, length(16)] = field(factory=lambda: uuid.UUID(int=0))
    renamed: Annotated[str, wire("Other")] = ""


@wire("main.Tagged")
@define
class Tagged:
    ident: Annotated[int, wire("ID"), json_tag("id")] = 0
    hidden: Annotated[str, json_tag("-")] = ""
    dash: Annotated[str, json_tag("-,")] = ""
    count: Annotated[int, json_tag("count,omitempty")] = 0
    text: Annotated[str, json_tag(",omitempty")] = ""
    flag: Annotated[bool, json_tag("flag,omitempty")] = False
    list_: Annotated[list[int], json_tag("list,omitempty")] = field(factory=list)
    map: Annotated[dict[str, int], json_tag("map,omitempty")] = field(factory=dict)
    pointer: Annotated[Cell | None, json_tag("pointer,omitempty")] = None
    cell: Annotated[Cell, json_tag("cell,omitempty")] = Cell()
    zero: Annotated[Cell, json_tag("zero,omitzero")] = Cell()
    at: Annotated[datetime, json_tag("at,omitzero")] = NO_TIME
    took: Annotated[timedelta, json_tag("took,omitempty")] = timedelta()
    real: Annotated[float, json_tag("real,omitempty")] = 0.0
    color: Annotated[Color, json_tag("color,omitempty")] = Color.NONE
    mood: Annotated[Mood, json_tag("mood,omitempty")] = Mood.NONE
    array: Annotated[list[int], length(2), json_tag("array,omitempty")] = field(
        factory=lambda: [0, 0]
    )
    any: Annotated[Any, json_tag("any,omitempty")] = None
    html: Annotated[str, json_tag("<&>")] = ""


@wire("main.Inner")
@define
class Inner:
    a: int = 0
    x: int = 0
    deep: int = 0


@wire("main.Middle")
@define
class Middle:
    inner: Annotated[Inner, embedded] = field(factory=Inner)
    b: int = 0
    x: str = ""


@wire("main.Other")
@define
class Other:
    b: int = 0
    c: Annotated[int, json_tag("c")] = 0


@wire("main.Embedding")
@define
class Embedding:
    z: int = 0
    middle: Annotated[Middle, embedded] = field(factory=Middle)
    other: Annotated[Other | None, embedded] = None
    named: Annotated[Inner, json_tag("named")] = field(factory=Inner)
    x: bool = False


@wire("main.CasedInner")
@define
class CasedInner:
    y: Annotated[int, json_tag("name")] = 0
    umlaut: Annotated[int, wire("Ä")] = 0


@wire("main.Cased")
@define
class Cased:
    inner: Annotated[CasedInner | None, embedded, wire("CasedInner")] = None
    name: int = 0
    ident: Annotated[int, wire("ID")] = 0
    large: Annotated[int, wire("Große"), json_tag("große")] = 0


@wire("main.Library")
@define
class Library:
    time: datetime = NO_TIME
    duration: timedelta = timedelta()
    int_: BigInt | None = None
    rat: BigRat | None = None
    float_: BigFloat | None = None
    ip: NetIP = b""
    mask: NetIPMask = b""
    hardware: NetHardwareAddr = b""
    addr: NetipAddr = None
    addr_port: NetipAddrPort = NO_ADDR_PORT
    prefix: NetipPrefix = None


# The annotation for each type of the oracle.
KINDS: Final[dict[str, Any]] = {
    "bool": bool,
    "int": int,
    "int8": Int8,
    "uint": Uint,
    "uint8": Uint8,
    "uint64": Uint64,
    "float64": float,
    "float32": Float32,
    "complex128": complex,
    "string": str,
    "[]byte": bytes,
    "[3]byte": Annotated[bytes, length(3)],
    "[]int": list[int],
    "[][]string": list[list[str]],
    "[2]float64": Annotated[tuple[float, ...], length(2)],
    "map[string]int": dict[str, int],
    "map[int]string": dict[int, str],
    "map[uint8]string": dict[Uint8, str],
    "map[Color]int": dict[Color, int],
    "map[Mood]int": dict[Mood, int],
    "map[bool]int": dict[bool, int],
    "map[Cell]int": dict[Cell, int],
    "map[float64]int": dict[float, int],
    "map[netip.Addr]int": dict[NetipAddr, int],
    "map[string]map[string]Cell": dict[str, dict[str, Cell]],
    "*int": int | None,
    "[]*int": list[int | None],
    "time.Time": datetime,
    "time.Duration": timedelta,
    "big.Int": BigInt,
    "big.Rat": Fraction,
    "big.Float": BigFloat,
    "Color": Color,
    "Mood": Mood,
    "any": Any,
    "map[string]any": dict[str, Any],
    "Cell": Cell,
    "Sized": Sized,
    "Containers": Containers,
    "Tree": Tree,
    "Special": Special,
    "Tagged": Tagged,
    "Embedding": Embedding,
    "Library": Library,
    "Cased": Cased,
}
