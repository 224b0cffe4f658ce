from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import DialError
from rpcgen.gob import Limits
from rpcgen.protocol import (
    GobServerCodec,
    HttpRoutes,
    Invocation,
    JsonServerCodec,
    RawResponse,
    Registry,
    RejectedRequest,
)
from rpcgen.protocol.hosts import HostNames
from rpcgen.protocol.http import ConnectHandshake, HttpServerProtocol
from rpcgen.protocol.serving import server_protocol

from .messages import DOUBLE, SUM, Pair, request_bytes

CONNECT = b"CONNECT /_goRPC_ HTTP/1.0\n\n"
CONNECTED = b"HTTP/1.0 200 Connected to Go RPC\n\n"


def make_server(
    routes: HttpRoutes | None = None, longest_body: int = 1000, hosts: HostNames | None = None
) -> HttpServerProtocol:
    registry = Registry()
    handlers = [SUM.handler(lambda pair: pair.a + pair.b), DOUBLE.handler(lambda n: 2 * n)]
    registry.register_name("Math", handlers)
    return HttpServerProtocol(
        registry, routes or HttpRoutes(), GobServerCodec, JsonServerCodec, longest_body, hosts
    )


@pytest.fixture
def server() -> HttpServerProtocol:
    return make_server()


def output(server: HttpServerProtocol, request: bytes) -> bytes:
    (event,) = server.receive(request)
    assert isinstance(event, RawResponse)
    return event.data


def post(body: str, content_type: str = "application/json") -> bytes:
    head = f"POST /_goRPC_ HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def test_handshake_asks_as_go_does() -> None:
    assert ConnectHandshake("/_goRPC_").request == CONNECT


def test_handshake_is_over_when_the_server_consents() -> None:
    assert ConnectHandshake("/_goRPC_").receive(CONNECTED) == b""


def test_handshake_keeps_what_follows() -> None:
    assert ConnectHandshake("/_goRPC_").receive(CONNECTED + b"early") == b"early"


def test_handshake_waits_for_the_whole_response() -> None:
    handshake = ConnectHandshake("/_goRPC_")
    pieces = [CONNECTED[i : i + 1] for i in range(len(CONNECTED))]
    assert [handshake.receive(piece) for piece in pieces] == [None] * (len(pieces) - 1) + [b""]


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 Connected to Go RPC\r\n\r\n",
        b"HTTP/1.0 200 Connected to Go RPC\r\nDate: now\r\n\r\n",
    ],
)
def test_handshake_takes_other_spellings(response: bytes) -> None:
    assert ConnectHandshake("/_goRPC_").receive(response) == b""


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "unexpected HTTP response: 404 Not Found"),
        (b"HTTP/1.0 200 OK\r\n\r\n", "unexpected HTTP response: 200 OK"),
        (b"nonsense\r\n\r\n", "malformed HTTP response"),
        (b"HTTP/1.0 200 " + b"x" * 20000, "malformed HTTP response"),
        (b"HTTP/1.0 200 " + b"x" * 20000, r"more than 16384 bytes \(Limits.http_head\)"),
        (b"", "unexpected EOF"),
    ],
)
def test_handshake_that_fails(response: bytes, error: str) -> None:
    with pytest.raises(DialError, match=error):
        ConnectHandshake("/_goRPC_").receive(response)


def test_handshake_takes_a_head_as_long_as_it_is_told() -> None:
    response = CONNECTED[:-1] + b"X: " + b"x" * 20000 + b"\n\n"
    assert ConnectHandshake("/_goRPC_", Limits(http_head=30000)).receive(response) == b""


def http_server(longest_head: int) -> HttpServerProtocol:
    limits = Limits(http_head=longest_head)
    server = server_protocol(Registry(), "gob", limits, "/_goRPC_")
    assert isinstance(server, HttpServerProtocol)
    return server


def test_head_of_a_request_that_is_too_long_is_told_the_limit() -> None:
    answer = output(http_server(100), b"CONNECT /_goRPC_ HTTP/1.0\nX: " + b"x" * 100)
    assert b"a head of more than 100 bytes (Limits.http_head)" in answer


def test_head_of_a_request_may_be_as_long_as_the_limit() -> None:
    server = http_server(40_000)
    assert server.receive(b"CONNECT /_goRPC_ HTTP/1.0\nX: " + b"x" * 30_000) == []
    assert output(server, b"\n\n") == CONNECTED


def test_connect_is_answered_as_by_go(server: HttpServerProtocol) -> None:
    assert output(server, CONNECT) == CONNECTED


