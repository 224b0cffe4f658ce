"""Tests of `rpcgen.gen.golang.write.types`."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, Literal, NewType

import pytest
from attrs import define, frozen

from rpcgen.gen.golang.write.names import GoNames
from rpcgen.gen.golang.write.types import GoType, GoTypes
from rpcgen.protocol.type_descriptions import TypeDescriptions
from rpcgen.schema import schema_of
from rpcgen.types import (
    URL,
    BigInt,
    Complex64,
    Float32,
    GoTime,
    NetIP,
    NetipAddr,
    Uint8,
    Uint64,
    embedded,
    interface,
    json_tag,
    length,
    underlying,
    wire,
)


class Color(IntEnum):
    NONE = 0
    DARK_RED = 1


@underlying(Uint64)
class Right(IntFlag):
    LOW = 1
    HIGH = 1 << 63


class Mood(StrEnum):
    """How it is."""

    NONE = ""
    GOOD = "good"


@frozen
class Cell:
    row: int = 0


@define
class Empty:
    pass


@define
class Base:
    x: int = 0


@define
class Error:
    code: int = 0


UserID = NewType("UserID", int)


def types_of(*annotations: Any) -> tuple[GoTypes, list[int]]:
    table = TypeDescriptions()
    numbers = [table.number_of(schema_of(each)) for each in annotations]
    return GoTypes(table.types, GoNames(), {}, {}), numbers


def declared(annotation: Any) -> GoType:
    types, _ = types_of(annotation)
    return types.declarations()[0]


SPELLED = {
    "bool": bool,
    "int": int,
    "uint8": Uint8,
    "float64": float,
    "float32": Float32,
    "complex128": complex,
    "complex64": Complex64,
    "string": str,
    "[]byte": bytes,
    "[]int": list[int],
    "[][]string": list[tuple[str, ...]],
    "[3]int": Annotated[list[int], length(3)],
    "[4]uint8": Annotated[bytes, length(4)],
    "map[string]int": dict[str, int],
    "map[string]bool": set[str],
    "map[Cell][]string": dict[Cell, list[str]],
    "*int": int | None,
    "*Cell": Cell | None,
    "map[int]int": dict[int, int] | None,
    "any": Any,
    "struct{}": None,
    "Color": Color,
    "UserID": UserID,
    "time.Time": datetime,
    "*time.Time": GoTime | None,
    "time.Duration": timedelta,
    "big.Int": BigInt,
    "map[string]*big.Int": dict[str, BigInt],
    "netip.Addr": NetipAddr,
    "net.IP": NetIP,
    "url.URL": URL,
    "UUID": uuid.UUID,
    "[16]uint8": Annotated[uuid.UUID, length(16)],
    "[]Cell": list[Cell],
}


@pytest.mark.parametrize("expected", SPELLED)
def test_type_is_spelled_as_in_go(expected: str) -> None:
    types, (number,) = types_of(SPELLED[expected])
    assert types.spell(number) == expected


def test_literal_is_what_it_is_made_of() -> None:
    types, (number,) = types_of(Literal["a", "b"])
    assert types.spell(number) == "string"


def test_packages_of_types_are_imported() -> None:
    types, numbers = types_of(datetime, BigInt, NetipAddr, int)
    for number in numbers:
        types.spell(number)
    assert types.imports == {"time", "math/big", "net/netip"}


def test_union_is_an_interface_that_its_messages_fit() -> None:
    types, numbers = types_of(Cell | Base, Base | Cell | None, Annotated[Cell, interface])
    spelled = [types.spell(each) for each in numbers]
    assert spelled == ["CellOrBase", "CellOrBase", "CellInterface"]
    union = next(each for each in types.declarations() if each.name == "CellOrBase")
    assert union.declaration == "type CellOrBase interface{ isCellOrBase() }"
    assert union.methods == ("func (Cell) isCellOrBase() {}", "func (Base) isCellOrBase() {}")


@pytest.mark.parametrize("annotation", [None, Empty, Annotated[list[int], length(0)]])
def test_type_without_a_size_is_empty(annotation: Any) -> None:
    types, (number,) = types_of(annotation)
    assert types.is_empty(number)


@pytest.mark.parametrize("annotation", [int, Cell, Any, list[int], Empty | None])
def test_type_with_a_size_is_not_empty(annotation: Any) -> None:
    types, (number,) = types_of(annotation)
    assert not types.is_empty(number)


def test_struct_has_its_wire_names_and_tags() -> None:
    @define
    class User:
        guid: Annotated[str, wire("Guid"), json_tag("id,omitempty")]
        name: str

    assert declared(User).declaration == (
        'type User struct {\n\tGuid string `json:"id,omitempty"`\n\tName string\n}'
    )


def test_tag_with_a_backquote_is_in_other_quotes() -> None:
    @define
    class User:
        name: Annotated[str, json_tag("a`b")]

    assert '\tName string "json:\\"a`b\\""\n' in declared(User).declaration


def test_field_is_embedded_where_it_is_called_like_its_type() -> None:
    @define
    class User:
        base: Annotated[Base, embedded]
        other: Annotated[Base | None, embedded, wire("Other")]

    assert declared(User).declaration == "type User struct {\n\tBase\n\tOther *Base\n}"


def test_message_without_fields_is_on_one_line() -> None:
    assert declared(Empty).declaration == "type Empty struct{}"


def test_enum_has_its_members() -> None:
    assert declared(Color).declaration == "type Color int"
    assert declared(Color).constants == (
        "ColorNone    Color = 0",
        "ColorDarkRed Color = 1",
    )
    assert declared(Mood).constants[1] == 'MoodGood Mood = "good"'
    assert declared(Mood).comment == ("// How it is.",)


def test_enum_has_its_underlying_type() -> None:
    assert declared(Right).declaration == "type Right uint64"
    assert declared(Right).constants[1] == "RightHigh Right = 9223372036854775808"


def test_number_with_a_name_is_a_type() -> None:
    assert declared(UserID).declaration == "type UserID int"


def test_name_of_the_codec_is_no_message() -> None:
    assert declared(Error).name == "TestTypesError"
