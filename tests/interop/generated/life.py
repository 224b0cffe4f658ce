"""Calls that use everything beyond net/rpc; the Go of this IDL is generated and run."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any, Protocol, Self

from attrs import define, field

from rpcgen import Code
from rpcgen.types import (
    BigInt,
    Float32,
    Int8,
    RemoteError,
    Uint8,
    Uint64,
    json_tag,
    length,
    raises,
    struct_args,
    wire,
)


class Level(IntEnum):
    """How much is said."""

    NONE = 0
    SOME_MORE = 7


class Token:
    """A type that encodes itself."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def gob_encode(self) -> bytes:
        """Return the bytes that travel."""
        return self.text.encode()

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        """Return the value that `gob_encode` made bytes of."""
        return cls(data.decode())


@define
class NotFoundError(RemoteError):
    """A key that is not there."""

    code = Code.NOT_FOUND
    key: str
    at: int = 0


@define
class BusyError(RemoteError):
    """Too much to do."""

    code = Code.RESOURCE_EXHAUSTED


@wire("figures.Circle")
@define
class Circle:
    """A circle."""

    radius: float = 0.0


@wire("figures.Square")
@define
class Square:
    """A square."""

    side: float = 0.0


@define
class Pair:
    """What `Life.pair` gets."""

    a: int
    b: str


@define
class Everything:
    """Types of all kinds."""

    truth: bool = False
    small: Int8 = 0
    octet: Uint8 = 0
    large: Uint64 = 0
    single: Float32 = 0.0
    guid: Annotated[str, wire("Guid"), json_tag("id,omitempty")] = ""
    octets: bytes = b""
    words: list[str] = field(factory=list)
    three: Annotated[list[int], length(3)] = field(factory=lambda: [0, 0, 0])
    ages: dict[str, int] = field(factory=dict)
    names: set[str] = field(factory=set)
    inner: Pair | None = None
    many: list[Pair] = field(factory=list)
    level: Level = Level.NONE
    at: datetime | None = None
    took: timedelta = timedelta()
    big: BigInt = 0
    ident: uuid.UUID = field(factory=lambda: uuid.UUID(int=0))


@define
class OfGob:
    """Types that JSON does not know."""

    shape: Circle | Square | None = None
    anything: Any = None
    token: Token = field(factory=Token)
    both: complex = 0j


class Life(Protocol):
    """Calls that use everything."""

    @raises(NotFoundError, text="no such key: {key}")
    @raises(BusyError)
    def get(self, key: str) -> list[str]:
        """Return what is kept: ``k`` has some, ``busy`` is too much, others are not there."""
        ...

    def tag(self, name: str) -> str:
        """Return the metadata of that name, and send it back as ``seen``."""
        ...

    def left(self) -> int:
        """Return the milliseconds until the deadline, -1 without one."""
        ...

    def hold(self, name: str) -> str:
        """Return once nobody waits any more."""
        ...

    def held(self, name: str) -> bool:
        """Return once `hold` has begun."""
        ...

    def end_of(self, name: str) -> str:
        """Return once `hold` has ended: ``cancelled`` or ``deadline``."""
        ...

    def fail(self, code: int) -> None:
        """Fail with a code, and with metadata beside it; 0 is a plain error."""
        ...

    def echo(self, value: Everything) -> Everything: ...

    def echo_of_gob(self, value: OfGob) -> OfGob: ...

    def shape(self, value: Circle | Square) -> Circle | Square: ...

    def pair(self, a: int, b: str = "x") -> Pair: ...

    @struct_args
    def only(self, number: int) -> int: ...

    def ping(self) -> None: ...
