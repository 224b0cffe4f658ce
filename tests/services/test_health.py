"""The generated clients of `rpcgen.Health`, against servers that serve it."""

from __future__ import annotations

import asyncio

import pytest

import rpcgen
from rpcgen import AsyncHealthClient, HealthClient, RpcError, ServerError, ServingStatus, aio

ADDRESS = "tcp://127.0.0.1:0"


def test_client_asks_a_server() -> None:
    server = rpcgen.Server(health=True)
    listener = server.listen(ADDRESS)
    with server, HealthClient.dial(listener.address) as health:
        assert health.check("rpcgen.Health") is ServingStatus.SERVING


def test_server_says_what_it_was_told() -> None:
    server = rpcgen.Server(health=True)
    listener = server.listen(ADDRESS)
    server.health.set("Arith", ServingStatus.NOT_SERVING)
    with server, HealthClient.dial(listener.address) as health:
        assert health.check("Arith") is ServingStatus.NOT_SERVING


def test_asyncio_client_asks_a_server_on_asyncio() -> None:
    async def ask() -> ServingStatus:
        server = aio.Server(health=True)
        listener = await server.listen(ADDRESS)
        async with server, AsyncHealthClient.dial(listener.address) as health:
            return await health.check("")

    assert asyncio.run(ask()) is ServingStatus.SERVING


def test_health_is_served_only_if_asked_for() -> None:
    server = rpcgen.Server()
    listener = server.listen(ADDRESS)
    with server, HealthClient.dial(listener.address) as health:
        with pytest.raises(ServerError, match=r"can't find service rpcgen\.Health"):
            health.check("")


@pytest.mark.parametrize("server", [rpcgen.Server, aio.Server])
def test_health_of_a_server_without_it_says_what_to_do(
    server: type[rpcgen.Server] | type[aio.Server],
) -> None:
    with pytest.raises(RpcError, match="health=True"):
        _ = server().health
