"""Which schemas are one type to Go."""

from __future__ import annotations

from typing import NewType

from rpcgen.schema import schema_of
from rpcgen.values.types import strip_pointers, type_key
from tests.gob.examples import Point

_Names = NewType("_Names", list[str])


def test_base_of_follows_pointers() -> None:
    assert strip_pointers(schema_of(Point | None)) is schema_of(Point)


def test_type_key_tells_names_apart() -> None:
    assert type_key(schema_of(_Names)) != type_key(schema_of(list[str]))
