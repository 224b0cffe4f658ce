from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError
from rpcgen.gob import Limits
from rpcgen.gojson.decode import decode
from rpcgen.gojson.parse import parse
from rpcgen.gojson.size import parsed_size, skip
from rpcgen.protocol import JsonServerCodec
from rpcgen.schema import schema_of
from rpcgen.types import BigRat, OpenIntEnum, OpenStrEnum, length

from .cost import (
    PLACES,
    VALUES,
    memory_of,
    post_of,
    read_client,
    read_post,
    read_server,
    steps_of,
)
from .drawn import json_values

JSON = json_values(30)


@define
class Order:
    number: int = 0
    note: str = ""
    lines: list[int] = field(factory=list)
    names: dict[str, int] = field(factory=dict)


@define
class Chain:
    a: Chain | None = None


# --- skip ---------------------------------------------------------------------------------------


def test_skip_takes_the_opening_brackets_of_deep_lists_at_once() -> None:
    text = f"[{','.join(['[' * 90 + ']' * 90] * 500)}]"
    assert steps_of(lambda: skip(text, 0, 100)) < 6 * text.count("[")


@pytest.mark.parametrize("text", ["[[[[[]]]]}", "[[[[", "[[[x]]]", "[[[[1 2]]]]", "[ [ [ [ ] ] ]"])
def test_skip_refuses_deep_lists_that_are_broken(text: str) -> None:
    with pytest.raises(DecodeError):
        skip(text, 0, 100)


@pytest.mark.parametrize("deeper", [0, 1])
def test_skip_counts_the_depth_of_lists_taken_at_once(deeper: int) -> None:
    text = "[" * (20 + deeper) + '{"a":{"b":{}}}' + "]" * (20 + deeper)
    if deeper:
        with pytest.raises(DecodeError, match="nested too deeply"):
            skip(text, 0, 21)
    else:
        assert skip(text, 0, 21) == len(text)


@given(JSON, st.booleans())
def test_skip_ends_where_the_value_does(value: object, spaced: bool) -> None:
    text = json.dumps(value, indent=1 if spaced else None)
    assert skip(f"{text}]", 0, 100) == len(text)


@given(JSON, st.sampled_from('0"{}[],:x\\'), st.data())
def test_skip_takes_what_json_takes(value: object, character: str, data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text) - 1))
    broken = text[:place] + character + text[place + 1 :]
    try:
        end = json.JSONDecoder().raw_decode(broken)[1]
    except ValueError:
        with pytest.raises(DecodeError):
            skip(broken, 0, 100)
    else:
        assert broken[end : skip(broken, 0, 100)].strip() == ""


def test_skip_of_what_is_too_deep() -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        skip("[" * 110 + "]" * 110, 0, 100)


def test_skip_of_a_string_that_is_longer_than_a_window() -> None:
    text = f'[[["{"a" * 100_000}",{{"b":"{"c" * 100_000}"}}]]]'
    assert skip(text, 0, 100) == len(text)


# --- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_parsed_size_is_no_less_than_the_memory(make: Callable[[int], str]) -> None:
    text = make(20_000)
    tracemalloc.start()
    try:
        value = parse(text).read()
        memory = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    del value
    assert memory <= parsed_size(text) + 4096


def test_size_of_a_long_string_is_that_of_its_characters() -> None:
    assert parsed_size(VALUES["commas in a string"](200_000)) < 300_000


def decoded(annotation: Any, text: str, limits: Limits) -> object:
    return decode(schema_of(annotation), parse(text), limits=limits)


def many(text: str, count: int) -> str:
    return f"[{','.join([text] * count)}]"


LITTLE = Limits(decoded=4 << 20)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (list[Order], many("{}", 20_000)),
        (dict[str, Order], json.dumps({str(number): {} for number in range(20_000)})),
        (list[Order | None], many("{}", 20_000)),
        (list[Annotated[list[int], length(1000)]], many("[]", 2000)),
        (list[BigRat], many('"1e9990"', 2000)),
        (list[list[int]], many("[]", 40_000)),
        (Any, many('{"":{}}', 20_000)),
    ],
)
def test_message_that_becomes_too_large_is_refused(annotation: Any, text: str) -> None:
    with pytest.raises(DecodeError, match=r"the limit is 4194304 \(Limits.decoded\)"):
        decoded(annotation, text, LITTLE)


class OpenMood(OpenStrEnum):
    GOOD = "good"


