from __future__ import annotations

import threading
from contextlib import nullcontext, suppress
from contextvars import copy_context
from typing import cast

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.code import Code
from rpcgen.errors import (
    DeadlineExceededError,
    DecodeError,
    EncodeError,
    RemoteError,
    ServerError,
    TruncatedError,
)
from rpcgen.gob import Encoder, Limits
from rpcgen.method import Method
from rpcgen.protocol import Invocation, RejectedRequest, Request, Response, ServerProtocol
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.headers import ExtendedRequest
from rpcgen.protocol.message import (
    MessageClientCodec,
    MessageServerCodec,
    decode_reply,
    encode_call,
)
from rpcgen.protocol.registry import Registry

from .messages import SUM, Pair


@define
class TooLargeError(RemoteError):
    """Declared by a method."""

    most: int = 0


ADD = Method[Pair, int]("Math.Add", raises=(TooLargeError,))


def serve(limits: Limits | None = None) -> ServerProtocol:
    registry = Registry(threading.Lock)
    registry.register_name("Math", [SUM.handler(_sum), ADD.handler(_sum)])
    return ServerProtocol(registry, MessageServerCodec(limits))


def _sum(pair: Pair) -> int:
    return pair.a + pair.b


def event_of(protocol: ServerProtocol, message: bytes) -> object:
    protocol.feed(message)
    return protocol.next_event()


def invocation_of(protocol: ServerProtocol, message: bytes) -> Invocation:
    event = event_of(protocol, message)
    assert isinstance(event, Invocation)
    return event


def answer(protocol: ServerProtocol, message: bytes) -> bytes:
    """Carry a call out as a server does, and return the message that answers it."""
    return copy_context().run(_answer, protocol, message)


def _answer(protocol: ServerProtocol, message: bytes) -> bytes:
    invocation = invocation_of(protocol, message)
    execution = Execution(protocol, lambda: 0.0, lambda call, error: None)
    execution.started(invocation)
    try:
        reply = invocation.served.function(invocation.args)
    except ServerError as error:
        return b"".join(execution.failed(invocation, error))
    return b"".join(execution.succeeded(invocation, reply))


REPLY = answer(serve(), encode_call(SUM, Pair(1, 2)))


def test_call_and_its_reply_travel() -> None:
    protocol = serve()
    for a in range(3):
        assert decode_reply(SUM, answer(protocol, encode_call(SUM, Pair(a, 2)))).taken() == a + 2


def test_number_of_a_request_is_zero() -> None:
    codec = MessageClientCodec()
    (message,) = codec.encode_request(Request("Math.Sum", 77), SUM.request, Pair(1, 2))
    assert invocation_of(serve(), message).request == Request("Math.Sum", 0)


def test_deadline_metadata_and_key_travel() -> None:
    settings = CallSettings(deadline=3.0, metadata={"a": "b"}, key="k")
    invocation = invocation_of(serve(), encode_call(SUM, Pair(1, 2), settings, lambda: 1.0))
    assert invocation.context is not None
    assert invocation.context.deadline == 2.0
    assert (invocation.context.metadata, invocation.context.key) == ({"a": "b"}, "k")


def test_what_a_client_can_do_is_not_said() -> None:
    settings = CallSettings(metadata={"a": "b"})
    request = invocation_of(serve(), encode_call(SUM, Pair(1, 2), settings)).request
    assert isinstance(request, ExtendedRequest)
    assert request.features == 0


def test_call_past_its_deadline_is_not_encoded() -> None:
    with pytest.raises(DeadlineExceededError) as caught:
        encode_call(SUM, Pair(1, 2), CallSettings(deadline=1.0), lambda: 1.0)
    assert caught.value.started is False


def test_arguments_that_do_not_fit_are_an_encode_error() -> None:
    with pytest.raises(EncodeError):
        encode_call(cast("Method[object, int]", SUM), "no pair")


def test_metadata_above_the_limit_is_an_encode_error() -> None:
    with pytest.raises(EncodeError, match=r"Limits\.metadata"):
        encode_call(SUM, Pair(1, 2), CallSettings(metadata={"a": "b" * 10_000}))


def test_metadata_above_the_size_for_strangers_is_sent() -> None:
    settings = CallSettings(metadata={"a": "b" * 2000})
    invocation = invocation_of(serve(), encode_call(SUM, Pair(1, 2), settings))
    assert invocation.context is not None
    assert invocation.context.metadata == settings.metadata


def test_reply_metadata_travels() -> None:
    protocol = serve()
    invocation = invocation_of(protocol, encode_call(SUM, Pair(1, 2), CallSettings(key="k")))
    assert invocation.context is not None
    invocation.context.reply_metadata["a"] = "b" * 2000
    completion = decode_reply(SUM, protocol.reply(invocation, 3))
    assert (completion.taken(), completion.metadata) == (3, {"a": "b" * 2000})


