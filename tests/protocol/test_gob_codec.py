from __future__ import annotations

import itertools
import re
from typing import Any
from unittest.mock import patch

import pytest
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob import Decoder, Encoder, Limits, Record
from rpcgen.protocol import GobClientCodec, GobServerCodec, Request, Response
from rpcgen.protocol.headers import REQUEST, RESPONSE
from rpcgen.schema import UNTYPED, schema_of
from rpcgen.types import Uint64

from .messages import SUM, Pair, request_bytes, response_bytes


def test_request_is_as_by_go() -> None:
    # Recorded from a Go client that calls Arith.Multiply of a message Pair{A, B int}.
    sent = request_bytes(("Arith.Multiply", 0, Pair(7, 8)))
    assert sent.hex() == (
        "2e7f030101075265717565737401ff80000102010d536572766963654d6574686f64010c00010353657101"
        "0600000013ff80010e41726974682e4d756c7469706c7900"
        "1eff810301010450616972"
        "01ff820001020101410104000101420104000000"
        "07ff82010e011000"
    )


def test_second_request_leaves_the_definitions_out() -> None:
    codec = GobClientCodec()
    request_bytes(("Arith.Multiply", 0, Pair(7, 8)), codec=codec)
    second = request_bytes(("Arith.Multiply", 1, Pair(9, 0)), codec=codec)
    assert second.hex() == "15ff80010e41726974682e4d756c7469706c7901010005ff82011200"


def test_request_is_decoded() -> None:
    codec = GobServerCodec()
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2))))
    header = codec.decode_request_header()
    body = codec.decode_request_body(SUM.request)
    assert (header.service_method, header.seq, body) == ("Math.Sum", 3, Pair(1, 2))


def test_response_is_decoded() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, 5)))
    header = codec.decode_response_header()
    body = codec.decode_response_body(SUM.response)
    assert (header, body) == (Response("Math.Sum", 4, ""), 5)


def test_body_without_schema_is_skipped() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, Pair(1, 2)), (5, 6)))
    codec.decode_response_header()
    codec.decode_response_body(None)
    assert codec.decode_response_header().seq == 5


def test_body_of_unknown_type_comes_as_a_record() -> None:
    codec = GobClientCodec()
    codec.feed(response_bytes((4, Pair(1, 2))))
    codec.decode_response_header()
    assert isinstance(codec.decode_response_body(UNTYPED), Record)


def test_header_that_is_cut_off() -> None:
    codec = GobServerCodec()
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2)))[:20])
    with pytest.raises(TruncatedError):
        codec.decode_request_header()


def test_limits_apply() -> None:
    codec = GobServerCodec(Limits(message=10))
    codec.feed(request_bytes(("Math.Sum", 3, Pair(1, 2))))
    with pytest.raises(DecodeError, match="the limit is 10"):
        codec.decode_request_header()


def test_pending_until_all_is_decoded() -> None:
    codec, stream = GobServerCodec(), request_bytes(("Math.Sum", 3, Pair(1, 2)))
    assert codec.pending == 0
    codec.feed(stream[:-1])
    assert codec.pending > 0
    codec.feed(stream[-1:])
    codec.decode_request_header()
    assert codec.pending > 0
    codec.decode_request_body(schema_of(Pair))
    assert codec.pending == 0


def test_needed_is_what_a_body_lacks() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    request = client.encode_request(Request("A.B", 1), schema_of(bytes), bytes(100_000))
    stream = b"".join(request)
    assert server.needed == 1
    server.feed(stream[:1000])
    server.decode_request_header()
    with pytest.raises(TruncatedError):
        server.decode_request_body(schema_of(bytes))
    assert server.needed == len(stream) - 1000


# --- headers known by their bytes: the same as if they were not -----------------------------------

INT = schema_of(int)

methods = st.sampled_from(["Arith.Multiply", "", "A", "Ä.Öl", "x" * 111, "x" * 112, "x" * 300])
methods |= st.text(max_size=130)
# Also what does not fit the header: one line further down, the other side of the connection.
numbers = st.integers(-1, 600) | st.integers(0, 2**64) | st.sampled_from([2**64 - 1, 2**63, 1.0])
headers: Any = st.lists(st.tuples(methods, numbers, st.sampled_from(["", "", "", "failed"])))


def outcome(function: Any, *arguments: Any) -> object:
    """Return what a function returns or raises, in a form that can be compared."""
    try:
        return function(*arguments)
    except (EncodeError, DecodeError) as error:
        return type(error), str(error)


@given(headers, st.integers(0, 3))
def test_headers_are_encoded_as_by_the_encoder(calls: Any, bad_body: int) -> None:
    plain_requests, plain_responses = Encoder(), Encoder()
    client, server = GobClientCodec(), GobServerCodec()
    # Twice, so that each header is known once.
    for index, (method, seq, error) in enumerate(calls + calls):
        body = "no int" if index % 4 == bad_body else index
        request, response = Request(method, seq), Response(method, seq, error)
        wanted = outcome(plain_requests.encode_all, [(request, REQUEST), (body, INT)])
        parts = outcome(client.encode_request, request, INT, body)
        assert (b"".join(parts) if isinstance(parts, list) else parts) == wanted
        wanted = outcome(plain_responses.encode_all, [(response, RESPONSE), (body, INT)])
        parts = outcome(server.encode_response, response, INT, body)
        assert (b"".join(parts) if isinstance(parts, list) else parts) == wanted


