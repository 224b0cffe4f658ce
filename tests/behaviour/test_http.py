"""What a server does on an HTTP listener besides net/rpc, and what a client says of a refusal."""

from __future__ import annotations

import http.client
import json
import platform
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DialError, Registry
from rpcgen.testing.certificates import client_context
from tests.support.apis import APIS, Api, ApiClient
from tests.support.timeouts import TIMEOUT_S

from .links import Link, listen_address

HTTP_LINKS = [
    Link(client, server, "gob", transport)
    for client, server, transport in product(sorted(APIS), sorted(APIS), ["http", "https"])
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
                parts.hostname, parts.port, timeout=TIMEOUT_S, context=client_context()
            )
        else:
            self.connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=TIMEOUT_S
            )

    def ask(
        self, method: str, path: str, body: str | None = None, **fields: str
    ) -> tuple[int, str]:
        """Return the status and the body of a response."""
        headers = {"Content-Type": "application/json"} if body else {}
        self.connection.request(method, path, body, headers | fields)
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


@pytest.fixture(params=sorted(APIS))
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


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
def test_web_client_does_not_disturb_net_rpc(client: ApiClient, web: Web) -> None:
    web.ask("GET", "/")
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


@pytest.mark.parametrize("link", HTTP_LINKS, ids=str)
def test_dial_to_another_path_is_refused_with_the_text_of_go(link: Link, address: str) -> None:
    with pytest.raises(DialError, match=r"unexpected HTTP response: 404 Not Found$"):
        with link.dial(f"{address}/elsewhere"):
            pass


@pytest.mark.parametrize("transport", ["http", "http+unix"])
def test_server_has_net_rpc_where_it_was_told_to(api: Api, transport: str) -> None:
    def elsewhere(server: Registry) -> None:
        server.handle_http("/foo", "/bar")

    with api.serve(listen_address(transport), elsewhere) as address:
        with api.dial_http(address, "/foo") as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_dial_of_what_is_no_http_server_is_given_up(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(DialError, match="timed out"):
            with api.dial_http(f"127.0.0.1:{port}", timeout=0.1):
                pass


# --- pages of other sites -----------------------------------------------------------------------

CALL = json.dumps({"method": "Arith.Multiply", "params": [{"A": 7, "B": 8}], "id": 1})


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_call_for_the_name_of_another_site_is_refused(web: Web) -> None:
    status, text = web.ask("POST", RPC_PATH, CALL, Host="evil.example")
    assert (status, "handle_http(hosts=['evil.example'])" in text) == (403, True)


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_call_from_a_page_of_another_site_is_refused(web: Web) -> None:
    assert web.ask("POST", RPC_PATH, CALL, Origin="http://evil.example")[0] == 403


@pytest.mark.parametrize("link", HTTP_SERVERS, ids=str)
def test_call_for_the_name_of_this_machine_is_carried_out(web: Web) -> None:
    assert web.ask("POST", RPC_PATH, CALL, Host=f"{platform.node()}:80")[0] == 200


def served(api: Api, address: str, **options: Any) -> AbstractContextManager[str]:
    return api.serve(address, lambda server: server.handle_http(**options))


def test_debug_page_is_refused_to_other_sites(api: Api) -> None:
    with served(api, "http://127.0.0.1:0") as address:
        web = Web(address)
        answers = [web.ask("GET", "/debug/rpc", Host="evil.example")[0]]
        web.connection.close()
        answers.append(web.ask("GET", "/debug/rpc", Host="localhost:80")[0])
        web.connection.close()
    assert answers == [403, 200]


@pytest.mark.parametrize("hosts", [["rpc.example.com"], ["*"]])
def test_name_that_the_server_was_told_is_taken(api: Api, hosts: list[str]) -> None:
    with served(api, "http://127.0.0.1:0", hosts=hosts) as address:
        web = Web(address)
        assert web.ask("POST", RPC_PATH, CALL, Host="RPC.example.com:8080")[0] == 200
        web.connection.close()


@pytest.mark.parametrize("transport", ["http", "http+unix"])
def test_client_connects_whatever_hosts_are_named(api: Api, transport: str) -> None:
    with served(api, listen_address(transport), hosts=["rpc.example.com"]) as address:
        with api.dial(address) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_any_host_is_taken_on_a_unix_socket(api: Api) -> None:
    with served(api, listen_address("http+unix")) as address:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(urlsplit(address).path)
            connection.sendall(b"GET /debug/rpc HTTP/1.1\r\nHost: anything.example\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_hosts_that_are_one_string_are_refused() -> None:
    with pytest.raises(TypeError, match=r"hosts=\['rpc.example.com'\]"):
        Registry().handle_http(hosts="rpc.example.com")


# --- bodies that wait ---------------------------------------------------------------------------


def exchange(address: str, *parts: bytes) -> list[bytes]:
    """Send parts, each after the answer to the one before; return the answers' first lines."""
    parts_of_address = urlsplit(address)
    place = parts_of_address.hostname or "", parts_of_address.port or 0
    lines = []
    with socket.create_connection(place, timeout=TIMEOUT_S) as connection:
        for part in parts:
            connection.sendall(part)
            lines.append(connection.recv(65536).partition(b"\r\n")[0])
    return lines


def head_of(body: str, host: str = "localhost") -> bytes:
    return (
        f"POST {RPC_PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    ).encode()


def test_client_that_waits_is_told_to_send_the_body(api: Api) -> None:
    with served(api, "http://127.0.0.1:0") as address:
        lines = exchange(address, head_of(CALL), CALL.encode())
    assert lines == [b"HTTP/1.1 100 Continue", b"HTTP/1.1 200 OK"]


def test_client_that_waits_in_vain_is_told_at_once(api: Api) -> None:
    with served(api, "http://127.0.0.1:0") as address:
        assert exchange(address, head_of(CALL, "evil.example")) == [b"HTTP/1.1 403 Forbidden"]
