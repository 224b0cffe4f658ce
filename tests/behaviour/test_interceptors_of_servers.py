"""Interceptors of servers, in both APIs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

import rpcgen
from rpcgen import Code, Method, ServerError, aio
from rpcgen.protocol.server_interceptors import (
    AsyncServerInterceptor,
    ServerCall,
    ServerInterceptor,
)
from rpcgen.testing.certificates import mutual_contexts
from tests.support.apis import Loop

Req = TypeVar("Req")
Res = TypeVar("Res")

DOUBLE = Method[int, int]("Math.Double")
TRIPLE = Method[int, int]("Math.Triple")


def check(call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res]) -> Res:
    if call.context.metadata.get("token") != "right":
        raise ServerError("who are you?", code=Code.UNAUTHENTICATED)
    call.context.reply_metadata["method"] = call.method.name
    return proceed(call)


async def check_async(
    call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Awaitable[Res]]
) -> Res:
    if call.context.metadata.get("token") != "right":
        raise ServerError("who are you?", code=Code.UNAUTHENTICATED)
    call.context.reply_metadata["method"] = call.method.name
    return await proceed(call)


def double(number: int) -> int:
    if rpcgen.context().metadata["token"] != "right":
        raise AssertionError("the interceptor lets nobody else in")
    return 2 * number


async def triple(number: int) -> int:
    await asyncio.sleep(0)
    return 3 * number


@contextmanager
def sync_server(interceptor: ServerInterceptor) -> Iterator[str]:
    server = rpcgen.Server(interceptors=[interceptor])
    handlers = [DOUBLE.handler(double), TRIPLE.handler(lambda number: 3 * number)]
    server.register_name("Math", handlers)
    listener = server.listen("127.0.0.1:0")
    with server:
        yield listener.address


@contextmanager
def async_server(interceptor: AsyncServerInterceptor) -> Iterator[str]:
    async def start() -> tuple[aio.Server, str]:
        server = aio.Server(interceptors=[interceptor])
        server.register_name("Math", [DOUBLE.handler(double), TRIPLE.async_handler(triple)])
        listener = await server.listen("127.0.0.1:0")
        await server.__aenter__()
        return server, listener.address

    with Loop() as loop:
        server, address = loop.run(start())
        try:
            yield address
        finally:
            loop.run(server.close())


@pytest.fixture(params=["sync", "asyncio"])
def client(request: pytest.FixtureRequest) -> Iterator[rpcgen.Client]:
    serve = sync_server(check) if request.param == "sync" else async_server(check_async)
    with serve as address, rpcgen.dial(address) as client:
        yield client


@pytest.mark.parametrize(("method", "reply"), [(DOUBLE, 8), (TRIPLE, 12)])
def test_interceptor_lets_calls_through(
    client: rpcgen.Client, method: Method[int, int], reply: int
) -> None:
    call = client.go(method, 4, metadata={"token": "right"})
    assert call.result(60.0) == reply
    assert call.metadata == {"method": method.name}


@pytest.mark.parametrize("method", [DOUBLE, TRIPLE])
def test_interceptor_refuses_calls(client: rpcgen.Client, method: Method[int, int]) -> None:
    with pytest.raises(ServerError) as caught:
        client.call(method, 4)
    assert caught.value.code == Code.UNAUTHENTICATED


def test_handler_sees_the_certificate_of_its_client() -> None:
    theirs, ours = mutual_contexts()
    who = Method[int, str]("Math.Who")
    server = rpcgen.Server()
    server.register_name("Math", [who.handler(lambda _: str(rpcgen.context().peer.certificate))])
    listener = server.listen("tls://127.0.0.1:0", tls=theirs)
    with server, rpcgen.dial(listener.address, tls=ours) as client:
        assert "client@example.org" in client.call(who, 0)


def test_handler_on_asyncio_sees_the_certificate_of_its_client() -> None:
    theirs, ours = mutual_contexts()
    who = Method[int, str]("Math.Who")

    async def tell(_: int) -> str:
        return str(rpcgen.context().peer.certificate)

    async def call() -> str:
        async with aio.Server() as server:
            server.register_name("Math", [who.async_handler(tell)])
            listener = await server.listen("tls://127.0.0.1:0", tls=theirs)
            async with aio.dial(listener.address, tls=ours) as client:
                return await client.call(who, 0)

    assert "client@example.org" in asyncio.run(call())


def test_handler_sees_the_headers_of_the_connect_request() -> None:
    who = Method[int, str]("Math.Who")
    server = rpcgen.Server()
    server.register_name(
        "Math", [who.handler(lambda _: str(sorted(rpcgen.context().peer.headers)))]
    )
    listener = server.listen("http://127.0.0.1:0")
    with server, rpcgen.dial(listener.address) as client:
        assert client.call(who, 0) == "[]"
