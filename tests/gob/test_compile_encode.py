"""The functions that encode: what Go leaves out, what it sends, what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.gob.compile_encode import encoding_of
from rpcgen.schema import schema_of
from rpcgen.types import Complex64, Float32, Int8, Int16, Int32, Uint, Uint8, Uint16, Uint32, length

from .examples import Color, Drawing, Item, Kinds, Order, Point, Rights, Sizes, Unit
from .vectors import same

_KINDS = Kinds(
    flag=True,
    number=-(2**63),
    small=-128,
    octet=255,
    real=-0.0,
    narrow=1.5,
    pair=complex(1, -2),
    text="é" * 300,
    raw=b"\0\xff",
    color=Color.BLUE,
    unit=Unit.METRE,
    span=timedelta(microseconds=-1),
    grid=[1, 0],
    names=("a", ""),
    points={Point(1, 2): [Point(3, 4), Point(0, 0)]},
    maybe=Point(0, 0),
    when=datetime(2024, 1, 1, tzinfo=UTC),
)


def test_every_kind_comes_back() -> None:
    assert gob.loads(gob.dumps(_KINDS), Kinds) == _KINDS


def test_encoding_is_compiled_once() -> None:
    assert encoding_of(schema_of(Point), "strict") is encoding_of(schema_of(Point), "strict")


@pytest.mark.parametrize(("annotation", "flushes"), [(Point, False), (Any, True), (Drawing, True)])
def test_encoding_knows_whether_definitions_can_come_inside(annotation: Any, flushes: bool) -> None:
    assert encoding_of(schema_of(annotation), "strict").flushes is flushes


@pytest.mark.parametrize(
    ("point", "octets"),
    [
        (Point(0, 0), "00"),
        (Point(5, 0), "010a00"),
        (Point(0, 5), "020a00"),
        (Point(5, 5), "010a010a00"),
        (Point(300, -300), "01fe025801fe025700"),
    ],
)
def test_zero_fields_are_left_out(point: Point, octets: str) -> None:
    encoder = gob.Encoder()
    encoder.encode(point, Point)
    assert encoder.encode(point, Point)[3:].hex() == octets


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Int8, 128),
        (Int8, -129),
        (Int16, 2**15),
        (Int32, -(2**31) - 1),
        (int, 2**63),
        (Uint8, 256),
        (Uint8, -1),
        (Uint16, 2**16),
        (Uint32, 2**32),
        (Uint, 2**64),
        (Uint, -1),
        (Float32, 1e39),
        (Complex64, 1e39j),
    ],
)
def test_numbers_out_of_range(annotation: Any, value: Any) -> None:
    with pytest.raises(EncodeError):
        gob.dumps(value, annotation)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bool, 1),
        (int, 1.0),
        (int, "1"),
        (float, "1"),
        (str, b"a"),
        (str, None),
        (bytes, "a"),
        (bytes, [1]),
        (list[int], "abc"),
        (list[str], "abc"),
        (list[int], {1: 2}),
        (list[int], None),
        (dict[str, int], [("a", 1)]),
        (Color, 1.5),
        (Color, "x"),
        (Unit, 5),
        (timedelta, 5),
        (datetime, 5),
        (Point, Item("a", 1.0)),
        (Point, None),
        (int | None, None),
        (list[int | None], [1, None]),
        (dict[str, int | None], {"a": None}),
        (Annotated[list[int], length(2)], [1]),
        (Annotated[bytes, length(2)], b"abc"),
    ],
)
def test_values_of_another_type(annotation: Any, value: Any) -> None:
    with pytest.raises(EncodeError):
        gob.dumps(value, annotation)


@pytest.mark.parametrize("field", ["i8", "u8", "u16", "f32"])
@pytest.mark.parametrize("value", [None, "", (), b""])
def test_what_looks_like_zero_is_not(field: str, value: Any) -> None:
    with pytest.raises(EncodeError, match=f"Sizes.{field}"):
        gob.dumps(Sizes(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"), [("id", ""), ("items", ""), ("stock", None), ("note", 0)]
)
def test_what_looks_empty_is_not(field: str, value: Any) -> None:
    arguments: dict[str, Any] = {"id": 1, "items": [], field: value}
    with pytest.raises(EncodeError, match=f"Order.{field}"):
        gob.dumps(Order(**arguments))


def test_an_empty_map_is_sent_as_go_does() -> None:
    assert gob.dumps(Order(0, [])).endswith(b"\x05\xff\x80\x03\x00\x00")


def test_a_map_that_may_be_none_is_left_out() -> None:
    assert gob.dumps([None], list[dict[str, int] | None]).endswith(b"\x01\x00")


def test_members_of_a_flag_are_put_together() -> None:
    both = Rights.READ | Rights.WRITE
    assert gob.loads(gob.dumps(both, Rights), Rights) is both


def test_a_string_enum_travels_by_its_value() -> None:
    assert gob.loads(gob.dumps(Unit.METRE, Unit), str) == "m"


@given(st.lists(st.floats()))
def test_floats_come_back_to_the_bit(values: list[float]) -> None:
    assert same(gob.loads(gob.dumps(values, list[float]), list[float]), values)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_come_back(values: list[int]) -> None:
    assert gob.loads(gob.dumps(values, list[int]), list[int]) == values


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.binary()))
def test_maps_come_back(values: dict[str, bytes]) -> None:
    assert gob.loads(gob.dumps(values, dict[str, bytes]), dict[str, bytes]) == values


@given(st.integers(0, 255), st.integers(0, 255))
def test_octets_of_an_array_come_back(one: int, other: int) -> None:
    pair = Annotated[bytes, length(2)]
    assert gob.loads(gob.dumps(bytes((one, other)), pair), pair) == bytes((one, other))
