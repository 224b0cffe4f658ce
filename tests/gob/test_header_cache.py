"""Headers that are known by their bytes: that they are, and when they are not.

That they come out the same either way is seen in `tests/protocol/test_gob_codec.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from attrs import define

from rpcgen.gob import Encoder
from rpcgen.gob.decoder import Decoder
from rpcgen.gob.header_cache import MAX_HEADERS, HeaderDecoder
from rpcgen.schema import Schema, schema_of
from rpcgen.types import Int64, Uint64


@define
class Head:
    """A header."""

    service_method: str = ""
    seq: Uint64 = 0


@define
class TimedHead(Head):
    """A header that may have a time limit, and more."""

    timeout: Int64 = 0
    key: str = ""


HEAD: Schema[Head] = schema_of(Head)
TIMED: Schema[TimedHead] = schema_of(TimedHead)

# Numbers of one byte, and of each width from there on, below and above the bounds.
SEQS = [1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**64 - 1]


def header_decoder() -> HeaderDecoder[Head]:
    return HeaderDecoder(Decoder(), Head, HEAD, TIMED, finish, TimedHead)


def finish(header: Head) -> Head:
    if isinstance(header, TimedHead) and (header.timeout or header.key):
        return header
    return Head(header.service_method, header.seq)


@contextmanager
def counted_misses() -> Iterator[list[Head]]:
    """Give a list that grows with each header that is decoded the general way."""
    misses: list[Head] = []
    learned = HeaderDecoder._learned

    def count(self: HeaderDecoder[Head], begin: int, header: Head) -> Head:
        misses.append(header)
        return learned(self, begin, header)

    with patch.object(HeaderDecoder, "_learned", count):
        yield misses


def decoded(decoder: HeaderDecoder[Head], encoder: Encoder, headers: list[Head]) -> list[Head]:
    """Return the headers as they are decoded, one after the other."""
    found = []
    for header in headers:
        decoder.stream.feed(encoder.encode(header))
        found.append(decoder.decode())
    return found


@pytest.mark.parametrize("seq", SEQS)
def test_header_of_a_known_method_is_a_hit(seq: int) -> None:
    decoder, encoder = header_decoder(), Encoder()
    # The first comes with definitions; the second is remembered by the width of its number.
    warm = [Head("Arith.Multiply", seq), Head("Arith.Multiply", seq)]
    with counted_misses() as misses:
        decoded(decoder, encoder, warm)
        many = [Head("Arith.Multiply", seq)] * 50
        assert (decoded(decoder, encoder, many), misses) == (many, warm)


def test_hit_does_not_call_the_decoder() -> None:
    decoder, encoder = header_decoder(), Encoder()
    decoded(decoder, encoder, [Head("A.B", 1)] * 2)
    with patch.object(Decoder, "decode", side_effect=AssertionError("decoded")):
        assert decoded(decoder, encoder, [Head("A.B", 2)]) == [Head("A.B", 2)]


def test_headers_of_several_methods_by_turns_are_hits() -> None:
    decoder, encoder = header_decoder(), Encoder()
    headers = [Head(f"A.M{number}", 9) for number in range(20)]
    decoded(decoder, encoder, headers * 2)
    with counted_misses() as misses:
        decoded(decoder, encoder, headers * 3)
    assert misses == []


@pytest.mark.parametrize(
    "header", [Head("", 5), Head("A.B", 0), Head("x" * 200, 5)], ids=["no name", "0", "long name"]
)
def test_header_out_of_the_ordinary_is_a_miss(header: Head) -> None:
    decoder, encoder = header_decoder(), Encoder()
    with counted_misses() as misses:
        assert decoded(decoder, encoder, [header] * 5) == [header] * 5
    assert misses == [header] * 5


def test_one_method_more_than_are_remembered_forgets_the_others() -> None:
    decoder, encoder = header_decoder(), Encoder()
    headers = [Head(f"A.M{number}", 9) for number in range(MAX_HEADERS + 2)]
    decoded(decoder, encoder, headers)
    with counted_misses() as misses:
        decoded(decoder, encoder, [headers[1], headers[-1]])
    assert misses == [headers[1]]
