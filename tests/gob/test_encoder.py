"""`Encoder`: streams, atomicity, and errors that say where."""

from __future__ import annotations

from typing import Annotated, Any, cast

import pytest
from attrs import define, field

from rpcgen import gob
from rpcgen.errors import EncodeError, SchemaError
from rpcgen.types import OpenIntEnum, Uint8, length, underlying

from .examples import Circle, Color, Drawing, Empty, Holder, Item, Node, Order, Point, Square

pytestmark = pytest.mark.usefixtures("implementation")

_POINT = bytes.fromhex(
    "1e7f03010105506f696e7401ff80000102010158010400010159010400000007ff800102010400"
)


def test_encode_first_describes_the_type() -> None:
    assert gob.Encoder().encode(Point(1, 2), Point) == _POINT


def test_encode_without_a_schema_takes_the_class_of_the_value() -> None:
    assert gob.Encoder().encode(Point(1, 2)) == _POINT


def test_encode_describes_a_type_once() -> None:
    encoder = gob.Encoder()
    encoder.encode(Point(1, 2), Point)
    assert encoder.encode(Point(3, 4), Point).hex() == "07ff800106010800"


def test_encode_all_is_one_after_the_other() -> None:
    one, other = gob.Encoder(), gob.Encoder()
    both = one.encode_all([(1, int), (Point(1, 2), Point), ("x", str)])
    assert both == other.encode(1) + other.encode(Point(1, 2)) + other.encode("x")


def test_encode_all_of_a_value_that_fails_forgets_the_ones_before() -> None:
    encoder = gob.Encoder()
    with pytest.raises(EncodeError):
        encoder.encode_all([(Point(1, 2), Point), ("x", int)])
    assert encoder.encode(Point(1, 2), Point) == _POINT


def test_encode_of_a_value_that_fails_leaves_the_stream_alone() -> None:
    encoder = gob.Encoder()
    encoder.encode(Holder(1), Holder)
    with pytest.raises(EncodeError):
        encoder.encode(Holder([Item("a", 1.0), object()]), Holder)
    registry = gob.Registry()
    registry.register(Point)
    assert encoder.encode(1) == b"\x03\x04\x00\x02"


def test_encode_after_a_failure_describes_what_was_not_sent() -> None:
    registry = gob.Registry()
    registry.register(Point)
    encoder = gob.Encoder(registry=registry)
    first = encoder.encode(Holder(None), Holder)
    with pytest.raises(EncodeError):
        encoder.encode(Holder([Point(1, 2), object()]), Holder)
    second = encoder.encode(Holder(Point(1, 2)), Holder)
    decoder = gob.Decoder(first + second, registry=registry)
    assert [decoder.decode(Holder), decoder.decode(Holder)] == [
        Holder(None),
        Holder(Point(1, 2)),
    ]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Order("x", []), "Order.id"),  # type: ignore[arg-type]
        (Order(1, [Item("a", 1.0), Item("b", "2")]), r"Order.items\[1\].price"),  # type: ignore[arg-type]
        (Order(1, [Item("a", 1.0, ["t", 5])]), r"Order.items\[0\].tags\[1\]"),  # type: ignore[list-item]
        (Order(1, [], {"k": "v"}), r"Order.stock\['k'\]"),  # type: ignore[dict-item]
        (Order(1, [], {5: 1}), r"Order.stock\[5\]"),  # type: ignore[dict-item]
        (Order(1, [], {}, 7), "Order.note"),  # type: ignore[arg-type]
        (Order(1, None), "Order.items"),  # type: ignore[arg-type]
        (Order(1, "abc"), "Order.items"),  # type: ignore[arg-type]
        (Order(None, []), "Order.id"),  # type: ignore[arg-type]
        (Order(2**63, []), "Order.id"),
    ],
)
def test_encode_error_names_the_place(value: Order, path: str) -> None:
    with pytest.raises(EncodeError, match=f"^{path}: "):
        gob.dumps(value, Order)


