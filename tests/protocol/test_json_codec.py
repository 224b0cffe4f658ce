from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import JsonClientCodec, JsonServerCodec, Request, Response
from rpcgen.protocol.headers import (
    NOTICE_SEQ,
    ExtendedRequest,
    ExtendedResponse,
    plain_request,
    plain_response,
)
from rpcgen.schema import UNTYPED, schema_of

from .messages import SUM, Pair

NOTHING = Method[None, None]("Math.Nothing")


def server_fed(text: str | bytes, limits: Limits | None = None) -> JsonServerCodec:
    codec = JsonServerCodec(limits)
    codec.feed(text if isinstance(text, bytes) else text.encode())
    return codec


def client_fed(text: str | bytes) -> JsonClientCodec:
    codec = JsonClientCodec()
    codec.feed(text if isinstance(text, bytes) else text.encode())
    return codec


def reply(codec: JsonServerCodec, seq: int, value: object, error: str = "") -> bytes:
    schema = schema_of(None if error else type(value))
    return b"".join(codec.encode_response(Response("Math.Sum", seq, error), schema, value))


# --- the client ---------------------------------------------------------------------------------


def test_request_is_as_by_go() -> None:
    sent = JsonClientCodec().encode_request(Request("Arith.Multiply", 0), SUM.request, Pair(7, 8))
    assert b"".join(sent) == b'{"method":"Arith.Multiply","params":[{"A":7,"B":8}],"id":0}\n'


def test_request_of_nothing_has_an_empty_object() -> None:
    sent = JsonClientCodec().encode_request(Request("Math.Nothing", 1), NOTHING.request, None)
    assert b"".join(sent) == b'{"method":"Math.Nothing","params":[{}],"id":1}\n'


def test_request_that_does_not_fit_is_refused_with_its_path() -> None:
    with pytest.raises(EncodeError, match=r"^Pair\.a: "):
        JsonClientCodec().encode_request(Request("Math.Sum", 0), SUM.request, Pair(1 << 63))


def test_name_of_a_method_must_be_text() -> None:
    with pytest.raises(EncodeError, match="surrogates"):
        JsonClientCodec().encode_request(Request("\ud800", 0), SUM.request, Pair())


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ('{"id":3,"result":56,"error":null}', Response("", 3, "")),
        ('{"id":3,"result":56}', Response("", 3, "")),
        ('{"ID":3,"Result":56}', Response("", 3, "")),
        ('{"result":56,"more":[{}],"error":null}', Response("", 0, "")),
        ('{"id":null,"result":56}', Response("", 0, "")),
        ('{"id":3,"result":null,"error":"text"}', Response("", 3, "text")),
        ('{"id":3,"error":"text"}', Response("", 3, "text")),
        ('{"id":3,"result":5,"error":"text"}', Response("", 3, "text")),
        ('{"id":3,"result":5,"error":""}', Response("", 3, "unspecified error")),
        ('{"id":18446744073709551615,"result":5}', Response("", 2**64 - 1, "")),
    ],
)
def test_header_of_a_response_is_taken_as_by_go(text: str, header: Response) -> None:
    assert client_fed(text).decode_response_header() == header


CLIENT_ID = "Go struct field clientResponse.id of type uint64"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"id":0}', "invalid error <nil>"),
        ('{"id":0,"error":{"code":1,"a":[true,null]}}', "invalid error map[a:[true <nil>] code:1]"),
        ('{"id":0,"result":5,"error":7.5}', "invalid error 7.5"),
        ('{"id":0,"result":5,"error":false}', "invalid error false"),
        (
            '{"id":"x","result":5}',
            f"json: cannot unmarshal string into {CLIENT_ID}",
        ),
        (
            '{"id":-1,"result":5}',
            f"json: cannot unmarshal number -1 into {CLIENT_ID}",
        ),
        (
            '{"id":1.50,"result":5}',
            f"json: cannot unmarshal number 1.50 into {CLIENT_ID}",
        ),
    ],
)
def test_header_that_go_refuses_is_refused(text: str, error: str) -> None:
    with pytest.raises(DecodeError) as caught:
        client_fed(text).decode_response_header()
    assert str(caught.value) == error


