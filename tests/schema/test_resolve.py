"""From annotations to schemas: one object for each, aliases, Annotated, unions, enums."""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Annotated, Any, Literal, NewType, Optional, TypeAlias

import attrs
import pytest
from attrs import define, field

from rpcgen import gob
from rpcgen import schema as schema_module
from rpcgen.errors import DecodeError, EncodeError, SchemaError
from rpcgen.schema import Array, Interface, schema_for, schema_of, wire_name_in
from rpcgen.types import Int8, Uint8, Uint64, Uintptr, interface, length, underlying, wire

from .messages import (
    Circle,
    Color,
    Flags,
    Mixed,
    Mood,
    Point,
    Round,
    Shape,
    Square,
    UserID,
    Vector,
    from_json,
    go,
    go_fields,
    to_json,
)

# --- equal schemas --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: schema_of(list[int]),
        lambda: schema_of(dict[str, list[Point]]),
        lambda: schema_of(Annotated[list[int], length(4)]),
        lambda: schema_of(int | None),
        lambda: schema_of(Point),
        lambda: schema_for([1, 2]),
        lambda: schema_for({"a": [Point(1)]}),
    ],
)
def test_schema_is_one_object(make: Callable[[], object]) -> None:
    assert make() is make()


def test_optional_is_a_union_with_none() -> None:
    assert schema_of(Optional[int]) is schema_of(int | None)  # noqa: UP045 - what is tested


def test_annotated_with_what_cannot_be_hashed_is_allowed() -> None:
    assert go(Annotated[int, ["a", "note"]]) == "int"


# --- names for types ------------------------------------------------------------------------------


def test_new_type_of_new_type_has_its_own_name() -> None:
    AdminID = NewType("AdminID", UserID)
    assert go(AdminID) == "test_resolve.AdminID"


def test_new_type_of_message_is_the_message() -> None:
    Origin = NewType("Origin", Point)
    assert schema_of(Origin) is schema_of(Point)


def test_new_type_of_self_encoding_type_encodes_itself() -> None:
    Birthday = NewType("Birthday", datetime)
    assert schema_of(Birthday) is schema_of(datetime)


def test_new_type_of_array_keeps_its_length() -> None:
    Normal = NewType("Normal", Vector)
    assert typing.cast(Array[Any], schema_of(Normal)).length == 3


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type X = ... came with Python 3.12")
class TestTypeStatement:
    def alias(self, statement: str) -> Any:
        namespace = dict(globals())
        exec(statement, namespace)
        return namespace["X"]

    def test_alias_is_what_it_stands_for(self) -> None:
        assert schema_of(self.alias("type X = list[Point]")) is schema_of(list[Point])

    def test_alias_of_a_union_may_be_none(self) -> None:
        shape = schema_of(self.alias("type X = Circle | Square") | None)
        assert isinstance(shape, Interface)
        assert shape.nullable

    def test_alias_of_a_union_may_be_a_member_of_another(self) -> None:
        shape = schema_of(self.alias("type X = Circle | Square") | Point)
        assert isinstance(shape, Interface)
        assert [member.cls for member in shape.members] == [Circle, Square, Point]

    def test_alias_may_name_a_field(self) -> None:
        assert wire_name_in(self.alias('type X = Annotated[int, wire("Other")]')) == "Other"

    def test_alias_that_contains_itself_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="type X contains itself"):
            schema_of(self.alias("type X = list[X]"))

    def test_alias_of_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="name 'Nowhere' is not defined"):
            schema_of(self.alias("type X = list[Nowhere]"))

    def test_generic_alias_is_what_it_stands_for(self) -> None:
        alias = self.alias("type X[T] = dict[str, T]")
        assert schema_of(alias[int]).go == "map[string]int"

    def test_generic_alias_without_types_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="unsupported type T"):
            schema_of(self.alias("type X[T] = list[T]"))

    def test_generic_message_in_the_new_syntax_has_fields_of_its_types(self) -> None:
        statement = "@define\nclass X[T]:\n    items: 'list[T]'\n    next: T | None = None"
        assert go_fields(self.alias(statement)[int]) == {"Items": "[]int", "Next": "*int"}


# --- Annotated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[list[Uint8], length(4), wire("N")],
        Annotated[list[Uint8], wire("N"), length(4)],
        Annotated[Annotated[list[Uint8], length(4)], "a note", wire("N")],
        Annotated[Annotated[list[Uint8], wire("N")], length(4)],
    ],
)
def test_marks_come_in_any_order(annotation: object) -> None:
    assert (go(annotation), wire_name_in(annotation)) == ("[4]uint8", "N")


