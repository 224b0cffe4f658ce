"""Broken streams give `DecodeError`, in little memory; the long run is `tests.gob.fuzz`."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.schema import schema_of

from .messages import Tree
from .mutation import Seed, Tally, feed_to_everything, mutated, seeds_of_vectors
from .shapes import annotation
from .strategies import top_level_shapes, values

pytestmark = pytest.mark.usefixtures("implementation")

# More than compiling a decoder for the largest type among the streams takes.
ENOUGH = 8 << 20


@pytest.mark.parametrize("number", range(4))
def test_broken_streams_of_go_give_decode_errors(number: int) -> None:
    choose = random.Random(number)
    seeds = seeds_of_vectors()
    tally = Tally()
    for _ in range(400):
        chosen = choose.choice(seeds)
        feed_to_everything(mutated(chosen.data, choose, seeds), chosen, choose, tally)
    assert tally.errors > 400
    assert tally.peak < ENOUGH


@pytest.mark.parametrize("seed", seeds_of_vectors(), ids=lambda seed: seed.data[:8].hex())
def test_streams_cut_off_anywhere_ask_for_more_or_fail(seed: Seed) -> None:
    choose = random.Random(1)
    tally = Tally()
    for end in range(0, len(seed.data), 1 + len(seed.data) // 20):
        feed_to_everything(seed.data[:end], seed, choose, tally)
    assert tally.inputs


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), number=st.integers(0, 1 << 32))
def test_broken_streams_of_any_type_give_decode_errors(data: st.DataObject, number: int) -> None:
    shape = data.draw(top_level_shapes())
    schema = schema_of(annotation(shape))
    stream = gob.dumps(data.draw(values(shape)), schema)
    choose = random.Random(number)
    tally = Tally()
    for _ in range(5):
        broken = mutated(stream, choose, seeds_of_vectors())
        feed_to_everything(broken, Seed(broken, schema), choose, tally)
    assert tally.peak < ENOUGH


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(data=st.binary(max_size=200))
def test_random_bytes_give_decode_errors(data: bytes) -> None:
    tally = Tally()
    feed_to_everything(data, Seed(data, schema_of(Tree)), random.Random(1), tally)
    assert tally.inputs == 1


# --- bombs: few bytes that ask for much -----------------------------------------------------------


def _number(value: int) -> bytes:
    """Return an unsigned integer as gob writes it."""
    if value < 0x80:
        return bytes([value])
    octets = value.to_bytes((value.bit_length() + 7) // 8)
    return bytes([256 - len(octets)]) + octets


def _id(value: int) -> bytes:
    return _number(value << 1 if value >= 0 else ~value << 1 | 1)


def _message(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return _number(len(body)) + body


def _define(ident: int, kind: int, body: bytes) -> bytes:
    """Return the definition of type ``ident``; ``kind``: 1 array, 2 slice, 3 struct, 4 map."""
    common = b"\1\2" + _id(ident) + b"\0"
    return _message(_id(-ident), bytes([kind]), common, body, b"\0\0")


def _define_struct(ident: int, *fields: int) -> bytes:
    described = [
        b"\1\1" + bytes([65 + n]) + b"\1" + _id(each) + b"\0" for n, each in enumerate(fields)
    ]
    return _define(ident, 3, b"\1" + _number(len(fields)) + b"".join(described))


def _define_array(ident: int, element: int, count: int) -> bytes:
    return _define(ident, 1, b"\1" + _id(element) + b"\1" + _id(count))


def _nested(levels: int) -> bytes:
    """Return a slice of one interface value, which is such a slice."""
    value = b"\0\0"
    for _ in range(levels):
        value = b"\0\1\x0e[]interface {}" + _id(64) + _number(len(value)) + value
    return value


INT = 2
HUGE = (1 << 62) - 1

BOMBS: dict[str, bytes] = {
    "array_of_2_62": _define_array(64, INT, HUGE) + _message(_id(64), b"\0", _number(HUGE), b"\0"),
    "left_out_array_of_2_62": _define_struct(65, 64, INT)
    + _define_array(64, INT, HUGE)
    + _message(_id(65), b"\2\2\0"),
    "left_out_array_of_a_million": _define_struct(65, 64, INT)
    + _define_array(64, INT, 1_000_000)
    + _message(_id(65), b"\2\2\0"),
    "arrays_of_arrays": b"".join(_define_array(65 + n, 64 + n, 1000) for n in range(10))
    + _define_array(64, INT, 1000)
    + _define_struct(80, 74, INT)
    + _message(_id(80), b"\2\2\0"),
    "structs_of_two_structs": b"".join(_define_struct(65 + n, 64 + n, 64 + n) for n in range(40))
    + _define_struct(64, INT)
    + _message(_id(104), b"\0"),
    "struct_in_itself": _define_struct(64, 64, 64) + _message(_id(64), b"\0"),
    "struct_in_itself_without_end": _define_struct(64, 64) + _message(_id(64), b"\1" * 100_000),
    "slice_of_2_62": _define(64, 2, b"\1" + _id(INT)) + _message(_id(64), b"\0", _number(HUGE)),
    "slice_in_itself": _define(64, 2, b"\1" + _id(64)) + _message(_id(64), b"\0", b"\1" * 100_000),
    "slice_of_empty_arrays": _define_array(64, INT, 0)
    + _define(65, 2, b"\1" + _id(64))
    + _message(_id(65), b"\0", _number(HUGE)),
    "map_of_2_62": _define(64, 4, b"\1" + _id(INT) + b"\1" + _id(INT))
    + _message(_id(64), b"\0", _number(HUGE)),
    "map_in_itself": _define(64, 4, b"\1" + _id(64) + b"\1" + _id(64))
    + _message(_id(64), b"\0", b"\1" * 100_000),
    "string_of_2_62": _message(_id(6), b"\0", _number(HUGE)),
    "message_of_2_62": _number(HUGE),
    "interface_in_interface": _define(64, 2, b"\1" + _id(8)) + _message(_id(64), _nested(3000)),
    "definitions_without_end": b"".join(_define_struct(64 + n, INT) for n in range(20_000)),
}


def _decode(data: bytes) -> Any:
    return gob.loads(data)


def _skip(data: bytes) -> Any:
    return gob.Decoder(data).skip()


def _dump(data: bytes) -> Any:
    return gob.dump(data)


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("way", [_decode, _skip, _dump])
def test_bomb_stays_small(name: str, way: Any) -> None:
    tracemalloc.start()
    try:
        way(BOMBS[name])
    except DecodeError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < ENOUGH + 40 * len(BOMBS[name])


# --- names that would be code ---------------------------------------------------------------------

HOSTILE_NAMES = [
    "bad[print('owned')].x",
    "x;print('owned');y",
    "x\n    print('owned')\n    y",
    "{pos.__class__}",
    "'",
    '"""',
    "\\",
    "\0",
    "class",
    "data",
    "__class__",
    "\u0664",
]


