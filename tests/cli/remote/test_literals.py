"""Tests of `rpcgen.cli.remote.literals`."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen.cli.remote.literals import literal_in, merged, record_struct, schema_of_json
from rpcgen.errors import EncodeError
from rpcgen.schema import Array, Int, Map, Pointer, Schema, Slice, String, Struct


def spelled(schema: Schema[Any]) -> str:
    """Return a type as Go would write it, with the fields of structs."""
    if isinstance(schema, Struct):
        fields = (f"{each.wire_name} {spelled(each.schema)}" for each in schema.fields)
        return f"{{{', '.join(fields)}}}"
    if isinstance(schema, Pointer):
        return f"*{spelled(schema.element)}"
    if isinstance(schema, Slice | Array):
        return f"[]{spelled(schema.element)}"
    if isinstance(schema, Map):
        return f"map[{spelled(schema.key)}]{spelled(schema.value)}"
    return schema.go


@pytest.mark.parametrize(
    ("value", "go"),
    [
        (7, "int"),
        (7.0, "float64"),
        (True, "bool"),
        ("a", "string"),
        ([1, 2], "[]int"),
        ([1, 2.5], "[]float64"),
        ([], "[]interface {}"),
        ([None, "a"], "[]*string"),
        ({"A": 7, "B": "b"}, "{A int, B string}"),
        ({"A": {"B": [1]}}, "{A {B []int}}"),
        ({"A": None, "B": 1}, "{B int}"),
        ({"a": 1}, "map[string]int"),
        ({"A": 1, "b": 2}, "map[string]int"),
        ([{"X": 1}, {"X": 2.5, "Y": 1}], "[]{X float64, Y int}"),
        ([{"a": 1}, {"b": 2.5}], "[]map[string]float64"),
        ({"@uint": 7}, "uint"),
        ({"@float": 7}, "float64"),
        ({"@hex": "ff"}, "[]uint8"),
        ({"@time": "2026-01-02T03:04:05Z"}, "time.Time"),
        ({"@duration": "1s"}, "time.Duration"),
        ({"@map": {"A": 1}}, "map[string]int"),
        ({"@struct": {"a_b": 1}}, "{AB int}"),
        ({"@type": "main.Circle", "Radius": 1.0}, "interface {}"),
    ],
)
def test_json_has_the_type_that_fits_it_best(value: object, go: str) -> None:
    assert spelled(schema_of_json(value)) == go


@pytest.mark.parametrize("value", [[1, "a"], [[1], 2], [{"A": 1}, {"A": "a"}]])
def test_list_of_things_that_do_not_go_together_is_refused(value: object) -> None:
    with pytest.raises(EncodeError, match="elements of one type"):
        schema_of_json(value)


def test_map_of_no_object_is_refused() -> None:
    with pytest.raises(EncodeError, match="@map takes an object"):
        schema_of_json({"@map": 5})


def test_fields_of_a_struct_have_the_names_of_go() -> None:
    fields = record_struct("User", {"user_id": Int(), "Name": String()}).fields
    assert [each.wire_name for each in fields] == ["UserID", "Name"]


@pytest.mark.parametrize("value", [{"@uint": 1, "A": 2}, {"@no": 1}, {"uint": 1}, {}, [], 5])
def test_object_that_is_no_literal_is_left_alone(value: object) -> None:
    assert literal_in(value) is None


def test_type_of_equal_parts_is_that_part() -> None:
    schema = Int()
    assert merged(schema, Int()) is schema