def test_outer_wire_name_wins() -> None:
    Inner: TypeAlias = Annotated[int, wire("Inner")]
    assert wire_name_in(Annotated[Inner, wire("Outer")]) == "Outer"


def test_optional_keeps_the_wire_name_inside() -> None:
    assert wire_name_in(Annotated[int, wire("Inner")] | None) == "Inner"


def test_wire_name_inside_a_list_is_not_that_of_the_field() -> None:
    assert wire_name_in(list[Annotated[int, wire("Inner")]]) is None


def test_optional_of_annotated_optional_is_one_optional() -> None:
    assert go(Annotated[int | None, "a note"] | None) == "*int"


# --- unions ---------------------------------------------------------------------------------------


def test_union_of_messages_has_them_as_members() -> None:
    schema = schema_of(Circle | Square)
    assert isinstance(schema, Interface)
    assert [member.cls for member in schema.members] == [Circle, Square]


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [(Circle | Square, False), (Circle | Square | None, True), (Shape | None, True)],
)
def test_union_is_nullable_with_none(annotation: object, nullable: bool) -> None:
    schema = schema_of(annotation)
    assert isinstance(schema, Interface)
    assert schema.nullable is nullable


def test_any_or_none_is_any() -> None:
    schema = schema_of(Any | None)
    assert isinstance(schema, Interface)
    assert (schema.members, schema.nullable) == ((), True)


# --- enums ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "base"), [(Color, "int"), (Flags, "int"), (Mood, "string"), (Mixed, "string")]
)
def test_enum_travels_as_its_base(cls: type[enum.Enum], base: str) -> None:
    schema = schema_of(cls)
    assert isinstance(schema, schema_module.Enum)
    assert schema.base.go == base


@pytest.mark.parametrize(
    ("type_", "go", "low", "high"),
    [
        (Int8, "int8", -128, 127),
        (Uint8, "uint8", 0, 255),
        (Uint64, "uint64", 0, (1 << 64) - 1),
        (Uintptr, "uintptr", 0, (1 << 64) - 1),
    ],
    ids=str,
)
def test_enum_travels_as_its_underlying_type(type_: object, go: str, low: int, high: int) -> None:
    cls = underlying(type_)(enum.IntEnum("Level", {"LOW": low, "HIGH": high}))
    schema = schema_of(cls)
    assert isinstance(schema, schema_module.Enum)
    assert schema.base.go == go


@pytest.mark.parametrize("kind", [list, Sequence], ids=str)
def test_list_of_an_enum_of_bytes_is_refused(kind: Any) -> None:
    cls = underlying(Uint8)(enum.IntEnum("Level", {"A": 1}))
    with pytest.raises(SchemaError, match="a list of Level, whose underlying type is a byte"):
        schema_of(kind[cls])


@pytest.mark.parametrize(("type_", "value"), [(Uint8, 256), (Uint8, -1), (Int8, -129)], ids=str)
def test_enum_with_a_member_beyond_its_underlying_type_is_refused(
    type_: object, value: int
) -> None:
    cls = underlying(type_)(enum.IntEnum("Level", {"A": value}))
    with pytest.raises(SchemaError, match=rf"Level.A is {value}, which u?int8 does not hold"):
        schema_of(cls)


# --- types that travel as another kind ------------------------------------------------------------


@define
class Loose:
    tags: set[str] = field(factory=set)
    ids: frozenset[int] | None = None
    level: Literal["low", "high"] = "low"
    bit: Literal[0, 1] = 0
    names: Sequence[str] = ()
    ages: Mapping[str, int] = field(factory=dict)
    levels: dict[Literal["low", "high"], list[Literal[1, 2]]] = field(factory=dict)
    maybe: Literal["x", None] = None


LOOSE = Loose(
    {"a", "b"},
    frozenset([1]),
    "high",
    1,
    ["c"],
    {"d": 1},
    {"low": [1, 2]},
    "x",
)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (set[str], "map[string]bool"),
        (AbstractSet[int], "map[int]bool"),
        (typing.Set[str], "map[string]bool"),  # noqa: UP006
        (frozenset[Round], "map[messages.Round]bool"),
        (Sequence[int], "[]int"),
        (typing.MutableSequence[int], "[]int"),
        (Mapping[str, int], "map[string]int"),
        (Mapping[str, int] | None, "map[string]int"),
        (Literal["a", "b"], "string"),
        (Literal[1, 2], "int"),
        (Literal["a", None], "*string"),
        (NewType("Level", Literal["a"]), "test_resolve.Level"),
        (Annotated[Round, interface], "interface {}"),
    ],
    ids=str,
)
def test_type_that_is_converted_has_the_type_of_go(annotation: object, expected: str) -> None:
    assert go(annotation) == expected


