"""`Decoder`: pieces of any size, errors that say where, and going on after them."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Decoder, wire
from rpcgen.gob.numbers import uint_bytes
from rpcgen.schema import Map, Nothing, schema_of
from rpcgen.types import Int8, Uint8
from rpcgen.types import wire as named

from .examples import (
    Circle,
    Drawing,
    Empty,
    Holder,
    Item,
    Node,
    Order,
    Point,
    Point3,
    Sizes,
    Square,
)


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


def test_pending_is_not_zero_after_definitions_alone() -> None:
    stream = gob.dumps(Point(1, 2))
    decoder = gob.Decoder(stream[:31])
    with pytest.raises(TruncatedError):
        decoder.decode(Point)
    assert decoder.pending > 0


def test_pending_is_zero_at_a_clean_end() -> None:
    decoder = gob.Decoder(gob.dumps(Point(1, 2)))
    decoder.decode(Point)
    assert decoder.pending == 0


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


def test_skip_keeps_definitions_inside_interfaces() -> None:
    decoder = gob.Decoder(_stream([Holder(Holder(Point(1, 2))), Point(3, 4)]))
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
    assert gob.loads(gob.dumps(_VALUES[0]), Nothing()) is None


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


@pytest.mark.parametrize("option", [{"strings": "replace"}, {"strings": None}, {"names": "stict"}])
def test_decoder_with_a_value_that_an_option_cannot_have(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"write 'strict' or|write 'log' or"):
        gob.loads(b"", str, **option)


def test_unregistered_name() -> None:
    with pytest.raises(DecodeError, match=r"'main.Point' is not registered"):
        gob.Decoder(_stream([Holder(Point(1, 2))]), registry=gob.Registry()).decode(Holder)


def test_pointer_name_of_a_union_member() -> None:
    registry = gob.Registry()
    registry.register(Circle | None)
    data = gob.Encoder(registry=registry).encode(Drawing(Circle(2.0)), Drawing)
    assert b"*main.Circle" in data
    assert gob.loads(data, Drawing) == Drawing(Circle(2.0))


def test_name_that_is_no_member_of_the_union() -> None:
    registry = _registry()
    data = gob.Encoder(registry=registry).encode(Holder(Point(1, 2)))

    @define
    class Other:
        value: Any

    Other.__annotations__["value"] = Circle | Square
    with pytest.raises(DecodeError, match=r"'main.Point' is no member of Circle \| Square"):
        gob.loads(data, Other)


def test_message_limit() -> None:
    decoder = gob.Decoder(gob.dumps("x" * 200), limits=gob.Limits(message=100))
    with pytest.raises(DecodeError, match="the limit is 100"):
        decoder.decode(str)


def test_type_limit() -> None:
    decoder = gob.Decoder(gob.dumps(_VALUES[0]), limits=gob.Limits(types=2))
    with pytest.raises(DecodeError, match="more than 2 type definitions"):
        decoder.decode(Order)


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


def test_nesting_limit_of_interfaces() -> None:
    value: Any = Holder(1)
    for _ in range(150):
        value = Holder(value)
    registry = _registry()
    data = gob.Encoder(registry=registry).encode(value)
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(data, registry=registry).decode(Holder)


def _define(*types: wire.WireType) -> bytes:
    """Return the definitions of types with the ids 64, 65, ..."""
    bodies = [wire.write_definition(64 + index, known) for index, known in enumerate(types)]
    return b"".join(uint_bytes(len(body)) + body for body in bodies)


def _message(octets: bytes) -> bytes:
    return uint_bytes(len(octets)) + octets


@pytest.mark.parametrize("schema", [None, Nothing()])
@pytest.mark.parametrize("depth", [150, 3000])
def test_nesting_limit_of_slices(depth: int, schema: Any) -> None:
    slices = [wire.SliceType("", 64 + i, 65 + i) for i in range(depth)]
    slices[-1] = wire.SliceType("", 63 + depth, wire.INT)
    stream = _define(*slices) + _message(b"\xff\x80\x00" + b"\x01" * depth + b"\x02")
    with pytest.raises(DecodeError, match="nested"):
        gob.Decoder(stream).decode(schema)


@pytest.mark.parametrize("schema", [None, Nothing()])
def test_types_that_branch_at_each_level_are_no_burden(schema: Any) -> None:
    maps = [wire.MapType("", 64 + i, 65 + i, 65 + i) for i in range(90)]
    maps.append(wire.MapType("", 154, wire.INT, wire.INT))
    stream = _define(*maps) + _message(b"\xff\x80\x00\x00")
    assert not gob.Decoder(stream).decode(schema)


@pytest.mark.parametrize("schema", [None, Nothing()])
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


@pytest.mark.parametrize("fast", [True, False])
def test_second_definition_of_a_type(fast: bool) -> None:
    definition = gob.dumps(Point(1, 2))[:31]
    with pytest.raises(DecodeError, match="second definition"):
        gob.Decoder(definition + definition).decode(Point if fast else None)


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


def test_needed_is_what_a_message_lacks() -> None:
    stream = gob.dumps(bytes(100_000), bytes)
    decoder = gob.Decoder()
    assert decoder.needed == 1
    fed = 0
    for size in (1, 1, 1, 10, 65536):
        decoder.feed(stream[fed : fed + size])
        fed += size
        with pytest.raises(TruncatedError):
            decoder.decode(bytes)
        # The length takes 4 bytes.
        assert decoder.needed == (4 if fed < 4 else len(stream)) - fed
    decoder.feed(stream[fed:])
    assert decoder.decode(bytes) == bytes(100_000)
    assert decoder.needed == 1


def test_needed_counts_what_is_left_of_an_earlier_piece() -> None:
    first, second = gob.dumps(5), gob.dumps("x" * 100)
    decoder = gob.Decoder(first + second[:10])
    assert decoder.decode(int) == 5
    with pytest.raises(TruncatedError):
        decoder.decode(str)
    assert decoder.needed == len(second) - 10


def test_a_length_that_is_only_announced_takes_no_memory() -> None:
    tracemalloc.start()
    decoder = gob.Decoder(b"\xfc\x03\xff\xff\xff")
    with pytest.raises(TruncatedError):
        decoder.decode(bytes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert decoder.needed == 0x03FFFFFF
    assert peak < 1 << 16


def test_a_large_message_in_pieces_is_put_together_once() -> None:
    size = 8 << 20
    stream = gob.dumps(bytes(size), bytes)
    pieces = [stream[at : at + 65536] for at in range(0, len(stream), 65536)]
    decoder = gob.Decoder()
    tracemalloc.start()
    for piece in pieces[:-1]:
        decoder.feed(piece)
        with pytest.raises(TruncatedError):
            decoder.decode(bytes)
    waiting = tracemalloc.get_traced_memory()[1]
    decoder.feed(pieces[-1])
    assert decoder.decode(bytes) == bytes(size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert waiting < 1 << 16  # nothing was joined before all was there
    assert peak < 3.1 * size  # the message, the value, and the value it is compared with


def test_bytes_that_hold_whole_messages_are_not_copied() -> None:
    stream = gob.dumps("x" * (1 << 20))
    decoder = gob.Decoder()
    tracemalloc.start()
    decoder.feed(stream)
    assert tracemalloc.get_traced_memory()[1] < 1 << 16
    tracemalloc.stop()
    assert len(decoder.decode(str)) == 1 << 20


# --- large messages, which are put into memory of the decoder ------------------------------------


@define
class Blob:
    name: str
    data: bytes
    count: int


@define
class Blobs:
    blobs: list[bytes]
    any: Any
    count: int


def put(decoder: Decoder, data: bytes) -> None:
    """Put bytes where the decoder wants them, as many at a time as it wants."""
    while data:
        view = decoder.space()
        count = min(len(view), len(data))
        view[:count] = data[:count]
        decoder.filled(count)
        data = data[count:]


LARGE_VALUES: list[tuple[Any, Any]] = [
    (bytes, bytes(range(256)) * 1000),
    (str, "ä" * 100_000),
    (Blob, Blob("name", b"x" * 200_000, 7)),
    (Blob, Blob("n" * 70_000, b"x" * 200_000, -7)),
    (Blobs, Blobs([b"x" * 100_000, b"y" * 100_000, b""], None, 1)),
    (Blobs, Blobs([b"x" * 100_000], b"y" * 100_000, 1)),
    (Blobs, Blobs([b"x" * 200_000], 7, 1)),
    (list[int], list(range(100_000))),
    (dict[str, bytes], {"a": b"x" * 200_000, "b": b"y"}),
]


@pytest.mark.parametrize(("annotation", "value"), LARGE_VALUES)
@pytest.mark.parametrize("first", [10, 5000, 65536])
def test_space_for_the_rest_of_a_message(annotation: Any, value: Any, first: int) -> None:
    encoder, decoder = gob.Encoder(), Decoder()
    for _ in range(3):  # the short way is known from the second one on
        data = encoder.encode(value, annotation)
        decoder.feed(data[:first])
        with pytest.raises(TruncatedError):
            decoder.decode(annotation)
        put(decoder, data[first:])
        assert decoder.decode(annotation) == value
        assert decoder.pending == 0


@pytest.mark.parametrize(("annotation", "value"), LARGE_VALUES)
def test_chunks_that_hold_the_next_message_too(annotation: Any, value: Any) -> None:
    encoder, decoder = gob.Encoder(), Decoder()
    data = b"".join(encoder.encode(value, annotation) for _ in range(4))
    decoded = []
    for start in range(0, len(data), 60_000):
        decoder.feed(data[start : start + 60_000])
        try:
            while True:
                decoded.append(decoder.decode(annotation))
        except TruncatedError:
            pass
    assert decoded == [value] * 4


def test_space_is_no_more_than_what_is_needed() -> None:
    decoder = Decoder()
    decoder.feed(gob.dumps(bytes(100_000))[:1000])
    with pytest.raises(TruncatedError):
        decoder.decode(bytes)
    assert 0 < len(decoder.space()) <= decoder.needed


def test_space_then_feed_keeps_the_order() -> None:
    data = gob.dumps(bytes(range(256)) * 1000)
    decoder = Decoder()
    decoder.feed(data[:1000])
    with pytest.raises(TruncatedError):
        decoder.decode(bytes)
    decoder.space()[:2000] = data[1000:3000]
    decoder.filled(2000)
    decoder.feed(data[3000:])
    assert decoder.decode(bytes) == bytes(range(256)) * 1000


def test_space_is_used_again_without_harm_to_values() -> None:
    encoder, decoder = gob.Encoder(), Decoder()
    values = []
    for octet in range(5):
        data = encoder.encode(bytes([octet]) * 300_000, bytes)
        decoder.feed(data[:1000])
        with pytest.raises(TruncatedError):
            decoder.decode(bytes)
        put(decoder, data[1000:])
        values.append(decoder.decode(bytes))
    assert values == [bytes([octet]) * 300_000 for octet in range(5)]


def test_large_message_is_not_kept() -> None:
    encoder, decoder = gob.Encoder(), Decoder()
    for _ in range(2):
        decoder.feed(encoder.encode(bytes(1_000_000), bytes))
        decoder.decode(bytes)
    assert len(decoder._data) == 0


@given(st.data())
def test_large_message_that_is_damaged_is_refused(data: st.DataObject) -> None:
    encoder, decoder = gob.Encoder(), Decoder()
    value = Blob("name", b"x" * 70_000, 7)
    decoder.feed(encoder.encode(value, Blob))
    decoder.decode(Blob)
    octets = bytearray(encoder.encode(value, Blob))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, 40) | st.integers(len(octets) - 10, len(octets) - 1))] = (
            data.draw(st.integers(0, 255))
        )
    plain = Decoder()
    plain.feed(gob.Encoder().encode(value, Blob))
    plain.decode(Blob)
    plain.feed(bytes(octets))
    split = data.draw(st.integers(1, len(octets) - 1))
    decoder.feed(bytes(octets[:split]))
    assert outcome(decoder, lambda: put(decoder, bytes(octets[split:]))) == outcome(plain)


def outcome(decoder: Decoder, more: Callable[[], None] | None = None) -> object:
    """Return what is decoded, or the error; ``more`` comes once the decoder asks for it."""
    try:
        return decoder.decode(Blob)
    except TruncatedError as error:
        if more is None:
            return error.reason
        more()
        return outcome(decoder)
    except DecodeError as error:
        return error.reason


@named("main.Inner")
@define
class Inner:
    a: int


@define
class Between:
    before: Any
    data: bytes
    after: Any


def test_large_message_with_new_types_inside_interface_values() -> None:
    # What a failed attempt has learnt of types must be forgotten before the next one.
    registry = gob.Registry()
    registry.register(Inner)
    registry.register(Holder)
    encoder, decoder = gob.Encoder(registry=registry), Decoder(registry=registry)
    for before in (None, Holder(1), Holder(2)):
        decoder.feed(encoder.encode(Between(before, b"x", 2), Between))
        decoder.decode(Between)
    value = Between(Holder(Inner(7)), b"x" * 200_000, "after")
    data = encoder.encode(value, Between)
    decoded = None
    for start in range(0, len(data), 65536):
        decoder.feed(data[start : start + 65536])
        try:
            decoded = decoder.decode(Between)
        except TruncatedError:
            pass
    assert decoded == value


def test_ahead_is_the_size_of_the_next_value_with_its_definitions() -> None:
    data = gob.dumps([1, 2, 3], list[int])
    decoder = gob.Decoder(data)
    assert decoder.ahead == len(data)


def test_ahead_of_the_second_value() -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
    decoder.feed(encoder.encode([1, 2], list[int]))
    second = encoder.encode([3, 4, 5], list[int])
    decoder.feed(second)
    decoder.decode(list[int])
    assert decoder.ahead == len(second)


@pytest.mark.parametrize("size", [1, 3, 20, 60])
def test_ahead_of_a_value_that_is_cut(size: int) -> None:
    data = gob.dumps(list(range(1000)), list[int])
    decoder = gob.Decoder(data[:size])
    assert decoder.ahead == 0
    with pytest.raises(TruncatedError):
        decoder.decode(list[int])
    assert decoder.ahead == 0


def test_ahead_of_a_value_in_pieces() -> None:
    data = gob.dumps(list(range(1000)), list[int])
    decoder = gob.Decoder()
    for start in range(0, len(data), 100):
        decoder.feed(data[start : start + 100])
        with contextlib.suppress(TruncatedError):
            if start + 100 < len(data):
                decoder.decode(list[int])
    # What defines its type has been read.
    assert 0 < len(data) - decoder.ahead < 30


@pytest.mark.parametrize("value", [bytes(100_000), "a" * 100_000])
def test_ahead_of_what_is_no_more_than_a_copy(value: object) -> None:
    assert gob.Decoder(gob.dumps(value)).ahead == 0


def test_ahead_at_the_end() -> None:
    assert gob.Decoder().ahead == 0


@pytest.mark.parametrize("data", ["ff", "00", "f8ffffffffffffffff", "0380", "03ff8001"])
def test_ahead_of_nonsense(data: str) -> None:
    assert gob.Decoder(bytes.fromhex(data)).ahead < 10


def test_ahead_of_more_definitions_than_are_looked_at() -> None:
    definition = bytes.fromhex("020100")
    assert gob.Decoder(definition * 1000).ahead == len(definition) * 1000


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
    for schema in (annotation, None, Nothing()):
        with pytest.raises(DecodeError, match=r"nested too deeply \(Limits.depth\)"):
            gob.Decoder(data).decode(schema)


@pytest.mark.parametrize("schema", [Node, None, Nothing()])
def test_levels_of_a_message_that_refers_to_itself(schema: Any) -> None:
    gob.Decoder(gob.dumps(_chain(99))).decode(schema)
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(gob.dumps(_chain(100))).decode(schema)


@pytest.mark.parametrize("schema", [Node, None, Nothing()])
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
