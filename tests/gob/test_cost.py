"""What a stranger's bytes cost; the long search is ``python -m tests.gob.cost_fuzz``."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
import uuid
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import FrameType
from typing import Any

import pytest
from attrs import define

from rpcgen import DecodeError, Limits, gob
from rpcgen.errors import TruncatedError
from rpcgen.gob import wire
from rpcgen.gob.decode import functions
from rpcgen.gob.decode.received_types import ReceivedTypes
from rpcgen.gob.numbers import int_bytes, uint_bytes
from rpcgen.protocol.gob_codec import GobClientCodec, GobServerCodec
from rpcgen.types import BigRat, OpenIntEnum, OpenStrEnum

from .cost import WAYS, changed, drawn, kept_bound, memory_bound, memory_of, rendered
from .cost_fuzz import Search
from .messages import Tree

pytestmark = pytest.mark.usefixtures("implementation")

MEBIBYTE = 1 << 20

# Lines of Python that are run for a byte at most, as a measure of time that is always the same.
_LINES_PER_BYTE = 60
_SPARE_LINES = 300_000

Types = list[wire.WireType]


def _message(body: bytes) -> bytes:
    return uint_bytes(len(body)) + body


def _defined(*types: wire.WireType, first: int = 64) -> bytes:
    bodies = [wire.write_definition(first + n, known) for n, known in enumerate(types)]
    return b"".join(map(_message, bodies))


def _read(decoder: gob.Decoder, schema: Any = None) -> int:
    """Read all that can be read; return how many values and errors that were."""
    count, last = 0, ""
    while decoder.pending:
        count += 1
        try:
            decoder.decode(schema)
        except TruncatedError:
            break
        except DecodeError as error:
            if str(error) == last:
                break  # a stream that is broken fails for ever
            last = str(error)
    return count


def _lines_of(read: Callable[[], object]) -> int:
    """Return how many lines of Python run."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read()
    finally:
        sys.settrace(before)
    return count


# --- types ------------------------------------------------------------------------------------

_HEADER = (("ServiceMethod", wire.STRING), ("Seq", wire.UINT))


def _wide(count: int, *fields: tuple[str, int]) -> wire.StructType:
    return wire.StructType("R", 64, (*fields, *(("f", wire.INT) for _ in range(count))))


@pytest.mark.parametrize("codec", [GobServerCodec, GobClientCodec])
@pytest.mark.parametrize("count", [1_000, 30_000])
def test_many_fields_in_a_header_take_little(codec: Any, count: int) -> None:
    data = _defined(_wide(count, *_HEADER)) + _message(b"\xff\x80\1\3T.I\1\1\0")

    def read() -> object:
        stream = codec()
        stream.feed(data)
        header = getattr(stream, "decode_request_header", None) or stream.decode_response_header
        assert header().service_method == "T.I"
        return stream

    read()
    assert memory_of(read)[0] < 40 * len(data) + MEBIBYTE
    assert _lines_of(read) < _SPARE_LINES + _LINES_PER_BYTE * len(data)


def test_more_fields_than_the_limit_are_refused() -> None:
    codec = GobServerCodec()
    data = _defined(_wide(100_000, *_HEADER))
    codec.feed(data)
    with pytest.raises(DecodeError, match=r"100002 fields.*Limits\.fields"):
        codec.decode_request_header()


def test_names_of_fields_are_counted_together() -> None:
    decoder = gob.Decoder(limits=gob.Limits(fields=10))
    long = wire.StructType("R", 64, (("n" * 1000, wire.INT),))
    decoder.feed(_defined(long, long, long) + _message(b"\xff\x80\0"))
    with pytest.raises(DecodeError, match=r"definitions of more than 2560 bytes \(Limits\.fields"):
        decoder.skip()


