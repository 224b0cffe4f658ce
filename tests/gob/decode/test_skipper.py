"""Values that nobody has asked for are passed over, whatever they are."""

from __future__ import annotations

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.skipper import Skipper

from ..examples import Point

_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Name", wire.STRING))),
    65: wire.SliceType("", 65, 64),
    66: wire.MapType("", 66, wire.STRING, wire.COMPLEX),
    67: wire.ArrayType("", 67, wire.BOOL, 3),
    68: wire.OpaqueType("Time", 68, "gob"),
    69: wire.UnknownType(),
}


def _skipped(id: int, data: bytes, depth: int = 9) -> int:
    decoder = gob.Decoder(data)
    decoder.end = len(data)
    return Skipper(decoder, _TYPES, "strict").skip(id, data, 0, depth)


@pytest.mark.parametrize(
    ("id", "data"),
    [
        (wire.INT, b"\7"),
        (wire.FLOAT, b"\xfe\xf0\x3f"),
        (wire.COMPLEX, b"\1\xff\x80"),
        (wire.STRING, b"\3abc"),
        (wire.INTERFACE, b"\0"),
        (64, b"\1\7\1\2ab\0"),
        (64, b"\2\2ab\0"),
        (65, b"\2\1\7\0\0"),
        (66, b"\1\1a\1\1"),
        (67, b"\3\1\0\1"),
        (68, b"\2ab"),
    ],
)
def test_value_is_passed_over(id: int, data: bytes) -> None:
    assert _skipped(id, data) == len(data)
    assert _skipped(id, data + b"\0more") == len(data)


@pytest.mark.parametrize(
    ("id", "data", "reason"),
    [
        (wire.INT, b"\xfe\1", "ends inside"),
        (wire.STRING, b"\5ab", "5 bytes do not fit"),
        (64, b"\3\1", "beyond the 2"),
        (65, b"\5\0", "before the last element"),
        (67, b"\2\0\0", "2 elements where there must be 3"),
        (69, b"\0", "says nothing"),
        (99, b"\0", "type 99 is not defined"),
    ],
)
def test_what_is_wrong_is_said(id: int, data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        _skipped(id, data)


def test_levels_are_counted() -> None:
    assert _skipped(65, b"\1\0", depth=2) == 2
    with pytest.raises(DecodeError, match="nested too deeply"):
        _skipped(65, b"\1\0", depth=1)


def test_skipping_leaves_nothing_behind() -> None:
    decoder = gob.Decoder(gob.dumps([Point(1, 2)] * 1000))
    decoder.skip()
    assert decoder.pending == 0
