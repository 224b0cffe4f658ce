from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gojson.parse import members
from rpcgen.gojson.stream import ObjectStream
from rpcgen.values.limits import Limits

from .cost import VALUES, steps_of
from .drawn import OBJECTS

KEYS = frozenset(("a", "b"))


def objects_of(stream: ObjectStream) -> list[str]:
    """Take everything that is complete."""
    texts = []
    while True:
        try:
            texts.append(stream.next())
        except TruncatedError:
            return texts


def fed(data: bytes, limits: Limits | None = None) -> ObjectStream:
    stream = ObjectStream(limits)
    stream.feed(data)
    return stream


@given(
    st.lists(st.tuples(OBJECTS, st.sampled_from(["", "\n", " \t\r\n"]), st.booleans()), max_size=4),
    st.lists(st.integers(0, 200)),
)
def test_any_chunking_gives_the_same_objects(
    items: list[tuple[dict[str, object], str, bool]], cuts: list[int]
) -> None:
    texts = [json.dumps(each, indent=2 if pretty else None) for each, _, pretty in items]
    data = "".join(space + text for text, (_, space, _) in zip(texts, items, strict=True)).encode()
    stream, received = ObjectStream(), []
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        stream.feed(data[start:end])
        received += objects_of(stream)
    assert received == texts


@pytest.mark.parametrize(
    "text",
    ['{"a":"}"}', '{"a":"\\""}', '{"a":"\\\\"}', '{"a":[{"b":[]},"]"]}', '{"é":"世界"}', "{}"],
)
def test_object_is_taken_byte_by_byte(text: str) -> None:
    stream, received = ObjectStream(), []
    for byte in text.encode() * 2:
        stream.feed(bytes((byte,)))
        received += objects_of(stream)
    assert received == [text, text]


def test_string_longer_than_a_window_is_taken() -> None:
    text = json.dumps({"a": "x\\" * 100_000, "b": "y" * 70_000})
    assert fed(text.encode()).next() == text


def test_many_small_strings_are_taken() -> None:
    text = json.dumps({"a": [""] * 100_000})
    assert fed(text.encode()).next() == text


@pytest.mark.parametrize("data", [b"[1]", b"5", b'"x"', b"null", b"nonsense", b"}", b"\xff", b" ]"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="not the beginning of an object"):
        fed(data).next()


def test_refused_stream_stays_refused() -> None:
    stream = fed(b"[1]")
    with pytest.raises(DecodeError):
        stream.next()
    stream.feed(b"{}")
    with pytest.raises(DecodeError, match="not the beginning of an object"):
        stream.next()


def test_incomplete_object_is_truncated() -> None:
    with pytest.raises(TruncatedError):
        fed(b'{"a":1').next()


def test_nothing_but_space_is_truncated() -> None:
    with pytest.raises(TruncatedError):
        fed(b" \n").next()


@pytest.mark.parametrize("data", [b'{"a":"' + b"x" * 100, b'{"a":"' + b"x" * 100 + b'"}'])
def test_object_above_the_limit_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="more than 50 bytes"):
        fed(data, Limits(message=50)).next()


def test_objects_below_the_limit_may_be_above_it_together() -> None:
    assert len(objects_of(fed(b'{"a":1}\n' * 20, Limits(message=50)))) == 20


def test_nesting_above_the_limit_is_refused() -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        fed(b'{"a":' + b"[" * 1000).next()


def test_nesting_within_the_limit_is_taken() -> None:
    text = '{"params":[' + "[" * 100 + "]" * 100 + "]}"
    assert fed(text.encode()).next() == text


def test_each_invalid_byte_is_replaced_as_by_go() -> None:
    text = fed(b'{"a":"\xff\xf0\x9f\x98"}').next()
    assert members(text, KEYS)["a"].read() == "\ufffd\ufffd\ufffd\ufffd"


@given(st.binary() | st.text(alphabet='{}[]":,\\ 01eE-.utrnfalse\n').map(str.encode))
def test_arbitrary_bytes_give_objects_or_decode_errors(data: bytes) -> None:
    try:
        for text in objects_of(fed(b"{" + data)):
            members(text, KEYS)
    except DecodeError:
        pass


# --- members ------------------------------------------------------------------------------------


def test_pending_is_what_belongs_to_no_object() -> None:
    stream = ObjectStream()
    stream.feed(b' {"a":1}\n{"b"')
    assert stream.next() == '{"a":1}'
    assert stream.pending == len('{"b"')


def test_pending_without_white_space() -> None:
    stream = ObjectStream()
    stream.feed(b'{"a":1} \r\n\t')
    stream.next()
    assert stream.pending == 0


def test_pending_of_a_stream_that_has_failed() -> None:
    stream = ObjectStream()
    stream.feed(b"nonsense")
    with pytest.raises(DecodeError):
        stream.next()
    assert stream.pending > 0


def test_ahead_of_an_object_that_is_cut() -> None:
    stream = ObjectStream()
    stream.feed(b'{"a":')
    assert stream.ahead == 0


def test_ahead_is_the_size_of_the_next_object() -> None:
    stream = ObjectStream()
    stream.feed(b'{"a":1}{"b":2222}')
    assert stream.ahead == 7
    assert stream.next() == '{"a":1}'
    assert stream.ahead == 10


def test_ahead_leaves_the_object_pending() -> None:
    stream = ObjectStream()
    stream.feed(b'{"a":1}')
    assert stream.ahead
    assert stream.pending
    assert stream.next() == '{"a":1}'
    assert not stream.pending


def test_ahead_of_nonsense_leaves_the_error_to_next() -> None:
    stream = ObjectStream()
    stream.feed(b"nonsense")
    assert stream.ahead == 0
    with pytest.raises(DecodeError, match="nonsense"):
        stream.next()


# --- many brackets ------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [997, 65536, 1 << 20])
@pytest.mark.parametrize("kind", sorted(VALUES))
def test_next_ends_where_an_object_of_many_brackets_does(kind: str, piece: int) -> None:
    first, second = f'{{"a":{VALUES[kind](100_000)}}}', '{"b":[[]]}'
    data, stream = f"{first} {second}".encode(), ObjectStream()
    found = []
    for start in range(0, len(data), piece):
        stream.feed(data[start : start + piece])
        while stream.ahead:
            found.append(stream.next())
    assert found == [first, second]


@pytest.mark.parametrize("before", [0, 1000, 100_000])
def test_next_counts_the_depth_behind_many_brackets(before: int) -> None:
    stream = ObjectStream()
    stream.feed(f'{{"a":[{"[]," * before}{"[" * 101}'.encode())
    with pytest.raises(DecodeError, match="nested too deeply"):
        stream.next()


@pytest.mark.parametrize("element", ["[],", "{},", "[[[[[[]]]]]],", '[{"":0}],'])
def test_next_does_not_take_brackets_one_by_one(element: str) -> None:
    stream = ObjectStream()
    stream.feed(f'{{"a":[{element * 50_000}0]}}'.encode())
    assert steps_of(stream.next) < 50_000