def test_refused_header_ends_the_stream() -> None:
    codec = client_fed('{"id":0}{"id":1,"result":5}')
    with pytest.raises(DecodeError):
        codec.decode_response_header()
    with pytest.raises(DecodeError, match="invalid error <nil>"):
        codec.decode_response_header()


def decoded(text: str, annotation: Any) -> Any:
    codec = client_fed(text)
    codec.decode_response_header()
    return codec.decode_response_body(schema_of(annotation))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list[int], []),
        (bytes, b""),
        (dict[str, int], {}),
        (Pair | None, None),
        (Any, None),
        (set[str], set()),
        (frozenset[int], frozenset()),
        (Sequence[int], []),
        (Mapping[str, int], {}),
    ],
)
def test_null_is_a_reply_where_go_has_nil(annotation: Any, value: object) -> None:
    assert decoded('{"id":0,"result":null,"error":null}', annotation) == value


@pytest.mark.parametrize("annotation", [int, str, Pair, Literal["", "a"]])
def test_null_is_no_reply_elsewhere(annotation: Any) -> None:
    with pytest.raises(DecodeError, match="invalid error <nil>"):
        decoded('{"id":0,"result":null,"error":null}', annotation)


def test_reply_of_a_wrong_type_has_the_text_of_go() -> None:
    with pytest.raises(DecodeError) as caught:
        decoded('{"id":0,"result":"x","error":null}', int)
    assert str(caught.value) == "json: cannot unmarshal string into Go value of type int"


def test_reply_with_a_wrong_field_has_the_text_of_go() -> None:
    with pytest.raises(DecodeError) as caught:
        decoded('{"id":0,"result":{"A":7.5}}', Pair)
    assert str(caught.value) == (
        "json: cannot unmarshal number 7.5 into Go struct field Pair.A of type int"
    )


def test_client_goes_on_after_a_reply_of_a_wrong_type() -> None:
    codec = client_fed('{"id":0,"result":"x"}{"id":1,"result":5}')
    codec.decode_response_header()
    with pytest.raises(DecodeError):
        codec.decode_response_body(SUM.response)
    assert codec.decode_response_header() == Response("", 1, "")


def test_reply_without_schema_is_skipped() -> None:
    codec = client_fed('{"id":0,"result":"x"}')
    codec.decode_response_header()
    codec.decode_response_body(None)
    with pytest.raises(TruncatedError):
        codec.decode_response_header()


def test_reply_of_unknown_type_is_plain() -> None:
    codec = client_fed('{"id":0,"result":{"a":[1,2.5,null,"x"]}}')
    codec.decode_response_header()
    assert codec.decode_response_body(UNTYPED) == {"a": [1, 2.5, None, "x"]}


def test_whatever_comes_for_nothing_is_skipped() -> None:
    assert decoded('{"id":0,"result":[5]}', None) is None


# --- the server ---------------------------------------------------------------------------------


def request_of(text: str) -> tuple[JsonServerCodec, Request]:
    codec = server_fed(text)
    return codec, codec.decode_request_header()


def test_request_is_decoded() -> None:
    codec, request = request_of('{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":0}\n')
    assert (request, codec.decode_request_body(SUM.request)) == (Request("Math.Sum", 1), Pair(1, 2))


def test_response_is_as_by_go() -> None:
    codec, request = request_of('{"method":"Math.Sum","params":[{}],"id":0}')
    assert reply(codec, request.seq, 56) == b'{"id":0,"result":56,"error":null}\n'


def test_error_is_as_by_go() -> None:
    codec, request = request_of('{"method":"Math.Sum","params":[{}],"id":2}')
    assert reply(codec, request.seq, None, "divide by zero") == (
        b'{"id":2,"result":null,"error":"divide by zero"}\n'
    )


