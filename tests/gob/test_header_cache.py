"""Headers that are known by their bytes: that they are, and when they are not.

That they come out the same either way is seen in `tests/protocol/test_gob_codec.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from attrs import define

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Encoder
from rpcgen.gob.decoder import Decoder
from rpcgen.gob.header_cache import MAX_HEADERS, HeaderDecoder
from rpcgen.schema import Schema, schema_of
from rpcgen.types import Int64, Uint64, wire

pytestmark = pytest.mark.usefixtures("implementation")


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
    return gob.HeaderDecoder(gob.Decoder(), Head, HEAD, TIMED, finish, TimedHead)


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


def decoded(decoder: HeaderDecoder[Head], encoder: Encoder, headers: Sequence[Head]) -> list[Head]:
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


def test_next_is_none_where_nothing_has_come() -> None:
    decoder, encoder = header_decoder(), Encoder()
    assert decoder.next() is None
    decoded(decoder, encoder, [Head("A.B", 1)])
    assert decoder.next() is None


def test_next_is_the_header_that_has_come() -> None:
    decoder = header_decoder()
    decoder.stream.feed(Encoder().encode(Head("A.B", 1)))
    assert decoder.next() == Head("A.B", 1)


def test_next_after_definitions_alone_is_cut_off() -> None:
    decoder = header_decoder()
    data = Encoder().encode(Head("A.B", 1))
    decoder.stream.feed(data[: data.index(b"A.B") - 5])  # up to the length of the header
    with pytest.raises(TruncatedError, match="unexpected EOF"):
        decoder.next()
    with pytest.raises(TruncatedError, match="unexpected EOF"):
        decoder.next()


def test_next_after_the_stream_has_broken_is_the_error_again() -> None:
    decoder = header_decoder()
    decoder.stream.feed(b"\x80")
    with pytest.raises(DecodeError):
        decoder.next()
    decoder.stream._pos = 1  # as if nothing was left
    with pytest.raises(DecodeError):
        decoder.next()


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


# --- further fields -------------------------------------------------------------------------------

TIMEOUTS = [1, 63, 64, 2**31 - 1, 5 * 10**9, 2**63 - 1]


@pytest.mark.parametrize("timeout", TIMEOUTS)
@pytest.mark.parametrize("seq", SEQS)
def test_header_with_a_time_limit_is_a_hit(seq: int, timeout: int) -> None:
    decoder, encoder = header_decoder(), Encoder()
    header = TimedHead("Arith.Multiply", seq, timeout)
    decoded(decoder, encoder, [header] * 2)
    with counted_misses() as misses:
        found = decoded(decoder, encoder, [header] * 3)
    assert (found, misses) == ([header] * 3, [])


def test_time_limits_of_one_width_are_hits() -> None:
    decoder, encoder = header_decoder(), Encoder()
    decoded(decoder, encoder, [TimedHead("A.B", 5, 5 * 10**9)] * 2)
    headers = [TimedHead("A.B", seq, 5 * 10**9 - 1000 * seq) for seq in range(1, 100)]
    with counted_misses() as misses:
        assert decoded(decoder, encoder, headers) == headers
    assert misses == []


@pytest.mark.parametrize(
    "header",
    [
        TimedHead("A.B", 0, 5),
        TimedHead("A.B", 5, 5, "key"),
        TimedHead("A.B", 5, 0, "key"),
        TimedHead("A.B", 5, -5),
        TimedHead("", 5, 5),
        TimedHead("x" * 120, 5, 5),
    ],
    ids=str,
)
def test_header_with_more_than_a_time_limit_is_a_miss(header: TimedHead) -> None:
    decoder, encoder = header_decoder(), Encoder()
    with counted_misses() as misses:
        assert decoded(decoder, encoder, [header] * 3) == [header] * 3
    assert len(misses) == 3


def test_headers_of_one_length_with_and_without_a_time_limit_are_told_apart() -> None:
    decoder, encoder = header_decoder(), Encoder()
    # A number of three bytes, or one of one byte, 1, and a time.
    long, timed = TimedHead("A.B", 256), TimedHead("A.B", 7, 5)
    decoded(decoder, encoder, [long])
    assert len(encoder.encode(long)) == len(encoder.encode(timed))
    assert decoded(decoder, encoder, [long, timed] * 3) == [Head("A.B", 256), timed] * 3


def test_header_with_nothing_in_its_further_fields_is_a_hit_without_them() -> None:
    decoder, encoder = header_decoder(), Encoder()
    headers: list[Head] = [TimedHead("A.B", 5)] * 5
    with counted_misses() as misses:
        found = decoded(decoder, encoder, headers)
    assert (found, len(misses)) == ([Head("A.B", 5)] * 5, 2)


@wire("Head")
@define
class OtherHead:
    """A header in which a further field has another type than ours."""

    service_method: str = ""
    seq: Uint64 = 0
    timeout: str = ""
    key: str = ""


def test_further_fields_of_another_type_are_passed_over() -> None:
    decoder, encoder = header_decoder(), Encoder()
    for _ in range(3):
        decoder.stream.feed(encoder.encode(OtherHead("A.B", 5, "soon", "key")))
        assert decoder.decode() == Head("A.B", 5)


def test_types_of_headers_by_turns_have_each_its_own_fields() -> None:
    decoder, encoder = header_decoder(), Encoder()
    for _ in range(3):
        for header in (OtherHead("A.B", 5, "soon"), TimedHead("A.B", 5, 9, "k"), Head("A.B", 5)):
            decoder.stream.feed(encoder.encode(header))
            wanted = header if isinstance(header, TimedHead) else Head("A.B", 5)
            assert decoder.decode() == wanted


def test_header_byte_by_byte_is_the_same() -> None:
    decoder, encoder = header_decoder(), Encoder()
    for _ in range(3):
        header = TimedHead("A.B", 5, 9, "k")
        for octet in encoder.encode(header):
            with pytest.raises(TruncatedError):
                decoder.decode()
            decoder.stream.feed(bytes((octet,)))
        assert decoder.decode() == header


def test_header_that_is_known_is_not_found_after_the_stream_has_broken() -> None:
    decoder, encoder = header_decoder(), Encoder()
    decoded(decoder, encoder, [Head("A.B", 5)] * 2)
    decoder.stream.feed(b"\x80" + encoder.encode(Head("A.B", 5)))
    with pytest.raises(DecodeError) as caught:
        decoder.decode()
    decoder.stream._pos += 1  # as if the place were right again
    with pytest.raises(DecodeError) as again:
        decoder.decode()
    assert str(again.value) == str(caught.value)


def test_header_comes_with_a_large_body_in_one_piece() -> None:
    encoder, decoder = Encoder(), header_decoder()
    body = bytes(3_000_000)
    for number in range(3):
        decoder.stream.feed(
            encoder.encode(Head("KVStore.Put", number), HEAD)
            + encoder.encode(body, schema_of(bytes))
        )
        assert decoder.decode() == Head("KVStore.Put", number)
        assert decoder.stream.decode(schema_of(bytes)) == body
