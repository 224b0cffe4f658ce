"""`Decoder` with the accelerator; what it decodes is tested with all implementations."""

from __future__ import annotations

import gc
from unittest import mock

import pytest
from attrs import define

from rpcgen.errors import DecodeError
from rpcgen.gob import encoder
from tests.gob.accelerated_examples import Plain

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

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