def test_fields_of_all_types_are_counted_together() -> None:
    decoder = gob.Decoder(limits=gob.Limits(fields=10))
    decoder.feed(_defined(_wide(4), _wide(4)) + _message(b"\xff\x80\0"))
    decoder.skip()
    decoder.feed(_defined(_wide(3), first=66) + _message(b"\xff\x80\0"))
    with pytest.raises(DecodeError, match=r"Limits\.fields"):
        decoder.skip()


def _many_types(count: int) -> Types:
    """Return structs that refer to each other."""
    return [
        wire.StructType(
            f"T{n}",
            64 + n,
            (
                ("Value", wire.INT),
                ("Left", 64 + (n + 1) % count),
                ("Right", 64 + (7 * n) % count),
            ),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("schema", [None, Tree])
def test_types_that_are_used_once_cost_little(schema: Any) -> None:
    count = 2000
    data = _defined(*_many_types(count))
    data += b"".join(_message(int_bytes(64 + n) + b"\1\2\0") for n in range(count))

    def read() -> object:
        decoder = gob.Decoder(data)
        assert _read(decoder, schema) == count
        return decoder

    read()
    assert memory_of(read)[0] < 40 * len(data) + 3 * MEBIBYTE
    assert _lines_of(read) < _SPARE_LINES + _LINES_PER_BYTE * len(data)


def test_code_of_many_streams_is_bounded() -> None:
    for number in range(150):
        fields = tuple((f"Name{number}x{n}", wire.INT) for n in range(90))
        data = _defined(wire.StructType("S", 64, fields)) + _message(b"\xff\x80\0")
        gob.loads(data)
    assert functions._cache.lines <= functions._MOST_LINES


def test_long_names_are_told_once() -> None:
    name = "n" * 200_000
    known = wire.StructType(name, 64, ((name, 64), ("S", wire.STRING)))
    data = _defined(known) + _message(b"\xff\x80" + b"\1" * 90 + b"\2\1\xff")
    assert memory_of(lambda: _read(gob.Decoder(data)))[0] < 40 * len(data)


# --- values -----------------------------------------------------------------------------------


@define
class Row:
    a: list[int]
    b: dict[str, int]
    c: str
    d: int


_ROWS: Types = [
    wire.StructType("Row", 64, (("A", 65), ("B", 66), ("C", wire.STRING), ("D", wire.INT))),
    wire.SliceType("", 65, wire.INT),
    wire.MapType("", 66, wire.STRING, wire.INT),
    wire.SliceType("", 67, 64),
]


def _empty_rows(count: int) -> bytes:
    return _defined(*_ROWS) + _message(b"\xff\x86\0" + uint_bytes(count) + bytes(count))


@pytest.mark.parametrize("schema", [list[Row], None, list[Any]])
def test_empty_structs_are_bounded_by_what_they_become(schema: Any) -> None:
    data = _empty_rows(4_000_000)
    with pytest.raises(DecodeError, match=r"268435456 bytes in memory \(Limits\.decoded\)"):
        gob.loads(data, schema if schema != list[Any] else None)


def test_stream_goes_on_after_a_value_that_is_too_large() -> None:
    decoder = gob.Decoder(_empty_rows(4_000_000) + _message(b"\4\0\2"))
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        decoder.decode(list[Row])
    assert decoder.decode(int) == 1


@pytest.mark.parametrize("schema", [list[Row], None])
def test_values_within_the_limit_take_no_more_than_it(schema: Any) -> None:
    data = _empty_rows(20_000)
    limit = 2 * MEBIBYTE
    peak, _ = memory_of(lambda: _read(gob.Decoder(data, limits=gob.Limits(decoded=limit)), schema))
    assert peak < limit + 2 * MEBIBYTE + 2 * len(data)


def test_list_of_a_million_ints_passes() -> None:
    values = list(range(1_000_000))
    assert gob.loads(gob.dumps(values), list[int]) == values


def test_absent_fields_are_counted() -> None:
    wide = _defined(_wide(30_000), wire.SliceType("", 65, 64))
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        gob.loads(wide + _message(b"\xff\x82\0" + uint_bytes(3000) + bytes(3000)))


def test_lists_that_are_left_out_take_no_time() -> None:
    """Each of many empty structs leaves out many lists, of a type too wide to be compiled."""

    def lines(fields: int) -> int:
        lists = tuple((f"F{n}", 66) for n in range(fields))
        types = wire.StructType("R", 64, lists), wire.SliceType("", 65, 64)
        data = _defined(*types, wire.SliceType("", 66, wire.INT))
        data += _message(b"\xff\x82\0" + uint_bytes(100) + bytes(100)) * 3
        return _lines_of(lambda: _read(gob.Decoder(data))) - _lines_of(
            lambda: _read(gob.Decoder(_defined(*types)))
        )

    # What is left is to read the definitions.
    assert lines(3000) - lines(1500) < 60 * 1500


def test_type_of_values_that_fail_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def leads_to_interface(self: ReceivedTypes, id: int) -> bool:
        looked.append(id)
        return original(self, id)

    original = ReceivedTypes._leads_to_interface
    monkeypatch.setattr(ReceivedTypes, "_leads_to_interface", leads_to_interface)
    decoder = gob.Decoder(_defined(_wide(1000)) + _message(b"\xff\x80\0") * 5)
    for _ in range(5):
        with pytest.raises(DecodeError, match="arrives where int is wanted"):
            decoder.decode(int)
    assert looked == [64]


def test_left_out_elements_are_skipped_without_memory() -> None:
    data = _empty_rows(300_000)
    decoder = gob.Decoder(data)
    assert memory_of(decoder.skip)[0] < MEBIBYTE


# --- time that grows with the bytes -------------------------------------------------------------


def test_counts_that_lie_are_no_burden_to_what_follows() -> None:
    types: Types = [wire.SliceType("", 64 + n, 65 + n) for n in range(2)]
    types.append(wire.SliceType("", 66, wire.INT))

    def lines(count: int) -> int:
        data = _defined(*types) + _message(b"\xff\x80\0\1\1\x7f") * count
        return _lines_of(lambda: _read(gob.Decoder(data), list[list[list[int]]]))

    assert lines(4000) < 3 * lines(2000)


def test_value_in_many_messages_is_not_begun_again_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A value goes on in another message for each type that it describes."""
    monkeypatch.setattr("rpcgen.gob.decoder._SPARE_BYTES", 100)
    first = b"\xff\x80\0\xfe\x10\0" + bytes(4000) + b"\3any" + wire.write_definition(70, _wide(1))
    decoder = gob.Decoder(_defined(wire.SliceType("", 64, wire.INTERFACE)) + _message(first))
    reasons = []
    for number in range(71, 200):
        with pytest.raises(DecodeError) as caught:
            decoder.decode()
        reasons.append(caught.value.reason)
        decoder.feed(_message(wire.write_definition(number, _wide(1))))
    assert reasons[0] == "unexpected EOF"
    assert reasons[-1] == "a value that goes on in too many messages"


def test_stream_in_one_piece_is_read_as_in_many() -> None:
    encoder = gob.Encoder()
    data = b"".join(encoder.encode(Tree(n, Tree(n + 1))) for n in range(120_000))
    assert len(data) > 1_200_000
    decoder, total = gob.Decoder(data), 0
    while decoder.pending:
        total += decoder.decode(Tree).value
    assert total == sum(range(120_000))


def test_large_value_after_many_small_ones() -> None:
    encoder = gob.Encoder()
    parts = [encoder.encode(Tree(n)) for n in range(50_000)]
    large = encoder.encode(bytes(3_000_000))
    decoder = gob.Decoder(b"".join([*parts, large, encoder.encode(Tree(7)), *parts[1:]]))
    for _ in parts:
        decoder.decode(Tree)
    assert decoder.decode(bytes) == bytes(3_000_000)
    assert decoder.decode(Tree) == Tree(7)
    assert _read(decoder, Tree) == len(parts) - 1


# --- keys and numbers ---------------------------------------------------------------------------


def _colliding(count: int) -> bytes:
    keys = [uuid.UUID(int=1 + n * ((1 << 61) - 1)) for n in range(count)]
    return gob.dumps(dict.fromkeys(keys, 1), dict[uuid.UUID, int])


def test_keys_of_equal_hash_are_refused() -> None:
    with pytest.raises(DecodeError, match=r"2000 keys .* the limit is 100 \(Limits\.collisions\)"):
        gob.loads(_colliding(2000), dict[uuid.UUID, int])


def test_keys_of_equal_hash_up_to_the_limit() -> None:
    limits = gob.Limits(collisions=60)
    value = gob.Decoder(_colliding(60), limits=limits).decode(dict[uuid.UUID, int])
    assert len(value) == 60


@pytest.mark.parametrize("schema", [BigRat, None])
def test_ratio_of_many_digits_is_refused(schema: Any) -> None:
    data = gob.dumps(Fraction(3**40_000, 2**60_000), BigRat)
    with pytest.raises(DecodeError, match=r"more than 10000 digits \(Limits\.digits\)"):
        gob.loads(data, schema)


def test_ratio_of_some_digits_arrives() -> None:
    value = Fraction(3**10_000, 2**15_000)
    assert gob.loads(gob.dumps(value, BigRat), BigRat) == value


# --- streams that look for cost -----------------------------------------------------------------


@pytest.mark.parametrize("number", range(3))
def test_streams_that_look_for_memory_find_none(number: int) -> None:
    choose = random.Random(number)
    genome = drawn(choose)
    worst = (0.0, genome)
    for _ in range(12):
        data = rendered(genome, 5_000)
        peak, kept = memory_of(partial(WAYS[genome.way], data, genome.piece))
        assert peak <= memory_bound(genome, len(data)), genome
        assert kept <= kept_bound(len(data)), genome
        worst = max(worst, (peak / (len(data) + 2000), genome), key=lambda each: each[0])
        genome = drawn(choose) if choose.random() < 0.3 else changed(worst[1], choose)


def test_search_keeps_the_worst() -> None:
    search = Search(1)
    for _ in range(5):
        assert search.step() is None
    assert search.inputs == 5
    scores = [entry[0] for entry in search.worst["memory"]]
    assert scores == sorted(scores, reverse=True)


def test_memory_is_given_back_with_the_stream() -> None:
    data = _defined(_wide(1000, *_HEADER)) + _message(b"\xff\x80\1\3T.I\1\1\0")
    codecs = []
    gc.collect()
    tracemalloc.start()
    for _ in range(60):
        codecs.append(GobServerCodec())
        codecs[-1].feed(data)
        codecs[-1].decode_request_header()
    held = tracemalloc.get_traced_memory()[0]
    codecs.clear()
    gc.collect()
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 60 * (40 * len(data) + 50_000)
    assert left < MEBIBYTE


class OpenMood(OpenStrEnum):
    GOOD = "good"


class OpenColor(OpenIntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("sent", "theirs", "ours"),
    [
        (["x"] * 5000, list[str], list[OpenMood]),
        ([7] * 5000, list[int], list[OpenColor]),
        ({str(i): 1 for i in range(5000)}, dict[str, int], dict[OpenMood, int]),
        (set(range(5000)), set[int], set[OpenColor]),
    ],
    ids=["texts", "ints", "keys", "set"],
)
def test_unknown_members_are_counted(sent: Any, theirs: Any, ours: Any) -> None:
    data = gob.dumps(sent, theirs)
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        gob.loads(data, ours, limits=Limits(decoded=2_000_000))


def test_members_that_are_listed_take_no_more_than_a_place() -> None:
    sent = [OpenColor.RED] * 50_000
    limits = Limits(decoded=2_000_000)
    assert gob.loads(gob.dumps(sent, list[OpenColor]), list[OpenColor], limits=limits) == sent
