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
from rpcgen.protocol.headers import (
    EXTENDED_REQUEST,
    EXTENDED_RESPONSE,
    NOTICE_SEQ,
    REQUEST,
    RESPONSE,
    ExtendedRequest,
    ExtendedResponse,
    plain_request,
    plain_response,
)
from rpcgen.schema import UNTYPED, schema_of
from rpcgen.types import Uint64, wire

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


@pytest.mark.parametrize(
    "seq", [1, 127, 128, 255, 256, 511, 512, 65535, 65536, 2**24 - 1, 2**24, 2**32, 2**64 - 1]
)
def test_numbers_of_each_width_are_encoded_as_by_the_encoder(seq: int) -> None:
    client, plain = GobClientCodec(), Encoder()
    for _ in range(2):  # the header is known the second time
        sent = b"".join(client.encode_plain("A.B", seq, INT, 5))
        assert sent == plain.encode_all([(Request("A.B", seq), REQUEST), (5, INT)])


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


# --- headers with more than Go's ------------------------------------------------------------------


def sent(codec: GobClientCodec, request: Request, args: object = 1) -> bytes:
    return b"".join(codec.encode_request(request, schema_of(type(args)), args))


def answered(codec: GobServerCodec, response: Response, reply: object = 1) -> bytes:
    return b"".join(codec.encode_response(response, schema_of(type(reply)), reply))


def request_of(data: bytes, codec: GobServerCodec | None = None) -> Request:
    """Return the header of what was sent, and pass the body over."""
    codec = codec or GobServerCodec()
    codec.feed(data)
    header = codec.decode_request_header()
    codec.decode_request_body(None)
    return header


def response_of(data: bytes, codec: GobClientCodec | None = None) -> Response:
    codec = codec or GobClientCodec()
    codec.feed(data)
    header = codec.decode_response_header()
    codec.decode_response_body(None)
    return header


FULL_REQUEST = ExtendedRequest("A.B", 5, 7, {"a": "b"}, "key", 3, True, 65536, 28)
FULL_RESPONSE = ExtendedResponse(
    "A.B", 5, "no", 5, "kv.NotFound", True, {"a": "b"}, 1, True, 65536, 28, 9
)


def test_request_with_all_fields_arrives() -> None:
    header = request_of(sent(GobClientCodec(), FULL_REQUEST))
    assert (header, type(header)) == (FULL_REQUEST, ExtendedRequest)


def test_response_with_all_fields_arrives() -> None:
    header = response_of(answered(GobServerCodec(), FULL_RESPONSE))
    assert (header, type(header)) == (FULL_RESPONSE, ExtendedResponse)


def test_extended_headers_with_nothing_more_arrive_as_plain_ones() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    for _ in range(3):
        assert type(request_of(sent(client, ExtendedRequest("A.B", 5)), server)) is Request
        assert type(response_of(answered(server, ExtendedResponse("A.B", 5)), client)) is Response


def test_fields_of_an_exception_are_the_body_of_its_error() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    response = ExtendedResponse("A.B", 5, "no", raised="kv.NotFound")
    client.feed(answered(server, response, Pair(7, 8)))
    client.decode_response_header()
    assert client.decode_response_body(schema_of(Pair)) == Pair(7, 8)


def test_drain_notice_arrives() -> None:
    notice = ExtendedResponse("", NOTICE_SEQ, last=9)
    assert response_of(answered(GobServerCodec(), notice, None)) == notice


def test_number_of_a_request_is_its_own() -> None:
    assert GobClientCodec().request_number(7) == GobServerCodec().request_number(7) == 7


some_texts = st.dictionaries(
    st.text(alphabet="abz-./!~", min_size=1, max_size=5),
    st.text(max_size=9),
    min_size=1,
    max_size=3,
)
unsigned = st.sampled_from([0, 0, 1, 127, 128, 255, 256, 2**32, 2**64 - 1])
signed = st.sampled_from([0, 1, 63, 64, 127, 128, 5 * 10**9, 2**62, 2**63 - 1, -1, -(2**63)])
texts = st.sampled_from(["", "", "x", "é" * 30])
extended_requests = st.builds(
    ExtendedRequest,
    methods,
    st.integers(0, 600) | unsigned,
    signed,
    some_texts | st.none(),
    texts,
    unsigned,
    st.booleans(),
    unsigned,
    unsigned,
)
timed_requests = st.builds(ExtendedRequest, methods, unsigned, signed)
plain_requests = st.builds(Request, methods, unsigned)
requests = st.lists(extended_requests | timed_requests | plain_requests, max_size=8)


