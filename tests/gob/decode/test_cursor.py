"""Steps in a message, each looked at before it is taken, and the path to where it is."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.cursor import Cursor, levels_inside
from rpcgen.gob.numbers import uint_bytes


def _cursor(data: bytes, types: dict[int, wire.WireType] | None = None) -> Cursor:
    """Return a cursor at the beginning of a message."""
    decoder = gob.Decoder()
    decoder.end = len(data)
    decoder.charge(-decoder.limits.decoded)
    cursor = Cursor(decoder, types or {}, "strict")
    cursor._data, cursor.pos = data, 0
    return cursor


def test_numbers_follow_each_other() -> None:
    cursor = _cursor(b"\7\xfe\1\0\6")
    assert (cursor._uint(), cursor._uint(), cursor._int()) == (7, 256, 3)
    assert cursor.pos == 5


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xfe\1"])
def test_number_beyond_the_end_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="ends inside"):
        _cursor(data)._uint()


def test_octets_beyond_the_end_are_refused() -> None:
    with pytest.raises(DecodeError, match="5 bytes do not fit the message"):
        _cursor(b"\5abcd")._byte_string()


def test_elements_are_at_their_indices() -> None:
    cursor = _cursor(b"\3abc")
    paths = []

    def read(id: int, depth: int) -> int:
        paths.append((cursor.path, id, depth))
        return cursor._uint()

    cursor._path.append("rows")
    assert cursor._elements(wire.SliceType("", 64, 70), read, 9, 0) == [97, 98, 99]
    assert paths == [("rows[0]", 70, 9), ("rows[1]", 70, 9), ("rows[2]", 70, 9)]
    assert cursor.path == "rows"


def test_path_has_the_keys_of_maps() -> None:
    cursor = _cursor(b"\1\7\x09")
    paths = []

    def read_value(id: int, depth: int) -> int:
        paths.append(cursor.path)
        return cursor._uint()

    cursor._path.append("m")
    entries = cursor._entries(
        wire.MapType("", 64, 3, 3), lambda id, depth: cursor._uint(), read_value, 9
    )
    assert (entries, paths) == (([7], [9]), ["m[7]"])


def test_path_survives_a_key_that_cannot_be_shown() -> None:
    class Key:
        def __repr__(self) -> str:
            raise ValueError("no repr")

    cursor = _cursor(b"\1\7")

    def fail(id: int, depth: int) -> Any:
        raise DecodeError("no value")

    cursor._path.append("m")
    with pytest.raises(DecodeError, match="no value"):
        cursor._entries(wire.MapType("", 64, 3, 3), lambda id, depth: Key(), fail, 9)
    assert cursor.path == "m[?]"


def test_levels_end_at_the_limit() -> None:
    assert levels_inside(1) == 0
    with pytest.raises(DecodeError, match=r"nested too deeply \(Limits\.depth\)"):
        levels_inside(0)


def test_steps_of_a_path_are_cut() -> None:
    name = "x" * 100_000
    known = wire.StructType("S", 64, ((name, 64), ("Value", wire.STRING)))
    body = b"\1" * 20 + b"\2\1\xff"
    definition = wire.write_definition(64, known)
    data = uint_bytes(len(definition)) + definition + uint_bytes(len(body) + 2) + b"\xff\x80" + body
    with pytest.raises(DecodeError) as caught:
        gob.loads(data)
    assert len(str(caught.value)) < 5000
