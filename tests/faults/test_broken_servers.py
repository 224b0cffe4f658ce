"""Servers that answer with what is no reply, or vanish: every call is told, none waits for ever."""

from __future__ import annotations

import random
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import (
    DecodeError,
    DialError,
    DisconnectedError,
    Limits,
    Method,
    Response,
    RpcError,
    ShutdownError,
)
from rpcgen.gob.numbers import uint_bytes
from rpcgen.gob.wire import STRING, UINT, StructType, write_definition
from rpcgen.protocol import CodecName, server_codec
from rpcgen.schema import schema_of
from rpcgen.testing.certificates import client_context
from rpcgen.testing.scripted_server import ScriptedServer, Step, receive_any, reset, send
from tests.interop.wire import silent_server
from tests.support.apis import Api, ApiClient
from tests.support.services import ECHO
from tests.support.sockets import request
from tests.support.timeouts import TIMEOUT_S

MEBIBYTE = 1 << 20


@contextmanager
def server(answer: Step) -> Iterator[str]:
    """Take one connection, wait until it says something, ``answer``, and hang up."""
    with ScriptedServer([receive_any, answer], patience=TIMEOUT_S) as scripted:
        yield scripted.address


def reply(codec: CodecName) -> bytes:
    """Return the bytes of a good reply to the first call."""
    server = server_codec(codec)
    server.feed(request(ARITH_MULTIPLY, Args(7, 8), codec))
    seq = server.decode_request_header().seq
    response = Response("Arith.Multiply", seq)
    return b"".join(server.encode_response(response, ARITH_MULTIPLY.response, 56))


def error_of(client: ApiClient) -> RpcError:
    """Return the error that a call ends with."""
    with pytest.raises(RpcError) as caught:
        client.go(ARITH_MULTIPLY, Args(7, 8)).result()
    return caught.value


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize("cut", [0, 1, 8, -2])
@pytest.mark.parametrize("end", [None, reset])
def test_server_that_vanishes_in_the_middle_of_a_reply_is_told(
    api: Api, codec: CodecName, cut: int, end: Step | None
) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(reply(codec)[:cut])
        if end is not None:
            end(connection)

    with server(answer) as address, api.dial(address, codec=codec) as client:
        assert isinstance(error_of(client), DisconnectedError)


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_server_that_vanishes_fails_later_calls(api: Api, codec: CodecName) -> None:
    with server(send(b"")) as address, api.dial(address, codec=codec) as client:
        error_of(client)
        assert isinstance(error_of(client), ShutdownError)


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_for_a_reply_end_every_call(api: Api, codec: CodecName, seed: int) -> None:
    dice = random.Random(seed)
    answer = send(dice.randbytes(dice.randrange(1, 500)))
    with server(answer) as address, api.dial(address, codec=codec) as client:
        assert isinstance(error_of(client), DisconnectedError | DecodeError)


@pytest.mark.parametrize(
    ("codec", "sent", "reason"),
    [
        ("gob", bytes.fromhex("f87fffffffffffffff"), "reading response: .* the limit is"),
        ("gob", bytes.fromhex("03040006"), "reading response: "),
        ("json", b"nonsense", "reading response: json: "),
        ("json", b'{"id":0,"result":"' + b"x" * 70_000, "reading response: "),
    ],
    ids=["8 EiB", "no header", "no JSON", "text without end"],
)
def test_bad_reply_says_what_is_wrong(api: Api, codec: CodecName, sent: bytes, reason: str) -> None:
    limits = Limits(message=64 << 10)
    with server(send(sent)) as address, api.dial(address, codec=codec, limits=limits) as client:
        with pytest.raises(DisconnectedError, match=f"^{reason}"):
            client.go(ARITH_MULTIPLY, Args(7, 8)).result()


def test_announced_length_takes_no_memory(api: Api) -> None:
    with server(send(b"\xfc\x03\xff\xff\xff" + b"x" * 100)) as address:
        with api.dial(address) as client:
            tracemalloc.start()
            try:
                error_of(client)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert peak < MEBIBYTE


def test_reply_that_would_take_too_much_memory_fails_its_call(api: Api) -> None:
    rows = Method[int, list[list[int]]]("Table.Rows")
    codec = server_codec("gob")
    schema = schema_of(list[list[int]])
    sent = b"".join(codec.encode_response(Response("Table.Rows", 0), schema, [[]] * 9000))
    limits = Limits(decoded=100_000)
    with server(send(sent)) as address, api.dial(address, limits=limits) as client:
        with pytest.raises(DecodeError, match=r"more than 100000 bytes .*Limits\.decoded"):
            client.call(rows, 1)


def test_reply_with_a_type_of_many_fields_takes_little(api: Api) -> None:
    fields = tuple(("f", 2) for _ in range(30_000))
    known = StructType("R", 64, (("ServiceMethod", STRING), ("Seq", UINT), *fields))
    header, body = b"\xff\x80\1\3T.I\0", b"\4\0\2"
    sent = b"".join(
        uint_bytes(len(each)) + each for each in (write_definition(64, known), header, body)
    )
    with server(send(sent)) as address, api.dial(address) as client:
        tracemalloc.start()
        try:
            assert client.call(Method[int, int]("T.I"), 1) == 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 40 * len(sent) + 4 * MEBIBYTE


def test_server_that_vanishes_while_a_request_is_written_is_told(api: Api) -> None:
    with server(reset) as address, api.dial(address) as client:
        with pytest.raises(RpcError):
            client.go(ECHO, bytes(32 * MEBIBYTE)).result()


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", "unexpected EOF"),
        (b"HTTP/1.0 200 Conn", "unexpected EOF"),
        (b"HTTP/1.0 200 Connected to Go RPC\n", "unexpected EOF"),
        (b"nonsense\n\n", "malformed HTTP response"),
        (b"HTTP/1.0 200 OK\n" + b"X-Header: value\n" * 2000, "malformed HTTP response"),
        (b"HTTP/1.0 404 Not Found\n\n", "unexpected HTTP response: 404 Not Found"),
    ],
    ids=["nothing", "half a line", "half a head", "nonsense", "head without end", "refusal"],
)
def test_http_handshake_that_fails_says_why(api: Api, sent: bytes, error: str) -> None:
    with server(send(sent)) as address, pytest.raises(DialError, match=error):
        with api.dial_http(address):
            pass


@pytest.mark.parametrize("sent", [b"", b"nonsense" * 10, b"\x16\x03\x03\x00\x50half"])
def test_tls_handshake_that_fails_says_so(api: Api, sent: bytes) -> None:
    with server(send(sent)) as address, pytest.raises(DialError, match="cannot connect to tls://"):
        with api.dial(f"tls://{address}", tls=client_context()):
            pass


def test_tls_server_that_says_nothing_is_given_up(api: Api) -> None:
    with silent_server() as (address, _), pytest.raises(DialError, match="timed out"):
        with api.dial(f"tls://{address}", tls=ssl.create_default_context(), timeout=0.1):
            pass