def schema_of_request(request: Request) -> Any:
    return REQUEST if type(request) is Request else EXTENDED_REQUEST


@given(requests)
def test_extended_requests_are_encoded_as_by_the_encoder(calls: list[Request]) -> None:
    plain, client = Encoder(), GobClientCodec()
    client._extension.takes_large = True
    for index, request in enumerate(calls + calls):
        wanted = plain.encode_all([(request, schema_of_request(request)), (index, INT)])
        assert sent(client, request, index) == wanted


@given(methods, unsigned, signed, some_texts | st.just({"long": "x" * 300}) | st.none())
def test_known_requests_are_encoded_as_by_the_encoder(
    method: str, seq: int, timeout: int, metadata: dict[str, str] | None
) -> None:
    plain, client = Encoder(), GobClientCodec()
    client._extension.takes_large = True
    first = ExtendedRequest(method, 1, 1)
    assert sent(client, first) == plain.encode_all([(first, EXTENDED_REQUEST), (1, INT)])
    request = ExtendedRequest(method, seq, timeout, metadata)
    known = client.encode_known_request(method, seq, timeout, metadata, INT, 1)
    if known is None:
        is_remembered = method in client._timed_heads  # a long name is not, nor is an empty one
        assert not is_remembered or seq == 0 or timeout < 0 or not (timeout or metadata)
    else:
        assert b"".join(known) == plain.encode_all([(request, EXTENDED_REQUEST), (1, INT)])


def test_request_with_metadata_for_an_unknown_server_is_not_known() -> None:
    client = GobClientCodec()
    sent(client, ExtendedRequest("Math.Sum", 1, 1))
    assert client.encode_known_request("Math.Sum", 2, 0, {"a": "b"}, INT, 1) is None


def test_request_with_metadata_over_the_limit_is_not_known() -> None:
    client = GobClientCodec(Limits(metadata=4))
    client._extension.takes_large = True
    sent(client, ExtendedRequest("Math.Sum", 1, 1))
    assert client.encode_known_request("Math.Sum", 2, 0, {"abc": "de"}, INT, 1) is None
    assert client.encode_known_request("Math.Sum", 2, 0, {"abc": "d"}, INT, 1) is not None


@given(requests, places)
def test_extended_requests_are_decoded_as_by_the_decoder(
    calls: list[Request], cuts: list[int]
) -> None:
    encoder, codec, plain = Encoder(), GobServerCodec(), Decoder()
    pairs = [((each, schema_of_request(each)), (1, INT)) for each in calls + calls]
    stream = b"".join(encoder.encode_all(pair) for pair in pairs)
    assert_requests_alike(codec, plain, cut(stream, cuts))


@settings(max_examples=300)
@given(requests, places, st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255))))
def test_damaged_extended_requests_are_decoded_as_by_the_decoder(
    calls: list[Request], cuts: list[int], damages: list[tuple[int, int]]
) -> None:
    encoder = Encoder()
    first = [ExtendedRequest("A.B", 1, 5), ExtendedRequest("A.B", 300, 5 * 10**9), *calls]
    pairs = [((each, schema_of_request(each)), (1, INT)) for each in first + first]
    stream = bytearray(b"".join(encoder.encode_all(pair) for pair in pairs))
    for place, octet in damages:
        # Not before the definitions of the header: then there would be other fields, or none.
        stream[170 + place % (len(stream) - 170)] = octet
    assert_requests_alike(GobServerCodec(), Decoder(), cut(bytes(stream), cuts))


