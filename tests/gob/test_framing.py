"""Bytes of a stream in pieces: where messages begin and end, and what is still missing."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob.framing import MessageBuffer

from .examples import Point

pytestmark = pytest.mark.usefixtures("implementation")


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


def put(decoder: gob.Decoder, data: bytes) -> None:
    """Put bytes where the decoder wants them, as many at a time as it wants."""
    while data:
        view = decoder.get_buffer()
        if len(view) == 1:  # it has all that it wanted, and has not been asked since
            decoder.feed(data)
            return
        count = min(len(view), len(data))
        view[:count] = data[:count]
        decoder.buffer_updated(count)
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
    encoder, decoder = gob.Encoder(), gob.Decoder()
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
    encoder, decoder = gob.Encoder(), gob.Decoder()
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
    decoder = gob.Decoder()
    decoder.feed(gob.dumps(bytes(100_000))[:1000])
    with pytest.raises(TruncatedError):
        decoder.decode(bytes)
    assert 0 < len(decoder.get_buffer()) <= decoder.needed


def test_space_then_feed_keeps_the_order() -> None:
    data = gob.dumps(bytes(range(256)) * 1000)
    decoder = gob.Decoder()
    decoder.feed(data[:1000])
    with pytest.raises(TruncatedError):
        decoder.decode(bytes)
    decoder.get_buffer()[:2000] = data[1000:3000]
    decoder.buffer_updated(2000)
    decoder.feed(data[3000:])
    assert decoder.decode(bytes) == bytes(range(256)) * 1000


def test_space_is_used_again_without_harm_to_values() -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
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
    encoder, decoder = gob.Encoder(), gob.Decoder()
    for _ in range(2):
        decoder.feed(encoder.encode(bytes(1_000_000), bytes))
        decoder.decode(bytes)
    assert len(decoder._data) == 0


@given(st.data())
def test_large_message_that_is_damaged_is_refused(data: st.DataObject) -> None:
    encoder, decoder = gob.Encoder(), gob.Decoder()
    value = Blob("name", b"x" * 70_000, 7)
    decoder.feed(encoder.encode(value, Blob))
    decoder.decode(Blob)
    octets = bytearray(encoder.encode(value, Blob))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, 40) | st.integers(len(octets) - 10, len(octets) - 1))] = (
            data.draw(st.integers(0, 255))
        )
    plain = gob.Decoder()
    plain.feed(gob.Encoder().encode(value, Blob))
    plain.decode(Blob)
    plain.feed(bytes(octets))
    split = data.draw(st.integers(1, len(octets) - 1))
    decoder.feed(bytes(octets[:split]))
    assert outcome(decoder, lambda: put(decoder, bytes(octets[split:]))) == outcome(plain)


def outcome(decoder: gob.Decoder, more: Callable[[], None] | None = None) -> object:
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


# --- by itself, without values ------------------------------------------------------------------


def test_message_begins_after_its_length() -> None:
    buffer = MessageBuffer(b"\3abc\1d", 100)
    assert (buffer._message(0), buffer.end) == (1, 4)
    assert (buffer._message(4), buffer.end) == (5, 6)


def test_message_of_many_bytes_has_a_longer_length() -> None:
    buffer = MessageBuffer(b"\xfe\1\0" + bytes(256), 1000)
    assert (buffer._message(0), buffer.end) == (3, 259)


def test_message_larger_than_the_limit_ends_the_stream() -> None:
    buffer = MessageBuffer(b"\x65", 100)
    with pytest.raises(DecodeError, match="the limit is 100"):
        buffer._message(0)
    assert buffer._broken is not None


def test_bytes_are_missing_until_they_are_fed() -> None:
    buffer = MessageBuffer(b"\5ab", 100)
    with pytest.raises(TruncatedError, match="unexpected EOF"):
        buffer._message(0)
    assert (buffer.pending, buffer.needed) == (3, 3)
    buffer.feed(b"cde")
    assert (buffer.pending, buffer.needed) == (6, 1)