def test_request_of_a_known_method_does_not_encode_its_header() -> None:
    client = GobClientCodec()
    client.encode_request(Request("A.B", 1), INT, 1)
    with patch.object(Encoder, "encode_parts", side_effect=AssertionError("encoded")):
        sent = b"".join(client.encode_request(Request("A.B", 2), INT, 1))
    assert b"A.B" in sent


def test_large_bodies_are_not_copied_into_parts() -> None:
    large, schema = bytes(1 << 20), schema_of(bytes)
    client, server = GobClientCodec(), GobServerCodec()
    for seq in range(3):
        parts = client.encode_request(Request("A.B", seq), schema, large)
        assert any(part is large for part in parts)
        parts = server.encode_response(Response("A.B", seq), schema, large)
        assert any(part is large for part in parts)


def received(decode_header: Any, decode_body: Any, feed: Any, pieces: list[bytes]) -> list[object]:
    """Return what comes out of headers and bodies by turns, and where there is none yet."""
    outcomes: list[object] = []
    turns = itertools.cycle([decode_header, decode_body])
    turn = next(turns)
    for piece in pieces:
        feed(piece)
        while True:
            try:
                outcomes.append(turn())
            except TruncatedError as error:
                outcomes.append(str(error))
                break
            except DecodeError as error:
                outcomes.append(str(error))
                if turn == decode_header and outcomes[-2:-1] == outcomes[-1:]:
                    return outcomes  # it fails again, as it will for ever
            turn = next(turns)
    return outcomes


def printable(response: Response) -> Response:
    """Return a header whose error is text, whatever bytes it came as."""
    response.error = re.sub("[\udc80-\udcff]", "\ufffd", response.error)
    return response


def assert_received_alike(pieces: list[bytes]) -> list[object]:
    """Check that header after header is the same by the codec and by a plain decoder."""
    codec, plain = GobClientCodec(), Decoder()
    outcomes = received(
        codec.decode_response_header, lambda: codec.decode_response_body(INT), codec.feed, pieces
    )
    assert outcomes == received(
        lambda: printable(plain.decode(RESPONSE)), lambda: plain.decode(INT), plain.feed, pieces
    )
    return outcomes


def stream_of(calls: Any) -> bytes:
    """Return responses, as far as they fit, each with the number 1."""
    encoder = Encoder()
    messages = [
        outcome(encoder.encode_all, [(Response(*call), RESPONSE), (1, INT)]) for call in calls
    ]
    return b"".join([each for each in messages if isinstance(each, bytes)])


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted(place % (len(stream) + 1) for place in places)
    return [stream[a:b] for a, b in itertools.pairwise([0, *cuts, len(stream)])]


places = st.lists(st.integers(0, 1 << 16), max_size=20)


@given(headers, places)
def test_headers_are_decoded_as_by_the_decoder(calls: Any, cuts: list[int]) -> None:
    stream = stream_of(calls + calls)
    outcomes = assert_received_alike(cut(stream, cuts))
    assert stream.count(b"Seq") == 0 or isinstance(outcomes[0], Response | str)


@settings(max_examples=300)
@given(headers, places, st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255))))
def test_damaged_headers_are_decoded_as_by_the_decoder(
    calls: Any, cuts: list[int], damages: list[tuple[int, int]]
) -> None:
    stream = bytearray(stream_of([("A.B", 1, ""), ("A.B", 300, ""), *calls, *calls]))
    for place, byte in damages:
        # Not before the definition of the header: then there would be no header at all.
        stream[60 + place % (len(stream) - 60)] = byte
    assert_received_alike(cut(bytes(stream), cuts))


@settings(max_examples=300)
@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([b"\xff\x80\1\3A.B\1", b"\0", b"\3\4\0\2"]))
)
def test_any_bytes_after_a_header_are_decoded_as_by_the_decoder(pieces: list[bytes]) -> None:
    stream = stream_of([("A.B", 1, ""), ("A.B", 2, ""), ("A.B", 300, "")])
    assert_received_alike([stream, *pieces])


def test_header_known_by_its_bytes_with_numbers_of_other_lengths() -> None:
    stream = stream_of([("A.B", 5, ""), ("A.B", 6, ""), ("A.B", 300, "")])
    for seq in (b"\6", b"\xff\6", b"\xfe\0\6", b"\xfe\1\2", b"\xff\xff", b"\x80", b"\xf7\1"):
        for rest in (b"\0", b"", b"\0\0", b"\1\1x\0"):
            assert_received_alike([stream, header_message(b"\1" + seq + rest), b"\3\4\0\2"])


