"""Values without a schema, as plain Python and records."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.interpret import Interpreter
from rpcgen.gob.decode.records import RecordReader
from rpcgen.schema import UNTYPED

_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT))),
    65: wire.SliceType("", 65, 64),
    66: wire.MapType("", 66, wire.STRING, wire.FLOAT),
    67: wire.ArrayType("", 67, wire.BOOL, 2),
    68: wire.OpaqueType("Thing", 68, "binary"),
}


def _read(id: int, data: bytes, depth: int = 9) -> Any:
    decoder = gob.Decoder(data)
    decoder.end = len(data)
    decoder.charge(-decoder.limits.decoded)
    reader = RecordReader(decoder, _TYPES, "strict")
    reader._data, reader.pos = data, 0
    value = reader._element(id, depth)
    assert reader.pos == len(data)
    return value


@pytest.mark.parametrize(
    ("id", "data", "value"),
    [
        (wire.BOOL, b"\1", True),
        (wire.INT, b"\5", -3),
        (wire.UINT, b"\5", 5),
        (wire.FLOAT, b"\xfe\xf0\x3f", 1.0),
        (wire.COMPLEX, b"\xfe\xf0\x3f\0", 1 + 0j),
        (wire.STRING, b"\2ab", "ab"),
        (wire.BYTES, b"\2ab", b"ab"),
        (wire.INTERFACE, b"\0", None),
        (66, b"\1\1a\0", {"a": 0.0}),
        (67, b"\2\1\0", (True, False)),
        (68, b"\2ab", gob.Undecoded("Thing", b"ab", "binary")),
    ],
)
def test_value_comes_as_plain_python(id: int, data: bytes, value: object) -> None:
    assert _read(id, data) == value


def test_struct_comes_as_a_record() -> None:
    (record,) = _read(65, b"\1\2\4\0")
    assert (record.type_name, record.asdict()) == ("Point", {"X": 0, "Y": 2})


@pytest.mark.parametrize(
    ("id", "data", "reason"),
    [
        (64, b"\3\1", "beyond the 2"),
        (67, b"\1\1", "1 elements where there must be 2"),
        (99, b"\0", "type 99 is not defined"),
    ],
)
def test_what_is_wrong_is_said(id: int, data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        _read(id, data)


def test_levels_are_counted() -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        _read(65, b"\1\0", depth=1)


def test_zeros_of_an_untyped_struct_are_its_own() -> None:
    types: dict[int, wire.WireType] = {
        64: wire.StructType("S", 64, (("A", 65), ("B", 66), ("C", wire.INT), ("D", 64))),
        65: wire.SliceType("", 65, wire.INT),
        66: wire.MapType("", 66, wire.STRING, wire.INT),
        67: wire.SliceType("", 67, 64),
    }
    decoder = gob.Decoder()
    decoder.end = 4
    decoder.charge(-100_000)
    interpreter = Interpreter(decoder, types, "strict")
    values, _ = interpreter.decode(67, UNTYPED, b"\0\2\0\0", 0, 100)
    assert [each.values for each in values] == [([], {}, 0, None)] * 2
    assert values[0].A is not values[1].A
