"""Clients that send what is no request: the log says so, and nobody else notices."""

from __future__ import annotations

import random
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from attrs import frozen

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Limits
from rpcgen.gob.numbers import uint_bytes
from rpcgen.gob.wire import STRING, UINT, StructType, write_definition
from rpcgen.protocol import CodecName
from rpcgen.testing.certificates import client_context, server_context
from tests.support.apis import Api
from tests.support.sockets import connect, request, until_end

MEBIBYTE = 1 << 20
SMALL = Limits(message=64 << 10)


@frozen
class Kind:
    """What a server speaks."""

    scheme: str
    codec: CodecName = "gob"

    @contextmanager
    def serve(self, api: Api, limits: Limits | None = None) -> Iterator[str]:
        tls = server_context() if self.scheme in ("tls", "https") else None
        address = f"{self.scheme}://127.0.0.1:0"
        with api.serve(address, codec=self.codec, tls=tls, limits=limits) as bound:
            yield bound

    def still_serves(self, api: Api, address: str) -> bool:
        tls = client_context() if self.scheme in ("tls", "https") else None
        with api.dial(address, codec=self.codec, tls=tls) as client:
            return client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


KINDS = {
    "gob": Kind("tcp"),
    "json": Kind("tcp", "json"),
    "http": Kind("http"),
    "tls": Kind("tls"),
    "https": Kind("https"),
}


@pytest.mark.parametrize("name", KINDS)
def test_random_bytes_disturb_nobody(api: Api, name: str) -> None:
    dice = random.Random(name)
    kind = KINDS[name]
    with kind.serve(api, SMALL) as address:
        for _ in range(30):
            with connect(address) as connection:
                connection.sendall(dice.randbytes(dice.randrange(1, 2000)))
                try:
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    continue  # it has hung up on us already
                until_end(connection)
        assert kind.still_serves(api, address)


@pytest.mark.parametrize(
    ("name", "sent", "logged"),
    [
        ("gob", bytes.fromhex("03040006"), "rpc: server cannot decode request: "),
        ("gob", bytes.fromhex("f87fffffffffffffff"), "rpc: server cannot decode request: "),
        ("gob", bytes.fromhex("fb0100000000"), "rpc: server cannot decode request: "),
        ("json", b"nonsense\n", "rpc: server cannot decode request: "),
        ("json", b'{"method":"' + b"x" * 70_000, "rpc: server cannot decode request: "),
        ("json", b"[" * 70_000, "rpc: server cannot decode request: "),
    ],
    ids=["no header", "8 EiB", "4 GiB", "no JSON", "text without end", "lists without end"],
)
def test_bad_request_is_logged_and_hung_up_on(
    api: Api, name: str, sent: bytes, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with KINDS[name].serve(api, SMALL) as address, connect(address) as connection:
        connection.sendall(sent)
        assert until_end(connection) == b""
    assert logged in caplog.text


@pytest.mark.parametrize("name", ["gob", "json"])
def test_announced_length_takes_no_memory(api: Api, name: str) -> None:
    start = {"gob": b"\xfc\x03\xff\xff\xff" + b"x" * 100, "json": b'{"params":["' + b"x" * 100}
    with KINDS[name].serve(api) as address:
        tracemalloc.start()
        try:
            with connect(address) as connection:
                connection.sendall(start[name])
                connection.shutdown(socket.SHUT_WR)
                until_end(connection)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MEBIBYTE


def test_http_header_that_never_ends_is_refused(api: Api) -> None:
    with KINDS["http"].serve(api) as address, connect(address) as connection:
        connection.sendall(b"CONNECT /_goRPC_ HTTP/1.0\n" + b"X-Header: value\n" * 2000)
        assert until_end(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("sent", [b"", b"CONN", b"CONNECT /_goRPC_ HTTP/1.0\n"])
def test_half_a_connect_disturbs_nobody(api: Api, sent: bytes) -> None:
    kind = KINDS["http"]
    with kind.serve(api) as address, connect(address) as connection:
        connection.sendall(sent)
        assert kind.still_serves(api, address)


@pytest.mark.parametrize("sent", [b"", b"CONN", b"CONNECT /_goRPC_ HTTP/1.0\n"])
def test_half_a_connect_that_ends_is_hung_up_on(api: Api, sent: bytes) -> None:
    with KINDS["http"].serve(api) as address, connect(address) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert until_end(connection) == b""


def client_hello() -> bytes:
    """Return what a TLS client says first."""
    outgoing = ssl.MemoryBIO()
    tls = client_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("name", ["tls", "https"])
def test_half_a_tls_handshake_disturbs_nobody(api: Api, name: str) -> None:
    kind = KINDS[name]
    with kind.serve(api) as address, connect(address) as connection:
        connection.sendall(client_hello()[:100])
        assert kind.still_serves(api, address)


@pytest.mark.parametrize("name", ["tls", "https"])
def test_half_a_tls_handshake_that_ends_is_hung_up_on(api: Api, name: str) -> None:
    with KINDS[name].serve(api) as address, connect(address) as connection:
        connection.sendall(client_hello()[:100])
        connection.shutdown(socket.SHUT_WR)
        assert until_end(connection) == b""


@pytest.mark.parametrize("name", ["tls", "https"])
def test_client_without_tls_is_hung_up_on(api: Api, name: str) -> None:
    with KINDS[name].serve(api) as address, connect(address) as connection:
        connection.sendall(request(ARITH_MULTIPLY, Args(7, 8)))
        assert until_end(connection)[:1] in (b"", b"\x15")  # at most an alert of TLS


@pytest.mark.parametrize("name", ["tls", "https"])
def test_client_without_tls_is_logged(
    api: Api, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with KINDS[name].serve(api) as address, connect(address) as connection:
        connection.sendall(request(ARITH_MULTIPLY, Args(7, 8)))
        until_end(connection)
    assert "rpc.Serve: TLS handshake: " in caplog.text


def _type_of_many_fields(count: int) -> bytes:
    """Return a request whose header has a type of so many fields."""
    fields = [("ServiceMethod", STRING), ("Seq", UINT), *(("f", 2) for _ in range(count))]
    body = write_definition(64, StructType("R", 64, tuple(fields)))
    header, argument = b"\xff\x80\1\3T.I\1\1\0", b"\4\0\2"
    return b"".join(uint_bytes(len(each)) + each for each in (body, header, argument))


@pytest.mark.parametrize("count", [1_000, 20_000, 100_000])
def test_type_of_many_fields_takes_little(api: Api, count: int) -> None:
    data = _type_of_many_fields(count)
    with KINDS["gob"].serve(api) as address:
        assert KINDS["gob"].still_serves(api, address)
        tracemalloc.start()
        try:
            with connect(address) as connection:
                with suppress(OSError):  # a server that has hung up already
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                until_end(connection)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert KINDS["gob"].still_serves(api, address)
    assert peak < 40 * len(data) + 4 * MEBIBYTE
