"""The tests of Go's ``net/rpc`` and ``net/rpc/jsonrpc`` that no other test here answers to.

`docs/rpc-tests.md` says which test here answers to which test there.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest

from generated.arith import ARITH_MULTIPLY, Args, register_arith
from rpcgen import (
    Client,
    DisconnectedError,
    EncodeError,
    Listener,
    Method,
    RegisterError,
    Registry,
    Request,
    Response,
    RpcError,
    Server,
    ServerError,
    aio,
)
from rpcgen.protocol import (
    CodecName,
    GobClientCodec,
    GobServerCodec,
    JsonClientCodec,
    JsonServerCodec,
)
from rpcgen.schema import Schema, schema_of
from rpcgen.types import length
from tests import golang
from tests.support.apis import Api, ApiClient
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

ROOT = Path(__file__).parents[1]


# --- server_test.go: TestRPC ----------------------------------------------------------------------

SCAN = Method[str, int]("Text.Scan")
STRING = Method[Args, str]("Text.String")


class _Hidden(Calculator):
    """A class that is not public."""


class Embed(_Hidden):
    """Has all its methods from one that is not public."""


def register_text(server: Registry) -> None:
    handlers = [SCAN.handler(int), STRING.handler(lambda args: f"{args.a}+{args.b}")]
    server.register_name("Text", handlers)
    server.register_name("net.rpc.Arith", [ARITH_MULTIPLY.handler(lambda args: args.a * args.b)])


@pytest.fixture
def client(api: Api) -> Iterator[ApiClient]:
    with api.serve("http://127.0.0.1:0", register_text) as address, api.dial(address) as client:
        yield client


def test_argument_may_be_no_message(client: ApiClient) -> None:
    assert client.call(SCAN, "12345") == 12345


def test_reply_may_be_no_message(client: ApiClient) -> None:
    assert client.call(STRING, Args(27, 35)) == "27+35"


def test_name_of_a_service_may_hold_dots(client: ApiClient) -> None:
    assert client.call(Method[Args, int]("net.rpc.Arith.Multiply"), Args(7, 8)) == 56


def test_methods_may_come_from_a_private_class() -> None:
    server = Server()
    register_arith(server, Embed())
    assert server.find("Arith.Multiply").function(Args(7, 8)) == 56


# --- TestBuiltinTypes, of both packages -----------------------------------------------------------

MAP = Method[Args, dict[int, int]]("Builtin.Map")
SLICE = Method[Args, list[int]]("Builtin.Slice")
ARRAY = Method[Args, Annotated[list[int], length(2)]]("Builtin.Array")


def register_builtin(server: Registry) -> None:
    handlers = [
        MAP.handler(lambda args: {args.a: args.b}),
        SLICE.handler(lambda args: [args.a, args.b]),
        ARRAY.handler(lambda args: [args.a, args.b]),
    ]
    server.register_name("Builtin", handlers)


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize(
    ("method", "reply"), [(MAP, {7: 8}), (SLICE, [7, 8]), (ARRAY, [7, 8])], ids=lambda each: ""
)
def test_reply_may_be_of_a_builtin_type(
    api: Api, codec: CodecName, method: Method[Args, Any], reply: object
) -> None:
    with api.serve("http://127.0.0.1:0", register_builtin, codec=codec) as address:
        with api.dial(address, codec=codec) as client:
            assert client.call(method, Args(7, 8)) == reply


# --- TestServeRequest -----------------------------------------------------------------------------


def make_server() -> Server:
    server = Server()
    register_arith(server, Calculator())
    return server


def multiplication(name: str = "Arith.Multiply") -> bytes:
    codec = GobClientCodec()
    return b"".join(codec.encode_request(Request(name, 0), ARITH_MULTIPLY.request, Args(7, 8)))


def product(data: bytes) -> int:
    codec = GobClientCodec()
    codec.feed(data)
    codec.decode_response_header()
    body = codec.decode_response_body(ARITH_MULTIPLY.response)
    assert isinstance(body, int)
    return body


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(TIMEOUT_S)
    with ours, theirs:
        yield ours, theirs


def test_serve_request_answers_one_request() -> None:
    with pair() as (ours, theirs):
        ours.sendall(multiplication())
        make_server().serve_request(theirs, GobServerCodec())
        assert product(ours.recv(1000)) == 56


def test_serve_request_raises_what_it_refuses() -> None:
    with pair() as (ours, theirs):
        ours.sendall(multiplication("Arith.Nope"))
        with pytest.raises(ServerError, match=r"^rpc: can't find method Arith\.Nope$"):
            make_server().serve_request(theirs, GobServerCodec())


def test_serve_request_answers_one_request_on_asyncio() -> None:
    async def serve(theirs: socket.socket) -> None:
        server = aio.Server()
        register_arith(server, Calculator())
        theirs.setblocking(False)
        await server.serve_request(theirs, GobServerCodec())
        await server.close()

    with pair() as (ours, theirs):
        ours.sendall(multiplication())
        asyncio.run(serve(theirs))
        assert product(ours.recv(1000)) == 56


# --- TestRegistrationError ------------------------------------------------------------------------


def test_nothing_to_serve_is_refused() -> None:
    text = r"^rpc\.Register: type Nothing has no exported methods of suitable type$"
    with pytest.raises(RegisterError, match=text):
        Server().register_name("Nothing", [])


# --- TestSendDeadlock, TestClientWriteError -------------------------------------------------------


class FailingCodec(GobClientCodec):
    """A codec that encodes nothing."""

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        raise EncodeError("fail")


def test_codec_that_fails_to_encode_fails_each_call(api: Api) -> None:
    with pair() as (_, theirs), api.client(theirs.dup(), FailingCodec()) as client:
        for _ in range(2):
            with pytest.raises(EncodeError, match=r"^fail$"):
                client.go(ARITH_MULTIPLY, Args(7, 8)).result()


def test_write_that_fails_fails_its_call() -> None:
    with pair() as (_, theirs), Client(theirs.dup()) as client:
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(DisconnectedError, match=r"^writing request: .*Broken pipe"):
            client.go(ARITH_MULTIPLY, Args(7, 8)).result(TIMEOUT_S)


# --- TestTCPClose, TestAcceptExitAfterListenerClose -----------------------------------------------


def test_client_over_http_closes_after_its_calls(api: Api) -> None:
    with api.serve("http://127.0.0.1:0") as address, api.dial_http(address) as client:
        client.call(ARITH_MULTIPLY, Args(17, 8))
        client.close()
        with pytest.raises(RpcError, match="connection is shut down"):
            client.call(ARITH_MULTIPLY, Args(17, 8))


def test_accept_returns_once_the_listener_is_closed() -> None:
    listener = Listener("127.0.0.1:0")
    listener.close()
    accepting = threading.Thread(target=make_server().accept, args=(listener,))
    accepting.start()
    accepting.join(TIMEOUT_S)
    assert not accepting.is_alive()


# --- client_test.go: TestCloseCodec ---------------------------------------------------------------


def test_close_ends_the_connection_of_the_codec(api: Api) -> None:
    with pair() as (ours, theirs):
        with api.client(theirs.dup(), GobClientCodec()):
            theirs.close()
        assert ours.recv(1) == b""


# --- jsonrpc/all_test.go --------------------------------------------------------------------------


@pytest.fixture
def peer(api: Api) -> Iterator[socket.socket]:
    """The other end of a server of JSON-RPC."""
    with pair() as (ours, theirs), api.serve_codec(theirs.dup(), JsonServerCodec()):
        theirs.close()
        yield ours
        ours.shutdown(socket.SHUT_WR)


def answer(peer: socket.socket, request: str) -> Any:
    peer.sendall(request.encode())
    line = b""
    while not line.endswith(b"\n"):
        line += peer.recv(1000)
    return json.loads(line)


def test_json_request_without_params_is_an_error(peer: socket.socket) -> None:
    answered = answer(peer, '{"method": "Arith.Multiply", "id": "123"}')
    assert answered["error"] == "jsonrpc: request body missing params"


def test_json_request_that_is_empty_is_an_error(peer: socket.socket) -> None:
    assert answer(peer, "{}")["error"] == "rpc: service/method request ill-formed: "


def test_json_ids_come_back_as_they_are(peer: socket.socket) -> None:
    ids = [
        answer(
            peer,
            f'{{"method":"Arith.Multiply","id":"\\u{n:04d}","params":[{{"A":{n},"B":1}}]}}',
        )["id"]
        for n in range(10)
    ]
    assert ids == [chr(n) for n in range(10)]


def test_json_requests_are_answered_one_by_one(peer: socket.socket) -> None:
    request = '{{"method":"Arith.Multiply","id":0,"params":[{{"A":{0},"B":{0}}}]}}'
    products = [answer(peer, request.format(n))["result"] for n in range(10)]
    assert products == [n * n for n in range(10)]


def test_json_that_is_malformed_ends_the_connection(api: Api) -> None:
    with pair() as (ours, theirs), api.serve_codec(theirs.dup(), JsonServerCodec()):
        theirs.close()
        ours.sendall(b"{id:1}")
        assert ours.recv(1) == b""


def test_json_reply_without_result_and_error_is_an_error(api: Api) -> None:
    with pair() as (ours, theirs), api.client(theirs.dup(), JsonClientCodec()) as client:
        call = client.go(ARITH_MULTIPLY, Args(7, 8))
        ours.sendall(b'{"id":0,"result":null,"error":null}')
        with pytest.raises(RpcError, match="invalid error <nil>"):
            call.result()


def test_json_error_has_no_result() -> None:
    codec = JsonServerCodec()
    codec.feed(b'{"method": "Arith.Add", "id": "123", "params": []}')
    seq = codec.decode_request_header().seq
    response = Response("Method", seq, "some error")
    line = b"".join(codec.encode_response(response, schema_of(str), "a value"))
    assert json.loads(line) == {"id": "123", "result": None, "error": "some error"}


def test_connection_that_fails_ends_the_serving(api: Api) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    with listening, socket.create_connection(listening.getsockname()) as ours:
        theirs, _ = listening.accept()
        with api.serve_codec(theirs, JsonServerCodec()):  # which waits for its end
            # Closed with something unread, which resets the connection.
            ours.sendall(b'{"method":"Arith.Multiply","params":[{}],"id":1}')
            assert ours.recv(1) == b"{"
            ours.close()


# --- the document ---------------------------------------------------------------------------------

FILES = ["server_test.go", "client_test.go", "jsonrpc/all_test.go"]


def _section(file: str) -> str:
    """Return what the document says of a file."""
    _, _, rest = (ROOT / "docs" / "rpc-tests.md").read_text().partition(f"\n## {file}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("file", FILES)
def test_document_names_every_test_of_go(file: str) -> None:
    source = (golang.go_root() / "src" / "net" / "rpc" / file).read_text()
    names = re.findall(r"^func ((?:Test|Benchmark)\w+)\(", source, re.MULTILINE)
    section = _section(file)
    assert [name for name in names if f"| `{name}` |" not in section] == []


def _missing(document: str) -> list[str]:
    """Return the tests that a text names and that there are not."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", document)
    assert named
    return [
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]


@pytest.mark.parametrize("file", FILES)
def test_document_names_tests_that_exist(file: str) -> None:
    assert _missing(_section(file)) == []


def test_compatibility_names_tests_that_exist() -> None:
    assert _missing((ROOT / "docs" / "compatibility.md").read_text()) == []