def test_error_of_lone_surrogates_is_sent() -> None:
    codec, request = request_of('{"method":"Math.Sum","id":2}')
    assert (
        reply(codec, request.seq, None, "\ud800")
        == b'{"id":2,"result":null,"error":"\xef\xbf\xbd"}\n'
    )


@pytest.mark.parametrize(
    ("raw", "echoed"),
    [
        ("0", "0"),
        ("1.0", "1.0"),
        ('"te xt"', '"te xt"'),
        ("null", "null"),
        ("[ 1 ]", "[1]"),
        ('{"a" : "<"}', '{"a":"\\u003c"}'),
        ("18446744073709551616", "18446744073709551616"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_any_id_is_echoed(raw: str, echoed: str) -> None:
    codec, request = request_of(f'{{"method":"Math.Sum","id":{raw},"params":[{{}}]}}')
    assert reply(codec, request.seq, 5).decode() == f'{{"id":{echoed},"result":5,"error":null}}\n'


def test_missing_id_is_null() -> None:
    codec, request = request_of('{"method":"Math.Sum","params":[{}]}')
    assert reply(codec, request.seq, 5) == b'{"id":null,"result":5,"error":null}\n'


def test_requests_of_one_id_are_told_apart() -> None:
    codec = server_fed('{"method":"A.B","id":7}{"method":"A.C","id":7}')
    seqs = [codec.decode_request_header().seq for _ in range(2)]
    assert seqs == [1, 2]


def test_replies_in_another_order_have_their_ids() -> None:
    codec = server_fed('{"method":"A.B","id":"first"}{"method":"A.C","id":"second"}')
    seqs = [codec.decode_request_header().seq for _ in range(2)]
    assert reply(codec, seqs[1], 5) == b'{"id":"second","result":5,"error":null}\n'


def test_second_reply_to_a_request_is_refused() -> None:
    codec, request = request_of('{"method":"Math.Sum","id":2}')
    reply(codec, request.seq, 5)
    with pytest.raises(EncodeError, match="invalid sequence number in response"):
        reply(codec, request.seq, 5)


def test_null_reply_is_refused_since_it_breaks_clients_of_go() -> None:
    codec, request = request_of('{"method":"Math.Sum","id":2}')
    with pytest.raises(EncodeError, match="a null reply"):
        codec.encode_response(Response("Math.Sum", request.seq), schema_of(Pair | None), None)


def test_request_can_be_refused_after_a_reply_that_did_not_fit() -> None:
    codec, request = request_of('{"method":"Math.Sum","id":2}')
    with pytest.raises(EncodeError):
        reply(codec, request.seq, 1 << 64)
    assert reply(codec, request.seq, None, "too large") == (
        b'{"id":2,"result":null,"error":"too large"}\n'
    )


def test_reply_of_nothing_is_an_empty_object() -> None:
    codec, request = request_of('{"method":"Math.Nothing","id":2}')
    assert reply(codec, request.seq, None) == b'{"id":2,"result":{},"error":null}\n'


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ("", "jsonrpc: request body missing params"),
        (',"params":null', "jsonrpc: request body missing params"),
        (
            ',"params":{"A":1}',
            "json: cannot unmarshal object into Go value of type [1]interface {}",
        ),
        (',"params":"x"', "json: cannot unmarshal string into Go value of type [1]interface {}"),
        (',"params":["x"]', "json: cannot unmarshal string into .0 of type messages.Pair"),
        (
            ',"params":[{"A":"x"}]',
            "json: cannot unmarshal string into Go struct field .0.A of type int",
        ),
    ],
)
def test_params_that_go_refuses_are_refused(params: str, error: str) -> None:
    codec, _ = request_of(f'{{"method":"Math.Sum"{params}}}')
    with pytest.raises(DecodeError) as caught:
        codec.decode_request_body(SUM.request)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("params", "value"),
    [
        ("[]", Pair()),
        ("[null]", Pair()),
        ("[{}]", Pair()),
        ('[{"a":1,"b":2}]', Pair(1, 2)),
        ('[{"A":1,"b":2,"C":[{}]},{"A":9},5]', Pair(1, 2)),
    ],
)
def test_params_that_go_takes_are_taken(params: str, value: Pair) -> None:
    codec, _ = request_of(f'{{"method":"Math.Sum","params":{params}}}')
    assert codec.decode_request_body(SUM.request) == value


