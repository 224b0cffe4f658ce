"""rpcgen on asyncio, through a pool of four connections to one server."""

from __future__ import annotations

from benchmarks.generated.bench import AsyncArithClient

from .rpcgen_aio import Client

__all__ = ["connect"]


async def connect(address: str) -> Client:
    return Client(address, await AsyncArithClient.dial(address, connections=4))