def header_message(rest: bytes) -> bytes:
    """Return what may be a header of the method A.B: the number and all after it are to be said."""
    body = b"\xff\x80\1\3A.B" + rest
    return bytes((len(body),)) + body


def test_header_that_goes_on_like_one_known_with_another_field() -> None:
    stream = stream_of([("A.B", 5, ""), ("A.B", 6, "")])
    outcomes = assert_received_alike([stream, header_message(b"\2\1\0")])
    assert Response("A.B", 0, "\0") in outcomes


@define
class _Other:
    """A header whose second field is another than the number."""

    service_method: str
    other: Uint64
    seq: Uint64


def test_header_of_a_type_with_other_fields() -> None:
    stream = Encoder().encode(_Other("A.B", 7, 0)) + b"\3\4\0\2"
    # Zeros that are not left out, as if the number were 0 and had been sent.
    known = [header_message(b"\1\0\0") + b"\3\4\0\2"] * 2
    outcomes = assert_received_alike([stream, *known, header_message(b"\1\7\0")])
    assert [each.seq for each in outcomes if isinstance(each, Response)] == [0, 0, 0, 0]


def test_header_of_a_type_with_more_fields() -> None:
    encoder, schema = Encoder(), schema_of(_Deadline)
    values = [_Deadline("A.B", 7), _Deadline("A.B", 8), _Deadline("A.B", 9, 100)]
    stream = [encoder.encode_all([(each, schema), (1, INT)]) for each in values]
    outcomes = assert_received_alike(stream)
    assert [each.seq for each in outcomes if isinstance(each, Response)] == [7, 8, 9]


@define
class _Deadline:
    service_method: str
    seq: Uint64
    deadline: int = 0


def test_headers_of_any_number_of_methods_are_not_all_remembered() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    for seq in range(1, 1000):
        server.feed(b"".join(client.encode_request(Request(f"A.M{seq}", 9), INT, 1)))
        assert server.decode_request_header() == Request(f"A.M{seq}", 9)
        server.decode_request_body(INT)
        client.feed(b"".join(server.encode_response(Response(f"A.M{seq}", 9), INT, 1)))
        client.decode_response_header()
        client.decode_response_body(INT)
    for codec in (client, server):
        assert len(codec._heads) <= 256
        assert len(codec._headers._known) <= 256


def test_request_that_does_not_fit_leaves_the_stream_as_it_was() -> None:
    codec, plain = GobClientCodec(), GobClientCodec()
    for _ in range(3):
        with pytest.raises(EncodeError):
            codec.encode_request(Request("A.B", 1), INT, "no int")
        with pytest.raises(EncodeError):
            codec.encode_request(Request("A.B", 2), schema_of(Pair), 5)
        for args in (3, Pair(1, 2)):
            request = Request("A.B", 7), schema_of(type(args)), args
            sent = b"".join(codec.encode_request(*request))
            assert sent == b"".join(plain.encode_request(*request))


def response_of_bytes(error: str) -> bytes:
    encoder = Encoder(strings="surrogateescape")
    return encoder.encode_all([(Response("A.B", 1, error), RESPONSE), (1, INT)])


def test_error_text_that_is_not_utf8_is_readable() -> None:
    codec = GobClientCodec()
    codec.feed(response_of_bytes("open caf\udce9: no such file"))
    assert codec.decode_response_header().error == "open caf\ufffd: no such file"


def test_connection_goes_on_after_an_error_text_that_is_not_utf8() -> None:
    codec, peer = GobClientCodec(), GobServerCodec()
    codec.feed(response_of_bytes("\udcff"))
    codec.decode_response_header()
    assert codec.decode_response_body(None) is None
    assert codec.pending == 0
    assert isinstance(b"".join(peer.encode_response(Response("A.B", 2), INT, 1)), bytes)


def test_method_name_that_is_not_utf8_keeps_its_bytes() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    for seq in range(3):
        data = b"".join(client.encode_request(Request("A.caf\udce9", seq), INT, 1))
        assert b"A.caf\xe9" in data
        server.feed(data)
        assert server.decode_request_header() == Request("A.caf\udce9", seq)
        assert server.decode_request_body(INT) == 1


def test_response_names_the_bytes_of_the_request() -> None:
    response = Response("A.caf\udce9", 1)
    assert b"A.caf\xe9" in b"".join(GobServerCodec().encode_response(response, INT, 1))


def test_strings_that_are_not_utf8_are_refused_with_a_way_out() -> None:
    client = GobClientCodec()
    with pytest.raises(EncodeError, match="pass strings='surrogateescape'"):
        client.encode_request(Request("A.B", 0), schema_of(str), "caf\udce9")


def test_strings_that_are_not_utf8_travel_on_demand() -> None:
    text, schema = "caf\udce9", schema_of(str)
    client = GobClientCodec(strings="surrogateescape")
    server = GobServerCodec(strings="surrogateescape")
    server.feed(b"".join(client.encode_request(Request("A.B", 0), schema, text)))
    server.decode_request_header()
    assert server.decode_request_body(schema) == text
