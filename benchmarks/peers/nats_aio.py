"""A request of nats-py and nothing else: the limit for calls through a broker.

The numbers travel as they are in memory: there are no types, no errors and no methods.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable

import nats
from nats.aio.client import Client as Connection
from nats.aio.msg import Msg

from .ends import Ready
from .nats_broker import start_broker

__all__ = ["Client", "connect", "multiply", "serve", "serve_messages"]

_ARGS = struct.Struct("<qq")
_REPLY = struct.Struct("<q")


def multiply(data: bytes) -> bytes:
    """Return the reply of a request."""
    a, b = _ARGS.unpack(data)
    return _REPLY.pack(a * b)


async def serve(ready: Ready) -> None:
    async def answer(message: Msg) -> None:
        await message.respond(multiply(message.data))

    await serve_messages(ready, answer)


async def serve_messages(ready: Ready, answer: Callable[[Msg], Awaitable[None]]) -> None:
    """Start a broker, and have each request that comes there answered."""
    address = start_broker()
    connection = await nats.connect(f"nats://{address}")
    await connection.subscribe("multiply", "workers", cb=answer)
    await connection.flush()
    ready(address)
    await asyncio.Event().wait()


class Client:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def multiply(self, a: int, b: int) -> int:
        reply = await self._connection.request("multiply", _ARGS.pack(a, b), timeout=60)
        product: int = _REPLY.unpack(reply.data)[0]
        return product


async def connect(address: str) -> Client:
    return Client(await nats.connect(f"nats://{address}"))
