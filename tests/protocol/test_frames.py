from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.protocol import ClientProtocol, Invocation, Request, Response, ServerProtocol
from rpcgen.protocol.client import CANCEL as CANCEL_METHOD
from rpcgen.protocol.client import GREETING
from rpcgen.protocol.frames import (
    CALL,
    CANCEL,
    Frame,
    FrameClientCodec,
    FrameReader,
    FrameServerCodec,
    frame,
    number_in,
    pack_number,
)
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedResponse
from rpcgen.protocol.registry import Registry
from rpcgen.protocol.server_session import Cancellation, RejectedRequest

from .messages import SUM, Pair


def serve(most: int = 1 << 20) -> ServerProtocol:
    registry = Registry(threading.Lock)
    registry.register_name("Math", [SUM.handler(lambda pair: pair.a + pair.b)])
    return ServerProtocol(registry, FrameServerCodec(most=lambda: most))


def frames_in(data: bytes) -> list[Frame]:
    reader = FrameReader()
    reader.feed(data)
    return list(iter(reader.next_frame, None))


def answer(server: ServerProtocol, data: bytes) -> bytes:
    (event,) = server.receive(data)
    assert isinstance(event, Invocation)
    return server.reply(event, event.served.function(event.args))


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(max_size=40))), st.integers(1, 50))
def test_frames_are_cut_wherever_the_stream_is(sent: list[tuple[int, bytes]], size: int) -> None:
    data = b"".join(frame(number, message, CALL, b"Math") for number, message in sent)
    reader, found = FrameReader(), list[Frame]()
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        found += iter(reader.next_frame, None)
    assert found == [Frame(CALL, number, "Math", message) for number, message in sent]
    assert len(reader) == 0


def test_part_of_a_frame_is_counted() -> None:
    data, reader = frame(1, b"message") + frame(2, b"other"), FrameReader()
    for end in range(1, len(data)):
        reader.feed(data[end - 1 : end])
        found = reader.next_frame()
        assert len(reader) == (0 if found else end % len(frame(1, b"message")))


def test_request_is_a_frame_with_its_service() -> None:
    (data,) = FrameClientCodec().encode_request(Request("Math.Sum", 5), SUM.request, Pair(1, 2))
    ((kind, number, service, _),) = frames_in(data)
    assert (kind, number, service) == (CALL, 5, "Math")


def test_calls_are_answered_in_any_order() -> None:
    client = ClientProtocol[str](FrameClientCodec())
    server = serve()
    requests = []
    for a in range(3):
        seq = client.begin(SUM, f"call {a}")
        requests.append(client.encode(seq, SUM, Pair(a, 1)))
    replies = [answer(server, each) for each in reversed(requests)]
    ends = client.receive(b"".join(replies))
    assert [(end.waiter, end.reply) for end in ends] == [
        ("call 2", 3),
        ("call 1", 2),
        ("call 0", 1),
    ]


def test_cancellation_says_the_number_of_the_call() -> None:
    client = ClientProtocol[str](FrameClientCodec())
    seq = client.begin(SUM, "call")
    client.encode(seq, SUM, Pair(1, 2))
    begun = client.begin_cancel(seq)
    assert begun is not None
    ((kind, number, _, message),) = frames_in(client.encode(begun[0], CANCEL_METHOD, begun[1]))
    assert (kind, number, number_in(message)) == (CANCEL, begun[0], seq)


def test_greeting_is_a_cancellation_of_nothing() -> None:
    codec = FrameClientCodec()
    (data,) = codec.encode_request(Request(CANCEL_METHOD.name, 0), CANCEL_METHOD.request, GREETING)
    assert number_in(frames_in(data)[0].message) == NOTICE_SEQ


def test_answer_to_a_cancellation_is_a_response() -> None:
    codec = FrameClientCodec()
    codec.feed(frame(4, b"", CANCEL))
    assert codec.decode_response_header() == Response(CANCEL_METHOD.name, 4)
    assert codec.decode_response_body(None) is True


def test_cancellation_of_a_server_has_the_number() -> None:
    (event,) = serve().receive(frame(9, pack_number(5), CANCEL))
    assert isinstance(event, Cancellation)
    assert (event.seq, event.request.seq) == (5, 9)