def test_server_goes_on_after_params_that_do_not_fit() -> None:
    codec = server_fed('{"method":"A.B","params":["x"]}\n{"method":"A.C"}')
    codec.decode_request_header()
    with pytest.raises(DecodeError):
        codec.decode_request_body(SUM.request)
    assert codec.decode_request_header().service_method == "A.C"


def test_params_without_schema_are_skipped() -> None:
    codec = server_fed('{"method":"A.B","params":{"x":[]}}\n{"method":"A.C"}')
    codec.decode_request_header()
    codec.decode_request_body(None)
    assert codec.decode_request_header().service_method == "A.C"


@pytest.mark.parametrize("text", ["{}", '{"method":null}', '{"params":[]}'])
def test_missing_method_is_empty(text: str) -> None:
    assert request_of(text)[1].service_method == ""


@pytest.mark.parametrize("text", ["[1]", "nonsense", '{"method":}', '{"method":5}', '{"a" 1}'])
def test_request_that_go_hangs_up_on_ends_the_stream(text: str) -> None:
    codec = server_fed(text + '{"method":"A.B"}')
    for _ in range(2):
        with pytest.raises(DecodeError) as caught:
            codec.decode_request_header()
        assert not isinstance(caught.value, TruncatedError)


def test_request_above_the_limit_is_refused() -> None:
    codec = server_fed('{"method":"' + "x" * 100, Limits(message=50))
    with pytest.raises(DecodeError, match="more than 50 bytes"):
        codec.decode_request_header()


def test_nesting_is_limited() -> None:
    codec = server_fed('{"method":"A.B","params":[' + '{"inner":[' * 60)
    with pytest.raises(DecodeError, match="nested too deeply"):
        codec.decode_request_header()


def test_nesting_within_a_high_limit_does_no_harm() -> None:
    text = '{"method":"A.B","params":[' + '{"inner":[' * 20_000 + "]}" * 20_000 + "]}"
    codec = server_fed(text, Limits(depth=1_000_000))
    codec.decode_request_header()
    with pytest.raises(DecodeError, match="recursion"):
        codec.decode_request_body(schema_of(Any))


@given(st.lists(st.integers(0, 400)))
def test_any_chunking_gives_the_same_requests(cuts: list[int]) -> None:
    data = (
        '{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":"}\\""}\n \t{"method":"é",\r\n"id":3}'
        '{"method":"Math.Sum","params":[{"B":5}],"id":[{}]}\n'
    ).encode()
    codec, requests = JsonServerCodec(), []
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    for place, end in enumerate(places[1:]):
        codec.feed(data[places[place] : end])
        try:
            while True:
                requests.append(codec.decode_request_header())
        except TruncatedError:
            pass
    assert requests == [Request("Math.Sum", 1), Request("é", 2), Request("Math.Sum", 3)]


@given(st.binary() | st.text(alphabet='{}[]":,\\ 01eE-.utrnfalsmethodpi\n').map(str.encode))
def test_arbitrary_bytes_raise_decode_errors_only(data: bytes) -> None:
    server, client = server_fed(b'{"method":' + data), client_fed(b'{"id":' + data)
    for decode_header in (server.decode_request_header, client.decode_response_header):
        assert isinstance(last_error(decode_header), DecodeError)


def last_error(decode_header: Callable[[], object]) -> Exception:
    """Decode headers until one fails."""
    while True:
        try:
            decode_header()
        except Exception as error:
            return error


def test_nothing_is_pending_between_messages() -> None:
    codec = server_fed('{"method":"A.B"} \n')
    codec.decode_request_header()
    assert (codec.pending, codec.ahead) == (0, 0)


