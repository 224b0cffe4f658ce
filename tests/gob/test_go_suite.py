"""What the tests of Go's own ``encoding/gob`` show, shown of this package.

`docs/gob-tests.md` says which test here answers to which test there.
"""

from __future__ import annotations

import math
import re
import struct
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest
from attrs import define, field, frozen

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError, SchemaError, TruncatedError
from rpcgen.schema import Int, Slice, schema_of
from rpcgen.types import (
    Complex64,
    Float32,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    length,
    wire,
)
from tests import golang

from . import messages
from .oracle import Json, Oracle

pytestmark = pytest.mark.usefixtures("implementation")

ROOT = Path(__file__).parents[2]


def arrives(value: Any, annotation: Any) -> Any:
    """Return what comes out when a value goes through a stream."""
    return gob.loads(gob.dumps(value, annotation), annotation)


# --- codec_test.go: numbers -----------------------------------------------------------------------

EDGES = [0, 1, 63, 64, 127, 128, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 63) - 1]


@pytest.mark.parametrize("number", [*EDGES, (1 << 64) - 1])
def test_uint_arrives(number: int) -> None:
    assert arrives(number, Uint64) == number


@pytest.mark.parametrize("number", sorted({*EDGES, *(-n for n in EDGES), *(~n for n in EDGES)}))
def test_int_arrives(number: int) -> None:
    assert arrives(number, int) == number


@pytest.mark.parametrize(
    ("number", "octets"),
    [
        (0, "00"),
        (7, "07"),
        (127, "7f"),
        (128, "ff80"),
        (256, "fe0100"),
        (1 << 63, "f88000000000000000"),
    ],
)
def test_uint_is_encoded_as_go_does(number: int, octets: str) -> None:
    assert gob.dumps(number, Uint).hex().endswith("0600" + octets)


SCALARS: list[tuple[Any, Any, str]] = [
    (True, bool, "020001"),
    (6, int, "04000c"),
    (6, Int8, "04000c"),
    (6, Int16, "04000c"),
    (6, Int32, "04000c"),
    (6, Int64, "04000c"),
    (6, Uint, "060006"),
    (6, Uint8, "060006"),
    (6, Uint16, "060006"),
    (6, Uint32, "060006"),
    (6, Uint64, "060006"),
    (6, Uintptr, "060006"),
    (17.0, Float32, "0800fe3140"),
    (17.0, float, "0800fe3140"),
    (17 + 19j, Complex64, "0e00fe3140fe3340"),
    (17 + 19j, complex, "0e00fe3140fe3340"),
    (b"hello", bytes, "0a000568656c6c6f"),
    ("hello", str, "0c000568656c6c6f"),
]


@pytest.mark.parametrize(("value", "annotation", "octets"), SCALARS)
def test_scalar_is_encoded_as_go_does(value: Any, annotation: Any, octets: str) -> None:
    body = bytes.fromhex(octets)
    assert gob.dumps(value, annotation) == bytes([len(body)]) + body


@pytest.mark.parametrize(("value", "annotation", "octets"), SCALARS)
def test_scalar_is_decoded_as_go_does(value: Any, annotation: Any, octets: str) -> None:
    body = bytes.fromhex(octets)
    assert gob.loads(bytes([len(body)]) + body, annotation) == value


# --- codec_test.go: structs -----------------------------------------------------------------------


@define
class Inner:
    t: str


@frozen
class Measure:
    x: float
    z: int | None


@define
class Everything:
    a: int
    b: int
    c: int
    m: dict[str, float]
    m2: dict[int, Measure]
    strings: dict[str, str]
    optional: dict[int, int]
    complexes: dict[complex, complex]
    arrays: dict[Annotated[tuple[str, ...], length(2)], Annotated[list[float], length(2)]]
    empty: dict[str, int]
    n: Annotated[list[float], length(3)] | None
    strs: Annotated[list[str], length(2)] | None
    int64s: list[Int64] | None
    ri: Complex64
    s: str
    y: bytes
    t: Inner | None


def test_all_kinds_together_arrive() -> None:
    value = Everything(
        a=17,
        b=18,
        c=-5,
        m={"pi": 3.14159, "e": 2.71828},
        m2={4: Measure(3.14159, 42), 10: Measure(2.71828, 5)},
        strings={"pi": "3.14", "e": "2.71"},
        optional={42: 5, 5: 42},
        complexes={1 + 1j: 1 + 1j, 2 + 0j: -1j},
        arrays={("string1", "string2"): [3.14159, 2.71828]},
        empty={},
        n=[1.5, 2.5, 3.5],
        strs=["string1", "string2"],
        int64s=[77, 89, 123412342134],
        ri=17 - 23j,
        s="Now is the time",
        y=b"hello, sailor",
        t=Inner("this is T2"),
    )
    assert arrives(value, Everything) == value


