"""The kinds of schemas: Go's spelling, keys of maps, zero values, messages without end."""

from __future__ import annotations

import enum
import typing
import uuid
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Annotated, Any

import attrs
import pytest
from attrs import define, field, frozen

from rpcgen.errors import DecodeError, SchemaError
from rpcgen.schema import Map, Struct, is_infinite, schema_of
from rpcgen.types import (
    URL,
    AddrPort,
    BigFloatValue,
    BigInt,
    Complex64,
    Float32,
    Int8,
    NetIP,
    NetipAddr,
    Uint,
    Uint8,
    Uint16,
    length,
    wire,
)
from tests import golang

from .messages import Circle, Color, Flags, Mixed, Mood, Point, Square, UserID, Vector, fields, go


class Level(enum.IntEnum):
    LOW = 1


class Temperature:
    """Encodes itself, and has no value without arguments."""

    def __init__(self, celsius: float) -> None:
        self.celsius = celsius

    def gob_encode(self) -> bytes:
        return str(self.celsius).encode()

    @classmethod
    def gob_decode(cls, data: bytes) -> Temperature:
        return cls(float(data))


# --- Go's spelling --------------------------------------------------------------------------------


GO_TYPES: list[tuple[object, str]] = [
    (bool, "bool"),
    (int, "int"),
    (float, "float64"),
    (complex, "complex128"),
    (str, "string"),
    (bytes, "[]byte"),
    (Int8, "int8"),
    (Uint, "uint"),
    (Uint16, "uint16"),
    (Float32, "float32"),
    (Complex64, "complex64"),
    (list[int], "[]int"),
    (tuple[str, ...], "[]string"),
    (list[Uint8], "[]byte"),
    (list[list[float]], "[][]float64"),
    (Annotated[list[int], length(4)], "[4]int"),
    (Annotated[tuple[int, ...], length(0)], "[0]int"),
    (Annotated[bytes, length(4)], "[4]byte"),
    (Annotated[list[Vector], length(2)], "[2][3]float64"),
    (Annotated[uuid.UUID, length(16)], "[16]byte"),
    (dict[str, list[Point]], "map[string][]Point"),
    (dict[Point, dict[Color, bool]], "map[Point]map[Color]bool"),
    (Point, "Point"),
    (Point | None, "*Point"),
    (list[int] | None, "*[]int"),
    (dict[str, int] | None, "map[string]int"),
    (Any, "interface{}"),
    (list[Any], "[]interface{}"),
    (Circle | Square, "interface{}"),
    (None, "struct{}"),
    (Color, "Color"),
    (Mood, "Mood"),
    (UserID, "UserID"),
    (list[UserID], "[]UserID"),
    (datetime, "time.Time"),
    (timedelta, "time.Duration"),
    (BigInt, "big.Int"),
    (Fraction, "big.Rat"),
    (BigFloatValue, "big.Float"),
    (NetIP, "net.IP"),
    (NetipAddr, "netip.Addr"),
    (AddrPort, "netip.AddrPort"),
    (list[URL], "[]url.URL"),
]

PROGRAM = """
package main

import ("fmt"; "math/big"; "net"; "net/netip"; "net/url"; "reflect"; "time")

type (
	Point struct { X, Y int }
	Color int
	Mood string
	UserID int
	used struct { big.Int; net.IP; netip.Addr; url.URL; time.Time }
)

func main() {
	for _, t := range []reflect.Type{%s} { fmt.Println(t) }
}
"""