def test_message_that_is_there_is_ahead() -> None:
    codec = server_fed('{"method":"A.B"}{"method":"A.CD"}{"met')
    assert codec.ahead == 16
    assert codec.decode_request_header().service_method == "A.B"
    codec.decode_request_body(None)
    assert (codec.ahead, codec.pending) == (17, 6)


def test_stream_that_failed_is_pending() -> None:
    codec = server_fed("nonsense")
    with pytest.raises(DecodeError):
        codec.decode_request_header()
    assert codec.pending == 1


# --- members beyond Go's --------------------------------------------------------------------------

NUMBER = schema_of(int)

FULL_REQUEST = ExtendedRequest("A.B", 5, 7, {"a": "b"}, "key", 3, True, 65536, 28)
FULL_RESPONSE = ExtendedResponse(
    "", 5, "no", 5, "kv.NotFound", True, {"a": "b"}, 1, True, 65536, 28, 9
)


def sent(request: Request, codec: JsonClientCodec | None = None) -> bytes:
    return b"".join((codec or JsonClientCodec()).encode_request(request, NUMBER, 1))


def answered(response: Response, codec: JsonServerCodec | None = None) -> bytes:
    """Return a response to the first request."""
    codec = codec or JsonServerCodec()
    codec.feed(b'{"method":"A.B","params":[1],"id":5}')
    codec.decode_request_header()
    codec.decode_request_body(None)
    return b"".join(codec.encode_response(response, NUMBER, 56))


def test_request_has_more_members_after_those_of_go() -> None:
    assert sent(FULL_REQUEST) == (
        b'{"method":"A.B","params":[1],"id":5,"timeout":7,"metadata":{"a":"b"},"key":"key",'
        b'"stream":3,"more":true,"credit":65536,"features":28}\n'
    )


def test_members_of_a_request_that_are_zero_are_left_out() -> None:
    assert sent(ExtendedRequest("A.B", 5, metadata={})) == sent(Request("A.B", 5))
    assert sent(ExtendedRequest("A.B", 5, 7)) == (
        b'{"method":"A.B","params":[1],"id":5,"timeout":7}\n'
    )


def test_response_has_more_members_after_those_of_go() -> None:
    response = ExtendedResponse(
        "A.B", 1, "no", 5, "kv.NotFound", True, {"a": "é"}, 1, True, 65536, 28, 9
    )
    assert answered(response).decode() == (
        '{"id":5,"result":null,"error":"no","code":5,"raised":"kv.NotFound","unstarted":true,'
        '"metadata":{"a":"é"},"stream":1,"more":true,"credit":65536,"features":28,"last":9,'
        '"details":56}\n'
    )


def test_members_of_a_response_that_are_zero_are_left_out() -> None:
    extended = ExtendedResponse("A.B", 1, metadata={})
    assert answered(extended) == b'{"id":5,"result":56,"error":null}\n'


def test_request_with_more_members_arrives() -> None:
    codec = server_fed(sent(FULL_REQUEST))
    header = codec.decode_request_header()
    assert header == ExtendedRequest("A.B", 1, 7, {"a": "b"}, "key", 3, True, 65536, 28)
    assert codec.decode_request_body(NUMBER) == 1


def test_response_with_more_members_arrives() -> None:
    codec = client_fed(answered(attrs.evolve(FULL_RESPONSE, seq=1)))
    assert codec.decode_response_header() == FULL_RESPONSE
    assert codec.decode_response_body(NUMBER) == 56


def test_details_are_skipped_without_a_schema() -> None:
    codec = client_fed(answered(attrs.evolve(FULL_RESPONSE, seq=1)))
    codec.decode_response_header()
    assert codec.decode_response_body(None) is None


def test_details_are_no_reply_where_no_exception_is_named() -> None:
    codec = client_fed('{"id":5,"result":7,"error":null,"details":56,"code":5}')
    assert codec.decode_response_header() == ExtendedResponse("", 5, code=5)
    assert codec.decode_response_body(NUMBER) == 7