RANGES = [
    (Int8, 1 << 7, Int64),
    (Int8, -(1 << 7) - 1, Int64),
    (Int16, 1 << 15, Int64),
    (Int16, -(1 << 15) - 1, Int64),
    (Int32, 1 << 31, Int64),
    (Int32, -(1 << 31) - 1, Int64),
    (Uint8, 1 << 8, Uint64),
    (Uint16, 1 << 16, Uint64),
    (Uint32, 1 << 32, Uint64),
    (Float32, struct.unpack(">f", b"\x7f\x7f\xff\xff")[0] * 2, float),
    (Complex64, complex(0, struct.unpack(">f", b"\x7f\x7f\xff\xff")[0] * 2), complex),
]


@pytest.mark.parametrize(("narrow", "value", "wide"), RANGES)
def test_decode_of_what_is_out_of_range_fails(narrow: Any, value: Any, wide: Any) -> None:
    @define
    class Sent:
        maxi: wide

    @define
    class Wanted:
        maxi: narrow

    Sent.__annotations__["maxi"] = wide
    Wanted.__annotations__["maxi"] = narrow
    with pytest.raises(DecodeError, match="does not fit"):
        gob.loads(gob.dumps(Sent(value)), Wanted)


@define
class Chain:
    a: str
    next: Chain | None = None


def test_struct_in_itself_arrives() -> None:
    value = Chain("level1", Chain("level2"))
    assert arrives(value, Chain) == value


@define
class Numbers:
    a: int
    b: int
    c: int
    d: int


@define
class OptionalNumbers:
    a: int | None
    b: int | None
    c: int | None
    d: int | None


def _pointers(depth: int, to: Json) -> Json:
    for _ in range(depth):
        to = ["ptr", to]
    return to


def _four(*depths: int) -> Json:
    fields = [[name, _pointers(n, "int")] for name, n in zip("ABCD", depths, strict=True)]
    return ["struct", fields]


FOUR: Json = {"A": 17, "B": 177, "C": 1777, "D": 17777}


@pytest.mark.parametrize("depths", [(0, 1, 2, 3), (3, 2, 1, 0)])
def test_pointers_of_any_depth_arrive_as_values(oracle: Oracle, depths: tuple[int, ...]) -> None:
    sent = oracle.encode((_four(*depths), FOUR))
    assert gob.loads(sent.data, Numbers) == Numbers(17, 177, 1777, 17777)


def test_values_arrive_where_they_may_be_missing() -> None:
    data = gob.dumps(Numbers(17, 177, 1777, 17777))
    assert gob.loads(data, OptionalNumbers) == OptionalNumbers(17, 177, 1777, 17777)


@pytest.mark.parametrize("depths", [(0, 1, 2, 3), (3, 2, 1, 0)])
def test_values_arrive_behind_pointers_of_any_depth(
    oracle: Oracle, depths: tuple[int, ...]
) -> None:
    data = gob.dumps(OptionalNumbers(17, 177, 1777, 17777))
    assert oracle.decode(data, [_four(*depths)]).values == (FOUR,)


@define
class Three:
    a: int
    b: str
    c: float


@define
class Reordered:
    c: float
    b: str
    a: int
    not_set: str


def test_fields_in_another_order_find_their_places() -> None:
    data = gob.dumps(Three(17, "hello", 3.14159))
    assert gob.loads(data, Reordered) == Reordered(3.14159, "hello", 17, "")


@define
class Plenty:
    a: Int64
    b: str
    ignore_d: list[int]
    ignore_e: Annotated[list[float], length(3)]
    ignore_f: bool
    ignore_g: str
    ignore_h: bytes
    ignore_i: Reordered | None
    ignore_m: dict[str, int]
    c: float


def test_fields_that_are_not_wanted_are_passed_over() -> None:
    value = Plenty(
        a=17,
        b="hello",
        ignore_d=[1, 2, 3],
        ignore_e=[1.0, 2.0, 3.0],
        ignore_f=True,
        ignore_g="pay no attention",
        ignore_h=b"to the curtain",
        ignore_i=Reordered(3.1, "hi", 7, "hello"),
        ignore_m={"one": 1, "two": 2},
        c=3.14159,
    )
    assert gob.loads(gob.dumps(value), Reordered) == Reordered(3.14159, "hello", 17, "")


@define
class Direct:
    a: Annotated[list[int], length(3)]
    s: list[int]
    m: dict[str, int]


INDIRECT: Json = [
    "struct",
    [
        ["A", _pointers(3, ["array", 3, "int"])],
        ["S", _pointers(3, ["slice", "int"])],
        ["M", _pointers(4, ["map", "string", "int"])],
    ],
]
DIRECT: Json = {"A": [1, 2, 3], "S": [4, 5, 6], "M": [["6f6e65", 1]]}


def test_containers_behind_pointers_arrive(oracle: Oracle) -> None:
    sent = oracle.encode((INDIRECT, DIRECT))
    assert gob.loads(sent.data, Direct) == Direct([1, 2, 3], [4, 5, 6], {"one": 1})


