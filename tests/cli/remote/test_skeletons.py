"""Tests of `rpcgen.cli.remote.skeletons`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

import pytest
from attrs import define

from generated.kinds import KINDS_ECHO_BASIC, KINDS_ECHO_SIZED, Color, Tree
from rpcgen.cli.remote.json_reader import read_json
from rpcgen.cli.remote.skeletons import skeleton
from rpcgen.schema import schema_of


@define
class Node:
    children: list[Any]


@pytest.mark.parametrize("method", [KINDS_ECHO_BASIC, KINDS_ECHO_SIZED])
def test_skeleton_can_be_read(method: Any) -> None:
    schema = method.request
    assert read_json(schema, json.loads(skeleton(schema))) == schema.zero()


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "0"),
        (Node, '{"Children": []}'),
        (Color, '"NONE"'),
        (datetime, '"2006-01-02T15:04:05Z"'),
        (Literal["a", "b"], '"a"'),
        (set[int], "{}"),
    ],
)
def test_skeleton_of_a_type(annotation: Any, text: str) -> None:
    assert skeleton(schema_of(annotation)) == text


def test_skeleton_of_a_type_that_holds_itself_ends() -> None:
    assert skeleton(schema_of(Tree)).startswith("{")
