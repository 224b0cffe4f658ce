"""Which types are announced, in which order, under which names."""

from __future__ import annotations

from typing import Annotated, Any, NewType

import pytest
from attrs import define

from rpcgen.gob import wire
from rpcgen.gob.definitions import TypeTable, bare_name
from rpcgen.gob.numbers import read_int
from rpcgen.schema import schema_of
from rpcgen.schema.plan import is_byte
from rpcgen.types import BigInt, Uint8, length
from rpcgen.types import wire as wire_named

from .examples import Color, Node, Order, Point

_Names = NewType("_Names", list[str])
_Octet = NewType("_Octet", Uint8)


def _announced(annotation: Any) -> dict[int, wire.WireType]:
    types = {}
    for body in TypeTable().definitions(schema_of(annotation)):
        id, pos = read_int(body, 0, len(body))
        types[-id], _ = wire.read_definition(body, pos, len(body))
    return types


@pytest.mark.parametrize("annotation", [bool, int, Uint8, float, str, bytes, complex, Any, Color])
def test_basic_types_need_no_definition(annotation: Any) -> None:
    assert _announced(annotation) == {}


def test_list_of_octets_is_basic() -> None:
    assert _announced(list[Uint8]) == {}


def test_struct_comes_before_its_fields() -> None:
    assert [known.name for known in _announced(Order).values()] == [
        "Order",
        "[]main.Item",
        "Item",
        "[]string",
        "map[string]int",
    ]


def test_recursive_struct_is_announced_once() -> None:
    assert list(_announced(Node)) == [64, 65]


def test_elements_take_their_id_before_the_slice() -> None:
    assert list(_announced(list[list[int]])) == [65, 64]


def test_pointer_elements_have_no_name() -> None:
    assert [known.name for known in _announced(list[Point | None]).values()] == ["", ""]


def test_struct_elements_have_their_name() -> None:
    assert [known.name for known in _announced(list[Point]).values()] == ["", "Point"]


def test_pointer_to_an_opaque_type_has_no_name_and_another_id() -> None:
    assert _announced(BigInt | None) == {64: wire.OpaqueType("", 65, "gob")}


def test_opaque_type_has_its_name() -> None:
    assert _announced(BigInt) == {64: wire.OpaqueType("Int", 64, "gob")}


def test_array_is_announced_with_its_length() -> None:
    assert _announced(Annotated[list[int], length(3)]) == {64: wire.ArrayType("", 64, wire.INT, 3)}


def test_named_type_has_its_name() -> None:
    assert _announced(_Names) == {64: wire.SliceType("_Names", 64, wire.STRING)}


def test_equal_types_of_different_containers_are_one() -> None:
    @wire_named("main.Both")
    @define
    class Both:
        one: Any
        other: Any

    Both.__annotations__.update(one=list[int], other=tuple[int, ...])
    assert len(_announced(Both)) == 2


def test_a_second_value_needs_no_definition() -> None:
    table = TypeTable()
    list(table.definitions(schema_of(Point)))
    assert list(table.definitions(schema_of(Point | None))) == []


def test_rewind_forgets_what_came_after_the_mark() -> None:
    table = TypeTable()
    mark = table.mark()
    first = list(table.definitions(schema_of(Order)))
    table.rewind(mark)
    assert list(table.definitions(schema_of(Order))) == first


def test_older_versions_begin_with_another_id() -> None:
    table = TypeTable(first_id=65)
    list(table.definitions(schema_of(Point)))
    assert table.id_of(schema_of(Point)) == 65


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("main.Point", "Point"),
        ("github.com/x/shapes.Circle", "Circle"),
        ("custom.name/Args", "Args"),
        ("main.Pair[int,main.Point]", "Pair[int,main.Point]"),
    ],
)
def test_bare_name_is_without_the_package(name: str, bare: str) -> None:
    cls = wire_named(name)(define(type("Named", (), {})))
    assert bare_name(schema_of(cls)) == bare


def test_is_byte_by_another_name() -> None:
    assert is_byte(schema_of(_Octet))
