"""The Python side of the types in `oracle/named.go`: recursive, or encoding themselves."""

from __future__ import annotations

import enum
from typing import Any, NewType

from attrs import define, frozen

from rpcgen.types import Uint64, wire

__all__ = [
    "BinaryPoint",
    "Color",
    "Dir",
    "Empty",
    "GobPoint",
    "Line",
    "List",
    "MyInt",
    "MyString",
    "NamedInts",
    "NamedMap",
    "Ping",
    "Point",
    "Pong",
    "Tree",
]

MyInt = NewType("MyInt", int)
MyString = NewType("MyString", str)
NamedInts = NewType("NamedInts", list[int])
NamedMap = NewType("NamedMap", dict[str, int])
for _each in (MyInt, MyString, NamedInts, NamedMap):
    _each.__module__ = "main"  # the package that Go knows them in


@wire("main.Color")
class Color(enum.IntEnum):
    BLACK = 0
    RED = 1
    BLUE = -70000


@wire("main.Point")
@define
class Point:
    x: int = 0
    y: int = 0


@wire("main.Line")
@define
class Line:
    from_: Point
    to: Point
    label: str


@wire("main.Tree")
@define
class Tree:
    value: int
    left: Tree | None = None
    right: Tree | None = None


@wire("main.List")
@define
class List:
    item: Any = None
    next: List | None = None


@wire("main.Ping")
@define
class Ping:
    name: str
    pong: Pong | None = None


@wire("main.Pong")
@define
class Pong:
    n: int
    pings: list[Ping]


@wire("main.Dir")
@define
class Dir:
    size: Uint64
    files: dict[str, Dir]
    kids: list[Dir | None]


@wire("main.Empty")
@define
class Empty:
    pass


@wire("main.GobPoint")
@frozen
class GobPoint:
    """Sends itself as text: a GobEncoder."""

    x: int = 0
    y: int = 0

    def gob_encode(self) -> bytes:
        return f"{self.x},{self.y}".encode()

    @classmethod
    def gob_decode(cls, data: bytes) -> GobPoint:
        x, y = data.decode("ascii").split(",")
        return cls(int(x), int(y))


@wire("main.BinaryPoint")
@frozen
class BinaryPoint:
    """Sends itself as two bytes: a BinaryMarshaler."""

    x: int = 0
    y: int = 0

    def marshal_binary(self) -> bytes:
        return bytes([self.x, self.y])

    @classmethod
    def unmarshal_binary(cls, data: bytes) -> BinaryPoint:
        x, y = data
        return cls(x, y)