def test_message_that_is_none_is_refused_and_others_are_not() -> None:
    server = serve()
    (broken,) = server.receive(frame(1, b"none"))
    assert isinstance(broken, RejectedRequest)
    assert broken.request.seq == 1
    (data,) = FrameClientCodec().encode_request(Request("Math.Sum", 2), SUM.request, Pair(1, 2))
    assert frames_in(answer(server, data))[0].number == 2


def test_response_with_more_than_gos_keeps_its_number() -> None:
    codec = FrameServerCodec()
    response = ExtendedResponse("Math.Sum", 6, "", metadata={"a": "b"})
    (data,) = codec.encode_response(response, SUM.response, 3)
    assert (frames_in(data)[0].number, response.seq) == (6, 6)


def test_request_above_the_most_is_an_encode_error() -> None:
    codec = FrameClientCodec(most=20)
    with pytest.raises(EncodeError, match=r"call of Math\.Sum has \d+ bytes.*max_payload"):
        codec.encode_request(Request("Math.Sum"), SUM.request, Pair(1, 2))


def test_response_above_the_most_is_an_encode_error() -> None:
    server = serve(most=20)
    (data,) = FrameClientCodec().encode_request(Request("Math.Sum"), SUM.request, Pair(1, 2))
    with pytest.raises(EncodeError, match=r"reply has .*max_payload"):
        answer(server, data)


@pytest.mark.parametrize("header", [Response, ExtendedResponse])
def test_text_of_an_error_above_the_most_is_cut(header: type[Response]) -> None:
    codec = FrameServerCodec(most=lambda: 500)
    response = header("Math.Sum", 6, "\N{EURO SIGN}" * 500)
    (data,) = codec.encode_response(response, SUM.response, 0)
    ((_, number, _, message),) = frames_in(data)
    assert (number, 480 < len(message) <= 500) == (6, True)
    client = ClientProtocol[str](FrameClientCodec())
    client.encode(client.begin(SUM, "call"), SUM, Pair(1, 2))
    (end,) = client.receive(frame(0, message))
    assert str(end.error).startswith("\N{EURO SIGN}" * 50)
    assert str(end.error).endswith("\N{EURO SIGN}... (cut to the broker's max_payload)")


def test_error_that_is_large_by_its_metadata_is_an_encode_error() -> None:
    codec = FrameServerCodec(most=lambda: 500)
    response = ExtendedResponse("Math.Sum", 6, "no", metadata={"a": "b" * 500})
    with pytest.raises(EncodeError, match=r"reply has .*max_payload"):
        codec.encode_response(response, SUM.response, 0)


def test_most_is_asked_for_once_more() -> None:
    sizes = iter([20, 1 << 20])
    codec = FrameServerCodec(most=lambda: next(sizes))
    (data,) = codec.encode_plain("Math.Sum", 6, SUM.response, 3)
    assert len(data) > 20


def test_service_whose_name_is_too_long_is_an_encode_error() -> None:
    codec = FrameClientCodec()
    with pytest.raises(EncodeError, match="255 bytes at most"):
        codec.encode_request(Request("x" * 300 + ".Get"), SUM.request, Pair(1, 2))


def test_services_of_many_methods_are_not_all_kept() -> None:
    codec = FrameClientCodec()
    for number in range(600):
        codec.encode_request(Request(f"Math.M{number}"), SUM.request, Pair(1, 2))
    assert len(codec._services) <= 256


def test_frame_that_is_not_whole_is_waited_for() -> None:
    codec = FrameServerCodec()
    with pytest.raises(TruncatedError, match="EOF"):
        codec.decode_request_header()
    codec.feed(frame(1, b"none")[:-1])
    with pytest.raises(TruncatedError, match="unexpected EOF"):
        codec.decode_request_header()
    assert (codec.pending, codec.ahead, codec.request_number(3)) == (17, 0, 3)


def test_body_of_a_broken_message_is_a_decode_error() -> None:
    codec = FrameServerCodec()
    codec.feed(frame(1, b"none"))
    codec.decode_request_header()
    with pytest.raises(DecodeError, match="no request"):
        codec.decode_request_body(None)