@pytest.mark.parametrize(
    "request_",
    [
        b"CONNECT /_goRPC_ HTTP/1.0\r\n\r\n",
        b"CONNECT /_goRPC_ HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\n",
    ],
)
def test_connect_in_other_spellings(server: HttpServerProtocol, request_: bytes) -> None:
    assert output(server, request_) == CONNECTED


@pytest.mark.parametrize("target", ["host/_goRPC_", "host:80/_goRPC_", "/%5fgoRPC_", "/_goRPC_?x"])
def test_connect_to_a_target_that_go_takes(server: HttpServerProtocol, target: str) -> None:
    assert output(server, f"CONNECT {target} HTTP/1.0\n\n".encode()) == CONNECTED


@pytest.mark.parametrize("target", ["http://host/_goRPC_", "host:80", "//_goRPC_", "/_goRPC_/"])
def test_connect_to_a_target_that_go_does_not_find(server: HttpServerProtocol, target: str) -> None:
    answer = output(server, f"CONNECT {target} HTTP/1.0\n\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_connect_with_the_first_request_behind_it(server: HttpServerProtocol) -> None:
    _, event = server.receive(CONNECT + request_bytes(("Math.Sum", 0, Pair(1, 2))))
    assert isinstance(event, Invocation)


def test_request_after_connect(server: HttpServerProtocol) -> None:
    server.receive(CONNECT)
    (event,) = server.receive(request_bytes(("Math.Sum", 0, Pair(1, 2))))
    assert isinstance(event, Invocation)


def test_reply_after_connect_is_bare(server: HttpServerProtocol) -> None:
    server.receive(CONNECT)
    (event,) = server.receive(request_bytes(("Math.Sum", 0, Pair(1, 2))))
    assert isinstance(event, Invocation)
    assert server.reply(event, 3).endswith(bytes.fromhex("03040006"))


def test_connection_goes_on_after_connect(server: HttpServerProtocol) -> None:
    server.receive(CONNECT)
    assert not server.draining


def test_nothing_is_said_before_the_request_is_whole(server: HttpServerProtocol) -> None:
    assert server.receive(CONNECT[:-1]) == []


def test_other_method_on_the_rpc_path(server: HttpServerProtocol) -> None:
    answer = output(server, b"GET /_goRPC_ HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")


def test_other_method_on_the_rpc_path_has_the_text_of_go(server: HttpServerProtocol) -> None:
    answer = output(server, b"GET /_goRPC_ HTTP/1.0\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n405 must CONNECT\n")


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.0\r\n\r\n", b"CONNECT /x HTTP/1.0\n\n"])
def test_other_path(server: HttpServerProtocol, request_: bytes) -> None:
    assert output(server, request_).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_other_path_ends_the_connection(server: HttpServerProtocol) -> None:
    server.receive(b"GET / HTTP/1.0\r\n\r\n")
    assert server.draining


def test_debug_path_is_unknown_unless_it_was_set(server: HttpServerProtocol) -> None:
    assert b"404" in output(server, b"GET /debug/rpc HTTP/1.0\r\n\r\n")


DEBUG = HttpRoutes(debug_path="/debug/rpc")


def test_debug_path_has_the_page() -> None:
    answer = output(make_server(DEBUG), b"GET /debug/rpc HTTP/1.0\r\n\r\n")
    assert b"<title>Services</title>" in answer


def test_debug_path_has_the_data_in_json() -> None:
    answer = output(make_server(DEBUG), b"GET /debug/rpc?format=json HTTP/1.0\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["services"][0]["name"] == "Math"


def test_debug_path_says_what_the_page_may_do() -> None:
    answer = output(make_server(DEBUG), b"GET /debug/rpc HTTP/1.0\r\n\r\n")
    assert b"\r\nContent-Security-Policy: default-src 'none'; " in answer


def test_debug_path_may_stand_in_a_url() -> None:
    answer = output(make_server(DEBUG), b"GET http://host/debug/rpc?x HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_debug_path_ends_the_connection() -> None:
    server = make_server(DEBUG)
    server.receive(b"GET /debug/rpc HTTP/1.0\r\n\r\n")
    assert server.draining


@pytest.mark.parametrize(
    ("allow_calls", "post", "forms"),
    [(True, True, True), (False, True, False), (True, False, False)],
)
def test_debug_path_has_forms_if_they_are_allowed_and_work(
    allow_calls: bool, post: bool, forms: bool
) -> None:
    routes = HttpRoutes(debug_path="/debug/rpc", post=post, allow_calls=allow_calls)
    answer = output(make_server(routes), b"GET /debug/rpc HTTP/1.0\r\n\r\n")
    assert (b'data-path="/_goRPC_"' in answer) == forms


def test_connection_counts_from_connect_on() -> None:
    server = make_server()
    server.opened()
    server.receive(CONNECT)
    assert (server._registry.connections.open, server._registry.connections.total) == (1, 1)


def test_connection_counts_until_it_is_closed() -> None:
    server = make_server()
    server.opened()
    server.receive(CONNECT)
    server.closed()
    assert (server._registry.connections.open, server._registry.connections.total) == (0, 1)


@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.0\r\n\r\n", post('{"method":"Math.Sum","params":[{}],"id":7}')]
)
def test_connection_without_connect_does_not_count(request_: bytes) -> None:
    server = make_server()
    server.opened()
    server.receive(request_)
    server.closed()
    assert (server._registry.connections.open, server._registry.connections.total) == (0, 0)


def test_rpc_path_that_was_set() -> None:
    server = make_server(HttpRoutes("/rpc"))
    assert output(server, b"CONNECT /rpc HTTP/1.0\n\n") == CONNECTED


@pytest.mark.parametrize(
    "request_", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.0\r\n" + b"x" * 20000]
)
def test_what_is_no_http(server: HttpServerProtocol, request_: bytes) -> None:
    assert output(server, request_).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_post_calls_a_method(server: HttpServerProtocol) -> None:
    (event,) = server.receive(post('{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":7}'))
    assert isinstance(event, Invocation)
    assert event.args == Pair(1, 2)


def test_post_is_answered_by_http(server: HttpServerProtocol) -> None:
    (event,) = server.receive(post('{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":7}'))
    assert isinstance(event, Invocation)
    head, _, body = server.reply(event, 3).partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {"id": 7, "result": 3, "error": None}


def test_post_of_an_unknown_method(server: HttpServerProtocol) -> None:
    (event,) = server.receive(post('{"method":"Math.Nope","params":[1],"id":7}'))
    assert isinstance(event, RejectedRequest)
    assert b"can't find method" in server.refuse(event.request, event.error)


def test_post_ends_the_connection(server: HttpServerProtocol) -> None:
    server.receive(post('{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":7}'))
    assert server.draining


def test_post_in_pieces(server: HttpServerProtocol) -> None:
    request = post('{"method":"Math.Sum","params":[{"A":1,"B":2}],"id":7}')
    assert server.receive(request[:-3]) == []
    assert isinstance(server.receive(request[-3:])[0], Invocation)


@pytest.mark.parametrize("body", ["{", "nonsense", ""])
def test_post_of_what_is_no_request(server: HttpServerProtocol, body: str) -> None:
    assert output(server, post(body)).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_post_of_another_type_could_come_from_a_foreign_page(server: HttpServerProtocol) -> None:
    answer = output(server, post('{"method":"Math.Sum"}', "text/plain"))
    assert answer.startswith(b"HTTP/1.1 415 Unsupported Media Type\r\n")


def test_post_that_is_too_long() -> None:
    answer = output(make_server(longest_body=10), post('{"method":"Math.Sum"}'))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_post_that_is_not_wanted() -> None:
    answer = output(make_server(HttpRoutes(post=False)), post('{"method":"Math.Sum"}'))
    assert answer.startswith(b"HTTP/1.1 405 ")


def test_eof_before_the_request(server: HttpServerProtocol) -> None:
    server.receive(CONNECT[:-1])
    assert server.receive_eof() == []


@given(st.binary(max_size=200))
def test_receive_any_bytes_raises_nothing(data: bytes) -> None:
    server = make_server()
    server.receive(data)
    server.receive_eof()
    assert server.draining


def test_without_h11_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['h11'] = None\n"
        "import rpcgen\n"
        "try: rpcgen.Server().listen('http://127.0.0.1:0')\n"
        "except rpcgen.DialError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "HTTP needs the package h11: pip install 'rpcgen[http]'\n"


# --- hosts --------------------------------------------------------------------------------------

CALL = '{"method":"Math.Double","params":[4],"id":7}'
OURS = HostNames("127.0.0.1")


def with_field(request: bytes, field: str) -> bytes:
    line, _, rest = request.partition(b"\r\n")
    return line + b"\r\n" + field.encode() + b"\r\n" + rest


def from_host(host: str) -> bytes:
    return post(CALL).replace(b"Host: x", f"Host: {host}".encode())


def test_post_for_another_host_is_forbidden() -> None:
    answer = output(make_server(hosts=OURS), from_host("evil.example"))
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_post_from_another_origin_is_forbidden() -> None:
    request = with_field(from_host("127.0.0.1:80"), "Origin: http://evil.example")
    answer = output(make_server(hosts=OURS), request)
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_post_from_two_origins_is_forbidden() -> None:
    request = with_field(from_host("127.0.0.1:80"), "Origin: http://127.0.0.1:80")
    answer = output(make_server(hosts=OURS), with_field(request, "Origin: http://evil.example"))
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_debug_page_for_another_host_is_forbidden() -> None:
    server = make_server(HttpRoutes(debug_path="/debug/rpc"), hosts=OURS)
    answer = output(server, b"GET /debug/rpc HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_host_in_a_url_counts_instead_of_the_field() -> None:
    request = from_host("127.0.0.1").replace(b"/_goRPC_", b"http://evil.example/_goRPC_", 1)
    answer = output(make_server(hosts=OURS), request)
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_post_to_a_url_with_an_own_host_is_carried_out() -> None:
    request = from_host("127.0.0.1").replace(b"/_goRPC_", b"http://localhost:80/_goRPC_", 1)
    (event,) = make_server(hosts=OURS).receive(request)
    assert isinstance(event, Invocation)


@pytest.mark.parametrize("host", ["a", "evil.example"])
def test_connect_is_taken_whatever_host_it_names(host: str) -> None:
    request = f"CONNECT /_goRPC_ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    assert output(make_server(hosts=OURS), request) == CONNECTED


def test_post_for_an_own_host_is_carried_out() -> None:
    (event,) = make_server(hosts=OURS).receive(from_host("localhost:1234"))
    assert isinstance(event, Invocation)


def test_connect_with_any_host_is_answered() -> None:
    request = b"CONNECT /_goRPC_ HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    assert output(make_server(hosts=OURS), request) == CONNECTED


# --- bodies -------------------------------------------------------------------------------------

EXPECTING = with_field(post(CALL), "Expect: 100-continue")
HEAD, BODY = EXPECTING[: -len(CALL)], EXPECTING[-len(CALL) :]


def test_body_that_waits_is_asked_for() -> None:
    assert output(make_server(), HEAD) == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_body_that_was_asked_for_is_carried_out() -> None:
    server = make_server()
    server.receive(HEAD)
    (event,) = server.receive(BODY)
    assert isinstance(event, Invocation)


def test_body_that_does_not_wait_is_not_asked_for() -> None:
    (event,) = make_server().receive(EXPECTING)
    assert isinstance(event, Invocation)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"POST /_goRPC_", b"POST /other"), b"404 Not Found"),
        ((b"POST /_goRPC_", b"PUT /_goRPC_"), b"405 Method Not Allowed"),
        ((b"application/json", b"text/plain"), b"415 Unsupported Media Type"),
        ((b"Host: x", b"Host: evil.example"), b"403 Forbidden"),
        ((b"Content-Length: ", b"Content-Length: 99"), b"413 Content Too Large"),
    ],
)
def test_body_that_would_be_in_vain_is_refused_at_once(
    change: tuple[bytes, bytes], status: bytes
) -> None:
    hosts = HostNames("", ("x",))
    answer = output(make_server(hosts=hosts), HEAD.replace(*change))
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_announced_body_that_is_too_long_is_refused_before_it_comes() -> None:
    head = post(CALL)[: -len(CALL)].replace(b"Content-Length: 4", b"Content-Length: 4000000")
    assert output(make_server(), head).startswith(b"HTTP/1.1 413 Content Too Large")


def test_refused_body_is_read_and_not_kept() -> None:
    server = make_server()
    request = post(CALL, "text/plain")
    assert server.receive(request[:-5]) == []
    assert output(server, request[-5:]).startswith(b"HTTP/1.1 415")


def chunked(chunks: list[bytes]) -> bytes:
    head = (
        b"POST /_goRPC_ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + body + b"0\r\n\r\n"


def test_chunked_body_is_carried_out() -> None:
    (event,) = make_server().receive(chunked([CALL[:9].encode(), CALL[9:].encode()]))
    assert isinstance(event, Invocation)


def test_body_of_tiny_chunks_is_refused() -> None:
    request = chunked([b" "] * 2000)
    answer = output(make_server(longest_body=10_000), request)
    assert answer.endswith(b"the chunks of the body are too small\n")