def test_containers_arrive_behind_pointers(oracle: Oracle) -> None:
    data = gob.dumps(Direct([1, 2, 3], [4, 5, 6], {"one": 1}))
    assert oracle.decode(data, [INDIRECT]).values == (DIRECT,)


# --- codec_test.go: interfaces --------------------------------------------------------------------


@wire("suite.Vector")
@define
class Vector:
    elements: list[int] = field(factory=list)


@wire("suite.Item")
@define
class Item:
    i: int
    sq1: Any
    sq2: Any
    sq3: Any
    f: float
    sq: list[Any]


@define
class PlainItem:
    i: int
    f: float


gob.register(Vector)
gob.register(messages.Empty)


def test_interfaces_arrive_with_a_type_first_met_inside() -> None:
    value = Item(1, 3, 5.0, Vector([1, 2, 3]), 11.5, [3, 5.0, None, Vector([1, 2, 3])])
    assert arrives(value, Item) == value


@pytest.mark.parametrize(
    ("name", "annotation", "value"),
    [
        ("int", int, 1),
        ("int8", Int8, 1),
        ("int16", Int16, 1),
        ("int32", Int32, 1),
        ("int64", Int64, 1),
        ("uint", Uint, 1),
        ("uint8", Uint8, 1),
        ("uint16", Uint16, 1),
        ("uint32", Uint32, 1),
        ("uint64", Uint64, 1),
        ("float32", Float32, 1.0),
        ("float64", float, 1.0),
        ("complex64", Complex64, 1j),
        ("complex128", complex, 1j),
        ("bool", bool, True),
        ("string", str, "hello"),
        ("[]uint8", bytes, b"sailor"),
    ],
)
def test_basic_kind_in_an_interface_arrives(name: str, annotation: Any, value: Any) -> None:
    data = gob.dumps([gob.Typed(value, annotation)], list[Any])
    assert name.encode() in data
    assert gob.loads(data, list[Any]) == [value]


def test_basic_kind_in_an_interface_keeps_its_type_in_go(oracle: Oracle) -> None:
    data = gob.dumps([gob.Typed(1, Uint16)], list[Any])
    assert oracle.decode(data, [["slice", "any"]]).values == ([["uint16", 1]],)


def test_pointer_in_an_interface_arrives_as_its_value(oracle: Oracle) -> None:
    registry = gob.Registry()
    registry.register(schema_of(messages.Point), "*main.Point")
    data = oracle.encode((["slice", "any"], [["main.Point", {"X": 1, "Y": 2}]])).data
    data = data.replace(b"\x0amain.Point", b"\x0b*main.Point")
    # The message is one byte longer by the star.
    data = _lengthened(data)
    decoder = gob.Decoder(data, registry=registry)
    assert decoder.decode(list[Any]) == [messages.Point(1, 2)]


def _lengthened(data: bytes) -> bytes:
    """Add one to the length of the message with the star in it."""
    position = 0
    while True:
        size = data[position]
        end = position + 1 + size
        if b"*main.Point" in data[position : end + 1]:
            return data[:position] + bytes([size + 1]) + data[position + 1 :]
        position = end


def test_interfaces_that_are_not_wanted_are_passed_over() -> None:
    data = gob.dumps(Item(1, 3, 5.0, Vector([2, 3]), 11.5, []))
    assert gob.loads(data, PlainItem) == PlainItem(1, 11.5)


def test_private_field_is_refused_unless_it_has_a_wire_name() -> None:
    @define
    class Private:
        a: int
        _c: float

    with pytest.raises(SchemaError, match="would not export"):
        gob.dumps(Private(1, 2.0))


# --- codec_test.go: dump and fuzz -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "annotation", "text"),
    [
        (True, bool, "true"),
        (7, int, "7"),
        (10, Uint, "10"),
        (3.2, float, "3.2"),
        ("hello", str, "hello"),
        ([11, 22, 33], Annotated[list[int], length(3)], "22"),
        ([0.5, 0.25, 0.125], list[Float32], "0.125"),
        ({"one": 1, "two": 2}, dict[str, int], "two"),
    ],
)
def test_dump_shows_a_single_value(value: Any, annotation: Any, text: str) -> None:
    assert text in gob.dump(gob.dumps(value, annotation))


@wire("suite.OnTheFly")
@define
class OnTheFly:
    a: int


@define
class Varied:
    a: int
    b: str
    c: float
    i: Any
    j: Any
    i_nil: Any
    m: dict[str, int]
    t: Annotated[list[int], length(3)]
    s: list[str]


gob.register(OnTheFly)

VARIED = Varied(
    a=17,
    b="hello",
    c=3.14159,
    i=271828,
    j=OnTheFly(3),
    i_nil=None,
    m={"one": 1, "two": 2},
    t=[11, 22, 33],
    s=["hi", "joe"],
)


