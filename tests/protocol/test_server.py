from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.code import Code
from rpcgen.errors import EncodeError
from rpcgen.method import Method
from rpcgen.protocol import (
    CodecName,
    Event,
    GobClientCodec,
    GobServerCodec,
    Invocation,
    Registry,
    RejectedRequest,
    Request,
    Response,
    ServerProtocol,
    client_codec,
    server_codec,
)
from rpcgen.protocol.headers import (
    NOTICE_SEQ,
    CancelArgs,
    ExtendedRequest,
    ExtendedResponse,
    Feature,
)
from rpcgen.protocol.server_session import Cancellation, Failure, Stage
from rpcgen.schema import Schema, schema_for, schema_of

from .messages import DOUBLE, SUM, Pair, request_bytes


def make_server() -> ServerProtocol:
    registry = Registry()
    handlers = [SUM.handler(lambda pair: pair.a + pair.b), DOUBLE.handler(lambda n: 2 * n)]
    registry.register_name("Math", handlers)
    return ServerProtocol(registry, GobServerCodec())


@pytest.fixture
def server() -> ServerProtocol:
    return make_server()


def invocation(server: ServerProtocol, args: Pair) -> Invocation:
    (event,) = server.receive(request_bytes(("Math.Sum", 0, args)))
    assert isinstance(event, Invocation)
    return event


def response_in(data: bytes) -> tuple[int, str]:
    codec = GobClientCodec()
    codec.feed(data)
    header = codec.decode_response_header()
    return header.seq, header.error


def summary(events: Iterable[Event]) -> list[tuple[int, object]]:
    return [
        (event.request.seq, event.args if isinstance(event, Invocation) else event.error)
        for event in events
        if isinstance(event, (Invocation, RejectedRequest))
    ]


def test_receive_request(server: ServerProtocol) -> None:
    events = server.receive(request_bytes(("Math.Sum", 5, Pair(1, 2))))
    assert summary(events) == [(5, Pair(1, 2))]


def test_receive_request_gives_what_is_served(server: ServerProtocol) -> None:
    assert invocation(server, Pair(1, 2)).served.function(Pair(1, 2)) == 3


def test_receive_requests_at_once(server: ServerProtocol) -> None:
    events = server.receive(request_bytes(("Math.Sum", 0, Pair(1, 2)), ("Math.Double", 1, 4)))
    assert summary(events) == [(0, Pair(1, 2)), (1, 4)]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Math.Nope", "rpc: can't find method Math.Nope"),
        ("Nope.Sum", "rpc: can't find service Nope.Sum"),
        ("A.Math.Sum", "rpc: can't find service A.Math.Sum"),
        ("Sum", "rpc: service/method request ill-formed: Sum"),
        ("", "rpc: service/method request ill-formed: "),
    ],
)
def test_receive_request_for_something_unknown(
    server: ServerProtocol, name: str, error: str
) -> None:
    assert summary(server.receive(request_bytes((name, 3, Pair())))) == [(3, error)]


def test_receive_request_after_something_unknown(server: ServerProtocol) -> None:
    events = server.receive(request_bytes(("Math.Nope", 0, Pair()), ("Math.Double", 1, 4)))
    assert summary(events)[1] == (1, 4)


def test_receive_arguments_of_wrong_type(server: ServerProtocol) -> None:
    (event,) = server.receive(request_bytes(("Math.Sum", 0, "text")))
    assert isinstance(event, RejectedRequest)


def test_receive_request_after_arguments_of_wrong_type(server: ServerProtocol) -> None:
    events = server.receive(request_bytes(("Math.Sum", 0, "text"), ("Math.Double", 1, 4)))
    assert summary(events)[1] == (1, 4)


def test_receive_broken_arguments_of_an_unknown_method(server: ServerProtocol) -> None:
    header = request_bytes(("Math.Nope", 0, 4)).removesuffix(bytes.fromhex("03040008"))
    # A value whose type was never defined.
    assert summary(server.receive(header + bytes.fromhex("04ffc80000"))) == [
        (0, "rpc: can't find method Math.Nope")
    ]