def _define_fields(ident: int, type_name: str, *names: str) -> bytes:
    """Return the definition of a struct whose fields are integers."""
    head = _text(type_name)
    fields = b"".join(b"\1" + _text(name) + b"\1" + _id(INT) + b"\0" for name in names)
    body = b"\1\1" + head + b"\1" + _id(ident) + b"\0\1" + _number(len(names)) + fields
    return _message(_id(-ident), b"\3", body, b"\0\0")


def _text(text: str) -> bytes:
    octets = text.encode()
    return _number(len(octets)) + octets


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_names_from_the_wire_are_never_code(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = _define_fields(64, name, name, "Last") + _message(_id(64), b"\1\4\1\6\0")
    record = gob.loads(data)
    assert (record.type_name, record.names, record.values) == (name, (name, "Last"), (2, 3))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_names_from_the_wire_are_never_code_where_they_are_not_wanted(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _define_fields(64, name, name, "Value") + _message(_id(64), b"\1\4\1\6\0")
    assert gob.loads(data, Tree) == Tree(3)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_names_from_the_wire_in_an_error_are_as_they_came(name: str) -> None:
    data = _define_fields(64, name, name) + _message(_id(64), b"\1\xfe\1")
    with pytest.raises(DecodeError) as caught:
        gob.loads(data)
    assert "Error" not in str(caught.value)
