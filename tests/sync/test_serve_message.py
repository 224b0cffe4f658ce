"""A request that is a message of its own, carried out in this thread."""

from __future__ import annotations

import pytest

import rpcgen
from rpcgen import Method, Peer, ServerError, context
from rpcgen.errors import DecodeError
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.message import decode_reply, encode_call
from rpcgen.sync.serve_message import serve_message

DOUBLE = Method[int, int]("Math.Double", durable=True)
WRONG = Method[str, int]("Math.Double")
PEER = Peer("nats://127.0.0.1:4222")


def double(number: int) -> int:
    found = context()
    found.reply_metadata["from"] = f"{found.peer.address} {found.key}"
    if number < 0:
        raise ServerError("too small")
    return 2 * number


@pytest.fixture
def server() -> rpcgen.Server:
    server = rpcgen.Server()
    server.register_name("Math", [DOUBLE.handler(double)])
    return server


def test_message_is_answered_with_a_message(server: rpcgen.Server) -> None:
    request = encode_call(DOUBLE, 21, CallSettings(key="k"))
    done = decode_reply(DOUBLE, serve_message(server, None, PEER, "Math.Double", request))
    assert (done.taken(), done.metadata) == (42, {"from": "nats://127.0.0.1:4222 k"})


def test_error_of_the_handler_is_the_answer(server: rpcgen.Server) -> None:
    reply = serve_message(server, None, PEER, "Math.Double", encode_call(DOUBLE, -1))
    with pytest.raises(ServerError, match="too small"):
        decode_reply(DOUBLE, reply).taken()


def test_arguments_that_do_not_fit_are_refused(server: rpcgen.Server) -> None:
    reply = serve_message(server, None, PEER, "Math.Double", encode_call(WRONG, "x"))
    with pytest.raises(ServerError, match="string"):
        decode_reply(DOUBLE, reply).taken()


def test_call_is_counted(server: rpcgen.Server) -> None:
    serve_message(server, None, PEER, "Math.Double", encode_call(DOUBLE, 1))
    assert server.services[0].methods["Double"].calls == 1


def test_bytes_that_are_no_request_are_an_error(server: rpcgen.Server) -> None:
    with pytest.raises(DecodeError):
        serve_message(server, None, PEER, "Math.Double", b"hello")
