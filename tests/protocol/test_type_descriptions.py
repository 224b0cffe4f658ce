"""Schemas as a table of descriptions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, Literal, NewType

import pytest
from attrs import define, field, frozen

from rpcgen.protocol.reflection import FieldDescription, Kind, MemberDescription, TypeDescription
from rpcgen.protocol.type_descriptions import MAX_DOC, TypeDescriptions
from rpcgen.schema import schema_of
from rpcgen.types import (
    BigInt,
    Float32,
    OpenIntEnum,
    OpenStrEnum,
    Uint8,
    Uint64,
    embedded,
    interface,
    json_tag,
    length,
    underlying,
    wire,
)

UserID = NewType("UserID", int)


class Color(IntEnum):
    """A color."""

    NONE = 0
    RED = 1
    TOO_LARGE = 1 << 64


class Flag(IntFlag):
    A = 1


@underlying(Uint64)
class Right(IntFlag):
    LOW = 1
    HIGH = 1 << 63


class Mood(StrEnum):
    GOOD = "good"


class Open(OpenIntEnum):
    A = 0


class OpenText(OpenStrEnum):
    A = ""


@frozen
class Base:
    """A base."""

    x: int = 0


@define
class Node:
    left: Node | None
    base: Annotated[Base, embedded]
    tagged: Annotated[int, json_tag("id,omitempty"), wire("ID")] = 7
    many: list[int] = field(factory=list)
    color: Color = Color.RED
    at: datetime = field(factory=datetime.now)


@dataclass
class Plain:
    x: tuple[int, ...] = (1, 2)


@define
class Hidden:
    __doc__ = "x" * (MAX_DOC + 1)


class Own:
    """Encodes itself."""

    def gob_encode(self) -> bytes:
        return b""

    @classmethod
    def gob_decode(cls, data: bytes) -> Own:
        return cls()


def described(annotation: object) -> tuple[TypeDescription, list[TypeDescription]]:
    table = TypeDescriptions()
    return table.types[table.number_of(schema_of(annotation))], table.types


@pytest.mark.parametrize(
    ("annotation", "kind", "name", "python"),
    [
        (bool, Kind.BOOL, "", ""),
        (int, Kind.INT, "", ""),
        (Uint8, Kind.UINT8, "", ""),
        (float, Kind.FLOAT64, "", ""),
        (Float32, Kind.FLOAT32, "", ""),
        (complex, Kind.COMPLEX128, "", ""),
        (str, Kind.STRING, "", ""),
        (bytes, Kind.BYTES, "", ""),
        (None, Kind.NOTHING, "", ""),
        (UserID, Kind.INT, "test_type_descriptions.UserID", ""),
        (list[int], Kind.SLICE, "", "list"),
        (tuple[int, ...], Kind.SLICE, "", "tuple"),
        (dict[str, int], Kind.MAP, "", "dict"),
        (set[str], Kind.MAP, "", "set"),
        (frozenset[str], Kind.MAP, "", "frozenset"),
        (Mapping[str, int], Kind.MAP, "", "Mapping"),
        (Literal[1, 2], Kind.INT, "", "Literal"),
        (Annotated[bytes, length(4)], Kind.ARRAY, "", "bytes"),
        (Annotated[uuid.UUID, length(16)], Kind.ARRAY, "", "UUID"),
        (timedelta, Kind.INT64, "time.Duration", "timedelta"),
        (datetime, Kind.OPAQUE, "time.Time", "datetime"),
        (BigInt, Kind.OPAQUE, "big.Int", "int"),
        (Any, Kind.INTERFACE, "", ""),
        (int | None, Kind.POINTER, "", ""),
        (Base, Kind.STRUCT, "test_type_descriptions.Base", "Base"),
        (Color, Kind.ENUM, "test_type_descriptions.Color", "Color"),
        (Own, Kind.OPAQUE, "test_type_descriptions.Own", "Own"),
    ],
    ids=str,
)
def test_type_is_described(annotation: object, kind: Kind, name: str, python: str) -> None:
    found, _ = described(annotation)
    assert (found.kind, found.name, found.python) == (kind, name, python)


def test_map_names_its_parts_by_number() -> None:
    found, types = described(dict[str, int])
    assert (types[found.key].kind, types[found.element].kind) == (Kind.STRING, Kind.INT)


def test_array_has_a_length() -> None:
    assert described(Annotated[list[int], length(3)])[0].length == 3


def test_literal_lists_its_values() -> None:
    assert described(Literal["a", "b"])[0].members == [
        MemberDescription(text="a"),
        MemberDescription(text="b"),
    ]


def test_enum_lists_the_members_that_can_travel() -> None:
    assert described(Color)[0].members == [
        MemberDescription("NONE", 0),
        MemberDescription("RED", 1),
    ]


def test_enum_says_its_underlying_type() -> None:
    found, types = described(Right)
    assert types[found.element].kind is Kind.UINT64


def test_unsigned_members_beyond_int64_are_the_signed_ones_of_the_same_bits() -> None:
    assert described(Right)[0].members == [
        MemberDescription("LOW", 1),
        MemberDescription("HIGH", -1 << 63),
    ]


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (Color, "IntEnum"),
        (Flag, "IntFlag"),
        (Mood, "StrEnum"),
        (Open, "OpenIntEnum"),
        (OpenText, "OpenStrEnum"),
    ],
)
def test_enum_says_of_which_kind_it_is(cls: type[Any], base: str) -> None:
    assert described(cls)[0].base == base


def test_union_lists_its_structs() -> None:
    found, types = described(Base | Node)
    assert [types[member].python for member in found.union] == ["Base", "Node"]


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [(Annotated[Base, interface], False), (Base | Node | None, True), (Any, True)],
    ids=str,
)
def test_interface_says_if_it_may_be_nil(annotation: object, nullable: bool) -> None:
    assert described(annotation)[0].nullable is nullable


def test_struct_that_holds_itself_is_described_once() -> None:
    found, types = described(Node)
    pointer = types[found.fields[0].type]
    assert types[pointer.element] is found


def test_field_is_described_with_all_that_is_said_of_it() -> None:
    found, types = described(Node)
    number = next(n for n, each in enumerate(types) if each.kind is Kind.INT and not each.name)
    assert found.fields[2] == FieldDescription(
        "ID", "tagged", number, True, "7", "id,omitempty", False
    )


def test_embedded_field_says_so() -> None:
    assert [each.embedded for each in described(Node)[0].fields[:3]] == [False, True, False]


def test_default_is_a_literal_where_there_is_one() -> None:
    assert [each.default for each in described(Node)[0].fields] == ["", "", "7", "[]", "1", ""]


def test_default_without_a_literal_is_said_to_be_there() -> None:
    assert described(Node)[0].fields[-1].has_default


def test_dataclass_has_defaults_too() -> None:
    assert described(Plain)[0].fields[0].default == "(1, 2)"


def test_docstring_that_python_made_is_left_out() -> None:
    assert described(Plain)[0].doc == ""


@pytest.mark.parametrize("cls", [Base, Color, Own])
def test_class_has_its_docstring(cls: type[Any]) -> None:
    assert described(cls)[0].doc == cls.__doc__


def test_docstring_is_cut_where_it_is_too_long() -> None:
    assert len(described(Hidden)[0].doc) == MAX_DOC


@pytest.mark.parametrize(("cls", "hashable"), [(Base, True), (Node, False)])
def test_struct_says_if_it_can_be_a_key(cls: type[Any], hashable: bool) -> None:
    assert described(cls)[0].hashable is hashable


@pytest.mark.parametrize(("annotation", "encoding"), [(Own, "gob"), (uuid.UUID, "binary")])
def test_type_that_encodes_itself_says_how(annotation: object, encoding: str) -> None:
    assert described(annotation)[0].encoding == encoding
