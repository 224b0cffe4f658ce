"""Tests of `rpcgen.cli.remote.json_writer`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any
from uuid import UUID

import pytest

import generated.kinds
from generated.kinds import Color
from generated.shapes import Circle, Group, Point, Rectangle
from rpcgen import gob
from rpcgen.cli.remote.json_reader import read_json
from rpcgen.cli.remote.json_writer import jsonable
from rpcgen.schema import schema_of
from rpcgen.types import GoTime
from rpcgen.values.registry import Typed
from tests.interop.samples import SAMPLES, Sample

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Access(IntFlag):
    READ = 1
    WRITE = 2


@pytest.mark.parametrize(
    ("value", "annotation", "written"),
    [
        (b"hello", bytes, "hello"),
        (b"\xff\x00", bytes, {"@base64": "/wA="}),
        (b"\x1b[2J", bytes, {"@base64": "G1sySg=="}),
        (MOMENT, datetime, "2026-01-02T03:04:05Z"),
        (timedelta(hours=1), timedelta, "1h0m0s"),
        (Color.RED, Color, "RED"),
        (Access.READ | Access.WRITE, Access, "READ|WRITE"),
        (Access(0), Access, 0),
        ({1, 2}, set[int], [1, 2]),
        ({7: "a"}, dict[int, str], {"7": "a"}),
        (1 - 2j, complex, "1-2i"),
        (float("nan"), float, "NaN"),
        (float("-inf"), float, "-Inf"),
        (UUID(int=1), UUID, "00000000-0000-0000-0000-000000000001"),
        (None, None, None),
        (None, int | None, None),
        (
            Circle(Point(1, 2), 3),
            Circle | Rectangle,
            {"@type": "shapes.Circle", "Center": {"X": 1, "Y": 2}, "Radius": 3},
        ),
        (Point(1, 2), Point, {"X": 1, "Y": 2}),
        ([Point(1, 2)], list[Point], [{"X": 1, "Y": 2}]),
    ],
)
def test_value_of_a_known_type_is_written(value: object, annotation: Any, written: object) -> None:
    assert jsonable(value, schema_of(annotation)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (
            Group("g", [Circle(Point(1, 2), 3)]),
            {
                "Name": "g",
                "Members": [{"@type": "shapes.Circle", "Center": {"X": 1, "Y": 2}, "Radius": 3}],
            },
        ),
        ({"a": MOMENT}, {"a": "2026-01-02T03:04:05Z"}),
        ([b"\xff"], [{"@base64": "/w=="}]),
        ({"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        (GoTime(), "0001-01-01T00:00:00Z"),
    ],
)
def test_value_of_an_unknown_type_is_written(value: object, written: object) -> None:
    assert jsonable(value) == written


def test_time_in_a_struct_that_nobody_knows_is_a_time() -> None:
    data = gob.dumps(generated.kinds.Special(at=MOMENT))
    written = jsonable(gob.loads(data))
    assert isinstance(written, dict)
    assert written["At"] == "2026-01-02T03:04:05Z"


def test_bytes_of_a_type_that_nobody_knows_are_in_base64() -> None:
    data = gob.dumps(generated.kinds.Special(heat=generated.kinds.Temperature(1.0)))
    written = jsonable(gob.loads(data))
    assert isinstance(written, dict)
    assert written["Heat"] == {"@base64": "MUM="}


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_what_is_written_can_be_read(sample: Sample) -> None:
    schema = sample.method.request
    text = json.dumps(jsonable(sample.value, schema))
    value = read_json(schema, json.loads(text))
    assert (value.value if isinstance(value, Typed) else value) == sample.value