def test_encode_error_inside_an_interface_names_the_place() -> None:
    registry = gob.Registry()
    registry.register(Item)
    with pytest.raises(EncodeError) as caught:
        gob.Encoder(registry=registry).encode(Holder(Item("a", None)), Holder)  # type: ignore[arg-type]
    assert caught.value.path == "Holder.value.price"


def test_encode_of_a_value_that_contains_itself() -> None:
    node = Node("a")
    node.kids.append(node)
    with pytest.raises(EncodeError, match="contains itself"):
        gob.dumps(node, Node)


def test_encode_of_a_surrogate_tells_of_the_option() -> None:
    with pytest.raises(EncodeError, match="surrogateescape"):
        gob.dumps("\udcff", str)


def test_encode_of_an_escaped_byte_gives_the_byte() -> None:
    encoder = gob.Encoder(strings="surrogateescape")
    assert encoder.encode("\udcff", str).hex() == "040c0001ff"


def test_encoder_with_a_value_that_an_option_cannot_have() -> None:
    with pytest.raises(ValueError, match="strings='replace': write 'strict' or"):
        gob.dumps("a", str, strings=cast(Any, "replace"))


def test_encode_of_an_unregistered_class_in_any() -> None:
    with pytest.raises(EncodeError, match="Item is not registered"):
        gob.dumps(Holder(Item("a", 1.0)), Holder)


def test_encode_of_a_typed_value_uses_its_name() -> None:
    assert b"\x05uint8\x06" in gob.dumps(Holder(gob.Typed(5, Uint8)), Holder)


def test_encode_of_a_type_that_cannot_travel() -> None:
    with pytest.raises(SchemaError):
        gob.dumps(bytearray())


@pytest.mark.parametrize("shape", [Circle(1.0), Square(2.0)])
def test_encode_of_a_union_needs_no_registration(shape: Circle | Square) -> None:
    assert gob.loads(gob.dumps(Drawing(shape), Drawing), Drawing) == Drawing(shape)


@pytest.mark.parametrize("shape", [None, Point(1, 2)])
def test_encode_of_what_is_no_member_of_a_union(shape: Any) -> None:
    with pytest.raises(EncodeError, match="union"):
        gob.dumps(Drawing(shape), Drawing)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ([1, 2], b"[]interface {}"),
        (["a"], b"[]interface {}"),
        (gob.Typed([True], list[bool]), b"[]bool"),
        ((1.5,), b"[]interface {}"),
        ([], b"[]interface {}"),
        ([1, "a"], b"[]interface {}"),
        ({"a": 1}, b"map[string]interface {}"),
    ],
)
def test_encode_of_a_list_in_any_does_not_depend_on_what_it_holds(value: Any, name: bytes) -> None:
    assert bytes((len(name),)) + name in gob.dumps(Holder(value), Holder)


def test_encode_of_an_empty_struct() -> None:
    assert gob.dumps(Empty(), Empty).endswith(b"\x03\xff\x80\x00")


@underlying(Uint8)
class Level(OpenIntEnum):
    LOW = 200


@define
class Levels:
    level: Level
    pair: Annotated[list[Level], length(2)] = field(factory=lambda: [Level(0)] * 2)


@pytest.mark.parametrize("value", [Level.LOW, Level(7), Level(0)])
def test_encode_of_an_enum_is_that_of_its_underlying_type(value: Level) -> None:
    @define
    class Plain:
        level: Uint8
        pair: Annotated[list[Uint8], length(2)] = field(factory=lambda: [0] * 2)

    name = b"\x06Levels"
    plain = gob.dumps(Plain(value.value), Plain)
    assert gob.dumps(Levels(value), Levels)[-5:] == plain[-5:]
    assert name in gob.dumps(Levels(value), Levels)


def test_enum_of_an_unsigned_type_is_itself_after_a_journey() -> None:
    sent = Levels(Level.LOW, [Level.LOW, Level(9)])
    assert gob.loads(gob.dumps(sent, Levels), Levels) == sent


@pytest.mark.parametrize("value", [256, -1])
def test_encode_of_a_value_beyond_the_underlying_type_of_an_enum(value: int) -> None:
    with pytest.raises(EncodeError, match=f"level: {value} does not fit uint8"):
        gob.dumps(Levels(Level(value)), Levels)