@pytest.mark.parametrize("details", ["", ',"details":null', ',"details":"text"'])
def test_exception_whose_details_do_not_fit_is_a_decode_error(details: str) -> None:
    codec = client_fed(f'{{"id":5,"error":"no","raised":"kv.NotFound"{details}}}')
    codec.decode_response_header()
    with pytest.raises(DecodeError):
        codec.decode_response_body(SUM.request)


def test_members_match_whatever_their_case() -> None:
    codec = server_fed('{"Method":"A.B","Params":[1],"Timeout":7,"METADATA":{"a":"b"}}')
    assert codec.decode_request_header() == ExtendedRequest("A.B", 1, 7, {"a": "b"})


@pytest.mark.parametrize(
    "members",
    [
        '"timeout":"soon"',
        '"timeout":1.5',
        '"timeout":9223372036854775808',
        '"timeout":null',
        '"timeout":0',
        '"metadata":{"a":1}',
        '"metadata":["a"]',
        '"metadata":{}',
        '"metadata":null',
        '"key":5',
        '"stream":-1',
        '"more":"yes"',
        '"credit":{}',
        '"features":[8]',
        '"jsonrpc":"2.0","more":false',
    ],
)
def test_members_of_others_are_passed_over(members: str) -> None:
    codec, header = request_of(f'{{"method":"Math.Sum","params":[{{}}],"id":0,{members}}}')
    assert (header, type(header)) == (Request("Math.Sum", 1), Request)
    assert codec.decode_request_body(SUM.request) == Pair()


@pytest.mark.parametrize("members", ['"code":"NOT_FOUND"', '"raised":5', '"last":-1', '"code":0'])
def test_members_of_others_in_a_response_are_passed_over(members: str) -> None:
    header = client_fed(f'{{"id":5,"result":7,"error":null,{members}}}').decode_response_header()
    assert (header, type(header)) == (Response("", 5), Response)


def test_header_has_those_of_its_members_that_are_ours() -> None:
    codec = server_fed('{"method":"A.B","params":[1],"id":0,"timeout":"soon","key":"k"}')
    assert codec.decode_request_header() == ExtendedRequest("A.B", 1, key="k")


# --- drain notices and the numbers of requests ----------------------------------------------------


def test_drain_notice_is_what_a_client_of_go_passes_over() -> None:
    notice = ExtendedResponse("", NOTICE_SEQ, last=9)
    data = b"".join(JsonServerCodec().encode_response(notice, NOTHING.response, None))
    assert data == b'{"id":18446744073709551615,"result":{},"error":null,"last":9}\n'


def test_drain_notice_arrives() -> None:
    codec = client_fed('{"id":18446744073709551615,"result":{},"error":null,"last":9}')
    assert codec.decode_response_header() == ExtendedResponse("", NOTICE_SEQ, last=9)
    assert codec.decode_response_body(None) is None


def test_number_of_a_request_is_its_place_among_those_that_were_sent() -> None:
    codec = JsonClientCodec()
    for seq in (7, 3, 9):
        sent(Request("A.B", seq), codec)
    assert [codec.request_number(seq) for seq in (3, 7, 9)] == [2, 1, 3]


def test_request_that_did_not_fit_has_no_number() -> None:
    codec = JsonClientCodec()
    for args in ("no int", 1 << 64):
        with pytest.raises(EncodeError):
            codec.encode_request(Request("A.B", 0), NUMBER, args)
    with pytest.raises(EncodeError):
        codec.encode_request(Request("\ud800", 1), NUMBER, 1)
    sent(Request("A.B", 2), codec)
    assert [codec.request_number(seq) for seq in range(3)] == [None, None, 1]


def test_request_that_was_answered_has_no_number() -> None:
    codec = JsonClientCodec()
    sent(Request("A.B", 0), codec)
    sent(Request("A.B", 1), codec)
    codec.feed(b'{"id":0,"result":5,"error":null}')
    codec.decode_response_header()
    assert (codec.request_number(0), codec.request_number(1)) == (None, 2)