@pytest.mark.parametrize("text", ["Varied", "OnTheFly", "271828", "hello", "two", "33", "joe"])
def test_dump_shows_a_struct_with_a_type_first_met_inside(text: str) -> None:
    assert text in gob.dump(gob.dumps(VARIED))


def test_every_byte_changed_decodes_or_fails() -> None:
    data = gob.dumps(VARIED)
    for place in range(len(data)):
        for change in range(1, 256, 17):
            broken = bytearray(data)
            broken[place] ^= change
            try:
                gob.loads(bytes(broken), Varied)
            except DecodeError:
                pass


def test_invalid_type_id_fails_each_time() -> None:
    decoder = gob.Decoder(bytes.fromhex("01000100"))
    for _ in range(2):
        with pytest.raises(DecodeError):
            decoder.decode(messages.Empty)


@define
class Pair:
    a: str
    b: str


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bytes, bytes(range(256)) * 8192),
        (list[Int8], [n % 256 - 128 for n in range(1 << 18)]),
        (list[Pair], [Pair(chr(n + 1), chr(n + 1)) for n in range(0xD000)]),
        (list[str], [chr(n + 1) for n in range(0xD000)]),
    ],
    ids=["bytes", "int8", "struct", "string"],
)
def test_large_slice_arrives(annotation: Any, value: Any) -> None:
    assert arrives(value, annotation) == value


def test_struct_sent_for_a_slice_of_structs_fails() -> None:
    data = bytes.fromhex("097f030102ff8000000003ff8000")
    with pytest.raises(DecodeError):
        gob.loads(data, list[messages.Empty | None])


# --- encoder_test.go ------------------------------------------------------------------------------


@pytest.mark.parametrize("annotation", [Int8, Int16, Int32, Int64])
def test_slice_of_sized_integers_arrives(annotation: Any) -> None:
    schema = schema_of(annotation)
    assert isinstance(schema, Int)
    top = (1 << schema.bits - 1) - 1
    value = [1, 5, top // 2, top - 1, top, -top, -top - 1]
    assert arrives(value, list[annotation]) == value


@define
class Small:
    x: str = ""


@define
class Node:
    a: int
    et2: Small | None = None
    next: Node | None = None


@define
class DifferentName:
    a: int
    et2: Small | None
    different_next: Node | None


@define
class DifferentKind:
    a: int
    et2: float
    next: int


def test_stream_goes_on_with_the_types_it_has_described() -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
    sizes = []
    for number in range(3):
        data = encoder.encode(Node(7 + number, Small()))
        sizes.append(len(data))
        decoder.feed(data)
        assert decoder.decode(Node) == Node(7 + number, Small())
    assert sizes[0] > sizes[1] == sizes[2]


def test_stream_tells_a_wrong_type_after_right_ones() -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
    decoder.feed(encoder.encode(Node(7)) + encoder.encode(Node(8)))
    decoder.decode(Node)
    with pytest.raises(DecodeError, match="no field of"):
        decoder.decode(Small)


def test_no_field_in_common_fails() -> None:
    with pytest.raises(DecodeError, match="no field of"):
        gob.loads(gob.dumps(Node(7, Small())), Small)


def test_field_of_another_name_is_left_out() -> None:
    data = gob.dumps(Node(7, Small("x"), Node(8)))
    assert gob.loads(data, DifferentName) == DifferentName(7, Small("x"), None)


def test_field_of_another_kind_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(Node(7, Small())), DifferentKind)


@pytest.mark.parametrize("value", [bytearray(), iter([1]), print, object()])
def test_what_has_no_counterpart_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError):
        gob.dumps(value)


@define
class OptionalFloat:
    a: float | None


def test_value_behind_four_pointers_arrives_in_go(oracle: Oracle) -> None:
    shape: Json = ["struct", [["A", _pointers(4, "float64")]]]
    data = gob.dumps(OptionalFloat(27.5))
    assert oracle.decode(data, [_pointers(3, shape)]).values == ({"A": "403b800000000000"},)


def test_value_behind_four_pointers_arrives_from_go(oracle: Oracle) -> None:
    shape: Json = ["struct", [["A", _pointers(4, "float64")]]]
    data = oracle.encode((shape, {"A": "403b800000000000"})).data
    assert gob.loads(data, OptionalFloat) == OptionalFloat(27.5)


@define
class Strings:
    a: list[str]


def test_slice_in_a_struct_arrives() -> None:
    assert arrives(Strings(["hello", "world"]), Strings) == Strings(["hello", "world"])


@define
class Arrays:
    a: Annotated[list[str], length(3)]
    b: Annotated[bytes, length(3)]


@define
class ShorterArray:
    a: Annotated[list[str], length(2)]


def test_arrays_arrive() -> None:
    value = Arrays(["hello", ",", "world"], b"\1\2\3")
    assert arrives(value, Arrays) == value


