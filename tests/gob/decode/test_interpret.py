"""Interpretation takes what Go takes, and says what is wrong with the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.interpret import Interpreter
from rpcgen.gob.decoder import Decoder
from rpcgen.schema import schema_of
from rpcgen.types import Complex64, Float32, Int8

from ..accelerated_examples import samples
from ..examples import Color, Point

_POINT = gob.dumps(Point(1, 2))[:31]


def _interpreted(types: dict[int, wire.WireType], id: int, annotation: Any, octets: bytes) -> Any:
    """Decode one value by interpretation."""
    decoder = gob.Decoder()
    decoder.end = len(octets)
    decoder.charge(-decoder.limits.decoded)
    interpreter = Interpreter(decoder, types, "strict")
    value, _ = interpreter.decode(id, schema_of(annotation), octets, 0, 100)
    return value


def _exact(data: bytes, limits: gob.Limits | None = None) -> Decoder:
    """Return a decoder that interprets all values."""
    decoder = Decoder(data, limits=limits or gob.Limits())
    decoder._overrun = 1 << 62
    return decoder


_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT))),
    65: wire.SliceType("", 65, 64),
    66: wire.MapType("", 66, wire.STRING, wire.INT),
}


@pytest.mark.parametrize("octets", [b"\1\2\1\4\0", b"\1\2\1\4"])
def test_the_end_of_the_message_ends_a_struct(octets: bytes) -> None:
    assert _interpreted(_TYPES, 64, Point, octets) == Point(1, 2)


def test_the_end_of_the_message_ends_structs_in_slices() -> None:
    assert _interpreted(_TYPES, 65, list[Point], b"\0\1\1\2\1\4") == [Point(1, 2)]


def test_a_step_of_more_bytes_than_needed() -> None:
    assert _interpreted(_TYPES, 64, Point, b"\xff\1\2\0") == Point(1, 0)


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
        _interpreted(_TYPES, id, annotation, octets)


def test_a_stream_that_go_would_take_is_taken() -> None:
    assert gob.loads(_POINT + b"\x06\xff\x80\1\2\1\4", Point) == Point(1, 2)


@pytest.mark.parametrize(("annotation", "value"), list(samples()))
def test_value_is_interpreted_as_it_is_compiled(annotation: Any, value: Any) -> None:
    data = gob.dumps(value, annotation)
    compiled, interpreted = Decoder(data), _exact(data)
    assert repr(interpreted.decode(annotation)) == repr(compiled.decode(annotation))
    assert (interpreted.pending, interpreted._fast) == (0, {})


@pytest.mark.parametrize("value", [-128, -1, 0, 127])
def test_int_in_its_range_is_taken(value: int) -> None:
    assert _exact(gob.dumps(value)).decode(Int8) == value


@pytest.mark.parametrize("value", [-129, 128])
def test_int_out_of_its_range_is_refused(value: int) -> None:
    with pytest.raises(DecodeError, match="does not fit int8"):
        _exact(gob.dumps(value)).decode(Int8)


@pytest.mark.parametrize("annotation", [complex, Complex64])
def test_complex_is_taken_if_it_has_the_bits(annotation: Any) -> None:
    decoder = _exact(gob.dumps(1e300 + 1j))
    if annotation is complex:
        assert decoder.decode(annotation) == 1e300 + 1j
    else:
        with pytest.raises(DecodeError, match="does not fit float32"):
            decoder.decode(annotation)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ([Point(n, n) for n in range(100)], list[Point]),
        ([{n} for n in range(100)], list[set[int]]),
        ([f"{n}" for n in range(100)], list[str]),
        ({n: n for n in range(100)}, dict[int, int]),
    ],
    ids=["structs", "sets", "strings", "maps"],
)
def test_memory_of_values_is_counted(value: Any, annotation: Any) -> None:
    decoder = _exact(gob.dumps(value, annotation), gob.Limits(decoded=2500))
    with pytest.raises(DecodeError, match="more than 2500 bytes in memory"):
        decoder.decode(annotation)


def test_fault_in_a_field_that_is_passed_over_has_its_name() -> None:
    types = {64: wire.StructType("P", 64, (("X", wire.INT), ("Other", wire.STRING)))}
    decoder = Decoder()
    decoder.end = 4
    decoder.charge(-decoder.limits.decoded)
    interpreter = Interpreter(decoder, types, "strict")
    with pytest.raises(DecodeError, match="7 bytes do not fit"):
        interpreter.decode(64, schema_of(Place), b"\2\7ab", 0, 100)
    assert interpreter.path == "Place.Other"


def test_default_is_taken_for_a_field_that_the_sender_has_not() -> None:
    assert _interpreted(_TYPES, 64, Defaulted, b"\1\2\0") == Defaulted(1, 0, 7)


@dataclasses.dataclass
class Place:
    x: int
    y: int = 0


@dataclasses.dataclass(kw_only=True)
class NamedPlace:
    x: int
    y: int = 0


@pytest.mark.parametrize("place", [Place(1, 2), NamedPlace(x=1, y=2)])
def test_dataclass_is_interpreted(place: object) -> None:
    assert _interpreted(_TYPES, 64, type(place), b"\1\2\1\4\0") == place


@dataclasses.dataclass
class Defaulted:
    x: int
    y: int = 5
    z: int = 7