def assert_requests_alike(codec: GobServerCodec, plain: Decoder, pieces: list[bytes]) -> None:
    """Check that header after header is the same by a codec and by a plain decoder."""
    by_codec = received(
        lambda: without_metadata(codec.decode_request_header()),
        lambda: ignoring_faults(codec),
        codec.feed,
        pieces,
    )
    by_decoder = received(
        lambda: without_metadata(plain_request(plain.decode(EXTENDED_REQUEST))),
        lambda: plain.decode(INT),
        plain.feed,
        pieces,
    )
    assert list(map(without_fields, by_codec)) == list(map(without_fields, by_decoder))


def without_fields(each: object) -> object:
    """Return a text without the fields that it lists: those of one header or of the other."""
    return str(each).partition(" is one of")[0] if isinstance(each, str) else each


def without_metadata(header: Request) -> Request:
    """Return a header without its metadata, which the codec removes if it is bad."""
    if isinstance(header, ExtendedRequest):
        header.metadata = None
    return plain_request(header)


def ignoring_faults(codec: GobServerCodec) -> Any:
    codec._fault = ""
    return codec.decode_request_body(INT)


def test_request_with_a_known_time_limit_does_not_encode_its_header() -> None:
    client = GobClientCodec()
    sent(client, ExtendedRequest("A.B", 1, 5))
    with patch.object(Encoder, "encode_parts", side_effect=AssertionError("encoded")):
        assert b"A.B" in sent(client, ExtendedRequest("A.B", 300, 1 << 40))


def metadata_requests(*requests: ExtendedRequest) -> tuple[GobServerCodec, list[bytes]]:
    """Return a server that has read such a request, and others as they travel."""
    client, server = GobClientCodec(), GobServerCodec()
    client._extension.takes_large = True
    for first in (ExtendedRequest("A.B", 1, 5), ExtendedRequest("A.B", 2, 0, {"a": "1"})):
        request_of(sent(client, first), server)
    return server, [sent(client, each) for each in requests]


def test_request_with_known_metadata_does_not_decode_its_header() -> None:
    request = ExtendedRequest("A.B", 300, 0, {"a": "1"})
    # Of the same length as the known one, which begins with it.
    server, (first, second) = metadata_requests(request, ExtendedRequest("A.B", 301, 0, {"a": "1"}))
    assert request_of(first, server) == request
    server.feed(second)
    with patch.object(Decoder, "decode", side_effect=AssertionError("decoded")):
        assert server.decode_request_header() == ExtendedRequest("A.B", 301, 0, {"a": "1"})


def test_known_metadata_is_each_request_its_own() -> None:
    request = ExtendedRequest("A.B", 3, 0, {"a": "1"})
    server, (first, second) = metadata_requests(request, request)
    received: Any = request_of(first, server)
    received.metadata["a"] = "changed"
    assert request_of(second, server) == request


def test_metadata_of_any_number_of_requests_is_not_all_remembered() -> None:
    others = [ExtendedRequest("A.B", 3, 0, {"a": str(n)}) for n in range(600)]
    server, data = metadata_requests(*others)
    assert [request_of(each, server) for each in data] == others
    assert len(server._headers._ends) <= 256


@wire("rpc.Request")
@define
class OtherRequest:
    """A request's header of a peer that has another field where we have the time limit."""

    service_method: str = ""
    seq: Uint64 = 0
    credit: Uint64 = 0
    metadata: dict[str, str] | None = None


def test_field_in_the_place_of_the_time_limit_is_not_taken_for_it() -> None:
    server, encoder = GobServerCodec(), Encoder()
    first = OtherRequest("A.B", 5, 0, {"a": ""})
    # As long as the first, so that both begin alike.
    other = OtherRequest("A.B", 300, 200)
    headers = [
        request_of(encoder.encode(each) + encoder.encode(1), server)
        for each in (first, first, other)
    ]
    assert headers[-1] == ExtendedRequest("A.B", 300, credit=200)


def test_metadata_that_is_refused_is_refused_again() -> None:
    client, server = GobClientCodec(), GobServerCodec(Limits(metadata=2))
    client._extension.takes_large = True
    for seq in range(1, 5):
        server.feed(sent(client, ExtendedRequest("A.B", seq, 0, {"a": "23"})))
        server.decode_request_header()
        with pytest.raises(DecodeError, match=r"Limits\.metadata"):
            server.decode_request_body(INT)


