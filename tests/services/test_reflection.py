"""The generated clients of `rpcgen.Reflection`, against servers that serve it."""

from __future__ import annotations

import asyncio

import pytest

import rpcgen
from generated.arith import Args, ArithService, Quotient
from rpcgen import AsyncReflectionClient, Code, ReflectionClient, ServerError, aio
from rpcgen.protocol import CodecName
from rpcgen.protocol.server_reflection import describe

ADDRESS = "tcp://127.0.0.1:0"


class Arith(ArithService):
    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        raise NotImplementedError


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_description_arrives_whole(codec: CodecName) -> None:
    server = rpcgen.Server(reflection=True)
    server.register(Arith())
    listener = server.listen(ADDRESS, codec)
    with server, ReflectionClient.dial(listener.address, codec=codec) as reflection:
        assert reflection.describe("") == describe(server.services[1:])


def test_asyncio_client_asks_a_server_on_asyncio() -> None:
    async def ask() -> list[str]:
        server = aio.Server(reflection=True, health=True)
        listener = await server.listen(ADDRESS)
        async with server, AsyncReflectionClient.dial(listener.address) as reflection:
            return await reflection.services()

    assert asyncio.run(ask()) == ["rpcgen.Health", "rpcgen.Reflection"]


def test_unknown_service_has_a_code() -> None:
    server = rpcgen.Server(reflection=True)
    listener = server.listen(ADDRESS)
    with server, ReflectionClient.dial(listener.address) as reflection:
        with pytest.raises(ServerError) as caught:
            reflection.describe("Arith")
    assert caught.value.code is Code.NOT_FOUND


def test_reflection_is_served_only_if_asked_for() -> None:
    server = rpcgen.Server()
    listener = server.listen(ADDRESS)
    with server, ReflectionClient.dial(listener.address) as reflection:
        with pytest.raises(ServerError, match=r"can't find service rpcgen\.Reflection"):
            reflection.services()


def test_reflection_describes_itself() -> None:
    server = rpcgen.Server(reflection=True)
    listener = server.listen(ADDRESS)
    with server, ReflectionClient.dial(listener.address) as reflection:
        (service,) = reflection.describe("rpcgen.Reflection").services
    assert [method.name for method in service.methods] == ["Services", "Describe"]
