"""Tests of `rpcgen.cli.remote.go_types`."""

from __future__ import annotations

import pytest

from rpcgen.cli.remote.go_types import known_schema, schema_of_go
from rpcgen.errors import SchemaError
from rpcgen.schema import Map, Slice, Struct

from .test_literals import spelled


@pytest.mark.parametrize(
    "go",
    [
        *("bool", "string", "int", "int8", "uint", "uint64", "uintptr", "float32", "complex128"),
        *(
            "[]uint8",
            "[]string",
            "[][]int",
            "[4]int",
            "map[string]int",
            "map[int][]map[string]bool",
        ),
        *("interface {}", "struct {}", "time.Time", "time.Duration", "big.Int", "big.Rat"),
        *("netip.Addr", "url.URL", "[]time.Time"),
    ],
)
def test_type_that_everybody_knows_has_its_schema(go: str) -> None:
    schema = known_schema(go)
    assert schema is not None
    assert schema.go == go


def test_pointers_are_what_they_point_to() -> None:
    schema = known_schema("**int")
    assert schema is not None
    assert schema.go == "int"


@pytest.mark.parametrize(
    "go",
    ["main.Args", "[]main.Args", "[2]main.Args", "map[string]main.A", "map[main.K]int", "map["],
)
def test_type_that_only_its_server_knows_has_none(go: str) -> None:
    assert known_schema(go) is None


@pytest.mark.parametrize(
    ("go", "value", "found"),
    [
        ("*main.Args", {"a": 1, "B": 2}, "{A int, B int}"),
        ("main.Color", 3, "int"),
        ("http.Header", {"Content-Type": ["a"]}, "map[string][]string"),
        ("[]main.Point", [{"X": 1}, {"Y": 1.0}], "[]{X int, Y float64}"),
        ("[2]main.Point", [{"X": 1}, {"X": 2}], "[]{X int}"),
        ("map[string]main.Entry", {"A": {"Key": "a"}}, "map[string]{Key string}"),
        ("map[string]main.Entry", {"@map": {"A": {"Key": "a"}}}, "map[string]{Key string}"),
        ("map[uint8]main.Entry", {"1": {"Key": "a"}}, "map[uint8]{Key string}"),
        ("map[main.Key]bool", {"a": True}, "map[string]bool"),
        ("uint8", 5, "uint8"),
    ],
)
def test_type_is_completed_by_what_is_written(go: str, value: object, found: str) -> None:
    assert spelled(schema_of_go(go, value)) == found


def test_struct_has_the_name_that_go_gives_it() -> None:
    schema = schema_of_go("[]*main.Point", [{"X": 1}])
    assert isinstance(schema, Slice)
    assert isinstance(schema.element, Struct)
    assert schema.element.name == "Point"


def test_empty_map_is_a_map() -> None:
    assert isinstance(schema_of_go("map[string]main.Entry", {}), Map)


def test_spelling_of_no_type_is_refused() -> None:
    with pytest.raises(SchemaError, match="is no type of Go"):
        schema_of_go("map[string", {"a": 1})
