"""Streams for people."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.gob import wire
from rpcgen.gob.numbers import read_uint, uint_bytes

from .examples import Holder, Item, Node, Order, Point
from .vectors import CASES

_STREAM = gob.dumps(Order(7, [Item("a", 1.5, ["t"])], {"k": 3}))


def test_dump_shows_definitions_and_values_with_offsets() -> None:
    assert gob.dump(gob.dumps(Point(1, 2))) == (
        "000000  message of 30 bytes\n"
        "000001    type 64 is struct Point\n"
        "000001      X int\n"
        "000001      Y int\n"
        "00001f  message of 7 bytes\n"
        "000020    value of type 64 (Point)\n"
        "000022      Point:\n"
        "000023        X = 1\n"
        "000025        Y = 2\n"
    )


@pytest.mark.parametrize(
    "text", ["ID = 7", "Items = 1 elements:", "Price = 1.5", "key 'k'", "[0] 't'"]
)
def test_dump_shows_every_part(text: str) -> None:
    assert text in gob.dump(_STREAM)


def test_dump_shows_types_inside_interfaces() -> None:
    registry = gob.Registry()
    registry.register(Node)
    text = gob.dump(gob.Encoder(registry=registry).encode(Holder(Node("n"))))
    assert "interface value main.Node:" in text


def _ends_of_messages() -> set[int]:
    ends, pos = {0}, 0
    while pos < len(_STREAM):
        size, start = read_uint(_STREAM, pos, len(_STREAM))
        pos = start + size
        ends.add(pos)
    return ends


@pytest.mark.parametrize("size", range(len(_STREAM) + 1))
def test_dump_says_whether_a_stream_is_cut(size: int) -> None:
    assert ("broken here" in gob.dump(_STREAM[:size])) == (size not in _ends_of_messages())


def test_dump_of_a_cut_message_says_what_is_missing() -> None:
    assert gob.dump(_STREAM[:-1]).splitlines()[-1].endswith("are left")


def test_dump_of_a_broken_value_names_the_offset() -> None:
    text = gob.dump(b"\x04\x0c\x00\x05a")
    assert text.splitlines()[-1] == "000003  broken here: 5 bytes do not fit the message"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_dump_reads_the_streams_of_go(case: dict[str, str]) -> None:
    assert "broken" not in gob.dump(bytes.fromhex(case["hex"])) or case["kind"] == "raw"


def test_dump_escapes_what_acts_on_a_terminal() -> None:
    name = "a\n\x1b[2J\u202eb"
    struct = wire.StructType(name, 64, ((name, wire.INT),))
    body = wire.write_definition(64, struct)
    text = gob.dump(uint_bytes(len(body)) + body + b"\x05\xff\x80\x01\x02\x00")
    assert r"struct a\n\x1b[2J\u202eb" in text
    assert r"a\n\x1b[2J\u202eb = 1" in text
    assert all(line.isprintable() for line in text.splitlines())
    assert not re.search("^(?![0-9a-f]{6}  )", text.removesuffix("\n"), re.MULTILINE)


@given(st.binary(max_size=60))
def test_dump_takes_anything(data: bytes) -> None:
    assert isinstance(gob.dump(data), str)


def test_dump_goes_on_where_another_encoder_has_appended() -> None:
    data = gob.dumps(Point(1, 2)) + gob.dumps(Order(7, [])) + gob.dumps(Point(3, 4))
    text = gob.dump(data)
    assert text.count("another stream begins: type 64 is defined again") == 2
    assert "X = 3" in text
    assert "ID = 7" in text
    assert "broken" not in text


def test_dump_of_one_stream_says_of_no_other() -> None:
    encoder = gob.Encoder()
    text = gob.dump(encoder.encode(Point(1, 2)) + encoder.encode(Order(7, [])))
    assert "another stream" not in text


def test_dump_of_a_type_that_is_defined_again_inside_a_value_is_broken() -> None:
    registry = gob.Registry()
    registry.register(Point)
    data = gob.Encoder(registry=registry).encode(Holder(Point(1, 2)))
    assert "broken here" in gob.dump(data.replace(b"\xff\x81\x03", b"\xff\x7f\x03"))