def test_encode_of_an_enum_that_is_not_registered_in_any() -> None:
    with pytest.raises(EncodeError, match="Color is not registered"):
        gob.dumps(Holder(Color.RED), Holder)


def test_types_with_and_without_interfaces_share_the_ids() -> None:
    encoder = gob.Encoder()
    stream = encoder.encode(Point(1, 2), Point) + encoder.encode(Drawing(Circle(1.0)), Drawing)
    decoder = gob.Decoder(stream)
    assert (decoder.decode(Point), decoder.decode(Drawing)) == (
        Point(1, 2),
        Drawing(Circle(1.0)),
    )


def test_encode_after_puts_messages_in_front() -> None:
    one, other = gob.Encoder(), gob.Encoder()
    for value in (Point(1, 2), Point(3, 4), Holder(5), Holder([1, "a"])):
        ahead = other.encode(7)
        assert one.encode_after(one.encode(7), value) == ahead + other.encode(value)


def test_encode_after_of_a_value_that_fails_leaves_the_stream_as_it_was() -> None:
    one, other = gob.Encoder(), gob.Encoder()
    bad: Any = Point(1, "no number")  # type: ignore[arg-type]
    for value in (Point(1, 2), Point(3, 4)):
        with pytest.raises(EncodeError):
            one.encode_after(b"", bad, Point)
        with pytest.raises(EncodeError):
            one.encode_after(b"", 5, {"no": "annotation"})
        assert one.encode(value, Point) == other.encode(value, Point)


@define
class _Bulky:
    before: int
    raw: bytes
    text: str
    many: list[bytes]
    by_name: dict[str, bytes]
    any: Any
    last: bool


_RAW = bytes(100_000)


@pytest.mark.parametrize("size", [0, 1, 511, 512, (1 << 15) - 1, 1 << 15, 100_000])
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("last", [True, False])
def test_large_parts_are_encoded_as_small_ones(size: int, before: int, last: bool) -> None:
    value = _Bulky(
        before, bytes(size), "é" * size, [bytes(size), b"x"], {"k": bytes(size)}, "y" * size, last
    )
    one, parts, after = gob.Encoder(), gob.Encoder(), gob.Encoder()
    for _ in range(2):
        whole = one.encode(value)
        assert b"".join(parts.encode_parts([(value, None)])) == whole
        assert b"".join(after.encode_parts_after(b"ahead", value)) == b"ahead" + whole
    decoder = gob.Decoder(one.encode(value))
    assert gob.loads(gob.dumps(value), _Bulky) == value
    assert decoder.pending


@pytest.mark.parametrize("value", [bytearray(_RAW), memoryview(_RAW)])
def test_large_buffers_are_encoded_as_bytes(value: Any) -> None:
    assert gob.dumps(value, bytes) == gob.dumps(_RAW, bytes)


def test_large_bytes_are_not_copied_into_parts() -> None:
    encoder = gob.Encoder()
    for _ in range(2):
        assert any(part is _RAW for part in encoder.encode_parts([(_RAW, bytes), (1, int)]))
        assert any(part is _RAW for part in encoder.encode_parts_after(b"", _RAW, bytes))


def test_small_values_are_one_part() -> None:
    encoder = gob.Encoder()
    for _ in range(2):
        assert len(encoder.encode_parts([(Point(1, 2), Point), ("x", str)])) == 1
        assert len(encoder.encode_parts_after(b"ahead", Point(1, 2), Point)) == 1


class Exiting:
    """Ends the program when it is encoded, the first time."""

    def __init__(self, exits: bool) -> None:
        self.exits = exits

    def gob_encode(self) -> bytes:
        if self.exits:
            raise SystemExit
        return b"x"

    @classmethod
    def gob_decode(cls, data: bytes) -> Exiting:
        return cls(False)


def test_encode_after_something_worse_than_an_exception() -> None:
    encoder = gob.Encoder()
    with pytest.raises(SystemExit):
        encoder.encode(Exiting(True))
    assert encoder.encode(Exiting(False)) == gob.dumps(Exiting(False))