def test_array_of_another_length_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(Arrays(["hello", ",", "world"], b"\1\2\3")), ShorterArray)


def test_array_value_of_another_length_is_refused() -> None:
    with pytest.raises(EncodeError):
        gob.dumps(Arrays(["hello", "world"], b"\1\2\3"))


def test_map_type_in_itself_is_read(oracle: Oracle) -> None:
    value: Json = [["41", [["42", []], ["43", []]]], ["44", []]]
    data = oracle.encode(("main.RecursiveMap", value)).data
    assert gob.loads(data) == {"A": {"B": {}, "C": {}}, "D": {}}


def test_slice_type_in_itself_is_read(oracle: Oracle) -> None:
    data = oracle.encode(("main.RecursiveSlice", [[[]], []])).data
    assert gob.loads(data) == [[[]], []]


def test_slice_type_in_itself_is_passed_over(oracle: Oracle) -> None:
    decoder = gob.Decoder(oracle.encode(("main.RecursiveSlice", [[[]], []])).data)
    decoder.skip()
    assert not decoder.pending


@define
class Defaults:
    b: list[bool]
    i: list[int]
    s: list[str]
    f: list[float]


def test_zeros_inside_slices_are_sent() -> None:
    value = Defaults([False, False, True], [0, 0, 1], ["hi", "", "there"], [0.0, 0.0, 1.0])
    assert arrives(value, Defaults) == value


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (17, int),
        (17.5, Float32),
        ("bike shed", str),
        (["bike", "shed", "paint", "color"], list[str]),
        ({"seven": 7, "twelve": 12}, dict[str, int]),
        ([4, 55, 0, 0, 0, 0, 0], Annotated[list[int], length(7)]),
        ([4, 55, 1, 44, 22, 66, 1234], Annotated[list[int], length(7)]),
    ],
)
def test_value_that_is_no_struct_arrives(value: Any, annotation: Any) -> None:
    assert arrives(value, annotation) == value


def test_int_for_a_float_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(172), Float32)


def test_struct_for_a_string_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(Small("hello")), str)


def test_string_for_a_struct_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps("hello"), Small)


def test_empty_struct_in_an_interface_arrives() -> None:
    assert arrives([messages.Empty()], list[Any]) == [messages.Empty()]


@wire("suite.NewType")
@define
class NewType:
    s: str


@define
class Holder:
    i: Any


@define
class OnlyA:
    a: int


gob.register(NewType)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (OnlyA(23), OnlyA),
        ("hello, world", str),
        ([1, 2, 3, 4], list[int]),
        (Holder(NewType("value0")), Holder),
        (["hi", NewType("value1"), 23], list[Any]),
    ],
)
def test_value_passed_over_defines_its_types(value: Any, annotation: Any) -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
    decoder.feed(encoder.encode(value, annotation))
    decoder.skip()
    decoder.feed(encoder.encode(NewType("after")))
    assert decoder.decode(NewType) == NewType("after")


def test_struct_arrives_in_an_empty_one() -> None:
    assert gob.loads(gob.dumps(OnlyA(23)), messages.Empty) == messages.Empty()


@wire("suite.Outer")
@define
class Outer:
    bug0_field: Any


@wire("suite.InnerMost")
@define
class InnerMost:
    a: int


gob.register(Outer)
gob.register(InnerMost)


def test_interfaces_in_interfaces_arrive() -> None:
    value = Outer(Outer(InnerMost(7)))
    assert arrives(value, Any) == value


@define
class Element:
    name: str
    id: int


def test_map_of_structs_arrives() -> None:
    value = {"val1": Element("elem1", 1), "val2": Element("elem2", 2)}
    assert arrives(value, dict[str, Element]) == value


SLICES: dict[str, Any] = {
    "[]int": list[int],
    "[]int8": list[Int8],
    "[]int16": list[Int16],
    "[]int32": list[Int32],
    "[]int64": list[Int64],
    "[]uint": list[Uint],
    "[]uint16": list[Uint16],
    "[]uint32": list[Uint32],
    "[]uint64": list[Uint64],
    "[]uintptr": list[Uintptr],
    "[]float32": list[Float32],
    "[]float64": list[float],
    "[]complex64": list[Complex64],
    "[]complex128": list[complex],
    "[]bool": list[bool],
    "[]string": list[str],
}


@pytest.mark.parametrize("name", SLICES)
def test_slice_of_basic_kind_in_an_interface_arrives(name: str) -> None:
    schema = schema_of(SLICES[name])
    assert isinstance(schema, Slice)
    zero = schema.element.zero()
    data = gob.dumps({"x": gob.Typed([zero], SLICES[name])}, dict[str, Any])
    assert name.encode() in data
    assert gob.loads(data, dict[str, Any]) == {"x": [zero]}


def test_bad_message_length_fails() -> None:
    with pytest.raises(DecodeError):
        gob.Decoder(bytes.fromhex("fba5822fca01")).skip()


