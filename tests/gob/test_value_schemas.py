"""Schemas of values that come without one; what of them reaches Go is in test_encoder.py."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.gob.value_schemas import name_of_described, schema_in_any, schema_of_value
from rpcgen.schema import Map, Slice, schema_of
from rpcgen.types import GoTime, Time
from rpcgen.values.record import Record

from .examples import Point


@define
class Unregistered:
    x: int


@pytest.fixture
def point() -> Any:
    """A struct as it comes without a schema."""
    return gob.loads(gob.dumps(Point(1, 2)))


def test_annotation_counts_more_than_the_value() -> None:
    assert schema_of_value(5, float) is schema_of(float)


def test_schema_is_taken_for_itself() -> None:
    schema = schema_of(float)
    assert schema_of_value(5, schema) is schema


def test_typed_value_is_of_the_type_that_it_says() -> None:
    assert schema_of_value(gob.Typed(5, float), None) == schema_of(float)


def test_value_is_of_its_class() -> None:
    assert schema_of_value(Point(1, 2), None) is schema_of(Point)


def test_struct_is_what_its_sender_has_described(point: Any) -> None:
    assert schema_of_value(point, None).go == "Point"


@pytest.mark.parametrize("first", [[], [None], [[], {}]], ids=str)
def test_list_is_of_the_first_that_tells_its_type(point: Any, first: list[Any]) -> None:
    schema = schema_of_value([*first, point], None)
    assert isinstance(schema, Slice)
    assert schema.element is point.origin.schema


def test_map_is_of_what_it_holds(point: Any) -> None:
    schema = schema_of_value({"a": point}, None)
    assert isinstance(schema, Map)
    assert (schema.key, schema.value) == (schema_of(str), point.origin.schema)


def test_record_that_nobody_has_described_is_refused() -> None:
    with pytest.raises(EncodeError, match="make it a message"):
        schema_of_value(Record("Point", ("X",), (1,)), None)


@pytest.mark.parametrize(
    ("value", "go"),
    [
        ([1], "[]interface {}"),
        ((1,), "[]interface {}"),
        ({"a": 1}, "map[string]interface {}"),
        (Time(2020, 1, 1), "time.Time"),
        (GoTime(0), "time.Time"),
        (timedelta(1), "time.Duration"),
        (uuid.UUID(int=1), "uuid.UUID"),
    ],
    ids=str,
)
def test_value_in_any_has_a_type_of_its_own(value: object, go: str) -> None:
    assert schema_in_any(value).go == go


@pytest.mark.parametrize("value", [Unregistered(1), object()], ids=["message", "object"])
def test_value_in_any_must_be_registered(value: object) -> None:
    with pytest.raises(EncodeError, match="is not registered for interface values: call gob"):
        schema_in_any(value)


def test_struct_that_came_outside_of_an_interface_has_no_name_for_one(point: Any) -> None:
    with pytest.raises(EncodeError, match="did not come in an interface value"):
        name_of_described(point)
