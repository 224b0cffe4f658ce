"""The functions that encode: what Go leaves out, what it sends, what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Annotated, Any

import attrs
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.gob.encode.compiler import encoding_of
from rpcgen.gob.numbers import float_bytes, int_bytes, uint_bytes
from rpcgen.schema import schema_of
from rpcgen.types import Complex64, Float32, Int8, Int16, Int32, Uint, Uint8, Uint16, Uint32, length

from ..examples import Color, Drawing, Item, Kinds, Order, Point, Rights, Sizes, Unit
from ..vectors import same

pytestmark = pytest.mark.usefixtures("implementation")

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


@define
class Animal:
    name: str


@define
class Dog(Animal):
    bark: str = ""


@define
class Loud(Animal):
    def shout(self) -> str:
        return self.name.upper()


@define
class Zoo:
    animals: list[Animal]
    best: Animal | None = None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Zoo([Animal("a"), Dog("rex", "wuff")]), r"Zoo.animals\[1\]"),
        (Zoo([], Dog("rex", "wuff")), "Zoo.best"),
    ],
    ids=["list", "field"],
)
def test_subclass_with_fields_of_its_own_is_not_cut(value: Zoo, path: str) -> None:
    with pytest.raises(EncodeError, match=f"^{path}: a Dog where Animal is declared .* bark"):
        gob.dumps(value)


def test_subclass_at_the_top_is_not_cut() -> None:
    with pytest.raises(EncodeError, match=r"declare Animal \| Dog"):
        gob.dumps(Dog("rex"), Animal)


def test_subclass_without_fields_of_its_own_is_sent() -> None:
    assert gob.dumps(Zoo([Loud("a")])) == gob.dumps(Zoo([Animal("a")]))


def test_stand_in_with_the_same_attributes_is_sent() -> None:
    stand_in: Any = SimpleNamespace(name="a")
    assert gob.dumps(stand_in, Animal) == gob.dumps(Animal("a"))


def test_what_lacks_the_attributes_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"^Zoo.animals\[0\]: 5 is not a Animal: it has no name"):
        gob.dumps(Zoo([5]))  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (Order("x", []), "Order.id: 'x' does not fit int"),  # type: ignore[arg-type]
        (Order(1.0, []), "Order.id: 1.0 does not fit int"),  # type: ignore[arg-type]
        (Order(1, None), "Order.items: None does not fit []main.Item"),  # type: ignore[arg-type]
        (Order(1, [Item(5, 1.0)]), "Order.items[0].sku: 5 does not fit string"),  # type: ignore[arg-type]
        (Order(1, [Item("a", "x")]), "Order.items[0].price: 'x' does not fit float64"),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_error_says_the_place_and_nothing_of_python(value: object, error: str) -> None:
    with pytest.raises(EncodeError) as caught:
        gob.dumps(value)
    assert str(caught.value) == error


@define
class Painted:
    before: str
    color: Color
    after: str = ""


@pytest.mark.parametrize("wrong", [1, "RED", None, True], ids=repr)
def test_error_of_an_enum_names_its_field(wrong: Any) -> None:
    with pytest.raises(EncodeError, match=f"^Painted.color: {wrong!r} does not fit examples.Color"):
        gob.dumps(Painted("", wrong))
    with pytest.raises(EncodeError, match=rf"^\[1\]: {wrong!r} does not fit examples.Color"):
        gob.dumps([Color.RED, wrong], list[Color])


class Choosy:
    def gob_encode(self) -> bytes:
        raise ValueError("not today")

    @classmethod
    def gob_decode(cls, data: bytes) -> Choosy:
        return cls()


def test_error_of_the_users_code_is_told() -> None:
    with pytest.raises(EncodeError, match="ValueError: not today"):
        gob.dumps([Choosy()], list[Choosy])


def test_attribute_without_a_value_is_refused() -> None:
    order = Order.__new__(Order)
    with pytest.raises(EncodeError, match=r"^Order\.id: the attribute has no value"):
        gob.dumps(order)


def test_nil_map_is_sent_as_an_empty_one() -> None:
    assert gob.dumps(None, dict[str, int] | None).hex() == (
        "0d7f040102ff8000010c0104000004ff800000"
    )


def test_nil_map_in_an_interface_is_sent_as_an_empty_one() -> None:
    names = gob.Registry()
    names.register(dict[str, int])
    encoder = gob.Encoder(registry=names)
    nil, empty = gob.Typed(None, dict[str, int] | None), gob.Typed({}, dict[str, int] | None)
    encoder.encode([empty], list[Any])  # which describes the types
    assert encoder.encode([nil], list[Any]) == encoder.encode([empty], list[Any])


def nested(depth: int) -> Any:
    return list.__class_getitem__(nested(depth - 1)) if depth else int


@pytest.mark.parametrize("depth", [5, 19, 60])
def test_lists_nest_as_deep_as_they_like(depth: int) -> None:
    value: Any = 7
    for _ in range(depth):
        value = [value]
    assert gob.loads(gob.dumps(value, nested(depth)), nested(depth)) == value


def test_error_deep_in_lists_names_the_place() -> None:
    value: Any = "x"
    for _ in range(12):
        value = [[], value] if _ % 2 else [value]
    with pytest.raises(EncodeError) as caught:
        gob.dumps(value, nested(12))
    assert str(caught.value) == f"{'[1][0]' * 6}: 'x' does not fit int"
