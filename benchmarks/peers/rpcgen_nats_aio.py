"""rpcgen on asyncio, through a NATS broker."""

from __future__ import annotations

from benchmarks.generated.bench import AsyncArithClient, register_async_arith
from rpcgen import Retry, aio

from .ends import Ready
from .nats_broker import start_broker
from .rpcgen_aio import Client, Service

__all__ = ["connect", "serve"]


async def serve(ready: Ready) -> None:
    address = start_broker()
    server = aio.Server()
    register_async_arith(server, Service())
    server.announce(f"nats://{address}", version="1.0.0", via="nats")
    async with server:
        ready(address)
        await server.serve()


async def connect(address: str) -> Client:
    retry = Retry(attempts=50, backoff=0.1)
    broker = f"nats://{address}"
    return Client(broker, await AsyncArithClient.dial(broker, via="nats", retry=retry))
