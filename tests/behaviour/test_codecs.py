"""A third codec, written outside the package, at both ends."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product

import pytest

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, Quotient
from rpcgen import (
    ClientCodec,
    DecodeError,
    DisconnectedError,
    EncodeError,
    Method,
    ServerCodec,
    ServerError,
)
from tests.support.apis import APIS, ApiClient
from tests.support.errors import error_of
from tests.support.timeouts import TIMEOUT_S

from .linecodec import LineClientCodec, LineServerCodec


@pytest.fixture(params=list(product(sorted(APIS), sorted(APIS))), ids="-".join)
def client(request: pytest.FixtureRequest) -> Iterator[ApiClient]:
    """A client of a server, both with the codec of lines."""
    ours, theirs = socket.socketpair()
    client, server = request.param
    with ExitStack() as stack:
        stack.enter_context(APIS[server].serve_codec(theirs, LineServerCodec()))
        yield stack.enter_context(APIS[client].client(ours, LineClientCodec()))


@pytest.fixture(params=sorted(APIS))
def peer(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """The other end of a server with the codec of lines."""
    ours, theirs = socket.socketpair()
    ours.settimeout(TIMEOUT_S)
    with APIS[request.param].serve_codec(theirs, LineServerCodec()), ours:
        yield ours


def test_codec_of_lines_is_what_the_interfaces_ask_for() -> None:
    client: Callable[[], ClientCodec] = LineClientCodec
    server: Callable[[], ServerCodec] = LineServerCodec
    assert (client, server) == (LineClientCodec, LineServerCodec)


def test_call_returns_the_reply(client: ApiClient) -> None:
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_call_returns_a_message(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(2, 1)


def test_calls_in_flight_get_their_own_replies(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, n)) for n in range(50)]
    assert [call.result() for call in calls] == [n * n for n in range(50)]


def test_error_has_its_text(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0)))
    assert (type(error), str(error)) == (ServerError, "divide by zero")


def test_unknown_method_is_refused(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[Args, int]("Arith.Nope"), Args(1, 2)))
    assert str(error) == "rpc: can't find method Arith.Nope"


@pytest.mark.parametrize(
    ("method", "args", "kind"),
    [
        (Method[str, int]("Arith.Multiply"), "text", ServerError),
        (Method[Args, str]("Arith.Multiply"), Args(1, 2), DecodeError),
        (Method[float, int]("Arith.Multiply"), "text", EncodeError),
    ],
    ids=["there", "in the reply", "here"],
)
def test_value_that_does_not_fit_leaves_the_connection_usable(
    client: ApiClient, method: Method[object, object], args: object, kind: type[Exception]
) -> None:
    error = error_of(lambda: client.call(method, args))
    assert (type(error), client.call(ARITH_MULTIPLY, Args(7, 8))) == (kind, 56)


def test_what_travels_is_what_the_codec_made(peer: socket.socket) -> None:
    peer.sendall(b"3 Arith.Multiply ''\t{'A': 7, 'B': 8}\n")
    assert peer.recv(100) == b"3 Arith.Multiply ''\t56\n"


def test_request_in_pieces(peer: socket.socket) -> None:
    for byte in b"3 Arith.Multiply ''\t{'A': 7, 'B': 8}\n":
        peer.sendall(bytes([byte]))
    assert peer.recv(100) == b"3 Arith.Multiply ''\t56\n"


def test_header_that_is_none_ends_the_connection(peer: socket.socket) -> None:
    peer.sendall(b"nonsense\n")
    assert peer.recv(100) == b""


@pytest.mark.parametrize("api", sorted(APIS))
def test_response_that_is_none_ends_the_connection(api: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs, APIS[api].client(ours, LineClientCodec()) as client:
        pending = client.go(ARITH_MULTIPLY, Args(1, 2))
        theirs.sendall(b"nonsense\n")
        error = error_of(pending.result)
    assert isinstance(error, DisconnectedError)