def test_values_without_definitions_are_read_by_decoders_of_their_own() -> None:
    encoder = gob.Encoder()
    assert [gob.loads(encoder.encode(str(n)), str) for n in range(10)] == [
        str(n) for n in range(10)
    ]


def test_bytes_for_a_list_of_ints_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(b"\1\2\3"), list[int])


@define
class Parent:
    num: int
    children: list[Parent | None]


def test_slice_of_pointers_to_recursive_structs_arrives() -> None:
    value: list[Parent | None] = [Parent(1, []), Parent(2, [Parent(3, [])])]
    assert arrives(value, list[Parent | None]) == value


def test_map_in_a_map_of_interfaces_arrives() -> None:
    value = {"foo": {"bar": "baz"}}
    assert arrives(value, dict[str, Any]) == value


@pytest.mark.parametrize("annotation", [int | None, list[int] | None, Small | None])
def test_nothing_at_top_level_is_refused(annotation: Any) -> None:
    with pytest.raises(EncodeError):
        gob.dumps(None, annotation)


@pytest.mark.parametrize(
    ("value", "annotation"), [({}, dict[int, int]), (0, int), ([], list[str]), ([""], list[str])]
)
def test_empty_value_at_top_level_arrives(value: Any, annotation: Any) -> None:
    assert arrives(value, annotation) == value


def test_nothing_inside_a_slice_of_pointers_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"\[1\]"):
        gob.dumps([Small("x"), None], list[Small | None])


@define
class Unfit:
    name: str
    secret: bytearray


def test_type_that_cannot_travel_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(SchemaError, match="bytearray"):
            gob.dumps(Unfit("name", bytearray()))


def test_many_empty_structs_in_interfaces_arrive() -> None:
    value = [messages.Empty() for _ in range(100)]
    assert arrives(value, list[Any]) == value


def test_huge_count_fails() -> None:
    data = bytearray(gob.dumps([1] * 10, list[int]))
    data[-11] = 0xFA
    with pytest.raises(DecodeError):
        gob.loads(bytes(data), list[int])


TOO_LONG = (
    "10fe010f020102fe01100001fe010e000016fe010d030102fe010e000101010158"
    "01fe01100000000bfe011000f85555555555555555"
)


@pytest.mark.parametrize(
    ("octets", "annotation"),
    [
        ("", None),
        ("7f6869", None),
        ("036e6f77206973207468652074696d6520666f7220616c6c20676f6f64206d656e", Small),
        ("0424666f6f", Small),
        ("05100028557b02027f8302", None),
        ("130a00fb5dad0bf8ff020263e70002fa28020202a89859", None),
        ("0f1000fb285d003316020735ff023a65c5", None),
        ("03fffb0616fffc00f902ff02ff03bf005d02885802a311a8120228022c028ee7", None),
        (TOO_LONG, None),
        ("12ffff02022000f87fffffffffffffffffff2020202020", None),
    ],
)
def test_bad_data_fails(octets: str, annotation: Any) -> None:
    with pytest.raises(DecodeError):
        gob.loads(bytes.fromhex(octets), annotation)


def test_definition_of_a_known_type_fails() -> None:
    data = gob.dumps(Pair("one", "1"))
    decoder = gob.Decoder(data)
    decoder.decode(Pair)
    decoder.feed(data)
    with pytest.raises(DecodeError, match="second definition"):
        decoder.decode(Pair)


def test_nans_as_keys_arrive_bit_for_bit() -> None:
    first, second = struct.unpack(">dd", bytes.fromhex("7ff80000000000017ff8000000000002"))
    value = {first: "a", second: "b", math.nan: "c"}
    assert _bits(arrives(value, dict[float, str])) == _bits(value)


def _bits(entries: dict[float, str]) -> list[tuple[str, str]]:
    return sorted((struct.pack(">d", key).hex(), value) for key, value in entries.items())


@define
class Partial:
    x: list[int]
    y: str


def _two(decoder: gob.Decoder) -> tuple[Partial, Partial]:
    return decoder.decode(Partial), decoder.decode(Partial)


def test_stream_cut_off_anywhere_asks_for_more() -> None:
    encoder = gob.Encoder()
    data = encoder.encode(Partial([1, 2, 3], "foo")) + encoder.encode(Partial([4, 5, 6], "bar"))
    for end in range(len(data)):
        decoder = gob.Decoder(data[:end])
        with pytest.raises(TruncatedError):
            _two(decoder)


def test_stream_cut_off_after_a_definition_is_not_at_a_clean_end() -> None:
    data = gob.dumps(Partial([1], "x"))
    decoder = gob.Decoder(data[: 1 + data[0]])
    with pytest.raises(TruncatedError):
        decoder.decode(Partial)
    assert decoder.pending