def test_receive_header_of_wrong_type_ends_it(server: ServerProtocol) -> None:
    server.receive(bytes.fromhex("03040006"))
    assert server.draining


def test_receive_header_of_wrong_type_says_why(server: ServerProtocol) -> None:
    server.receive(bytes.fromhex("03040006"))
    assert server.failure.startswith("rpc: server cannot decode request: ")


def test_receive_when_draining(server: ServerProtocol) -> None:
    server.receive_eof()
    assert server.receive(request_bytes(("Math.Double", 0, 4))) == []


def test_receive_eof_between_requests(server: ServerProtocol) -> None:
    server.receive(request_bytes(("Math.Double", 0, 4)))
    assert server.receive_eof() == []


def test_receive_eof_is_no_failure(server: ServerProtocol) -> None:
    server.receive_eof()
    assert server.failure == ""


def test_receive_eof_in_the_middle_of_arguments(server: ServerProtocol) -> None:
    server.receive(request_bytes(("Math.Sum", 7, Pair(1, 2)))[:-1])
    assert summary(server.receive_eof()) == [(7, "unexpected EOF")]


def test_receive_eof_instead_of_arguments(server: ServerProtocol) -> None:
    server.receive(request_bytes(("Math.Double", 7, 4)).removesuffix(bytes.fromhex("03040008")))
    assert summary(server.receive_eof()) == [(7, "EOF")]


def test_receive_eof_instead_of_arguments_of_an_unknown_method(server: ServerProtocol) -> None:
    server.receive(request_bytes(("Math.Nope", 7, 4)).removesuffix(bytes.fromhex("03040008")))
    assert summary(server.receive_eof()) == [(7, "rpc: can't find method Math.Nope")]


def test_receive_eof_in_the_middle_of_a_header(server: ServerProtocol) -> None:
    server.receive(request_bytes(("Math.Sum", 7, Pair(1, 2)))[:10])
    assert server.receive_eof() == []


def test_reply_names_the_call(server: ServerProtocol) -> None:
    (event,) = server.receive(request_bytes(("Math.Sum", 5, Pair(1, 2))))
    assert isinstance(event, Invocation)
    assert response_in(server.reply(event, 3)) == (5, "")


def test_reply_value_that_does_not_fit(server: ServerProtocol) -> None:
    event = invocation(server, Pair(1, 2))
    with pytest.raises(EncodeError):
        server.reply(event, "three")


def test_reply_value_that_does_not_fit_leaves_no_trace(server: ServerProtocol) -> None:
    event = invocation(server, Pair(1, 2))
    with pytest.raises(EncodeError):
        server.reply(event, "three")
    assert server.reply(event, 3) == make_server().reply(event, 3)


def test_refuse_carries_the_text(server: ServerProtocol) -> None:
    assert response_in(server.refuse(Request("Math.Sum", 4), "no luck")) == (4, "no luck")


def test_refuse_is_what_go_sends(server: ServerProtocol) -> None:
    data = server.refuse(Request("Arith.Divide", 3), "divide by zero")
    header = "23ff80010c41726974682e446976696465010301 0e646976696465206279207a65726f00"
    assert bytes.fromhex(header) in data


def test_refuse_ends_with_an_empty_struct(server: ServerProtocol) -> None:
    data = server.refuse(Request("Arith.Divide", 3), "divide by zero")
    assert data.endswith(bytes.fromhex("0aff81030102ff8200000003ff8200"))


