from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.protocol import JsonClientCodec, JsonServerCodec, Request, Response
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