def test_large_map_arrives() -> None:
    value = {n: bytes(8192) for n in range(2500)}
    assert arrives(value, dict[Int16, Annotated[bytes, length(8192)]]) == value


# --- gobencdec_test.go ----------------------------------------------------------------------------


@wire("suite.Sequence")
@define
class Sequence:
    """Sends ascending bytes, and takes no others: a GobEncoder."""

    text: str = ""

    def gob_encode(self) -> bytes:
        return self.text.encode("latin-1")

    @classmethod
    def gob_decode(cls, data: bytes) -> Sequence:
        if not data or any(octet != data[0] + n for n, octet in enumerate(data)):
            raise ValueError("invalid data sequence")
        return cls(data.decode("latin-1"))


@wire("suite.First")
@define
class First:
    """Sends a letter and the two after it, and takes the first of ascending bytes."""

    letter: str = ""

    def gob_encode(self) -> bytes:
        start = ord(self.letter)
        return bytes([start, start + 1, start + 2])

    @classmethod
    def gob_decode(cls, data: bytes) -> First:
        return cls(chr(data[0]))


@wire("suite.Block")
@define
class Block:
    octets: bytes = bytes(8192)

    def gob_encode(self) -> bytes:
        return self.octets

    @classmethod
    def gob_decode(cls, data: bytes) -> Block:
        return cls(data)


@define
class WithFirst:
    x: int
    g: First | None


@define
class WithSequence:
    x: int
    g: Sequence | None


@define
class WithString:
    x: int
    g: str


@define
class WithValue:
    x: int
    g: Sequence


@define
class WithBlock:
    x: int
    a: Block


@define
class WithBoth:
    x: int
    v: Sequence
    w: Sequence | None
    bv: messages.BinaryPoint
    bw: messages.BinaryPoint | None


@define
class WithBothReversed:
    x: int
    v: Sequence | None
    w: Sequence
    bv: messages.BinaryPoint | None
    bw: messages.BinaryPoint


@define
class OnlyX:
    x: int


def test_gob_encoder_in_a_field_arrives() -> None:
    assert arrives(WithFirst(17, First("A")), WithFirst) == WithFirst(17, First("A"))


def test_gob_encoder_as_value_arrives() -> None:
    assert arrives(WithValue(17, Sequence("HIJKL")), WithValue) == WithValue(17, Sequence("HIJKL"))


def test_gob_encoder_behind_pointers_arrives(oracle: Oracle) -> None:
    @define
    class Sent:
        x: int
        g: messages.GobPoint | None

    shape: Json = ["struct", [["X", "int"], ["G", _pointers(3, "main.GobPoint")]]]
    data = oracle.encode((shape, {"X": 17, "G": {"X": 1, "Y": 2}})).data
    assert gob.loads(data, Sent) == Sent(17, messages.GobPoint(1, 2))


def test_large_gob_encoder_arrives() -> None:
    value = WithBlock(17, Block(bytes(n % 256 for n in range(8192))))
    assert arrives(value, WithBlock) == value


def test_gob_encoders_of_different_types_are_exchanged() -> None:
    assert gob.loads(gob.dumps(WithSequence(17, Sequence("ABC"))), WithFirst) == WithFirst(
        17, First("A")
    )
    assert gob.loads(gob.dumps(WithFirst(17, First("X"))), WithSequence) == WithSequence(
        17, Sequence("XYZ")
    )


def test_gob_encoder_as_value_arrives_as_optional() -> None:
    data = gob.dumps(WithValue(17, Sequence("HIJKL")))
    assert gob.loads(data, WithSequence) == WithSequence(17, Sequence("HIJKL"))


def test_gob_encoder_first_as_value_then_as_optional_arrives(oracle: Oracle) -> None:
    points = messages.BinaryPoint(1, 2), messages.BinaryPoint(3, 4)
    value = WithBoth(42, Sequence("AB"), Sequence("CD"), *points)
    assert arrives(value, WithBoth) == value


def test_gob_encoder_first_as_optional_then_as_value_arrives() -> None:
    points = messages.BinaryPoint(1, 2), messages.BinaryPoint(3, 4)
    value = WithBothReversed(42, Sequence("AB"), Sequence("CD"), *points)
    assert arrives(value, WithBothReversed) == value


def test_gob_encoder_for_a_string_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(WithSequence(17, Sequence("ABC"))), WithString)


def test_string_for_a_gob_encoder_fails() -> None:
    with pytest.raises(DecodeError):
        gob.loads(gob.dumps(WithString(17, "ABC")), WithSequence)


@pytest.mark.parametrize(
    "value", [First("A"), messages.GobPoint(1, -2), messages.BinaryPoint(1, 2)], ids=repr
)
def test_gob_encoder_at_top_level_arrives(value: Any) -> None:
    assert arrives(value, type(value)) == value


def test_gob_encoder_that_is_not_wanted_is_passed_over() -> None:
    assert gob.loads(
        gob.dumps(WithBoth(17, Sequence("A"), None, messages.BinaryPoint(1, 2), None)), OnlyX
    ) == OnlyX(17)


