"""`Decoder` with the accelerator; what it decodes is tested with all implementations."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from attrs import define

from rpcgen import gob
from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Typed, encoder
from rpcgen.gob import decoder as decoder_module
from rpcgen.gob.interface_values import ValueStream
from rpcgen.types import Uint8
from tests.gob.accelerated_examples import Branch, Plain, Twig, typed_values
from tests.gob.accelerated_examples import Leaf as Registered

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated import native
from rpcgen.gob.accelerated.decoder import Decoder, loads


def test_large_bytes_in_chunks_are_put_together_once() -> None:
    stream, raw = encoder.Encoder(), b"x" * 300_000
    decoder = Decoder(stream.encode([raw], list[bytes]))
    assert decoder.decode(list[bytes]) == [raw]
    data = stream.encode([raw], list[bytes])
    for start in range(0, len(data), 65_536):
        decoder.feed(data[start : start + 65_536])
    with mock.patch.object(decoder, "across", wraps=decoder.across) as across:
        assert decoder.decode(list[bytes]) == [raw]
    across.assert_called_once()


def test_large_value_without_bytes_in_chunks_arrives() -> None:
    stream, values = encoder.Encoder(), [Plain(f"name {n}", n) for n in range(20_000)]
    decoder = Decoder(stream.encode(values, list[Plain]))
    assert decoder.decode(list[Plain]) == values
    data = stream.encode(values, list[Plain])
    decoder.feed(data[:1000])
    decoder.feed(data[1000:])
    assert decoder.decode(list[Plain]) == values


def test_loads_refuses_what_follows_the_value() -> None:
    with pytest.raises(DecodeError, match="there is more after the value"):
        loads(encoder.dumps(1, int) * 2, int)


def test_loads_of_what_has_come_before_is_not_left_to_python() -> None:
    values = Plain("x"), Plain("y", 5)
    streams = [encoder.dumps(value, Plain) for value in values]
    loads(streams[0], Plain)
    with mock.patch.object(Decoder, "decode_after", side_effect=AssertionError):
        assert tuple([loads(data, Plain) for data in streams]) == values


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\3",
        lambda data: data + data,
        lambda data: data[:-1] + b"\x09",
        lambda data: data[:5],
        lambda data: b"",
    ],
)
def test_loads_of_what_is_wrong_has_the_error_of_python(change: Callable[[bytes], bytes]) -> None:
    data = encoder.dumps(Plain("x", 5), Plain)
    loads(data, Plain)
    with pytest.raises(DecodeError) as ours:
        loads(change(data), Plain)
    with pytest.raises(DecodeError) as theirs:
        decoder_module.loads(change(data), Plain)
    assert str(ours.value) == str(theirs.value)
    assert loads(data, Plain) == Plain("x", 5)


def test_loads_that_limits_refuse_is_refused_whatever_came_before() -> None:
    data = encoder.dumps(["x" * 10] * 100, list[str])
    loads(data, list[str])
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        loads(data, list[str], limits=gob.Limits(decoded=50))


def test_loads_can_be_called_while_it_makes_an_object() -> None:
    data = encoder.dumps(Nested(b""), Nested)
    loads(data, Nested)
    data = encoder.dumps(Nested(data), Nested)
    assert loads(data, Nested) == Nested(encoder.dumps(Nested(b""), Nested))


def test_single_decoder_takes_no_other_streams() -> None:
    known: dict[object, Any] = {int: (b"", [object()]), str: (b"", []), float: (b"", 5), bool: 5}
    single = native.SingleDecoder(known, gob.Limits(), lambda *_: "fallback", reraise_interrupt)
    asked: tuple[Any, ...] = (int, str, float, bool, complex, [], None)
    for schema in asked:
        assert single.decode(b"\3\4\0\0", schema, "strict", False, gob.Limits()) == "fallback"


def test_references_of_single_values_are_given_back() -> None:
    data = encoder.dumps(Plain("some text", 1 << 40, 1.5, True), Plain)
    broken = data[:-1] + b"\x05"

    def decode() -> None:
        loads(data, Plain)
        with pytest.raises(DecodeError):
            loads(broken, Plain)

    for _ in range(3):
        decode()
    gc.collect()
    held, blocks = (sys.getrefcount(Plain), sys.getrefcount(data)), sys.getallocatedblocks()
    for _ in range(100):
        decode()
    gc.collect()
    assert held == (sys.getrefcount(Plain), sys.getrefcount(data))
    assert sys.getallocatedblocks() - blocks < 100


@define
class Nested:
    """A message that decodes what is in it."""

    inside: bytes

    def __attrs_post_init__(self) -> None:
        if self.inside:
            loads(self.inside, Nested)


@define
class Leaf:
    """A message that is made without code in Python."""

    name: str = ""
    size: int = 0


def streams_of_leaves() -> tuple[Decoder, bytes]:
    """Return a stream that knows leaves, and a message of so many that the collector would run."""
    stream, leaves = encoder.Encoder(), [Leaf(f"name {n}", n) for n in range(3000)]
    decoder = Decoder(stream.encode(leaves, list[Leaf]))
    decoder.decode(list[Leaf])
    return decoder, stream.encode(leaves, list[Leaf])


def test_collector_waits_for_a_message_of_many_objects() -> None:
    decoder, data = streams_of_leaves()
    decoder.feed(data)
    runs: list[str] = []

    def note(phase: str, _: object) -> None:
        runs.append(phase)

    gc.collect()
    gc.callbacks.append(note)
    try:
        decoder.decode(list[Leaf])
    finally:
        gc.callbacks.remove(note)
    assert (runs, gc.isenabled()) == ([], True)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_collector_is_on_or_off_as_before_after_a_value_and_an_error(is_enabled: bool) -> None:
    decoder, data = streams_of_leaves()
    (gc.enable if is_enabled else gc.disable)()
    try:
        decoder.feed(data)
        decoder.decode(list[Leaf])
        decoder.feed(data[:-3] + b"\x7f\x7f\x7f")
        with pytest.raises(DecodeError):
            decoder.decode(list[Leaf])
        found = gc.isenabled()
    finally:
        gc.enable()
    assert found is is_enabled


BRANCH = Branch(Registered("a", 1), Twig([1, "b", None]), [], {"c": Registered("d", 2), "e": None})


def stream_of_branches() -> tuple[Decoder, encoder.Encoder]:
    """Return streams on which the types in `BRANCH` have come twice, the first time described."""
    decoder, stream = Decoder(), encoder.Encoder()
    for _ in range(2):
        decoder.feed(stream.encode(BRANCH, Branch))
        assert decoder.decode(Branch) == BRANCH
    return decoder, stream


def test_types_in_interfaces_that_have_come_are_not_left_to_python() -> None:
    decoder, stream = stream_of_branches()
    decoder.feed(stream.encode(BRANCH, Branch))
    with mock.patch.object(ValueStream, "decode_interface", side_effect=AssertionError):
        assert decoder.decode(Branch) == BRANCH


def test_values_that_keep_their_types_are_not_left_to_python() -> None:
    stream, streams = encoder.Encoder(), (Decoder(), decoder_module.Decoder())
    for _ in range(2):
        data = stream.encode(typed_values(), list[Any])
        for each in streams:
            each.feed(data)
            each.decode(list[Any])
    for each in streams:
        each.feed(stream.encode(typed_values(), list[Any]))
    wanted = streams[1].decode(list[Any])
    with mock.patch.object(ValueStream, "decode_interface", side_effect=AssertionError):
        found = streams[0].decode(list[Any])
    assert [(type(each), getattr(each, "go_type", "")) for each in found] == [
        (type(each), getattr(each, "go_type", "")) for each in wanted
    ]
    assert found == wanted
    assert streams[0].room_left == streams[1].room_left


def test_values_that_keep_their_types_and_are_too_large_have_the_error_of_python() -> None:
    stream, limits = encoder.Encoder(), gob.Limits(decoded=4000)
    streams = Decoder(limits=limits), decoder_module.Decoder(limits=limits)
    outcomes: list[list[str]] = [[], []]
    for count in (1, 1, 6, 7, 8, 9, 2):
        data = stream.encode([Typed(1, Uint8)] * count, list[Any])
        for each, found in zip(streams, outcomes, strict=True):
            each.feed(data)
            try:
                found.append(repr(each.decode(list[Any])))
            except DecodeError as error:
                found.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert sum("Limits.decoded" in each for each in outcomes[0]) in (1, 2, 3)


def test_references_of_values_that_keep_their_types_are_given_back() -> None:
    stream, decoder = encoder.Encoder(), Decoder()

    def decode() -> None:
        decoder.feed(stream.encode(typed_values(), list[Any]))
        decoder.decode(list[Any])

    for _ in range(3):
        decode()
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(50):
        decode()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 100


def test_type_in_an_interface_that_comes_later_is_learned() -> None:
    decoder, stream = stream_of_branches()
    other = Branch(1.5, Twig(["x", True]), [], {})
    for _ in range(3):
        decoder.feed(stream.encode(other, Branch) + stream.encode(BRANCH, Branch))
        assert (decoder.decode(Branch), decoder.decode(Branch)) == (other, BRANCH)
    assert decoder.pending == 0


def test_types_in_interfaces_are_forgotten_with_the_value_that_has_described_them() -> None:
    stream = encoder.Encoder()
    data = stream.encode([BRANCH, BRANCH], list[Branch])
    decoder = Decoder(data[:-1])
    with pytest.raises(TruncatedError):
        decoder.decode(list[Branch])
    assert decoder._interfaces == {}
    decoder.feed(data[-1:])
    assert decoder.decode(list[Branch]) == [BRANCH, BRANCH]


def test_value_in_an_interface_that_is_too_large_has_the_error_of_python() -> None:
    stream, limits = encoder.Encoder(), gob.Limits(decoded=3000)
    streams = Decoder(limits=limits), decoder_module.Decoder(limits=limits)
    values = [[Registered("x", 1)] * count for count in (1, 2, 100, 3)]
    outcomes: list[list[str]] = [[], []]
    for value in values:
        data = stream.encode(value, list[Any])
        for each, found in zip(streams, outcomes, strict=True):
            each.feed(data)
            try:
                found.append(repr(each.decode(list[Any])))
            except DecodeError as error:
                found.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert any("Limits.decoded" in each for each in outcomes[0])