def test_number_of_a_request_at_the_server_is_that_of_the_client() -> None:
    client, server = JsonClientCodec(), JsonServerCodec()
    server.feed(sent(Request("A.B", 9), client) + sent(Request("A.C", 4), client))
    for seq, method in ((9, "A.B"), (4, "A.C")):
        header = server.decode_request_header()
        assert header.service_method == method
        assert server.request_number(header.seq) == client.request_number(seq)


# --- how large members may be, and metadata that is bad -------------------------------------------


def with_value(size: int) -> ExtendedRequest:
    return ExtendedRequest("A.B", 1, 5, {"a": "v" * size})


def largest_value(codec: JsonClientCodec) -> int:
    """Return the size of the largest value that a codec sends."""
    for size in range(512, 0, -1):
        try:
            sent(with_value(size), codec)
        except EncodeError:
            continue
        return size
    raise AssertionError("nothing was sent")


def known_to_take_large() -> JsonClientCodec:
    codec = client_fed('{"id":5,"result":7,"error":null,"features":8}')
    codec.decode_response_header()
    codec.decode_response_body(None)
    return codec


def test_members_to_an_unknown_server_have_512_bytes_at_most() -> None:
    size = largest_value(JsonClientCodec())
    args = len("1")
    assert len(sent(with_value(size), known_to_take_large())) - args == 512


def test_members_that_an_unknown_server_would_not_take_are_refused_with_the_reason() -> None:
    codec = JsonClientCodec()
    with pytest.raises(EncodeError, match="a server that has not said that it takes more"):
        sent(with_value(512), codec)
    assert codec.request_number(1) is None


def test_server_that_takes_large_headers_gets_metadata_up_to_the_limit() -> None:
    codec = known_to_take_large()
    server = server_fed(sent(with_value(8191), codec))
    assert server.decode_request_header() == with_value(8191)
    with pytest.raises(EncodeError, match=r"metadata of 8193 bytes; the limit is 8192"):
        sent(with_value(8192), codec)


def test_large_response_to_an_unknown_client_is_plain() -> None:
    response = ExtendedResponse("A.B", 1, "no", 5, "kv.NotFound", metadata={"a": "v" * 512})
    assert answered(response) == b'{"id":5,"result":null,"error":"no"}\n'


def test_large_response_to_a_client_that_takes_it_is_whole() -> None:
    codec = server_fed('{"method":"A.B","params":[1],"id":4,"features":8}')
    codec.decode_request_header()
    codec.decode_request_body(None)
    metadata = {"a": "v" * 512}
    client = client_fed(answered(ExtendedResponse("A.B", 2, "no", 5, metadata=metadata), codec))
    assert client.decode_response_header() == ExtendedResponse("", 5, "no", 5, metadata=metadata)


def test_metadata_of_a_response_beyond_the_limit_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"Limits\.metadata"):
        answered(ExtendedResponse("A.B", 1, metadata={"a": "v" * 8192}))


def test_response_that_was_refused_can_be_answered_otherwise() -> None:
    codec = JsonServerCodec()
    with pytest.raises(EncodeError):
        answered(ExtendedResponse("A.B", 1, metadata={"a": "v" * 8192}), codec)
    parts = codec.encode_response(ExtendedResponse("A.B", 1, "no", 8), NOTHING.response, None)
    assert b"".join(parts) == b'{"id":5,"result":null,"error":"no","code":8}\n'


def test_error_of_lone_surrogates_is_sent_with_more_members() -> None:
    assert answered(ExtendedResponse("A.B", 1, "\ud800", 5)).decode() == (
        '{"id":5,"result":null,"error":"\ufffd","code":5}\n'
    )


def test_metadata_of_lone_surrogates_is_refused() -> None:
    with pytest.raises(EncodeError, match="lone surrogates"):
        answered(ExtendedResponse("A.B", 1, metadata={"a": "\udc80"}))
    with pytest.raises(EncodeError, match="lone surrogates"):
        sent(ExtendedRequest("A.B", 1, metadata={"a": "\udc80"}))


