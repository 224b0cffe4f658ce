"""`Decoder`: pieces of any size, errors that say where, and going on after them."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen import schema as schemas
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import wire
from rpcgen.gob.numbers import uint_bytes
from rpcgen.schema import Map, schema_of
from rpcgen.types import Int8, Uint8

from .examples import (
    Circle,
    Empty,
    Holder,
    Item,
    Node,
    Order,
    Point,
    Point3,
    Sizes,
)

pytestmark = pytest.mark.usefixtures("implementation")


def _registry() -> gob.Registry:
    registry = gob.Registry()
    for cls in (Point, Item, Node, Holder):
        registry.register(cls)
    return registry


_VALUES: list[Any] = [
    Order(1, [Item("a", 1.5, ["x"]), Item("b", 2.0)], {"k": 500}, "note"),
    7,
    Holder([Point(1, 2), Item("c", 3.5), None, Holder(Node("n", [Node("m")]))], 9),
    "text" * 50,
    Holder(Point(5, 6)),
]


def _stream(values: list[Any] = _VALUES) -> bytes:
    encoder = gob.Encoder(registry=_registry())
    return b"".join(encoder.encode(value) for value in values)


def _drain(decoder: gob.Decoder, types: list[Any]) -> list[Any]:
    """Return the values that are there as a whole."""
    values = []
    while types:
        try:
            values.append(decoder.decode(types[0]))
        except TruncatedError:
            break
        del types[0]
    return values


@settings(max_examples=50)
@given(st.data())
def test_any_chunking_decodes_alike(data: st.DataObject) -> None:
    stream = _stream()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    decoder = gob.Decoder(registry=_registry())
    types, values = [type(value) for value in _VALUES], []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        decoder.feed(stream[start:end])
        values += _drain(decoder, types)
    assert (values, decoder.pending) == (_VALUES, 0)


def test_byte_by_byte_decodes_alike() -> None:
    stream = _stream()
    decoder = gob.Decoder(registry=_registry())
    types, values = [type(value) for value in _VALUES], []
    for octet in stream:
        decoder.feed(bytes((octet,)))
        values += _drain(decoder, types)
    assert values == _VALUES


@pytest.mark.parametrize("size", range(len(_stream([_VALUES[2]]))))
def test_every_cut_of_a_value_is_truncated(size: int) -> None:
    decoder = gob.Decoder(_stream([_VALUES[2]])[:size], registry=_registry())
    with pytest.raises(TruncatedError):
        decoder.decode(Holder)


def test_iteration_yields_the_rest() -> None:
    assert list(gob.Decoder(_stream([1, "a", 2.5]))) == [1, "a", 2.5]


def test_iteration_over_a_cut_stream_raises() -> None:
    values = iter(gob.Decoder(_stream([1, "abc"])[:-1]))
    assert next(values) == 1
    with pytest.raises(TruncatedError):
        next(values)


def test_skip_keeps_the_definitions() -> None:
    decoder = gob.Decoder(_stream([Point(1, 2), Point(3, 4)]))
    decoder.skip()
    assert decoder.decode(Point) == Point(3, 4)


def test_a_field_that_the_sender_lacks_takes_the_default_or_zero() -> None:
    assert gob.loads(gob.dumps(Point(1, 2)), Point3) == Point3(1, 2, 0, "none")


def test_a_field_that_the_sender_leaves_out_is_zero() -> None:
    assert gob.loads(gob.dumps(Point3(1, 2, 3, "")), Point3) == Point3(1, 2, 3, "")


def test_a_field_that_we_lack_is_skipped() -> None:
    assert gob.loads(gob.dumps(Point3(1, 2, 3, "label")), Point) == Point(1, 2)


def test_no_field_in_common() -> None:
    with pytest.raises(DecodeError, match="no field of"):
        gob.loads(gob.dumps(Point(1, 2)), Circle)


def test_an_empty_struct_has_no_field_in_common_and_fits() -> None:
    assert gob.loads(gob.dumps(Empty()), Circle) == Circle(0.0)


def test_nothing_takes_everything() -> None:
    assert gob.loads(gob.dumps(_VALUES[0]), schemas.Empty()) is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(1, str), (1, float), (1.0, int), ("a", bytes), ([1], list[str]), (1, Point)],
)
def test_kinds_never_coerce(value: Any, wanted: Any) -> None:
    with pytest.raises(DecodeError, match=r"arrives where|does not begin with 0"):
        gob.loads(gob.dumps(value), wanted)


def test_decoding_goes_on_after_a_value_of_another_type() -> None:
    decoder = gob.Decoder(_stream([Holder(Point(1, 2)), Point(3, 4)]))
    with pytest.raises(DecodeError):
        decoder.decode(int)
    assert decoder.decode(Point) == Point(3, 4)


def test_error_names_place_and_offset() -> None:
    sizes = gob.dumps({"a": [1, 300]})
    with pytest.raises(DecodeError) as caught:
        gob.loads(sizes, dict[str, list[Int8]])
    assert (caught.value.path, caught.value.offset) == ("['a'][1]", len(sizes))


def test_error_in_a_struct_names_the_fields() -> None:
    order = gob.Encoder(strings="surrogateescape").encode(Order(1, [Item("\udcff", 1.0)]))
    with pytest.raises(DecodeError, match=r"^Order.items\[0\].sku: .*UTF-8.*surrogateescape"):
        gob.loads(order, Order)


def test_offset_counts_from_the_start_of_the_stream() -> None:
    decoder = gob.Decoder()
    decoder.feed(gob.dumps(1))
    decoder.decode(int)
    decoder.feed(b"\x03\x06\x00\x07")
    with pytest.raises(DecodeError) as caught:
        decoder.decode(int)
    assert caught.value.offset == 6


def test_range_of_a_sized_integer() -> None:
    wide = gob.dumps(Sizes(u16=300))

    @define
    class Narrow:
        u16: int

    Narrow.__annotations__["u16"] = Uint8
    with pytest.raises(DecodeError, match=r"Narrow\.u16: 300 does not fit uint8"):
        gob.loads(wide, Narrow)


def test_strings_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(DecodeError, match=r"not UTF-8: pass strings=.surrogateescape."):
        gob.loads(b"\x04\x0c\x00\x01\xff", str)


def test_strings_that_are_not_utf8_keep_their_bytes_on_request() -> None:
    decoder = gob.Decoder(b"\x04\x0c\x00\x01\xff", strings="surrogateescape")
    assert decoder.decode(str) == "\udcff"


@pytest.mark.parametrize(
    "option", [{"strings": "replace"}, {"strings": None}, {"strict_names": "stict"}]
)
def test_decoder_with_a_value_that_an_option_cannot_have(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"write 'strict' or|write False or"):
        gob.loads(b"", str, **option)


def test_message_limit() -> None:
    decoder = gob.Decoder(gob.dumps("x" * 200), limits=gob.Limits(message=100))
    with pytest.raises(DecodeError, match="the limit is 100"):
        decoder.decode(str)


def _chain(depth: int) -> Node:
    node = Node("end")
    for _ in range(depth):
        node = Node("", [], node)
    return node


def test_nesting_below_the_limit() -> None:
    assert gob.loads(gob.dumps(_chain(60)), Node) == _chain(60)


def test_nesting_limit_of_recursive_structs() -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.loads(gob.dumps(_chain(150)), Node)


def test_nesting_limit_while_skipping() -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(gob.dumps(_chain(150))).skip()


def _define(*types: wire.WireType) -> bytes:
    """Return the definitions of types with the ids 64, 65, ..."""
    bodies = [wire.write_definition(64 + index, known) for index, known in enumerate(types)]
    return b"".join(uint_bytes(len(body)) + body for body in bodies)


def _message(octets: bytes) -> bytes:
    return uint_bytes(len(octets)) + octets


@pytest.mark.parametrize("schema", [None, schemas.Empty()])
@pytest.mark.parametrize("depth", [150, 3000])
def test_nesting_limit_of_slices(depth: int, schema: Any) -> None:
    slices = [wire.SliceType("", 64 + i, 65 + i) for i in range(depth)]
    slices[-1] = wire.SliceType("", 63 + depth, wire.INT)
    stream = _define(*slices) + _message(b"\xff\x80\x00" + b"\x01" * depth + b"\x02")
    with pytest.raises(DecodeError, match="nested"):
        gob.Decoder(stream).decode(schema)


@pytest.mark.parametrize("schema", [None, schemas.Empty()])
def test_types_that_branch_at_each_level_are_no_burden(schema: Any) -> None:
    maps = [wire.MapType("", 64 + i, 65 + i, 65 + i) for i in range(90)]
    maps.append(wire.MapType("", 154, wire.INT, wire.INT))
    stream = _define(*maps) + _message(b"\xff\x80\x00\x00")
    assert not gob.Decoder(stream).decode(schema)


@pytest.mark.parametrize("schema", [None, schemas.Empty()])
def test_wide_types_in_wide_types_are_no_burden(schema: Any) -> None:
    structs = [
        wire.StructType(f"S{i}", 64 + i, tuple((f"F{n}", 65 + i) for n in range(40)))
        for i in range(20)
    ]
    structs.append(wire.StructType("Last", 84, (("F", wire.INT),)))
    stream = _define(*structs) + _message(b"\xff\x80\x00")
    gob.Decoder(stream).decode(schema)


def test_slice_of_itself() -> None:
    stream = _define(wire.SliceType("S", 64, 64)) + _message(b"\xff\x80\x00\x02\x00\x01\x00")
    assert gob.Decoder(stream).decode() == [[], [[]]]


def test_a_stream_that_lost_its_step_stays_broken() -> None:
    decoder = gob.Decoder(b"\xf8" + b"\xff" * 8)
    for _ in range(2):
        with pytest.raises(DecodeError, match="the limit is"):
            decoder.decode(int)


def test_loads_with_more_after_the_value() -> None:
    with pytest.raises(DecodeError, match="more after the value"):
        gob.loads(gob.dumps(1) + b"\x03", int)


def test_count_beyond_the_message_allocates_nothing() -> None:
    with pytest.raises(DecodeError):
        gob.loads(bytes.fromhex("0b7f020102ff8000010400000bff8000f87fffffffffffffff"), list[int])


@settings(max_examples=300)
@given(st.binary(max_size=80))
def test_arbitrary_bytes_give_decode_errors_only(data: bytes) -> None:
    for schema in (None, Order, Any, int, dict[str, list[Point]]):
        decoder = gob.Decoder(data)
        try:
            while decoder.pending:
                decoder.decode(schema)
        except DecodeError:
            pass


@settings(max_examples=300)
@given(st.data())
def test_damaged_streams_give_decode_errors_only(data: st.DataObject) -> None:
    stream = bytearray(_stream())
    for _ in range(data.draw(st.integers(1, 3))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    decoder = gob.Decoder(bytes(stream), registry=_registry())
    try:
        for value in _VALUES:
            decoder.decode(type(value) if data.draw(st.booleans()) else None)
    except DecodeError:
        pass


def test_decode_a_key_that_cannot_be_hashed() -> None:
    @define
    class Corner:
        x: int
        y: int

    data = gob.dumps({Point(1, 2): 3}, dict[Point, int])
    with pytest.raises(DecodeError, match="the key of a map has an unhashable type: 'Corner'"):
        gob.loads(data, Map(schema_of(Corner), schema_of(int)))


def _nested_list(levels: int) -> tuple[Any, Any]:
    """Return a type of lists in lists, and a value of it."""
    annotation: Any = int
    value: Any = 1
    for _ in range(levels):
        annotation, value = list[annotation], [value]
    return annotation, value


@pytest.mark.parametrize("levels", [1, 6, 7, 18, 19, 20, 50, 99, 100])
def test_levels_of_lists_up_to_the_limit(levels: int) -> None:
    annotation, value = _nested_list(levels)
    data = gob.dumps(value, annotation)
    assert gob.loads(data, annotation) == value
    assert gob.loads(data) == value
    gob.Decoder(data).skip()


@pytest.mark.parametrize("levels", [101, 102, 150])
def test_levels_of_lists_beyond_the_limit(levels: int) -> None:
    annotation, value = _nested_list(levels)
    data = gob.dumps(value, annotation)
    for schema in (annotation, None, schemas.Empty()):
        with pytest.raises(DecodeError, match=r"nested too deeply \(Limits.depth\)"):
            gob.Decoder(data).decode(schema)


@pytest.mark.parametrize("schema", [Node, None, schemas.Empty()])
def test_levels_of_a_message_that_refers_to_itself(schema: Any) -> None:
    gob.Decoder(gob.dumps(_chain(99))).decode(schema)
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(gob.dumps(_chain(100))).decode(schema)


@pytest.mark.parametrize("schema", [Node, None, schemas.Empty()])
@pytest.mark.parametrize("depth", [1, 2, 5, 7, 8, 9, 20])
def test_small_limits_of_nesting_are_exact(schema: Any, depth: int) -> None:
    limits = gob.Limits(depth=depth)
    gob.Decoder(gob.dumps(_chain(depth - 1)), limits=limits).decode(schema)
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(gob.dumps(_chain(depth)), limits=limits).decode(schema)


# --- a look at the type of what comes next --------------------------------------------------------


def test_next_type_is_that_of_the_value_after_its_definitions() -> None:
    decoder = gob.Decoder(gob.Encoder().encode_all([(Point(1, 2), Point), (7, int)]))
    id = decoder.next_type()
    assert isinstance(decoder.types[id], wire.StructType)
    assert decoder.next_type() == id
    assert decoder.decode(Point) == Point(1, 2)
    assert decoder.next_type() == wire.INT
    assert decoder.decode(int) == 7


def test_next_type_of_a_stream_that_comes_byte_by_byte() -> None:
    data = gob.Encoder().encode(Point(1, 2))
    decoder = gob.Decoder()
    for octet in data:
        with pytest.raises(TruncatedError):
            decoder.next_type()
        decoder.feed(bytes((octet,)))
    decoder.next_type()
    assert decoder.decode(Point) == Point(1, 2)


def test_next_type_of_a_stream_that_has_broken_raises_what_broke_it() -> None:
    decoder = gob.Decoder(b"\x80\1\2\3")
    for _ in range(2):
        with pytest.raises(DecodeError, match="a length of 128 bytes"):
            decoder.next_type()


def test_accepts_what_goes_into_a_schema() -> None:
    decoder = gob.Decoder(gob.Encoder().encode(Point(1, 2)))
    id = decoder.next_type()
    assert decoder.accepts(id, schema_of(Point))
    assert not decoder.accepts(id, schema_of(int))
    assert decoder.decode(Point) == Point(1, 2)


@define(weakref_slot=True)
class Watched:
    n: int

    def __attrs_post_init__(self) -> None:
        _watched.append(weakref.ref(self))


_watched: list[weakref.ref[Watched]] = []


def test_what_a_failed_message_had_decoded_is_freed_at_once() -> None:
    data = gob.dumps({1: [Watched(1)], 2: []}, dict[int, list[Watched]])
    _watched.clear()
    gc.disable()
    try:
        with pytest.raises(DecodeError):
            gob.loads(data[:-1] + b"\xff", dict[int, list[Watched]])
        assert [each() for each in _watched] == [None] * len(_watched)
    finally:
        gc.enable()
    assert _watched
