"""Bearer tokens, sent by clients and asked for by servers, over both APIs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping

import pytest

import rpcgen
from generated.arith import Args, ArithClient, AsyncArithClient, register_arith
from rpcgen import Code, ServerError, aio
from rpcgen.interceptors import AsyncBearerToken, AsyncTokenAuth, BearerToken, TokenAuth
from rpcgen.sync import Client
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

ADDRESS = "tcp://127.0.0.1:0"


def ask_with_threads(
    sent: Mapping[str, str], tokens: Collection[str] = ("s3cret",), public: Collection[str] = ()
) -> int:
    server = rpcgen.Server(interceptors=[TokenAuth(tokens, public=public)])
    register_arith(server, Calculator())
    listener = server.listen(ADDRESS)
    with server, ArithClient.dial(listener.address, metadata=sent) as arith:
        return arith.multiply(Args(7, 8))


def ask_on_asyncio(
    sent: Mapping[str, str], tokens: Collection[str] = ("s3cret",), public: Collection[str] = ()
) -> int:
    async def ask() -> int:
        server = aio.Server(interceptors=[AsyncTokenAuth(tokens, public=public)])
        register_arith(server, Calculator())
        listener = await server.listen(ADDRESS)
        async with server, AsyncArithClient.dial(listener.address, metadata=sent) as arith:
            return await arith.multiply(Args(7, 8))

    return asyncio.run(ask())


Ask = Callable[..., int]


@pytest.fixture(params=[ask_with_threads, ask_on_asyncio], ids=["threads", "asyncio"])
def ask(request: pytest.FixtureRequest) -> Ask:
    function: Ask = request.param
    return function


@pytest.mark.parametrize("field", ["Bearer s3cret", "bearer  s3cret "])
def test_right_token_is_let_in(ask: Ask, field: str) -> None:
    assert ask({"authorization": field}) == 56


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"authorization": "Bearer other"},
        {"authorization": "Bearer"},
        {"authorization": "Basic s3cret"},
        {"authorization": "s3cret"},
        {"token": "Bearer s3cret"},
        {"authorization": "Bearer s3cret2"},
        {"authorization": "Bearer \u00fc"},
    ],
    ids=str,
)
def test_any_other_is_unauthenticated(ask: Ask, sent: Mapping[str, str]) -> None:
    with pytest.raises(ServerError, match="unauthenticated") as failure:
        ask(sent)
    assert failure.value.code is Code.UNAUTHENTICATED


def test_one_of_several_tokens_is_let_in(ask: Ask) -> None:
    assert ask({"authorization": "Bearer b"}, tokens=["a", "b"]) == 56


def test_public_method_needs_no_token(ask: Ask) -> None:
    assert ask({}, public=["Arith.Multiply"]) == 56


@pytest.mark.parametrize("auth", [TokenAuth, AsyncTokenAuth])
def test_a_single_text_is_no_list_of_tokens(
    auth: type[TokenAuth] | type[AsyncTokenAuth],
) -> None:
    with pytest.raises(TypeError, match="write a list"):
        auth("s3cret")


@pytest.mark.parametrize("auth", [TokenAuth, AsyncTokenAuth])
def test_the_empty_token_is_refused(auth: type[TokenAuth] | type[AsyncTokenAuth]) -> None:
    with pytest.raises(ValueError, match="the empty one"):
        auth(["a", ""])


@pytest.mark.parametrize("token", ["s3cret", lambda: "s3cret"], ids=["text", "function"])
def test_client_sends_its_token(token: str | Callable[[], str]) -> None:
    server = rpcgen.Server(interceptors=[TokenAuth(lambda given: given == "s3cret")])
    register_arith(server, Calculator())
    listener = server.listen(ADDRESS)
    interceptors = [BearerToken(token)]
    with server, ArithClient.dial(listener.address, interceptors=interceptors) as arith:
        assert arith.multiply(Args(7, 8)) == 56


async def fetch() -> str:
    return "s3cret"


async def is_right(token: str) -> bool:
    return token == "s3cret"


@pytest.mark.parametrize("token", ["s3cret", fetch], ids=["text", "function"])
def test_client_on_asyncio_sends_its_token(token: str | Callable[[], Awaitable[str]]) -> None:
    async def ask() -> int:
        server = aio.Server(interceptors=[AsyncTokenAuth(is_right)])
        register_arith(server, Calculator())
        listener = await server.listen(ADDRESS)
        interceptors = [AsyncBearerToken(token)]
        async with (
            server,
            AsyncArithClient.dial(listener.address, interceptors=interceptors) as arith,
        ):
            return await arith.multiply(Args(7, 8))

    assert asyncio.run(ask()) == 56


def test_token_may_come_with_the_connect_request() -> None:
    server = rpcgen.Server(interceptors=[TokenAuth(["s3cret"])])
    register_arith(server, Calculator())
    listener = server.listen("http://127.0.0.1:0")
    place = listener.address.removeprefix("http://").partition("/")[0]
    host, _, port = place.rpartition(":")
    with server, socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
        connection.sendall(b"CONNECT /_goRPC_ HTTP/1.0\r\nAuthorization: Bearer s3cret\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n") and not head.endswith(b"\n\n"):
            head += connection.recv(1)
        with Client(connection) as client:
            assert client.call("Arith.Multiply", Args(7, 8), int) == 56