class OpenColor(OpenIntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (list[OpenMood], json.dumps(["x"] * 10_000)),
        (list[OpenColor], json.dumps([7] * 10_000)),
        (dict[OpenMood, int], json.dumps({str(i): 1 for i in range(10_000)})),
        (dict[str, OpenColor], json.dumps({str(i): 7 for i in range(10_000)})),
    ],
    ids=["texts", "ints", "keys", "values"],
)
def test_unknown_members_of_an_enum_are_counted(annotation: Any, text: str) -> None:
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        decode(schema_of(annotation), parse(text), limits=Limits(decoded=4_000_000))


def test_members_of_an_enum_that_are_listed_take_no_more_than_a_place() -> None:
    text = json.dumps([1] * 100_000)
    value = decode(schema_of(list[OpenColor]), parse(text), limits=Limits(decoded=4_000_000))
    assert value == [OpenColor.RED] * 100_000


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (list[int], json.dumps(list(range(50_000)))),
        (str, VALUES["commas in a string"](2_000_000)),
        (bytes, f'"{"QUJD" * 500_000}"'),
        (list[Order], many("{}", 2000)),
    ],
)
def test_message_that_fits_is_taken(annotation: Any, text: str) -> None:
    decoded(annotation, text, LITTLE)


def test_million_integers_are_taken_by_default() -> None:
    text = json.dumps(list(range(1_000_000)))
    assert len(read_params(list[int], text)) == 1_000_000


def read_params(annotation: Any, text: str) -> Any:
    codec = JsonServerCodec()
    codec.feed(f'{{"method":"A.B","id":1,"params":[{text}]}}'.encode())
    codec.decode_request_header()
    return codec.decode_request_body(schema_of(annotation))


def test_message_that_is_too_large_fails_its_call_alone() -> None:
    codec = JsonServerCodec(LITTLE)
    text = VALUES["deep lists"](200_000)
    codec.feed(f'{{"method":"A.B","id":1,"params":[{text}]}}{{"method":"A.C"}}'.encode())
    codec.decode_request_header()
    with pytest.raises(DecodeError, match="decoded"):
        codec.decode_request_body(schema_of(Any))
    assert codec.decode_request_header().service_method == "A.C"


# --- cost ---------------------------------------------------------------------------------------

SMALL, LARGE = 40_000, 100_000
# How many times the size of a message its reading may take of memory, and the spare for small ones.
MOST_MEMORY, SPARE = 40, 1 << 20


def read(place: str, text: str) -> Callable[[], object]:
    data = PLACES[place](text).encode()
    return partial(read_client if place == "result" else read_server, data)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_memory_of_what_nobody_asks_for_is_bounded(make: Callable[[int], str], place: str) -> None:
    text = make(LARGE)
    assert memory_of(read(place, text)) <= MOST_MEMORY * len(text.encode()) + SPARE


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_steps_grow_as_the_message_does(make: Callable[[int], str], place: str) -> None:
    small, large = steps_of(read(place, make(SMALL))), steps_of(read(place, make(LARGE)))
    assert large <= 3 * small + 1000


KINDS = {
    "unknown": '"k{}":1',
    "the same": '"k":1',
    "with escapes": r'"\u006b":1',
    "known": '"params":[1]',
}


@pytest.mark.parametrize("kind", KINDS)
def test_steps_for_members_of_the_envelope_grow_as_they_do(kind: str) -> None:
    def message(count: int) -> bytes:
        members = ",".join(KINDS[kind].format(number) for number in range(count))
        return f'{{"method":"A.B","params":[1],{members},"id":1}}'.encode()

    small, large = (steps_of(partial(read_server, message(count))) for count in (6000, 18_000))
    assert large <= 4 * small


def test_envelope_of_many_members_is_not_copied_for_each() -> None:
    # What is quadratic in C shows in no count of calls; 40 MB copied 20,000 times would take hours.
    value = "a" * 2000
    text = ",".join(f'"k{number}":"{value}"' for number in range(20_000))
    assert isinstance(read_server(f'{{"method":"A.B",{text}}}'.encode()), type(None))


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_memory_of_a_post_is_bounded(make: Callable[[int], str]) -> None:
    data = post_of(PLACES["params"](make(LARGE)))
    assert memory_of(partial(read_post, data)) <= MOST_MEMORY * len(data) + SPARE


@pytest.mark.parametrize("item", ['"A":1', '"A":[1]', '"A":{"A":{}}'])
def test_members_that_come_again_and_again_are_bounded(item: str) -> None:
    text = f"{{{','.join([item] * 100_000)}}}"
    with pytest.raises(DecodeError, match=r"cannot unmarshal|the limit is 100"):
        read_params(Chain, text)


def test_text_with_one_wide_character_counts_as_wide() -> None:
    assert parsed_size('"' + "a" * 1000 + '\U0001f600"') >= 2 * 4 * 1000