@given(st.data())
def test_receive_in_any_chunks_gives_the_same(data: st.DataObject) -> None:
    stream = request_bytes(
        ("Math.Sum", 0, Pair(1, 2)), ("No.No", 1, 4), ("Math.Sum", 2, "text"), ("Math.Double", 3, 4)
    )
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    pieces = [
        stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    server = make_server()
    arrived = [event for piece in pieces for event in server.receive(piece)]
    assert summary(arrived) == summary(make_server().receive(stream))


@given(st.binary(max_size=64))
def test_receive_any_bytes_raises_nothing(data: bytes) -> None:
    server = make_server()
    server.receive(data)
    server.receive_eof()
    assert server.draining


# --- large requests -------------------------------------------------------------------------

BLOB = Method[bytes, bytes]("Math.Blob")


@pytest.fixture
def blob_server() -> ServerProtocol:
    registry = Registry()
    registry.register_name("Math", [BLOB.handler(lambda data: data)])
    return ServerProtocol(registry, GobServerCodec())


def test_space_for_the_rest_of_a_large_request(blob_server: ServerProtocol) -> None:
    data = request_bytes(("Math.Blob", 3, bytes(200_000)))
    blob_server.feed(data[:20_000])
    assert blob_server.next_event() is None
    rest = data[20_000:]
    event = None
    while rest and (view := blob_server.get_buffer()) is not None:
        count = min(len(view), len(rest))
        view[:count], rest = rest[:count], rest[count:]
        blob_server.buffer_updated(count)
        event = blob_server.next_event()
    assert len(rest) < 65536
    if rest:
        blob_server.feed(rest)
        event = blob_server.next_event()
    assert isinstance(event, Invocation)
    assert event.args == bytes(200_000)
    assert blob_server.get_buffer() is None


def test_space_where_no_request_is_cut_off(blob_server: ServerProtocol) -> None:
    assert blob_server.get_buffer() is None
    blob_server.feed(request_bytes(("Math.Blob", 3, b"small")))
    blob_server.next_event()
    assert blob_server.get_buffer() is None


def test_space_after_the_end(blob_server: ServerProtocol) -> None:
    blob_server.feed(request_bytes(("Math.Blob", 3, bytes(200_000)))[:20_000])
    blob_server.next_event()
    blob_server.receive_eof()
    assert blob_server.get_buffer() is None


def test_reply_parts_is_the_same_in_parts(blob_server: ServerProtocol) -> None:
    whole = ServerProtocol(Registry(), GobServerCodec())
    (event,) = blob_server.receive(request_bytes(("Math.Blob", 3, b"")))
    assert isinstance(event, Invocation)
    for value in (b"small", bytes(200_000)):
        assert b"".join(blob_server.reply_parts(event, value)) == whole.reply(event, value)


def test_reply_parts_does_not_copy_what_is_large(blob_server: ServerProtocol) -> None:
    (event,) = blob_server.receive(request_bytes(("Math.Blob", 3, b"")))
    assert isinstance(event, Invocation)
    large = bytes(200_000)
    assert any(part is large for part in blob_server.reply_parts(event, large))


class ShoutingCodec(GobServerCodec):
    """A codec that changes what a class above encodes."""

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        return [*super().encode_response(response, schema, reply), b"!"]


def test_reply_parts_of_a_codec_that_changes_what_another_encodes(
    blob_server: ServerProtocol,
) -> None:
    (event,) = blob_server.receive(request_bytes(("Math.Blob", 3, b"")))
    assert isinstance(event, Invocation)
    parts = ServerProtocol(Registry(), ShoutingCodec()).reply_parts(event, b"x")
    assert b"".join(parts).endswith(b"!")


def test_refuse_with_what_is_no_unicode(server: ServerProtocol) -> None:
    request = Request("Math.Sum", 3)
    assert response_in(server.refuse(request, "no such file: \udcff")) == (
        3,
        "no such file: \\udcff",
    )


LIST = Method[list[int], int]("List.Len")
MANY = list(range(100_000))


def make_list_server(codec: str) -> tuple[ServerProtocol, bytes]:
    """Return a server and a large request for it."""
    registry = Registry()
    registry.register_name("List", [LIST.handler(len)])
    name: CodecName = "json" if codec == "json" else "gob"
    request = b"".join(client_codec(name).encode_request(Request(LIST.name, 0), LIST.request, MANY))
    return ServerProtocol(registry, server_codec(name)), request


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_is_large_once_all_of_a_large_request_is_there(codec: str) -> None:
    server, request = make_list_server(codec)
    server.feed(request[:-3])
    assert not server.is_large()
    assert server.next_event() is None
    server.feed(request[-3:])
    assert server.is_large()
    event = server.next_event()
    assert isinstance(event, Invocation)
    assert event.args == MANY


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_is_large_after_a_large_request(codec: str) -> None:
    server, request = make_list_server(codec)
    server.feed(request)
    server.next_event()
    assert not server.is_large()


def test_is_large_of_small_requests(server: ServerProtocol) -> None:
    server.feed(request_bytes(*(("Math.Sum", seq, Pair(1, 2)) for seq in range(10_000))))
    assert not server.is_large()
    assert isinstance(server.next_event(), Invocation)
    assert not server.is_large()


def test_is_large_of_nonsense_leaves_the_failure_to_next_event(server: ServerProtocol) -> None:
    server.feed(bytes.fromhex("03040006"))
    assert not server.is_large()
    assert server.next_event() is None
    assert server.failure
    assert not server.is_large()


def test_is_cut_in_the_middle_of_a_request(server: ServerProtocol) -> None:
    data = request_bytes(("Math.Sum", 0, Pair(1, 2)))
    server.receive(data[:-1])
    assert server.is_cut
    server.receive(data[-1:])
    assert not server.is_cut


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_stage_between_requests_is_idle(codec: str) -> None:
    server, request = make_list_server(codec)
    server.receive(request)
    assert server.stage[0] is Stage.IDLE


def test_stage_of_json_that_is_too_long_for_a_header() -> None:
    server, request = make_list_server("json")
    server.receive(request[:1000])
    before = server.stage
    server.receive(request[1000:100_000])
    assert (before[0], server.stage[0]) == (Stage.HEADER, Stage.BODY)


# --- beyond Go's net/rpc --------------------------------------------------------------------------


def extended_server(now: float = 100.0) -> ServerProtocol:
    registry = Registry(clock=lambda: now)
    registry.register_name("Math", [DOUBLE.handler(lambda n: 2 * n)])
    return ServerProtocol(registry, GobServerCodec())


def sent(*calls: tuple[Request, Any]) -> bytes:
    codec = GobClientCodec()
    return b"".join(
        part
        for request, args in calls
        for part in codec.encode_request(request, schema_for(args), args)
    )


def header_in(data: bytes) -> Response:
    codec = GobClientCodec()
    codec.feed(data)
    return codec.decode_response_header()


def call_of(server: ServerProtocol, request: Request) -> Invocation:
    (event,) = server.receive(sent((request, 4)))
    assert isinstance(event, Invocation)
    return event


def test_plain_request_has_no_context() -> None:
    assert call_of(extended_server(), Request("Math.Double", 1)).context is None


def test_deadline_is_reckoned_from_the_arrival_of_the_header() -> None:
    request = ExtendedRequest("Math.Double", 1, timeout=5_000_000_000)
    context = call_of(extended_server(), request).context
    assert context is not None
    assert context.deadline == 105.0


def test_deadline_is_reckoned_from_the_header_where_the_body_comes_later() -> None:
    now = [100.0]
    registry = Registry(clock=lambda: now[0])
    registry.register_name("Math", [DOUBLE.handler(lambda n: 2 * n)])
    server = ServerProtocol(registry, GobServerCodec())
    data = sent((ExtendedRequest("Math.Double", 1, timeout=5_000_000_000), 4))
    assert server.receive(data[:-1]) == []
    now[0] = 103.0
    (event,) = server.receive(data[-1:])
    assert isinstance(event, Invocation)
    assert event.context is not None
    assert event.context.deadline == 105.0


def test_cancel_is_an_event_of_its_own() -> None:
    server = extended_server()
    (event,) = server.receive(sent((Request("_goRPC_.Cancel", 2), CancelArgs(1))))
    assert isinstance(event, Cancellation)
    assert (event.request.seq, event.seq) == (2, 1)


@pytest.mark.parametrize("found", [True, False])
def test_cancel_is_answered_with_a_bool(found: bool) -> None:
    server = extended_server()
    (event,) = server.receive(sent((Request("_goRPC_.Cancel", 2), CancelArgs(1))))
    assert isinstance(event, Cancellation)
    codec = GobClientCodec()
    codec.feed(server.answer_cancel(event, found))
    assert codec.decode_response_header() == Response("_goRPC_.Cancel", 2)
    assert codec.decode_response_body(schema_of(bool)) is found


def test_cancel_with_arguments_that_are_none_is_refused() -> None:
    (event,) = extended_server().receive(sent((Request("_goRPC_.Cancel", 2), "text")))
    assert isinstance(event, RejectedRequest)


def test_features_are_told_once_to_a_client_that_tells_its_own() -> None:
    server = extended_server()
    call = call_of(server, ExtendedRequest("Math.Double", 1, features=Feature.DRAIN_NOTICE))
    codec = GobClientCodec()
    codec.feed(server.reply(call, 8) + server.reply(call, 8))
    headers = []
    for _ in range(2):
        headers.append(codec.decode_response_header())
        codec.decode_response_body(None)
    assert headers == [
        ExtendedResponse("Math.Double", 1, features=Feature.LARGE_HEADERS),
        Response("Math.Double", 1),
    ]


def test_refusal_with_a_code_says_that_nothing_was_begun() -> None:
    data = extended_server().refuse(Request("Math.Double", 1), "no", Code.UNAVAILABLE)
    expected = ExtendedResponse("Math.Double", 1, "no", Code.UNAVAILABLE, unstarted=True)
    assert header_in(data) == expected


def test_failure_without_a_code_is_a_response_of_go() -> None:
    data = extended_server().fail(Request("Math.Double", 1), Failure("no"))
    assert header_in(data) == Response("Math.Double", 1, "no")


def test_failure_has_its_code_and_metadata() -> None:
    failure = Failure("no", Code.NOT_FOUND, {"a": "b"})
    data = extended_server().fail(Request("Math.Double", 1), failure)
    expected = ExtendedResponse("Math.Double", 1, "no", Code.NOT_FOUND, metadata={"a": "b"})
    assert header_in(data) == expected


def test_codec_of_a_user_gets_headers_of_go_alone() -> None:
    class Plain:
        """Four methods, and nothing beyond."""

        def __init__(self) -> None:
            codec = GobServerCodec()
            self.headers: list[Response] = []
            self.feed = codec.feed
            self.decode_request_header = codec.decode_request_header
            self.decode_request_body = codec.decode_request_body

        def encode_response(
            self, response: Response, schema: Schema[Any], reply: object
        ) -> Sequence[bytes]:
            self.headers.append(response)
            return [b"response"]

    codec = Plain()
    server = ServerProtocol(Registry(), codec)
    server.refuse(Request("Math.Double", 1), "no", Code.UNAVAILABLE)
    assert codec.headers == [Response("Math.Double", 1, "no")]


def test_request_after_drain_is_refused() -> None:
    server = extended_server()
    server.drain()
    (event,) = server.receive(sent((Request("Math.Double", 1), 4)))
    assert isinstance(event, RejectedRequest)
    assert event.code == Code.UNAVAILABLE


def test_cancel_after_drain_is_one() -> None:
    server = extended_server()
    server.drain()
    (event,) = server.receive(sent((Request("_goRPC_.Cancel", 2), CancelArgs(1))))
    assert isinstance(event, Cancellation)


def test_notice_is_expected_by_a_client_that_says_so() -> None:
    server = extended_server()
    assert not server.expects_notice
    call_of(server, ExtendedRequest("Math.Double", 1, features=Feature.DRAIN_NOTICE))
    assert server.expects_notice


def test_notice_names_the_highest_call_that_runs() -> None:
    server = extended_server()
    running = [
        Invocation(Request("Math.Double", seq), server._registry.find("Math.Double"), 4)
        for seq in (3, 7, 5)
    ]
    assert header_in(server.drain_notice(running)) == ExtendedResponse(seq=NOTICE_SEQ, last=7)
