"""Decode functions are shared between streams, and bounded."""

from __future__ import annotations

from typing import Any

from rpcgen.gob import wire
from rpcgen.gob.decode.functions import FunctionCache, compiled
from rpcgen.gob.streams import DecodeFunction
from rpcgen.schema import UNTYPED, Schema, schema_of

from ..examples import Node, Point

_POINT = wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT)))

Types = dict[int, wire.WireType]


def _unchecked() -> None:
    pass


def _compiled(
    types: Types, id: int, schema: Schema[Any], counted: bool = False, lines: int = 1000
) -> DecodeFunction | None:
    return compiled(
        types,
        id,
        schema,
        strings="strict",
        strict_names=False,
        check=_unchecked,
        counted=counted,
        lines=lines,
    )[0]


def test_the_same_structure_under_other_ids_has_the_same_function() -> None:
    schema = schema_of(Point)
    assert _compiled({64: _POINT}, 64, schema) is _compiled({99: _POINT}, 99, schema) is not None


def test_another_structure_has_another_function() -> None:
    schema = schema_of(Point)
    swapped = wire.StructType("Point", 64, (("Y", wire.INT), ("X", wire.INT)))
    assert _compiled({64: _POINT}, 64, schema) is not _compiled({64: swapped}, 64, schema)


def test_options_have_functions_of_their_own() -> None:
    schema = schema_of(Point)
    one = _compiled({64: _POINT}, 64, schema)
    assert one is not _compiled({64: _POINT}, 64, schema, counted=True)


def test_recursive_types_have_a_structure() -> None:
    node = wire.StructType("Node", 64, (("Name", wire.STRING), ("Kids", 65), ("Next", 64)))
    types: Types = {64: node, 65: wire.SliceType("", 65, 64)}
    moved_node = wire.StructType("Node", 70, (("Name", wire.STRING), ("Kids", 80), ("Next", 70)))
    moved: Types = {70: moved_node, 80: wire.SliceType("", 80, 70)}
    schema = schema_of(Node)
    assert _compiled(types, 64, schema) is _compiled(moved, 70, schema) is not None


def test_untyped_values_of_the_same_structure_share_a_function() -> None:
    assert _compiled({64: _POINT}, 64, UNTYPED) is _compiled({70: _POINT}, 70, UNTYPED) is not None


def test_function_of_more_lines_than_there_may_be_is_not_made() -> None:
    fields = tuple((f"F{i}", wire.INT) for i in range(200))
    types: Types = {64: wire.StructType("Large", 64, fields)}
    made, cost = compiled(
        types,
        64,
        UNTYPED,
        strings="strict",
        strict_names=False,
        check=_unchecked,
        counted=True,
        lines=300,
    )
    assert (made, cost) == (None, 300)


def test_types_of_more_fields_than_there_may_be_are_not_compared() -> None:
    types: Types = {
        64 + i: wire.StructType("", 64 + i, (("F", 65 + i), ("G", 65 + i))) for i in range(2000)
    }
    types[64 + 2000] = _POINT
    assert _compiled(types, 64, UNTYPED, lines=100) is None


def test_sender_of_many_fields_that_are_not_ours_costs_few_lines() -> None:
    fields = (*((f"F{i}", wire.INT) for i in range(4000)), *_POINT.fields)
    types: Types = {64: wire.StructType("Point", 64, fields)}
    made, cost = compiled(
        types,
        64,
        schema_of(Point),
        strings="strict",
        strict_names=False,
        check=_unchecked,
        counted=False,
        lines=1000,
    )
    assert made is not None
    assert cost < 4000 / 8 + 100


def test_cache_keeps_what_was_used_last() -> None:
    cache = FunctionCache(most_lines=100)
    functions = [_compiled({64: _POINT}, 64, schema_of(Point)) for _ in range(3)]
    for number, function in enumerate(functions):
        assert function is not None
        cache.get((0,))
        cache.add((number,), function, 40)
    assert cache.get((0,)) is not None
    assert cache.get((1,)) is None
    assert (len(cache), cache.lines) == (2, 80)
