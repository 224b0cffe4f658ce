"""Programs of the accelerator: which there are, and that they decode as Python does."""

from __future__ import annotations

import gc
import sys
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from rpcgen.errors import DecodeError
from rpcgen.gob import decoder, encoder
from rpcgen.schema import UNTYPED, schema_of
from rpcgen.schema.plan import Op
from rpcgen.values.collisions import MANY_KEYS
from tests.gob.accelerated_examples import Chain, Cold, Hooked, Loose, Named, Plain, Wide, samples
from tests.gob.examples import Holder
from tests.values.test_collisions import chosen_places

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.decode_plan import _VARIED, holds_bytes, is_known, program_of
from rpcgen.gob.accelerated.decoder import Decoder, loads
from rpcgen.gob.accelerated.native import DecodeFunction, DecodeProgram


def _unused(*arguments: object) -> Any:
    pytest.fail("the accelerator has given up")


def _decoded_alone(value: Any, annotation: Any, into: Any = None, fallback: Any = _unused) -> Any:
    """Encode and decode with a program that has nothing behind it, or something else."""
    schema, wanted = schema_of(annotation), schema_of(into or annotation)
    stream = decoder.Decoder(encoder.dumps(value, schema))
    id = stream.next_type()
    _, (_, start) = stream._find_value()
    program, _ = program_of(stream.types, id, wanted, "strict", False, 1000)
    assert program is not None
    decoded, end = DecodeFunction(program, fallback).decode(stream._data, start, stream, 100)
    assert end == len(stream._data)
    return decoded


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Plain, Plain("name", -5, 0.5, True)),
        (list[Loose], [Loose(0, "", None), Loose(1, "x", Plain())]),
        (Cold, Cold(1, ("a", "b"))),
        (Hooked, Hooked(1, 2)),
        (Named, Named(a=1, b="")),
        (Wide, Wide("w", 0, 0.0, False, 5)),
        (dict[str, list[int]], {"a": [], "b": [1, -1]}),
        (dict[uuid.UUID, timedelta], {uuid.UUID(int=5): timedelta(1)}),
        (list[complex], [1j, 0j]),
        (Chain, Chain(1, Chain(2))),
    ],
    ids=str,
)
def test_ordinary_values_are_not_given_up(annotation: Any, value: Any) -> None:
    decoded = _decoded_alone(value, annotation)
    assert (decoded, type(decoded)) == (value, type(value))


@pytest.mark.parametrize("step", [1, -1, 1 << 10, 0x9E3779B97F4A7C15 >> 2])
def test_many_numbers_as_keys_are_not_given_up(step: int) -> None:
    numbers = {(i * step & (1 << 62) - 1) - 5: i for i in range(MANY_KEYS + 9)}
    assert _decoded_alone(numbers, dict[int, int]) == numbers


def test_many_numbers_as_keys_whose_places_are_chosen_are_left_to_python() -> None:
    given_up: list[int] = []

    def fallback(data: bytes, pos: int, *_: object) -> tuple[None, int]:
        given_up.append(pos)
        return None, len(data)

    assert _decoded_alone(chosen_places(), dict[int, int], fallback=fallback) is None
    assert len(given_up) == 1


def test_fields_that_are_not_ours_are_passed_over() -> None:
    assert _decoded_alone(Wide("w", 1, 0.5, True, 5), Wide, Plain) == Plain("w", 1, 0.5, True)


def test_fields_that_the_sender_lacks_have_their_defaults() -> None:
    assert _decoded_alone(Plain("w", 1, 0.5, True), Plain, Wide) == Wide("w", 1, 0.5, True, 0)


@pytest.mark.parametrize(("annotation", "value"), list(samples()), ids=lambda each: f"{each!r:.30}")
def test_values_are_those_that_python_reads(annotation: Any, value: Any) -> None:
    data = encoder.dumps(value, annotation)
    assert repr(loads(data, annotation)) == repr(decoder.loads(data, annotation))


def test_value_that_is_cut_off_has_the_error_of_python() -> None:
    data = bytearray(encoder.dumps(["text"], list[str]))
    data[-5] = 9
    with pytest.raises(DecodeError) as ours:
        loads(bytes(data), list[str])
    with pytest.raises(DecodeError) as theirs:
        decoder.loads(bytes(data), list[str])
    assert str(ours.value) == str(theirs.value)


def test_what_is_without_a_schema_is_left_to_python() -> None:
    assert is_known(schema_of(Plain))
    assert is_known(schema_of(Holder))
    assert not is_known(UNTYPED)


def test_type_that_may_describe_types_is_left_to_python() -> None:
    schema = schema_of(Holder)
    stream = decoder.Decoder(encoder.dumps([Holder([1])], list[Holder]))
    id = stream.next_type()
    assert program_of(stream.types, id, schema_of(None), "strict", False, 1000)[0] is None
    assert stream.accepts(id, schema_of(list[Holder]))
    assert schema is schema_of(Holder)


def test_holds_bytes_is_true_of_bytes_alone() -> None:
    assert holds_bytes(schema_of(dict[str, bytes]))
    assert not holds_bytes(schema_of(dict[str, str]))


def _struct(fields: object, members: object) -> tuple[object, ...]:
    return int(Op.STRUCT), 0, 0, -1, -1, 0, 0, Plain, (False, fields, members)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (None, TypeError),
        (_struct((5,), ()), TypeError),
        (_struct((), (5,)), TypeError),
        (_struct(((5, 0, 0, 0),), ()), ValueError),
        ((int(Op.LIST), 0, 0, 1, -1, 0, 0, None, None), ValueError),
        ((_VARIED, 0, 0, 0, -1, 0, 0, None, None), ValueError),
        ((int(Op.ENUM), 0, 0, 0, -1, 0, 0, Plain, {}), ValueError),
    ],
    ids=[
        *("no row", "no field", "no member", "a field of nothing", "elements of nothing"),
        *("a pointer to itself", "an enum of itself"),
    ],
)
def test_row_that_cannot_be_run_is_refused(row: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="the plan"):
        DecodeProgram((row,), 0, False, False)


@pytest.mark.parametrize("keys", [range(MANY_KEYS + 9), chosen_places()], ids=["usual", "chosen"])
def test_references_of_many_entries_are_given_back(keys: Iterable[int]) -> None:
    schema = schema_of(dict[int, list[int]])
    data = encoder.dumps({key: [1 << 40] for key in keys}, schema)
    stream = decoder.Decoder(data)
    id = stream.next_type()
    program, _ = program_of(stream.types, id, schema, "strict", False, 1000)
    assert program is not None
    _, (_, start) = stream._find_value()
    function = DecodeFunction(program, lambda *_: (None, 0)).decode
    function(data, start, stream, 100)
    gc.collect()
    blocks = sys.getallocatedblocks()
    function(data, start, stream, 100)
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 100


def test_references_are_given_back() -> None:
    schema = schema_of(list[Plain])
    data = encoder.dumps([Plain("some text", 1 << 40, 1.5, True)], schema)
    broken = data[:-1] + b"\x05"

    def decode() -> None:
        Decoder(data).decode(schema)
        with pytest.raises(DecodeError):
            Decoder(broken).decode(schema)

    decode()
    gc.collect()
    held = sys.getrefcount(Plain), sys.getrefcount(True), sys.getrefcount(0.0)
    blocks = sys.getallocatedblocks()
    for _ in range(100):
        decode()
    gc.collect()
    assert held == (sys.getrefcount(Plain), sys.getrefcount(True), sys.getrefcount(0.0))
    assert sys.getallocatedblocks() - blocks < 100
