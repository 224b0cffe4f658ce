from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import EncodeError
from rpcgen.protocol import (
    Event,
    GobClientCodec,
    GobServerCodec,
    Invocation,
    Output,
    Refusal,
    Registry,
    Request,
    ServerProtocol,
    error_text,
)

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
        if not isinstance(event, Output)
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
    assert isinstance(event, Refusal)


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


def test_error_text_of_an_error_with_text() -> None:
    assert error_text(ValueError("no luck")) == "no luck"


def test_error_text_of_an_error_without_text() -> None:
    assert error_text(ValueError()) == "ValueError"


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