BAD = [
    pytest.param({"a": "v" * 8192}, "metadata of 8193 bytes", id="too large"),
    pytest.param({"Tenant": "a"}, "the name 'Tenant' of metadata", id="a capital letter"),
    pytest.param({"": "a"}, "the name '' of metadata", id="no name"),
]


@pytest.mark.parametrize(("metadata", "reason"), BAD)
def test_bad_metadata_of_a_request_fails_its_call_alone(
    metadata: dict[str, str], reason: str
) -> None:
    more = f'"metadata":{json.dumps(metadata)},"timeout":5'
    first = f'{{"method":"A.B","params":[7],"id":1,{more}}}'
    codec = server_fed(first + '{"method":"A.B","params":[7],"id":2}')
    assert codec.decode_request_header() == ExtendedRequest("A.B", 1, 5)
    with pytest.raises(DecodeError, match=re.escape(reason)):
        codec.decode_request_body(NUMBER)
    assert codec.decode_request_header() == Request("A.B", 2)
    assert codec.decode_request_body(NUMBER) == 7


@pytest.mark.parametrize(("metadata", "reason"), BAD)
def test_bad_metadata_of_a_response_fails_its_call_alone(
    metadata: dict[str, str], reason: str
) -> None:
    first = f'{{"id":1,"result":7,"error":null,"metadata":{json.dumps(metadata)}}}'
    codec = client_fed(first + '{"id":2,"result":7,"error":null}')
    assert codec.decode_response_header().seq == 1
    with pytest.raises(DecodeError, match=re.escape(reason)):
        codec.decode_response_body(NUMBER)
    assert codec.decode_response_header() == Response("", 2)
    assert codec.decode_response_body(NUMBER) == 7


def test_bad_metadata_of_a_body_that_is_skipped_fails_nothing() -> None:
    first = '{"method":"A.B","params":[7],"id":1,"metadata":{"":""}}'
    codec = server_fed(first + '{"method":"A.B","params":[7],"id":2}')
    for schema, wanted in ((None, None), (NUMBER, 7)):
        codec.decode_request_header()
        body: object = codec.decode_request_body(schema)
        assert body == wanted


some_texts = st.dictionaries(st.text(alphabet="abz-./!~", min_size=1), st.text(), max_size=3)
unsigned = st.sampled_from([0, 0, 1, 2**32, 2**53 + 1, 2**64 - 1])


@given(
    st.builds(
        ExtendedRequest,
        st.text(),
        st.just(1),
        st.integers(-(2**63), 2**63 - 1),
        some_texts,
        st.text(),
        unsigned,
        st.booleans(),
        unsigned,
        unsigned,
    )
)
def test_any_request_arrives_as_it_was_sent(request: ExtendedRequest) -> None:
    codec = known_to_take_large()
    server = server_fed(sent(request, codec))
    assert server.decode_request_header() == plain_request(with_none(request))
    assert server.decode_request_body(NUMBER) == 1


@given(
    st.builds(
        ExtendedResponse,
        st.just(""),
        st.just(1),
        st.text(),
        unsigned,
        st.text(),
        st.booleans(),
        some_texts,
        unsigned,
        st.booleans(),
        unsigned,
        unsigned,
        unsigned,
    )
)
def test_any_response_arrives_as_it_was_sent(response: ExtendedResponse) -> None:
    codec = JsonServerCodec()
    codec._extension.takes_large = True
    client = client_fed(answered(response, codec))
    wanted = plain_response(with_none(attrs.evolve(response, seq=5)))
    assert client.decode_response_header() == wanted
    has_body = response.raised or not response.error
    assert client.decode_response_body(NUMBER if has_body else None) == (56 if has_body else None)


def with_none(header: Any) -> Any:
    """Return a header without metadata that is empty."""
    return attrs.evolve(header, metadata=header.metadata or None)
