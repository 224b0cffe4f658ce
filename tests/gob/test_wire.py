"""Type definitions as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.numbers import read_int

_IDS = st.integers(0, 2**31 - 1)
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_TYPES = st.one_of(
    st.builds(wire.ArrayType, _NAMES, _IDS, _IDS, _IDS),
    st.builds(wire.SliceType, _NAMES, _IDS, _IDS),
    st.builds(wire.MapType, _NAMES, _IDS, _IDS, _IDS),
    st.builds(wire.OpaqueType, _NAMES, _IDS, st.sampled_from(["gob", "binary", "text"])),
    st.builds(
        wire.StructType, _NAMES, _IDS, st.lists(st.tuples(_NAMES, _IDS), max_size=5).map(tuple)
    ),
)


def test_write_definition_of_a_struct_gives_the_bytes_of_go() -> None:
    point = wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT)))
    octets = "7f03010105506f696e7401ff800001020101580104000101590104000000"
    assert wire.write_definition(64, point).hex() == octets


@given(_TYPES)
def test_read_definition_reverses_write_definition(known: wire.WireType) -> None:
    octets = wire.write_definition(known.id, known)
    _, pos = read_int(octets, 0, len(octets))
    read, end = wire.read_definition(octets, pos, len(octets))
    # Numbers that are 0 are left out, and then are 0 again.
    assert (read, end) == (known, len(octets))


def test_read_definition_that_says_nothing() -> None:
    assert wire.read_definition(b"\0", 0, 1) == (wire.UnknownType(), 1)


def test_read_definition_of_an_unknown_kind() -> None:
    with pytest.raises(DecodeError, match="gob does not know"):
        wire.read_definition(b"\x08\0\0", 0, 3)


def test_read_definition_with_an_id_beyond_32_bits() -> None:
    with pytest.raises(DecodeError, match="out of range"):
        wire.read_definition(bytes.fromhex("020102fb0200000000"), 0, 9)


def test_read_definition_with_more_fields_than_bytes() -> None:
    with pytest.raises(DecodeError, match="do not fit"):
        wire.read_definition(bytes.fromhex("0302ffff"), 0, 4)
