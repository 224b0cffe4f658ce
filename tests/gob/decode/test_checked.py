"""What is compiled for a type: little for what is not ours, and a count of memory on demand."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from attrs import define

from rpcgen import DecodeError, gob
from rpcgen.gob import wire
from rpcgen.gob.decode.fast import QuickCompiler
from rpcgen.gob.numbers import int_bytes, uint_bytes
from rpcgen.schema import schema_of

from ..examples import Point

# More fields than are compiled one by one.
_MANY = 500


def _lines(types: dict[int, wire.WireType], annotation: Any, *, counted: bool = False) -> int:
    compiler = QuickCompiler(types, "strict", counted=counted)
    compiler.compile(64, schema_of(annotation))
    return compiler.lines


def _wide(*fields: tuple[str, int]) -> wire.StructType:
    return wire.StructType("Point", 64, (*((f"F{n}", 2) for n in range(_MANY)), *fields))


def test_fields_that_are_not_ours_cost_no_lines() -> None:
    assert _lines({64: _wide(("X", 2), ("Y", 2))}, Point) < 100


def test_nested_types_that_are_not_ours_cost_no_lines() -> None:
    types: dict[int, wire.WireType] = {
        64: wire.StructType("Point", 64, (("X", 2), ("Other", 65), ("Y", 2))),
        65: wire.StructType("Other", 65, tuple((f"F{n}", 65 + n % 2) for n in range(_MANY))),
    }
    types[66] = wire.SliceType("", 66, 65)
    assert _lines(types, Point) < 100


def _stream(known: wire.WireType, body: bytes) -> bytes:
    definition = wire.write_definition(64, known)
    message = int_bytes(64) + body
    return uint_bytes(len(definition)) + definition + uint_bytes(len(message)) + message


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\0", Point(0, 0)),
        (b"\1\2\0", Point(0, 0)),
        (b"\xfe\1\xf5\6\1\x08\0", Point(3, 4)),
        (b"\1\2\xfe\1\xf5\x08\0", Point(0, 4)),
    ],
)
def test_few_fields_of_many_are_taken(body: bytes, value: Point) -> None:
    decoder = gob.Decoder(_stream(_wide(("X", 2), ("Y", 2)), body) * 1)
    assert decoder.decode(Point) == value


def test_field_beyond_many_is_an_error() -> None:
    with pytest.raises(DecodeError, match="beyond the 502"):
        gob.loads(_stream(_wide(("X", 2), ("Y", 2)), b"\xfe\7\0\0"), Point)


def test_keys_that_collide_are_refused() -> None:
    keys = [uuid.UUID(int=1 + i * ((1 << 61) - 1)) for i in range(2000)]
    data = gob.dumps(dict.fromkeys(keys, 1), dict[uuid.UUID, int])
    with pytest.raises(DecodeError, match="collisions"):
        gob.loads(data, dict[uuid.UUID, int])


def test_counting_costs_a_line_for_a_container() -> None:
    types: dict[int, wire.WireType] = {64: wire.SliceType("", 64, wire.INT)}
    more = _lines(types, list[int], counted=True) - _lines(types, list[int])
    assert 1 <= more <= 4


@define
class Nest:
    deeper: list[Nest]


@pytest.mark.parametrize("depth", [50, 99])
def test_levels_up_to_the_limit(depth: int) -> None:
    value = Nest([])
    for _ in range(depth // 2):
        value = Nest([value])
    assert gob.loads(gob.dumps(value), Nest) == value