@pytest.mark.parametrize("value", [LOOSE, Loose()], ids=["full", "default"])
def test_converted_values_travel(value: Loose) -> None:
    schema = schema_of(Loose)
    received = gob.loads(gob.dumps(value), Loose)
    assert attrs.evolve(received, names=tuple(received.names)) == attrs.evolve(
        value, names=tuple(value.names)
    )
    again = from_json(schema, to_json(schema, value))
    assert attrs.evolve(again, names=()) == attrs.evolve(value, names=())


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (set[str], frozenset("a"), {"a"}),
        (frozenset[int], {1}, frozenset([1])),
        (Sequence[int], (1, 2), [1, 2]),
        (Sequence[int], range(2), [0, 1]),
        (Mapping[str, int], types.MappingProxyType({"a": 1}), {"a": 1}),
        (list[set[int]], [{1}, set()], [{1}, set()]),
        (set[Literal["a", "b"]], {"a"}, {"a"}),
    ],
    ids=str,
)
def test_converted_value_is_taken_in_every_form(
    annotation: object, value: object, expected: object
) -> None:
    schema = schema_of(annotation)
    for received in (
        gob.loads(gob.dumps(value, annotation), annotation),
        from_json(schema, to_json(schema, value)),
    ):
        assert (received, type(received)) == (expected, type(expected))


def test_member_that_go_has_as_false_is_not_in_the_set() -> None:
    assert gob.loads(gob.dumps({"a": True, "b": False}), set[str]) == {"a"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tags": ["a"]}, "Loose.tags: "),
        ({"tags": {1}}, "Loose.tags[1]: "),
        ({"level": "middle"}, "Loose.level: 'middle' is none of 'low', 'high'"),
        ({"bit": 2}, "Loose.bit: 2 is none of 0, 1"),
        ({"maybe": "y"}, "Loose.maybe: 'y' is none of 'x'"),
        ({"names": "abc"}, "Loose.names: "),
        ({"ages": [("a", 1)]}, "Loose.ages: "),
        ({"levels": {"low": [3]}}, "Loose.levels['low'][0]: 3 is none of 1, 2"),
        ({"levels": {"lower": []}}, "Loose.levels['lower']: 'lower' is none of"),
    ],
    ids=str,
)
def test_value_that_cannot_be_converted_is_refused_at_its_place(
    changes: dict[str, Any], text: str
) -> None:
    value = attrs.evolve(LOOSE, **changes)
    for encode in (gob.dumps, to_json):
        with pytest.raises(EncodeError) as raised:
            encode(value, Loose) if encode is gob.dumps else encode(schema_of(Loose), value)
        assert str(raised.value).startswith(text)


def test_literal_that_arrives_is_one_of_its_values() -> None:
    with pytest.raises(DecodeError, match="'c' is none of 'a', 'b'"):
        gob.loads(gob.dumps("c"), Literal["a", "b"])
    with pytest.raises(DecodeError, match="'c' is none of 'a', 'b'"):
        from_json(schema_of(Literal["a", "b"]), '"c"')


def test_literal_without_gos_zero_value_cannot_be_left_out() -> None:
    with pytest.raises(DecodeError, match="'' is none of 'a'"):
        schema_of(Literal["a"]).zero()


# --- an interface with one implementation ---------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [
        (Annotated[Round, interface], False),
        (Annotated[Round | None, interface], True),
        (Annotated[Round, interface] | None, True),
    ],
    ids=str,
)
def test_interface_of_one_message(annotation: object, nullable: bool) -> None:
    schema = schema_of(annotation)
    assert isinstance(schema, Interface)
    assert (schema.members, schema.nullable) == ((schema_of(Round),), nullable)


def test_interface_of_a_union_is_the_union() -> None:
    union = schema_of(Annotated[Round | Vector3, interface])
    assert isinstance(union, Interface)
    assert union.members == (schema_of(Round), schema_of(Vector3))


@define
class Vector3:
    x: float


def test_interface_of_one_message_travels_with_its_name() -> None:
    annotation = list[Annotated[Round, interface]]
    data = gob.dumps([Round(1.0)], annotation)
    assert b"messages.Round" in data
    assert gob.loads(data, annotation) == [Round(1.0)]
