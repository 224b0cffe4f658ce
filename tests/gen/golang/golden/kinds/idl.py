# Written by `rpcgen from-go kinds`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 673e4e53a7a8458c

"""Services of the Go package golden/kinds."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field, frozen
from rpcgen.types import (
    Complex64,
    Float32,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
)


@define
class All:
    truth: bool = False
    int_: int = 0
    int8: Int8 = 0
    int16: Int16 = 0
    int32: Int32 = 0
    int64: Int64 = 0
    uint: Uint = 0
    uint8: Uint8 = 0
    uint16: Uint16 = 0
    uint32: Uint32 = 0
    uint64: Uint64 = 0
    uintptr: Uintptr = 0
    byte: Uint8 = 0
    rune: Int32 = 0
    float32: Float32 = 0.0
    float64: float = 0.0
    text: str = ""
    bytes_: bytes = b""
    slice: list[str] = field(factory=list)
    nested: list[list[int]] = field(factory=list)
    map: dict[str, int] = field(factory=dict)
    map_of_slices: dict[int, list[Point]] = field(factory=dict)
    keyed_by_struct: dict[Point, bool] = field(factory=dict)


@frozen
class Point:
    x: int = 0
    y: int = 0


@define
class Complex:
    c64: Complex64 = 0j
    c128: complex = 0j


class Kinds(Protocol):
    def all(self, args: All) -> All: ...

    def complex_(self, args: Complex) -> Complex: ...

    def text(self, args: str) -> str: ...

    def slice(self, args: list[Point]) -> list[Point]: ...

    def map(self, args: dict[str, Point]) -> dict[str, Point]: ...

    def bytes_(self, args: bytes) -> bytes: ...

    def small(self, args: Uint8) -> Int16: ...
