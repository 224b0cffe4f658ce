"""Tests of `rpcgen.cli.remote.json_reader`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from attrs import define

from generated.kinds import Color, Mood, Temperature
from generated.shapes import Circle, Point, Rectangle
from rpcgen.cli.remote.json_reader import read_json
from rpcgen.cli.remote.literals import record_struct, schema_of_json
from rpcgen.errors import EncodeError
from rpcgen.schema import Int, schema_of
from rpcgen.types import Int8, Uint8, length
from rpcgen.values.record import Record
from rpcgen.values.registry import Typed


@define
class Item:
    name: str
    count: int = 3
    parent_id: int | None = None


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (bool, True, True),
        (int, 7, 7),
        (float, 7, 7.0),
        (float, "-Inf", float("-inf")),
        (complex, "1-2i", 1 - 2j),
        (complex, 3, 3 + 0j),
        (str, "a", "a"),
        (bytes, "ä", "ä".encode()),
        (bytes, {"@base64": "3q2+7w=="}, b"\xde\xad\xbe\xef"),
        (bytes, {"@hex": "dead"}, b"\xde\xad"),
        (list[int], [1, 2], [1, 2]),
        (list[int], None, []),
        (Annotated[list[int], length(2)], [1, 2], [1, 2]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict[str, int], {"@map": {"a": 1}}, {"a": 1}),
        (dict[int, bool], {"7": True}, {7: True}),
        (set[str], ["a", "b"], {"a", "b"}),
        (int | None, None, None),
        (int | None, 0, 0),
        (Color, "RED", Color.RED),
        (Color, 2, Color.GREEN),
        (Mood, "good", Mood.GOOD),
        (timedelta, "1m", timedelta(minutes=1)),
        (timedelta, -5000, timedelta(microseconds=-5)),
        (datetime, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime, {"@time": "2026-01-02T03:04:05Z"}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (Temperature, {"@bytes": "20C"}, Temperature(20.0)),
        (None, None, None),
        (None, {}, None),
        (Item, {"Name": "a", "ParentID": 4}, Item("a", 3, 4)),
        (Item, {"name": "a", "parent_id": 4}, Item("a", 3, 4)),
        (Item, {"NAME": "a"}, Item("a")),
        (Item, {}, Item("", 3)),
    ],
)
def test_json_becomes_the_value(annotation: Any, value: object, expected: object) -> None:
    assert read_json(schema_of(annotation), value) == expected


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        (bool, 1, "1 is no bool"),
        (int, 1.0, "1.0 is no int, such as 7"),
        (int, True, "true is no int"),
        (Int8, 200, "200 is out of the range of int8"),
        (Uint8, -1, "-1 is out of the range of uint8"),
        (float, "x", '"x" is no float64'),
        (str, 5, "5 is no string"),
        (bytes, 5, "5 is no .*@base64"),
        (bytes, {"@hex": "x"}, '"x" is no text for @hex'),
        (bytes, {"@base64": "==="}, "no text for @base64"),
        (str, {"@uint": 5}, "@uint is no string"),
        (list[int], 5, r"5 is no \[\]int"),
        (list[int], [1, "a"], r'\[1\]: "a" is no int'),
        (Annotated[list[int], length(2)], [1], "1 elements where there are 2"),
        (dict[str, int], {"a": "b"}, r"\['a'\]: \"b\" is no int"),
        (dict[int, int], {"a": 1}, "is no int"),
        (Color, "PINK", '"PINK" is none of NONE, RED, GREEN'),
        (timedelta, "soon", "no duration, such as 1h30m"),
        (timedelta, 1.5, '1.5 is no time.Duration, such as "1.5s"'),
        (datetime, "today", "today"),
        (Temperature, {"@bytes": "warm"}, "the bytes are no"),
        (None, 5, "takes no arguments"),
        (Item, 5, "5 is no .*Name"),
        (Item, {"Nme": 1}, "no field 'Nme': there are Name, Count, ParentID"),
        (Item, {"Name": 1}, "Name: 1 is no string"),
        (list[Item], [{"Name": "a", "Count": "b"}], r'\[0\].Count: "b" is no int'),
    ],
)
def test_json_that_does_not_fit_is_refused_with_its_place(
    annotation: Any, value: object, said: str
) -> None:
    with pytest.raises(EncodeError, match=said):
        read_json(schema_of(annotation), value)


def test_union_is_told_by_the_type_that_is_said() -> None:
    schema = schema_of(Circle | Rectangle)
    value = {"@type": "shapes.Circle", "Center": {"X": 1, "Y": 2}, "Radius": 3}
    assert read_json(schema, value) == Circle(Point(1, 2), 3)


def test_union_without_a_type_names_its_members() -> None:
    with pytest.raises(EncodeError, match=r'add "@type": shapes\.Circle or shapes\.Rect'):
        read_json(schema_of(Circle | Rectangle), {"Radius": 3})


def test_unknown_type_of_an_interface_is_a_struct_of_that_name() -> None:
    record = read_json(schema_of(Any), {"@type": "main.Dog", "Name": "Rex"})
    assert isinstance(record, Record)
    assert (record.go_type, record.type_name, record.Name) == ("main.Dog", "Dog", "Rex")


def test_known_type_of_an_interface_may_be_no_struct() -> None:
    value = read_json(schema_of(Any), {"@type": "uint8", "value": 5})
    assert value == Typed(5, "uint8")


def test_literal_in_an_interface_keeps_its_type() -> None:
    value = read_json(schema_of(Any), {"@uint": 5})
    assert (value.value, value.schema.go) == (5, "uint")


def test_struct_that_nobody_knows_is_a_record_of_what_is_there() -> None:
    value = {"A": 1, "B": None, "C": {"D": "d"}}
    record = read_json(schema_of_json(value), value)
    assert (record.names, record.A, record.C.D) == (("A", "C"), 1, "d")


def test_field_that_one_element_lacks_is_zero() -> None:
    value = [{"X": 1}, {"Y": 2}]
    records = read_json(schema_of_json(value), value)
    assert [(each.X, each.Y) for each in records] == [(1, 0), (0, 2)]


def test_keys_fit_fields_of_a_record_as_python_spells_them() -> None:
    record = read_json(record_struct("", {"user_id": Int()}), {"user_id": 7})
    assert record.UserID == 7
