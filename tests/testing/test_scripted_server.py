from __future__ import annotations

import threading

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Response
from rpcgen.protocol import CodecName, server_codec
from rpcgen.testing.scripted_server import (
    ScriptedServer,
    ScriptError,
    close,
    half_close,
    receive,
    receive_any,
    receive_until_end,
    send,
    wait_for,
)
from tests.support.apis import Api
from tests.support.sockets import connect, request, until_end


def reply(codec: CodecName) -> bytes:
    server = server_codec(codec)
    server.feed(request(ARITH_MULTIPLY, Args(7, 8), codec))
    response = Response("Arith.Multiply", server.decode_request_header().seq)
    return b"".join(server.encode_response(response, ARITH_MULTIPLY.response, 56))


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_exact_bytes_are_exchanged_with_a_client(api: Api, codec: CodecName) -> None:
    script = [receive(request(ARITH_MULTIPLY, Args(7, 8), codec)), send(reply(codec))]
    with ScriptedServer([*script, receive_until_end]) as server:
        with api.dial(server.address, codec=codec) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_other_bytes_are_told() -> None:
    server = ScriptedServer([send(b"hello"), receive(b"abc")])
    with connect(server.address) as client:
        client.sendall(b"ax")
        assert until_end(client) == b"hello"
    server.close()
    with pytest.raises(ScriptError, match="step 1 of script 0: the client sent b'ax' where the"):
        server.check()


def test_end_in_the_middle_is_told() -> None:
    with pytest.raises(ScriptError, match="the client sent b'a' where the script has b'abc'"):
        with ScriptedServer([receive(b"abc")]) as server, connect(server.address) as client:
            client.sendall(b"a")


def test_connection_that_is_left_waiting_is_ended() -> None:
    server = ScriptedServer([receive_any])
    with connect(server.address):
        server.close()
    with pytest.raises(ScriptError, match="hung up where the script waits"):
        server.check()


def test_script_without_a_connection_is_told() -> None:
    with pytest.raises(ScriptError, match="2 scripts had no connection"):
        with ScriptedServer([], []):
            pass


def test_error_of_the_test_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        with ScriptedServer([]):
            raise KeyError("of the test")


def test_each_connection_has_its_script() -> None:
    with ScriptedServer([send(b"first")], [send(b"second"), close]) as server:
        for expected in (b"first", b"second", b""):
            with connect(server.address) as client:
                assert until_end(client) == expected


def test_half_close_leaves_the_other_direction_open() -> None:
    with ScriptedServer([half_close, receive(b"after")]) as server:
        with connect(server.address) as client:
            assert until_end(client) == b""
            client.sendall(b"after")


def test_wait_for_holds_the_script_up() -> None:
    event = threading.Event()
    with ScriptedServer([wait_for(event), send(b"now")]) as server:
        with connect(server.address) as client:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.settimeout(60)
            event.set()
            assert until_end(client) == b"now"


def test_event_that_is_not_set_is_told() -> None:
    server = ScriptedServer([wait_for(threading.Event())], patience=0.01)
    with connect(server.address) as client:
        assert until_end(client) == b""
    server.close()
    with pytest.raises(ScriptError, match="event of the script was not set"):
        server.check()