def test_time_limits_of_any_number_of_methods_are_not_all_remembered() -> None:
    client, server = GobClientCodec(), GobServerCodec()
    for seq in range(1, 600):
        request = ExtendedRequest(f"A.M{seq}", 9, 5)
        assert request_of(sent(client, request), server) == request
    assert len(client._timed_heads) <= 256
    assert len(server._headers._known) <= 256


def test_extended_request_that_does_not_fit_leaves_the_stream_as_it_was() -> None:
    codec, plain = GobClientCodec(), GobClientCodec()
    for request in (ExtendedRequest("A.B", 1, 5), FULL_REQUEST):
        for _ in range(2):
            with pytest.raises(EncodeError):
                codec.encode_request(request, INT, "no int")
            with pytest.raises(EncodeError):
                codec.encode_request(ExtendedRequest("A.B", 1, 1 << 64), INT, 1)
        assert sent(codec, request) == sent(plain, request)
        assert sent(codec, Request("A.B", 2)) == sent(plain, Request("A.B", 2))


# --- how large they may be ------------------------------------------------------------------------


def header_size(request: Request, codec: GobClientCodec) -> int:
    """Return the size in bytes of a header as it would be sent, with its definitions."""
    return len(sent(codec, request)) - 4  # the body is an int


def with_value(size: int) -> ExtendedRequest:
    return ExtendedRequest("A.B", 1, 5, {"a": "v" * size})


def known_to_take_large() -> GobClientCodec:
    codec = GobClientCodec()
    response_of(answered(GobServerCodec(), ExtendedResponse("A.B", 1, features=8)), codec)
    return codec


def largest_value(codec: GobClientCodec) -> int:
    """Return the size of the largest value that a codec sends."""
    for size in range(512, 0, -1):
        try:
            sent(codec, with_value(size))
        except EncodeError:
            continue
        return size
    raise AssertionError("nothing was sent")


def test_first_header_to_an_unknown_server_has_512_bytes_at_most() -> None:
    size = largest_value(GobClientCodec())
    # Later in a stream, the same needs some bytes more.
    assert 500 < header_size(with_value(size), known_to_take_large()) <= 512


def test_later_header_to_an_unknown_server_has_no_definitions_to_make_room_for() -> None:
    codec, known = GobClientCodec(), known_to_take_large()
    for each in (codec, known):
        sent(each, with_value(1))
    size = largest_value(codec)
    assert 500 < header_size(with_value(size), known) <= 512


def test_header_that_an_unknown_server_would_not_take_is_refused_with_the_reason() -> None:
    with pytest.raises(EncodeError, match="a server that has not said that it takes more"):
        sent(GobClientCodec(), with_value(512))


def test_refused_header_leaves_the_stream_as_it_was() -> None:
    codec = GobClientCodec()
    with pytest.raises(EncodeError):
        sent(codec, with_value(512))
    assert len(codec.described) == 0
    assert sent(codec, FULL_REQUEST) == sent(GobClientCodec(), FULL_REQUEST)


def test_server_that_takes_large_headers_gets_metadata_up_to_the_limit() -> None:
    codec = known_to_take_large()
    assert request_of(sent(codec, with_value(8191))) == with_value(8191)
    with pytest.raises(EncodeError, match=r"metadata of 8193 bytes; the limit is 8192"):
        sent(codec, with_value(8192))


def test_large_response_to_an_unknown_client_is_plain() -> None:
    response = ExtendedResponse("A.B", 1, "no", code=5, metadata={"a": "v" * 512})
    assert response_of(answered(GobServerCodec(), response)) == Response("A.B", 1, "no")


def test_large_response_to_a_client_that_takes_it_is_whole() -> None:
    server = GobServerCodec()
    request_of(sent(GobClientCodec(), ExtendedRequest("A.B", 1, features=8)), server)
    response = ExtendedResponse("A.B", 1, "no", code=5, metadata={"a": "v" * 512})
    assert response_of(answered(server, response)) == response


