"""Schemas of values that come without one."""

from __future__ import annotations

import typing
from datetime import UTC, datetime
from typing import Any

import pytest

from rpcgen.errors import SchemaError
from rpcgen.schema import Slice, schema_for
from rpcgen.types import AddrPort, Duration, Time

from .messages import Named, Plain, Point, Square


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        (True, "bool"),
        (1, "int"),
        ("a", "string"),
        (b"a", "[]uint8"),
        (None, "struct {}"),
        (Point(1), "main.Point"),
        ([1, 2], "[]int"),
        ((1, 2), "[]int"),
        ([True, 1], "[]interface {}"),
        ([], "[]interface {}"),
        ([None], "[]interface {}"),
        ([1, None], "[]interface {}"),
        ([[1], [2]], "[][]int"),
        ([[1], ["a"]], "[]interface {}"),
        ([Point(1), Square(1.0)], "[]interface {}"),
        ({}, "map[interface {}]interface {}"),
        ({"a": 1}, "map[string]int"),
        ({"a": 1, "b": None}, "map[string]interface {}"),
        ({"a": [1]}, "map[string][]int"),
        (Time.of(datetime(2026, 1, 1, tzinfo=UTC), 7), "time.Time"),
        (Duration.of(7), "time.Duration"),
        (AddrPort(None, 0), "netip.AddrPort"),
    ],
)
def test_schema_for_value(value: object, spelling: str) -> None:
    assert schema_for(value).go == spelling


def test_schema_for_list_makes_a_list() -> None:
    assert typing.cast(Slice[Any], schema_for([1])).container is list


def test_schema_for_tuple_makes_a_tuple() -> None:
    assert typing.cast(Slice[Any], schema_for((1,))).container is tuple


@pytest.mark.parametrize("value", [bytearray(), [bytearray()], Plain(), Named(1)])
def test_schema_for_what_cannot_travel_is_refused(value: object) -> None:
    with pytest.raises(SchemaError, match="unsupported type"):
        schema_for(value)