def test_refusal_says_its_code_and_that_nothing_was_begun() -> None:
    protocol = serve()
    request = invocation_of(protocol, encode_call(SUM, Pair(1, 2))).request
    message = protocol.refuse(request, "too many calls", Code.RESOURCE_EXHAUSTED)
    error = decode_reply(SUM, message).error
    assert isinstance(error, ServerError)
    assert (error.code, error.started) == (Code.RESOURCE_EXHAUSTED, False)


def test_declared_exception_has_its_fields() -> None:
    registry = Registry(threading.Lock)
    registry.register_name("Math", [ADD.handler(_overflow)])
    protocol = ServerProtocol(registry, MessageServerCodec())
    error = decode_reply(ADD, answer(protocol, encode_call(ADD, Pair(1, 2)))).error
    assert isinstance(error, TooLargeError)
    assert error.most == 7


def _overflow(pair: Pair) -> int:
    raise TooLargeError(7)


def test_unknown_method_is_rejected() -> None:
    event = event_of(serve(), encode_call(Method[Pair, int]("Math.Root"), Pair(1, 2)))
    assert isinstance(event, RejectedRequest)
    assert event.error == "rpc: can't find method Math.Root"


def test_request_with_other_arguments_is_rejected() -> None:
    protocol = serve()
    event = event_of(protocol, encode_call(Method[str, int]("Math.Sum"), "no pair"))
    assert isinstance(event, RejectedRequest)
    assert isinstance(event_of(protocol, encode_call(SUM, Pair(1, 2))), Invocation)


def test_request_without_a_header_ends_the_session() -> None:
    protocol = serve()
    assert event_of(protocol, b"\x01") is None
    assert protocol.failure


def test_request_that_is_cut_is_rejected() -> None:
    message = encode_call(SUM, Pair(1, 2))
    event = event_of(serve(), message[:-2])
    assert isinstance(event, RejectedRequest)
    assert event.error == "the message ends in the middle"


def test_request_with_something_behind_it_is_rejected() -> None:
    message = encode_call(SUM, Pair(1, 2))
    event = event_of(serve(), message + message)
    assert isinstance(event, RejectedRequest)
    assert event.error == "there is more after the message"


def test_request_above_the_limit_is_refused() -> None:
    protocol = serve(Limits(message=40))
    assert not isinstance(event_of(protocol, encode_call(SUM, Pair(1, 2))), Invocation)


@pytest.mark.parametrize("message", [b"", b"x", REPLY[:-2], REPLY + b"\0", REPLY + REPLY])
def test_response_that_is_none_is_a_decode_error(message: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_reply(SUM, message).taken()
    assert not isinstance(caught.value, TruncatedError)


def test_response_after_one_that_is_none_is_read() -> None:
    codec = MessageClientCodec()
    codec.feed(REPLY[:-2])
    codec.decode_response_header()
    with pytest.raises(DecodeError):
        codec.decode_response_body(SUM.response)
    codec.feed(REPLY)
    codec.decode_response_header()
    assert codec.decode_response_body(SUM.response) == 3


def test_response_has_the_number_that_the_codec_was_told() -> None:
    codec = MessageClientCodec()
    codec.feed(REPLY)
    codec.seq = 9
    assert codec.decode_response_header() == Response("Math.Sum", 9)


def test_body_without_a_message_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        MessageClientCodec().decode_response_body(None)
    with pytest.raises(DecodeError):
        MessageServerCodec().decode_request_body(None)


def test_codec_without_a_message_has_nothing_pending() -> None:
    codec = MessageServerCodec()
    with pytest.raises(TruncatedError):
        codec.decode_request_header()
    assert (codec.pending, codec.ahead, codec.request_number(3)) == (0, 0, None)


def test_message_as_go_writes_it_is_read() -> None:
    encoder = Encoder()
    message = encoder.encode(Request("Math.Sum", 5)) + encoder.encode(Pair(3, 4))
    protocol = serve()
    assert [invocation_of(protocol, message).args for _ in range(3)] == [Pair(3, 4)] * 3


@given(st.binary(max_size=200))
def test_any_bytes_are_a_decode_error_of_a_client(data: bytes) -> None:
    assert decode_reply(SUM, data).error is not None


@given(st.integers(0, len(REPLY) - 1), st.integers(0, 255))
def test_changed_byte_leaves_the_codec_as_it_was(place: int, byte: int) -> None:
    codec = MessageClientCodec()
    changed = REPLY[:place] + bytes([byte]) + REPLY[place + 1 :]
    for message in (REPLY, changed, REPLY):
        codec.feed(message)
        codec.decode_response_header()
        with suppress(DecodeError) if message is changed else nullcontext():
            reply = codec.decode_response_body(SUM.response)
            assert message is changed or reply == 3


@given(st.binary(max_size=200))
def test_any_bytes_are_no_call_of_a_server(data: bytes) -> None:
    protocol = serve()
    assert not isinstance(event_of(protocol, data), Invocation)
