"""Decode functions are shared between streams."""

from __future__ import annotations

from rpcgen.gob import wire
from rpcgen.gob.decode_functions import decode_function
from rpcgen.schema import schema_of

from .examples import Node, Point

_POINT = wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT)))


def test_the_same_structure_under_other_ids_has_the_same_function() -> None:
    schema = schema_of(Point)
    one = decode_function({64: _POINT}, 64, schema, strings="strict", names="log", careful=False)
    other = decode_function({99: _POINT}, 99, schema, strings="strict", names="log", careful=False)
    assert one is other


def test_another_structure_has_another_function() -> None:
    schema = schema_of(Point)
    swapped = wire.StructType("Point", 64, (("Y", wire.INT), ("X", wire.INT)))
    one = decode_function({64: _POINT}, 64, schema, strings="strict", names="log", careful=False)
    other = decode_function({64: swapped}, 64, schema, strings="strict", names="log", careful=False)
    assert one is not other


def test_options_have_functions_of_their_own() -> None:
    schema = schema_of(Point)
    one = decode_function({64: _POINT}, 64, schema, strings="strict", names="log", careful=False)
    other = decode_function({64: _POINT}, 64, schema, strings="strict", names="log", careful=True)
    assert one is not other


def test_recursive_types_have_a_structure() -> None:
    node = wire.StructType("Node", 64, (("Name", wire.STRING), ("Kids", 65), ("Next", 64)))
    types: dict[int, wire.WireType] = {64: node, 65: wire.SliceType("", 65, 64)}
    moved_node = wire.StructType("Node", 70, (("Name", wire.STRING), ("Kids", 80), ("Next", 70)))
    moved: dict[int, wire.WireType] = {70: moved_node, 80: wire.SliceType("", 80, 70)}
    schema = schema_of(Node)
    one = decode_function(types, 64, schema, strings="strict", names="log", careful=False)
    assert one is decode_function(moved, 70, schema, strings="strict", names="log", careful=False)
