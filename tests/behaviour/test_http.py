"""What a server does on an HTTP listener besides net/rpc, and what a client says of a refusal."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from itertools import product
from urllib.parse import urlsplit

import pytest

from generated.arith import MULTIPLY, Args
from rpcgen import DialError, Registry
from tests.certificates import client_context
from tests.interop.faces import FACES, PATIENCE, Face, FacedClient

from .links import Link, listen_address

HTTP_LINKS = [
    Link(client, server, "gob", transport)
    for client, server, transport in product(sorted(FACES), sorted(FACES), ["http", "https"])
]

# A client takes no part in some tests: one for each server is enough.
HTTP_SERVERS = [link for link in HTTP_LINKS if link.client == "sync"]

RPC_PATH = "/_goRPC_"


class Web:
    """An HTTP client, which knows nothing of net/rpc."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None
        self.connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self.connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=PATIENCE, context=client_context()
            )
        else:
            self.connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=PATIENCE
            )

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """Return the status and the body of a response."""
        headers = {"Content-Type": "application/json"} if body else {}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return response.status, response.read().decode()

    def post(self, call: Mapping[str, object]) -> object:
        """Return what a JSON-RPC call is answered with."""
        return json.loads(self.ask("POST", RPC_PATH, json.dumps(call))[1])


@pytest.fixture
def web(address: str) -> Iterator[Web]:
    web = Web(address)
    yield web
    web.connection.close()


@pytest.fixture(params=sorted(FACES))
def face(request: pytest.FixtureRequest) -> Face:
    return FACES[request.param]


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_other_path_is_not_found(web: Web) -> None:
    assert web.ask("GET", "/") == (404, "404 page not found\n")


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_other_method_is_refused_with_the_text_of_go(web: Web) -> None:
    assert web.ask("GET", RPC_PATH) == (405, "405 must CONNECT\n")


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_posted_call_is_answered(web: Web) -> None:
    call = {"method": "Arith.Multiply", "params": [{"A": 7, "B": 8}], "id": "x"}
    assert web.post(call) == {"id": "x", "result": 56, "error": None}


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_posted_call_that_fails_is_told_why(web: Web) -> None:
    call = {"method": "Arith.Divide", "params": [{"A": 1, "B": 0}], "id": 1}
    assert web.post(call) == {"id": 1, "result": None, "error": "divide by zero"}


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_posted_call_of_something_unknown_is_told_so(web: Web) -> None:
    call = {"method": "Arith.Nope", "params": [{}], "id": 1}
    error = "rpc: can't find method Arith.Nope"
    assert web.post(call) == {"id": 1, "result": None, "error": error}


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_posted_nonsense_is_a_bad_request(web: Web) -> None:
    assert web.ask("POST", RPC_PATH, "nonsense")[0] == 400


@pytest.mark.parametrize("link", HTTP_LINKS, ids=str)
def test_web_client_does_not_disturb_net_rpc(client: FacedClient, web: Web) -> None:
    web.ask("GET", "/")
    assert client.call(MULTIPLY, Args(7, 8)) == 56


@pytest.mark.parametrize("link", HTTP_LINKS, ids=str)
def test_dial_to_another_path_is_refused_with_the_text_of_go(link: Link, address: str) -> None:
    with pytest.raises(DialError, match=r"unexpected HTTP response: 404 Not Found$"):
        with link.dial(f"{address}/elsewhere"):
            pass


@pytest.mark.parametrize("transport", ["http", "http+unix"])
def test_server_has_net_rpc_where_it_was_told_to(face: Face, transport: str) -> None:
    def elsewhere(server: Registry) -> None:
        server.handle_http("/foo", "/bar")

    with face.serve(listen_address(transport), elsewhere) as address:
        with face.dial_http(address, "/foo") as client:
            assert client.call(MULTIPLY, Args(7, 8)) == 56


def test_dial_of_what_is_no_http_server_is_given_up(face: Face) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(DialError, match="timed out"):
            with face.dial_http(f"127.0.0.1:{port}", timeout=0.1):
                pass