def test_missing_gob_encoder_arrives_as_none() -> None:
    assert arrives(WithFirst(18, None), WithFirst) == WithFirst(18, None)


def test_gob_encoder_that_refuses_its_bytes_fails_as_a_decode_error() -> None:
    data = gob.dumps(WithSequence(17, Sequence("ZA")))
    with pytest.raises(DecodeError, match="invalid data sequence"):
        gob.loads(data, WithSequence)


def test_interface_at_top_level_that_is_nil_arrives_as_none() -> None:
    assert arrives(None, Any) is None


def test_ip_address_of_an_old_go_is_bytes() -> None:
    assert gob.loads(bytes.fromhex("070a000401020304"), bytes) == b"\1\2\3\4"


@pytest.mark.parametrize("kind", ["array", "struct"])
def test_type_that_is_not_wanted_and_too_deep_fails(oracle: Oracle, kind: str) -> None:
    shape: Json = "int"
    value: Json = 1
    for _ in range(120):
        shape = ["array", 1, shape] if kind == "array" else ["struct", [["F", shape]]]
        value = [value] if kind == "array" else {"F": value}
    wanted: Json = ["struct", [["Hello", "int"], ["F", shape]]]
    data = oracle.encode((wanted, {"Hello": 1, "F": value})).data

    @define
    class Hello:
        hello: int

    with pytest.raises(DecodeError, match="deep"):
        gob.loads(data, Hello)


# --- type_test.go ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "ident"),
    [(bool, 1), (int, 2), (Uint, 3), (float, 4), (bytes, 5), (str, 6), (complex, 7)],
)
def test_basic_type_has_the_id_of_go(annotation: Any, ident: int) -> None:
    data = gob.dumps(schema_of(annotation).zero(), annotation)
    assert data[1] == ident << 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Annotated[list[int], length(3)], Annotated[list[int], length(4)]),
        (Annotated[list[int], length(3)], Annotated[list[bool], length(3)]),
        (list[int], list[bool]),
        (dict[str, int], dict[str, bool]),
    ],
)
def test_different_types_are_described_apart(one: Any, other: Any) -> None:
    encoder = gob.Encoder()
    encoder.encode(schema_of(one).zero(), one)
    again = encoder.encode(schema_of(one).zero(), one)
    assert len(encoder.encode(schema_of(other).zero(), other)) > len(again)


@define
class Bar:
    x: str


@define
class Foo:
    a: int
    b: Int32
    c: str
    d: bytes
    e: float | None
    g: Bar | None
    h: Bar | None
    i: Foo | None


def test_struct_is_described_once_with_the_types_of_its_fields() -> None:
    decoder = gob.Decoder(gob.dumps(Foo(1, 2, "", b"", None, None, None, None)))
    decoder.skip()
    assert sorted(each.name for each in decoder.types.values()) == ["Bar", "Foo"]


def test_registering_again_is_fine() -> None:
    gob.register(Vector)
    gob.register(Vector)


def test_registering_under_another_name_is_refused() -> None:
    with pytest.raises(SchemaError):
        gob.register(Vector, "suite.Other")


def test_registering_another_type_under_a_name_is_refused() -> None:
    with pytest.raises(SchemaError):
        gob.register(Pair, "suite.Vector")


def test_registered_name_is_what_travels() -> None:
    registry = gob.Registry()
    registry.register(schema_of(Pair), "encoding/gob.N2")
    data = gob.Encoder(registry=registry).encode([Pair("a", "b")], list[Any])
    assert b"encoding/gob.N2" in data


def test_threads_encode_and_decode_the_same_new_type_at_once() -> None:
    @define
    class Fresh:
        a: int

    Fresh.__annotations__["a"] = int
    results: list[object] = []

    def work(number: int) -> None:
        results.append(arrives(Fresh(number), Fresh))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.a for each in results if isinstance(each, Fresh)) == list(range(10))


# --- the document ---------------------------------------------------------------------------------

FILES = ["codec_test.go", "encoder_test.go", "gobencdec_test.go", "type_test.go", "timing_test.go"]


def _document() -> str:
    return (ROOT / "docs" / "gob-tests.md").read_text()


@pytest.mark.parametrize("file", FILES)
def test_document_names_every_test_of_go(file: str) -> None:
    source = (golang.go_root() / "src" / "encoding" / "gob" / file).read_text()
    names = re.findall(r"^func (Test\w+)\(", source, re.MULTILINE)
    document = _document()
    assert [name for name in names if f"| `{name}` |" not in document] == []


def test_document_names_tests_that_exist() -> None:
    missing = []
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", _document()):
        source = (ROOT / path).read_text()
        if not re.search(rf"^def {name}\(", source, re.MULTILINE):
            missing.append(f"{path}::{name}")
    assert missing == []