def test_metadata_of_a_response_beyond_the_limit_is_refused() -> None:
    response = ExtendedResponse("A.B", 1, metadata={"a": "v" * 8192})
    with pytest.raises(EncodeError, match=r"Limits\.metadata"):
        answered(GobServerCodec(), response)


# --- metadata that is not as it should be ---------------------------------------------------------

BAD = [
    pytest.param({"a": "v" * 8192}, "metadata of 8193 bytes", id="too large"),
    pytest.param({"Tenant": "a"}, "the name 'Tenant' of metadata", id="a capital letter"),
    pytest.param({"": "a"}, "the name '' of metadata", id="no name"),
]


@pytest.mark.parametrize(("metadata", "reason"), BAD)
def test_bad_metadata_of_a_request_fails_its_call_alone(
    metadata: dict[str, str], reason: str
) -> None:
    codec = GobServerCodec()
    encoder = Encoder()
    for seq, each in enumerate([metadata, None], 1):
        request = ExtendedRequest("A.B", seq, 5, each)
        codec.feed(encoder.encode_all([(request, EXTENDED_REQUEST), (7, INT)]))
    assert codec.decode_request_header() == ExtendedRequest("A.B", 1, 5)
    with pytest.raises(DecodeError, match=re.escape(reason)):
        codec.decode_request_body(INT)
    assert codec.decode_request_header() == ExtendedRequest("A.B", 2, 5)
    assert codec.decode_request_body(INT) == 7


@pytest.mark.parametrize(("metadata", "reason"), BAD)
def test_bad_metadata_of_a_response_fails_its_call_alone(
    metadata: dict[str, str], reason: str
) -> None:
    codec, encoder = GobClientCodec(), Encoder()
    for seq, each in enumerate([metadata, None], 1):
        response = ExtendedResponse("A.B", seq, metadata=each)
        codec.feed(encoder.encode_all([(response, EXTENDED_RESPONSE), (7, INT)]))
    assert codec.decode_response_header() == plain_response(ExtendedResponse("A.B", 1))
    with pytest.raises(DecodeError, match=re.escape(reason)):
        codec.decode_response_body(INT)
    assert codec.decode_response_header() == Response("A.B", 2)
    assert codec.decode_response_body(INT) == 7


def test_bad_metadata_of_a_body_that_is_skipped_fails_nothing() -> None:
    codec, encoder = GobServerCodec(), Encoder()
    for seq, metadata in enumerate([{"": ""}, None], 1):
        request = ExtendedRequest("A.B", seq, 5, metadata)
        codec.feed(encoder.encode_all([(request, EXTENDED_REQUEST), (7, INT)]))
    codec.decode_request_header()
    assert codec.decode_request_body(None) is None
    codec.decode_request_header()
    assert codec.decode_request_body(INT) == 7


def test_bad_metadata_of_a_body_that_is_cut_off_is_told_once_it_is_whole() -> None:
    codec = GobServerCodec()
    request = ExtendedRequest("A.B", 1, 5, {"": ""})
    data = Encoder().encode_all([(request, EXTENDED_REQUEST), (7, INT)])
    codec.feed(data[:-1])
    codec.decode_request_header()
    with pytest.raises(TruncatedError):
        codec.decode_request_body(INT)
    codec.feed(data[-1:])
    with pytest.raises(DecodeError, match="the name"):
        codec.decode_request_body(INT)


def test_bad_metadata_before_a_body_of_an_unknown_type_is_told() -> None:
    codec, encoder = GobServerCodec(), Encoder()
    request = ExtendedRequest("A.B", 1, 5, {"": ""})
    codec.feed(encoder.encode(request, EXTENDED_REQUEST) + b"\3\xff\xc8\0")
    codec.decode_request_header()
    with pytest.raises(DecodeError, match="the name"):
        codec.decode_request_body(INT)
    codec.feed(encoder.encode_all([(ExtendedRequest("A.B", 2), EXTENDED_REQUEST), (7, INT)]))
    assert codec.decode_request_header() == Request("A.B", 2)
