"""Every type that an IDL may use, each echoed by a method: a tour, and a test of any peer.

The left column is Python's, the comment beside it Go's.
"""

import uuid
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Annotated, Any, NewType, Protocol, Self, TypeAlias

from attrs import define, field, frozen

from rpcgen.types import (
    BigInt,
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
    length,
    wire,
)

UserID = NewType("UserID", int)  # type UserID int
Matrix: TypeAlias = list[list[float]]  # [][]float64


class Color(IntEnum):
    """``type Color int``"""

    NONE = 0
    RED = 1
    GREEN = 2


class Mood(StrEnum):
    """``type Mood string``"""

    NONE = ""
    GOOD = "good"


class Temperature:
    """A type that encodes itself: ``GobEncoder`` and ``GobDecoder`` in Go."""

    def __init__(self, celsius: float = 0.0) -> None:
        self.celsius = celsius

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Temperature) and self.celsius == other.celsius

    def __hash__(self) -> int:
        return hash(self.celsius)

    def gob_encode(self) -> bytes:
        """Return the bytes that travel."""
        return f"{self.celsius:g}C".encode()

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        """Return the value that `gob_encode` made bytes of."""
        return cls(float(data.decode().removesuffix("C")))


@define
class Basic:
    """Python's own types."""

    truth: bool = False  # bool
    whole: int = 0  # int
    real: float = 0.0  # float64
    complex_: complex = 0j  # complex128
    text: str = ""  # string
    octets: bytes = b""  # []byte


@define
class Sized:
    """Numbers of a given size; a value out of range is an error."""

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
    c64: Complex64 = 0j


@frozen
class Cell:
    """A message that can be the key of a map, as it is frozen."""

    row: int = 0
    column: int = 0


@define
class Containers:
    """Lists, arrays and maps of anything."""

    numbers: list[int] = field(factory=list)  # []int
    words: tuple[str, ...] = ()  # []string
    vector: Annotated[list[float], length(3)] = field(factory=lambda: [0.0, 0.0, 0.0])  # [3]float64
    digest: Annotated[bytes, length(4)] = bytes(4)  # [4]byte
    ages: dict[str, int] = field(factory=dict)  # map[string]int
    grid: dict[Cell, list[str]] = field(factory=dict)  # map[Cell][]string
    nested: list[dict[str, Cell]] = field(factory=list)  # []map[string]Cell


@define
class Tree:
    """A message may hold itself: optional, or in a list or map."""

    value: int = 0
    left: "Tree | None" = None  # *Tree
    right: "Tree | None" = None
    others: "list[Tree]" = field(factory=list)  # []Tree


@define
class Special:
    """Types that have a name of their own in Go, and names that Go spells otherwise."""

    color: Color = Color.NONE  # Color
    mood: Mood = Mood.NONE  # Mood
    user: UserID = UserID(0)  # UserID
    at: datetime | None = None  # *time.Time
    took: timedelta = timedelta()  # time.Duration
    big: BigInt = 0  # big.Int
    ident: uuid.UUID = field(
        factory=lambda: uuid.UUID(int=0)
    )  # uuid.UUID of github.com/google/uuid
    heat: Temperature = field(factory=Temperature)  # Temperature, a GobEncoder
    renamed: Annotated[str, wire("Other")] = ""  # Other string


@define
class Holder:
    """Values that bring their type along."""

    anything: Any = None  # interface{}
    shape: Cell | Tree | None = None  # an interface with these types in it


class Kinds(Protocol):
    """Gives back what it gets."""

    def echo_bool(self, value: bool) -> bool: ...

    def echo_int(self, value: int) -> int: ...

    def echo_float(self, value: float) -> float: ...

    def echo_complex(self, value: complex) -> complex: ...

    def echo_str(self, value: str) -> str: ...

    def echo_bytes(self, value: bytes) -> bytes: ...

    def echo_uint8(self, value: Uint8) -> Uint8: ...

    def echo_float32(self, value: Float32) -> Float32: ...

    def echo_list(self, value: list[int]) -> list[int]: ...

    def echo_tuple(self, value: tuple[str, ...]) -> tuple[str, ...]: ...

    def echo_array(
        self, value: Annotated[list[int], length(4)]
    ) -> Annotated[list[int], length(4)]: ...

    def echo_map(self, value: dict[str, list[Cell]]) -> dict[str, list[Cell]]: ...

    def echo_matrix(self, value: Matrix) -> Matrix: ...

    def echo_color(self, value: Color) -> Color: ...

    def echo_mood(self, value: Mood) -> Mood: ...

    def echo_user_id(self, value: UserID) -> UserID: ...

    def echo_datetime(self, value: datetime) -> datetime: ...

    def echo_timedelta(self, value: timedelta) -> timedelta: ...

    def echo_big(self, value: BigInt) -> BigInt: ...

    def echo_uuid(self, value: uuid.UUID) -> uuid.UUID: ...

    def echo_temperature(self, value: Temperature) -> Temperature: ...

    def echo_any(self, value: Any) -> Any: ...

    def echo_basic(self, value: Basic) -> Basic: ...

    def echo_sized(self, value: Sized) -> Sized: ...

    def echo_containers(self, value: Containers) -> Containers: ...

    def echo_tree(self, value: Tree) -> Tree: ...

    def echo_special(self, value: Special) -> Special: ...

    def echo_holder(self, value: Holder) -> Holder: ...

    def nothing(self) -> None:
        """Take nothing and give nothing: ``struct{}`` both ways."""
        ...

    @wire("Renamed")
    def called_otherwise_by_go(self, number: int, text: str | None = None) -> str:
        """Several parameters, which may be optional, under a name of Go's choice."""
        ...
