"""Messages and enums that several tests make schemas of, and what these ask of a schema."""

from __future__ import annotations

import enum
from typing import Annotated, Any, NamedTuple, NewType, TypeAlias

from attrs import define, frozen

from rpcgen import schema as schema_module
from rpcgen.gojson.decode import decode as json_decode
from rpcgen.gojson.encode import encode as json_encode
from rpcgen.gojson.parse import parse as json_parse
from rpcgen.schema import Field, Struct, schema_of
from rpcgen.types import length, wire


@wire("main.Point")
@frozen
class Point:
    x: int
    y: int = 0


@wire("main.Circle")
@define
class Circle:
    center: Point
    radius: float


@define
class Square:
    side: float


class Color(enum.IntEnum):
    NONE = 0
    RED = 1


class Mood(enum.StrEnum):
    NONE = ""
    GOOD = "good"


UserID = NewType("UserID", int)
for _each in (Color, Mood, UserID):
    _each.__module__ = "main"  # the package of the Go program in test_kinds

Shape: TypeAlias = Circle | Square
Vector: TypeAlias = Annotated[list[float], length(3)]


class Mixed(str, enum.Enum):  # noqa: UP042 - the old way of StrEnum
    A = "a"


class Flags(enum.IntFlag):
    A = 1


@frozen
class Round:
    radius: float


class Plain:
    pass


class Named(NamedTuple):
    x: int


def go(annotation: object) -> str:
    return schema_of(annotation).go


def fields(cls: type[Any]) -> dict[str, Field]:
    schema = schema_of(cls)
    assert isinstance(schema, Struct)
    return {each.attribute: each for each in schema.fields}


def go_fields(annotation: object) -> dict[str, str]:
    return {field.wire_name: field.schema.go for field in struct_of(annotation).fields}


def struct_of(annotation: object) -> Struct[Any]:
    schema = schema_of(annotation)
    assert isinstance(schema, Struct)
    return schema


def from_json(schema: schema_module.Schema[Any], text: str) -> Any:
    return json_decode(schema, json_parse(text))


def to_json(schema: schema_module.Schema[Any], value: object) -> str:
    return json_encode(schema, value)
