"""net/rpc over HTTP, with either API: Python against stock Go, both ways."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import DialError, ServerError
from tests.support.apis import Api, ApiClient
from tests.support.services import ECHO, RELEASE, WAIT
from tests.support.sockets import connect
from tests.support.timeouts import TIMEOUT_S

from .gopeer import Answer, GoClient, GoServer
from .wire import silent_server

MEBIBYTE = 1 << 20

CONNECT = b"CONNECT /_goRPC_ HTTP/1.0\n\n"


@pytest.fixture
def client(api: Api, go_server: GoServer) -> Iterator[ApiClient]:
    """A Python client of the stock Go server."""
    with api.dial_http(go_server.http) as client:
        yield client


@pytest.fixture
def python_server(api: Api) -> Iterator[str]:
    """The host and port of a Python server."""
    with api.serve("http://127.0.0.1:0") as address:
        yield address.removeprefix("http://")


@pytest.fixture
def go_client(go_clients: Callable[..., GoClient], python_server: str) -> GoClient:
    """A stock Go client of the Python server."""
    return go_clients(python_server, "tcp", "http")


# --- the Python client --------------------------------------------------------------------------


def test_call_returns_the_reply(client: ApiClient) -> None:
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_dial_takes_the_address_of_an_http_server(api: Api, go_server: GoServer) -> None:
    with api.dial(f"http://{go_server.http}") as client:
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_error_of_the_method_has_its_text(client: ApiClient) -> None:
    with pytest.raises(ServerError, match=r"^divide by zero$"):
        client.call(ARITH_DIVIDE, Args(1, 0))


def test_replies_out_of_order_find_their_calls(client: ApiClient) -> None:
    first, second = client.go(WAIT, "http a"), client.go(WAIT, "http b")
    client.call(RELEASE, "http b")
    late = second.result()
    client.call(RELEASE, "http a")
    assert (first.result(), late) == ("http a", "http b")


def test_bytes_go_there_and_back(client: ApiClient) -> None:
    data = bytes(range(251)) * (2 * MEBIBYTE // 251)
    assert client.call(ECHO, data) == data


def test_path_that_go_does_not_have_is_refused(api: Api, go_server: GoServer) -> None:
    with pytest.raises(DialError, match=r"unexpected HTTP response: 404 Not Found$"):
        with api.dial_http(go_server.http, "/elsewhere"):
            pass


def test_server_that_is_no_http_server_is_refused(api: Api, go_server: GoServer) -> None:
    with pytest.raises(DialError, match="timed out"):  # it waits for the rest of a message
        with api.dial_http(go_server.tcp, timeout=0.2):
            pass


# --- the Python server --------------------------------------------------------------------------


def test_go_gets_the_reply(go_client: GoClient) -> None:
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_go_gets_the_error(go_client: GoClient) -> None:
    answer = go_client.call("Arith.Divide", {"A": 1, "B": 0})
    assert answer == Answer(error="divide by zero", kind="rpc.ServerError")


def test_go_has_hundreds_of_calls_in_flight(go_client: GoClient) -> None:
    assert go_client.flood(500) == Answer(500)


def test_go_gets_its_bytes_back(go_client: GoClient) -> None:
    assert go_client.echo(2 * MEBIBYTE) == Answer(2 * MEBIBYTE)


def test_go_connects_over_a_unix_socket(
    api: Api, go_clients: Callable[..., GoClient], tmp_path: object
) -> None:
    with api.serve(f"http+unix://{tmp_path}/rpc.sock") as address:
        client = go_clients(address, "unix", "http")
        assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_several_clients_of_go_at_once(
    go_clients: Callable[..., GoClient], python_server: str
) -> None:
    clients = [go_clients(python_server, "tcp", "http") for _ in range(3)]
    assert [client.flood(100) for client in clients] == [Answer(100)] * 3


# --- the same bytes -----------------------------------------------------------------------------


def said_by(dial: Callable[[str], object]) -> bytes:
    """Return what a client says to an HTTP server that hangs up on it."""
    with silent_server() as (address, accept):
        thread = threading.Thread(target=dial, args=(address,))
        thread.start()
        with accept() as connection:
            said = b""
            while not said.endswith(b"\n\n"):
                said += connection.recv(1000)
        thread.join(TIMEOUT_S)
    return said


def test_client_says_what_go_says(api: Api, go_clients: Callable[..., GoClient]) -> None:
    def dial_go(address: str) -> None:
        with pytest.raises(AssertionError, match="unexpected EOF"):
            go_clients(address, "tcp", "http")

    def dial_python(address: str) -> None:
        with pytest.raises(DialError, match="unexpected EOF"):
            with api.dial_http(address):
                pass

    assert said_by(dial_python) == said_by(dial_go) == CONNECT


def answer_to(address: str, request: bytes) -> bytes:
    """Return what a server answers before a half-closed connection ends."""
    with connect(address) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer


@pytest.mark.parametrize(
    "request_",
    [
        CONNECT,
        b"CONNECT /_goRPC_ HTTP/1.0\r\n\r\n",
        b"CONNECT /_goRPC_ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT /_goRPC_ HTTP/1.0\r\nUser-Agent: me\r\n\r\n",
    ],
    ids=["as Go", "CRLF", "HTTP/1.1", "a header"],
)
def test_server_consents_as_go_does(
    python_server: str, go_server: GoServer, request_: bytes
) -> None:
    ours, theirs = answer_to(python_server, request_), answer_to(go_server.http, request_)
    assert ours == theirs == b"HTTP/1.0 200 Connected to Go RPC\n\n"


def status_and_body(answer: bytes) -> tuple[bytes, bytes]:
    """Return what does not depend on the version of HTTP and its headers."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0].partition(b" ")[2], body


@pytest.mark.parametrize("path", ["/_goRPC_", "/", "/elsewhere"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_server_refuses_as_go_does(
    python_server: str, go_server: GoServer, method: str, path: str
) -> None:
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    ours, theirs = answer_to(python_server, request), answer_to(go_server.http, request)
    assert status_and_body(ours) == status_and_body(theirs)