@pytest.fixture(scope="module")
def spelled_by_go(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The types of the table, as Go's own reflection spells them."""
    folder = tmp_path_factory.mktemp("spelling")
    sources = [source for _, source in GO_TYPES]
    types = ", ".join(f"reflect.TypeOf((*{source})(nil)).Elem()" for source in sources)
    (folder / "main.go").write_text(PROGRAM % types)
    lines = golang.run_go("run", "main.go", cwd=folder).splitlines()
    return dict(zip(sources, lines, strict=True))


@pytest.mark.parametrize(("annotation", "source"), GO_TYPES)
def test_go_is_the_spelling_of_go(
    annotation: object, source: str, spelled_by_go: dict[str, str]
) -> None:
    assert go(annotation) == spelled_by_go[source]


def test_go_of_struct_without_name() -> None:
    @wire("")
    @define
    class Anonymous:
        x: int
        user_id: str

    assert go(Anonymous) == "struct { X int; UserID string }"


def test_go_of_message_has_the_last_part_of_its_module() -> None:
    assert go(Square) == "messages.Square"


def test_wire_name_of_message_is_not_inherited() -> None:
    class Disc(Circle):
        pass

    assert go(Disc) == "test_kinds.Disc"


# --- keys of maps ---------------------------------------------------------------------------------


@frozen
class WithList:
    items: list[int]


@define(eq=False)
class ByIdentity:
    x: int


@pytest.mark.parametrize(
    ("cls", "expected"),
    [(Point, True), (Square, False), (WithList, False), (ByIdentity, True)],
)
def test_message_is_comparable_where_python_and_go_agree(cls: type[Any], expected: bool) -> None:
    assert schema_of(cls).comparable() is expected


@pytest.mark.parametrize("key", [Square, WithList])
def test_message_as_key_is_judged_by_its_fields_later(key: type[Any]) -> None:
    schema = schema_of(dict[key, int])  # type: ignore[valid-type]
    assert isinstance(schema, Map)
    assert not schema.key.comparable()


def test_union_with_a_member_that_cannot_be_hashed_is_no_key() -> None:
    with pytest.raises(SchemaError, match="cannot be the key of a map"):
        schema_of(dict[Point | Square, int])


def test_union_that_holds_itself_is_comparable() -> None:
    assert schema_of(Leaf | Branch).comparable()


@frozen
class Leaf:
    x: int


@frozen
class Branch:
    left: Leaf | Branch


# --- zero values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "zero"),
    [
        (bool, False),
        (int, 0),
        (Uint8, 0),
        (float, 0.0),
        (complex, 0j),
        (str, ""),
        (bytes, b""),
        (list[int], []),
        (tuple[int, ...], ()),
        (Vector, [0.0, 0.0, 0.0]),
        (Annotated[tuple[Point, ...], length(2)], (Point(0, 0), Point(0, 0))),
        (Annotated[bytes, length(2)], b"\0\0"),
        (uuid.UUID, uuid.UUID(int=0)),
        (dict[str, int], {}),
        (Circle, Circle(Point(0, 0), 0.0)),
        (Point | None, None),
        (Any, None),
        (Circle | Square | None, None),
        (None, None),
        (Color, Color.NONE),
        (Mood, Mood.NONE),
        (Flags, Flags(0)),
        (UserID, 0),
        (datetime, datetime(1, 1, 1, tzinfo=UTC)),
        (timedelta, timedelta()),
        (BigInt, 0),
        (Fraction, Fraction(0)),
        (BigFloatValue, BigFloatValue()),
        (URL, ""),
        (NetipAddr, None),
        (AddrPort, AddrPort(None, 0)),
    ],
)
def test_zero_is_that_of_go(annotation: object, zero: object) -> None:
    made = schema_of(annotation).zero()
    assert (type(made), made) == (type(zero), zero)


def test_zero_is_not_the_default() -> None:
    @define
    class Defaults:
        x: int = 7

    assert schema_of(Defaults).zero().x == 0


def test_zero_of_a_list_is_a_new_one() -> None:
    assert schema_of(list[int]).zero() is not schema_of(list[int]).zero()


@define
class Positive:
    x: int = field(validator=attrs.validators.gt(0))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (Level, "Level has no member for 0, Go's zero value"),
        (Mixed, "Mixed has no member for '', Go's zero value"),
        (Circle | Square, "nil where Circle | Square is wanted"),
        (Temperature, "Temperature has no zero value: TypeError"),
        (Positive, "Positive has no zero value: ValueError: 'x' must be > 0: 0"),
    ],
)
def test_zero_that_the_type_lacks_is_a_decode_error(annotation: object, text: str) -> None:
    with pytest.raises(DecodeError) as raised:
        schema_of(annotation).zero()
    assert str(raised.value).startswith(text)


# --- messages without end -------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["zero", "fields"])
@pytest.mark.parametrize("shape", ["Direct", "Left", "InArray"])
def test_message_that_never_ends_is_refused(shape: str, method: str) -> None:
    schema = schema_of(globals()[shape])
    with pytest.raises(SchemaError, match=f"message {shape} contains itself"):
        schema.zero() if method == "zero" else fields(globals()[shape])


@frozen
class Direct:
    me: Direct


@define
class Left:
    right: Right


@define
class Right:
    left: Left


@define
class InArray:
    several: Annotated[list[InArray], length(2)]


@define
class HoldsDirect:
    direct: Direct


def test_message_that_holds_an_endless_one_does_not_hold_itself() -> None:
    assert not is_infinite(typing.cast(Struct[Any], schema_of(HoldsDirect)))
