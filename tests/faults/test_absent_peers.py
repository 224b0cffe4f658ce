"""Clients that say nothing, never read, or vanish."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from contextlib import ExitStack

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Method, Registry
from rpcgen.protocol import CodecName
from rpcgen.testing.certificates import client_context, server_context
from rpcgen.testing.sockets import reset
from tests.support.apis import Api, ApiClient
from tests.support.services import ECHO
from tests.support.sockets import connect, request, requests, until_end

MEBIBYTE = 1 << 20
BLOB = Method[int, bytes]("Blob.Make")


def register_blob(server: Registry) -> None:
    server.register_name("Blob", [BLOB.handler(bytes)])


def send_for_ever(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)


def test_client_that_says_nothing_disturbs_nobody(address: str, other: ApiClient) -> None:
    with connect(address):
        assert other.call(ARITH_MULTIPLY, Args(7, 8)) == 56


@pytest.mark.parametrize("scheme", ["tcp", "http", "tls", "https"])
def test_client_that_says_nothing_does_not_hold_up_the_end(api: Api, scheme: str) -> None:
    tls = server_context() if scheme in ("tls", "https") else None
    with api.serve(f"{scheme}://127.0.0.1:0", tls=tls) as address:
        # For less than a server waits for TLS.
        silent = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 8)
        with api.dial(address, tls=client_context() if tls else None) as client:
            client.call(ARITH_MULTIPLY, Args(7, 8))
    with silent:
        assert until_end(silent) == b""


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_client_that_never_reads_disturbs_nobody(api: Api, codec: CodecName) -> None:
    with api.serve("tcp://127.0.0.1:0", register_blob, codec=codec) as address:
        with connect(address) as deaf, api.dial(address, codec=codec) as other:
            deaf.sendall(requests(BLOB, [MEBIBYTE] * 50, codec))
            assert [other.call(ARITH_MULTIPLY, Args(n, n)) for n in range(10)] == [
                n * n for n in range(10)
            ]


def test_client_that_never_reads_takes_bounded_memory(api: Api) -> None:
    asked = requests(BLOB, [64 << 10] * 8000)  # 500 MiB of replies
    with api.serve("tcp://127.0.0.1:0", register_blob) as address:
        tracemalloc.start()
        try:
            with connect(address) as deaf, api.dial(address) as other:
                deaf.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    send_for_ever(deaf, asked)
                other.call(ARITH_MULTIPLY, Args(7, 8))
                _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 128 * MEBIBYTE


@pytest.mark.parametrize("end", [reset, socket.socket.close])
@pytest.mark.parametrize("cut", [1, 10, -1])
def test_client_that_vanishes_in_the_middle_of_a_request_disturbs_nobody(
    address: str, other: ApiClient, cut: int, end: type
) -> None:
    with connect(address) as connection:
        connection.sendall(request(ARITH_MULTIPLY, Args(7, 8))[:cut])
        end(connection)
    assert other.call(ARITH_MULTIPLY, Args(7, 8)) == 56


@pytest.mark.parametrize("end", [reset, socket.socket.close])
def test_client_that_vanishes_in_the_middle_of_a_reply_disturbs_nobody(
    address: str, other: ApiClient, end: type
) -> None:
    with connect(address) as connection:
        connection.sendall(request(ECHO, bytes(8 * MEBIBYTE)))
        connection.recv(100)
        end(connection)
    assert other.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_thousand_connections_are_served(api: Api) -> None:
    asked = request(ARITH_MULTIPLY, Args(7, 8))
    with api.serve("tcp://127.0.0.1:0") as address, ExitStack() as stack:
        connections = [stack.enter_context(connect(address)) for _ in range(1000)]
        for connection in connections:
            connection.sendall(asked)
        answers = {connection.recv(1000)[-4:] for connection in connections}
    assert answers == {bytes.fromhex("03040070")}


def test_thousand_connections_leave_no_thread_behind(api: Api) -> None:
    with api.serve("tcp://127.0.0.1:0") as address:
        before = threading.active_count()
        with ExitStack() as stack:
            for _ in range(1000):
                stack.enter_context(connect(address)).sendall(b"\x00")
        with api.dial(address) as client:
            client.call(ARITH_MULTIPLY, Args(7, 8))
        for _ in range(6000):
            if threading.active_count() <= before + 5:
                break
            threading.Event().wait(0.01)
        assert threading.active_count() <= before + 5
