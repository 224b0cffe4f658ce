"""The functions that encode: what Go leaves out, what it sends, what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import attrs
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.gob.compile_encode import encoding_of
from rpcgen.gob.numbers import float_bytes, int_bytes, uint_bytes
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


@define
class _Bools:
    """Bools before, between and after other fields, and more in a row than the code has cases."""

    a: bool
    b: int
    c: bool
    d: bool
    e: str
    f: bool
    g: bool
    h: bool
    i: bool
    j: float
    k: bool
    ll: list[int]
    m: bool
    n: bytes
    o: bool
    p: bool
    q: bool
    r: bool


def _octets_of(value: object) -> bytes:
    """Return the bytes of a field, empty where it is left out."""
    match value:
        case bool():
            return b"\1" if value else b""
        case int():
            return int_bytes(value) if value else b""
        case float():
            return float_bytes(value) if value else b""
        case str() | bytes():
            octets = value.encode() if isinstance(value, str) else value
            return uint_bytes(len(octets)) + octets if octets else b""
        case list():
            return b"".join([uint_bytes(len(value)), *map(int_bytes, value)]) if value else b""
    raise AssertionError(value)


_SMALL = st.integers(-(2**63), 2**63 - 1)


_FIELDS = {name: st.booleans() for name in "acdfghikmopqr"}


@given(
    st.builds(
        _Bools,
        b=_SMALL,
        e=st.text(),
        j=st.floats(allow_nan=False),
        ll=st.lists(_SMALL),
        n=st.binary(),
        **_FIELDS,
    )
)
def test_fields_that_are_left_out_are_counted_in_the_step_to_the_next(value: _Bools) -> None:
    octets, step = b"", 1
    for name in _Bools.__slots__:
        if name == "__weakref__":
            continue
        field = _octets_of(getattr(value, name))
        octets += uint_bytes(step) + field if field else b""
        step = 1 if field else step + 1
    encoder = gob.Encoder()
    encoder.encode(value)
    message = encoder.encode(value)
    assert message.endswith(b"\xff\x80" + octets + b"\0")
    assert gob.loads(gob.dumps(value), _Bools) == value


@pytest.mark.parametrize("wrong", [1, 0, 1.0, None, "", "True"])
@pytest.mark.parametrize("name", ["a", "c", "d", "i", "k", "r"])
def test_what_is_no_bool_is_refused_wherever_it_is(name: str, wrong: Any) -> None:
    yes: Any = True
    value = _Bools(*[yes] * 18)
    value.b, value.e, value.j, value.ll, value.n = 1, "e", 1.5, [1], b"n"
    assert gob.loads(gob.dumps(value), _Bools) == value
    setattr(value, name, wrong)
    with pytest.raises(EncodeError, match=f"_Bools.{name}: .* does not fit bool"):
        gob.dumps(value)


def test_struct_of_more_fields_than_there_are_small_steps() -> None:
    names = [f"f{n}" for n in range(600)]
    cls: Any = attrs.make_class("Wide", {name: attrs.field(type=int) for name in names})
    for there in (0, 1, 300, 599):
        value = cls(*(5 if n == there else 0 for n in range(600)))
        assert gob.loads(gob.dumps(value), cls) == value
