"""Messages of durable calls: requests that may be carried out, and ends without a handler."""

from __future__ import annotations

import pytest

from rpcgen import Code, Method, ServerError
from rpcgen.durable.outcome import failure, request_in
from rpcgen.errors import DecodeError
from rpcgen.protocol import Invocation, RejectedRequest, ServerProtocol
from rpcgen.protocol.message import MessageServerCodec, decode_reply, encode_call
from rpcgen.protocol.registry import Registry

CHARGE = Method[int, int]("Bank.Charge", durable=True)
OTHER = Method[int, int]("Bank.Other", durable=True)
TEXT = Method[str, int]("Bank.Charge", durable=True)


@pytest.fixture
def protocol() -> ServerProtocol:
    registry = Registry()
    registry.register_name("Bank", [each.handler(lambda n: n) for each in (CHARGE, OTHER)])
    return ServerProtocol(registry, MessageServerCodec())


def test_request_is_found_in_its_message(protocol: ServerProtocol) -> None:
    found = request_in(protocol, "Bank.Charge", encode_call(CHARGE, 3))
    assert isinstance(found, Invocation)
    assert found.args == 3


def test_arguments_that_do_not_fit_are_rejected(protocol: ServerProtocol) -> None:
    found = request_in(protocol, "Bank.Charge", encode_call(TEXT, "x"))
    assert isinstance(found, RejectedRequest)


def test_request_for_another_method_is_an_error(protocol: ServerProtocol) -> None:
    with pytest.raises(DecodeError, match=r"calls Bank\.Other, not Bank\.Charge"):
        request_in(protocol, "Bank.Charge", encode_call(OTHER, 3))


@pytest.mark.parametrize("message", [b"", b"\xff", b"hello", encode_call(CHARGE, 3)[:9]])
def test_bytes_that_are_no_request_are_an_error(protocol: ServerProtocol, message: bytes) -> None:
    with pytest.raises(DecodeError):
        request_in(protocol, "Bank.Charge", message)


def test_failure_arrives_as_an_error_of_the_call() -> None:
    message = failure("Bank.Charge", "given up", Code.ABORTED)
    with pytest.raises(ServerError, match="given up") as caught:
        decode_reply(CHARGE, message).taken()
    assert (caught.value.code, caught.value.started) == (Code.ABORTED, None)
