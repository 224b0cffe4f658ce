"""Tests of `rpcgen.gen.breaking.spelling`."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any, Literal

import pytest
from attrs import define

from rpcgen.gen.breaking.fit import Types
from rpcgen.gen.breaking.spelling import spelled
from rpcgen.protocol.type_descriptions import TypeDescriptions
from rpcgen.schema import schema_of
from rpcgen.types import BigInt, Complex64, Float32, Uint8, Uintptr, length


class Color(IntEnum):
    NONE = 0


@define
class Sub:
    x: int = 0


SPELLED = {
    "bool": bool,
    "int": int,
    "Uint8": Uint8,
    "Uintptr": Uintptr,
    "float": float,
    "Float32": Float32,
    "complex": complex,
    "Complex64": Complex64,
    "str": str,
    "bytes": bytes,
    "None": None,
    "list[int]": list[int],
    "Annotated[list[int], length(3)]": Annotated[list[int], length(3)],
    "Annotated[bytes, length(3)]": Annotated[bytes, length(3)],
    "dict[str, Sub | None]": dict[str, Sub | None],
    "Color": Color,
    "Any": Any,
    "Literal['a', 'b']": Literal["a", "b"],
    "Literal[1]": Literal[1],
    "timedelta": timedelta,
    "datetime": datetime,
    "UUID": uuid.UUID,
    "big.Int": BigInt,
    "set[str]": set[str],
    "list[list[list[list[...]]]]": list[list[list[list[list[int]]]]],
}


@pytest.mark.parametrize("expected", SPELLED)
def test_type_is_spelled_as_in_an_idl(expected: str) -> None:
    table = TypeDescriptions()
    number = table.number_of(schema_of(SPELLED[expected]))
    assert spelled(Types(table.types), number) == expected
