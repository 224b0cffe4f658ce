from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rpcgen import gob
from rpcgen.gob.wire import ArrayType, MapType, OpaqueType, SliceType, StructType, WireType
from rpcgen.testing.recording.wire_names import bare_name, name_elements, name_times
from rpcgen.values.record import Undecoded

NAMELESS = StructType("", 70, (("X", 2),))


@pytest.mark.parametrize(
    ("text", "name"),
    [("main.Stats", "Stats"), ("*main.Stats", "Stats"), ("Stats", "Stats"), ("struct {}", "")],
)
def test_bare_name(text: str, name: str) -> None:
    assert bare_name(text) == name


@pytest.mark.parametrize(
    "container",
    [
        SliceType("[]main.Point", 71, 70),
        SliceType("[]*main.Point", 71, 70),
        ArrayType("[4]main.Point", 71, 70, 4),
        MapType("map[string]main.Point", 71, 6, 70),
        MapType("map[main.Point]int", 71, 70, 2),
        MapType("map[[2]int]main.Point", 71, 72, 70),
    ],
)
def test_element_has_its_name_in_the_container(container: WireType) -> None:
    types: dict[int, WireType] = {70: NAMELESS, 71: container, 72: ArrayType("", 72, 2, 2)}
    name_elements(types)
    assert types[70].name == "Point"


def test_element_of_an_element_has_its_name_there_too() -> None:
    types: dict[int, WireType] = {
        70: NAMELESS,
        71: SliceType("", 71, 70),
        72: MapType("map[string][]main.Point", 72, 6, 71),
    }
    name_elements(types)
    assert types[70].name == "Point"


@pytest.mark.parametrize("name", ["", "Points", "[]struct { X int }", "map[", "map[string"])
def test_name_that_says_nothing_changes_nothing(name: str) -> None:
    types: dict[int, WireType] = {70: NAMELESS, 71: SliceType(name, 71, 70)}
    name_elements(types)
    assert types[70] == NAMELESS


def test_container_of_itself_has_an_end() -> None:
    types: dict[int, WireType] = {71: SliceType("[]" * 500, 71, 71)}
    name_elements(types)
    assert types[71].name == "[]" * 500


def test_time_is_known_by_its_bytes() -> None:
    decoder = gob.Decoder(gob.dumps(datetime(2026, 1, 2, tzinfo=UTC)))
    decoder.decode()
    data = datetime(2026, 1, 2, tzinfo=UTC)
    octets = gob.dumps(data)[-15:]
    types: dict[int, WireType] = {70: OpaqueType("", 70, "gob")}
    name_times(types, 70, Undecoded("", octets))
    assert types[70].name == "Time"


def test_other_bytes_are_no_time() -> None:
    types: dict[int, WireType] = {70: OpaqueType("", 70, "gob")}
    name_times(types, 70, Undecoded("", b"\2\1"))
    assert types[70].name == ""
