"""The careful functions: they take what Go takes, and say what is wrong with the rest."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.compile_decode import Compiler
from rpcgen.schema import schema_of
from rpcgen.types import Float32, Int8

from .examples import Color, Order, Point

_POINT = gob.dumps(Point(1, 2))[:31]


def _careful(types: dict[int, wire.WireType], id: int, annotation: Any, octets: bytes) -> Any:
    """Decode one value by a careful function."""
    decoder = gob.Decoder()
    decoder.end = len(octets)
    function = Compiler(types, "strict").compile(id, schema_of(annotation))
    value, _ = function(octets, 0, decoder, 100)
    return value


_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT))),
    65: wire.SliceType("", 65, 64),
    66: wire.MapType("", 66, wire.STRING, wire.INT),
}


@pytest.mark.parametrize("octets", [b"\1\2\1\4\0", b"\1\2\1\4"])
def test_the_end_of_the_message_ends_a_struct(octets: bytes) -> None:
    assert _careful(_TYPES, 64, Point, octets) == Point(1, 2)


def test_the_end_of_the_message_ends_structs_in_slices() -> None:
    assert _careful(_TYPES, 65, list[Point], b"\0\1\1\2\1\4") == [Point(1, 2)]


def test_a_step_of_more_bytes_than_needed() -> None:
    assert _careful(_TYPES, 64, Point, b"\xff\1\2\0") == Point(1, 0)


@pytest.mark.parametrize(
    ("id", "annotation", "octets", "reason"),
    [
        (64, Point, b"\3\2", "beyond the 2"),
        (64, Point, b"\1", "ends inside a value"),
        (64, Point, b"\1\xfe\1", "ends inside an integer"),
        (64, Point, b"\1\x80", "more than 8"),
        (65, list[Point], b"\0\5\0", "before the last element"),
        (66, dict[str, int], b"\0\1\5ab", "5 bytes do not fit"),
        (wire.INT, int, b"\1\2", "does not begin with 0"),
        (wire.INT, Int8, b"\0\xfe\1\0", "does not fit int8"),
        (wire.FLOAT, Float32, b"\0\xf8\1\0\0\xe0\xff\xff\xef\x47", "does not fit float32"),
        (wire.INT, Color, b"\0\x08", "4 is not a valid Color"),
    ],
)
def test_what_is_wrong_is_said(id: int, annotation: Any, octets: bytes, reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        _careful(_TYPES, id, annotation, octets)


@pytest.mark.parametrize(
    ("id", "annotation"),
    [(64, int), (65, dict[str, int]), (66, list[Point]), (wire.UINT, int), (99, Point), (64, Any)],
)
def test_types_that_do_not_go_together_are_refused_before_decoding(
    id: int, annotation: Any
) -> None:
    with pytest.raises(DecodeError, match="arrives where"):
        Compiler(_TYPES, "strict").compile(id, schema_of(annotation))


def test_a_field_without_a_name_is_refused() -> None:
    types = {64: wire.StructType("S", 64, (("", wire.INT), ("X", wire.INT)))}
    with pytest.raises(DecodeError, match="has no name"):
        Compiler(types, "strict").compile(64, schema_of(Point))


def test_a_nested_mismatch_is_found_where_no_value_comes() -> None:
    point = wire.StructType("Order", 64, (("ID", wire.INT), ("Items", 65)))
    types: dict[int, wire.WireType] = {64: point, 65: wire.SliceType("", 65, wire.STRING)}
    with pytest.raises(DecodeError, match="string arrives where"):
        Compiler(types, "strict").compile(64, schema_of(Order))


def test_a_stream_that_go_would_take_is_taken() -> None:
    assert gob.loads(_POINT + b"\x06\xff\x80\1\2\1\4", Point) == Point(1, 2)
