"""rpcgen on asyncio, whichever loop runs it."""

from __future__ import annotations

from collections.abc import Awaitable

from benchmarks.generated.bench import AsyncArithClient, register_async_arith
from benchmarks.messages import Args, Item, Order
from benchmarks.values import build, copy, read
from rpcgen import aio

from .ends import Ready

__all__ = ["Client", "connect", "serve"]


class Service:
    async def multiply(self, args: Args) -> int:
        return args.a * args.b

    async def order(self, order: Order) -> Order:
        return copy(order, Order, Item)

    async def blob(self, data: bytes) -> bytes:
        return data

    async def numbers(self, numbers: list[int]) -> list[int]:
        return numbers


async def serve(ready: Ready) -> None:
    server = aio.Server()
    register_async_arith(server, Service())
    listener = await server.listen("tcp://127.0.0.1:0")
    ready(listener.address.removeprefix("tcp://"))
    await server.serve()


class Client:
    def __init__(self, arith: AsyncArithClient) -> None:
        self._arith = arith

    def multiply(self, a: int, b: int) -> Awaitable[int]:
        return self._arith.multiply(Args(a, b))

    async def order(self) -> float:
        return read(await self._arith.order(build(Order, Item)))

    def blob(self, data: bytes) -> Awaitable[bytes]:
        return self._arith.blob(data)

    def numbers(self, numbers: list[int]) -> Awaitable[list[int]]:
        return self._arith.numbers(numbers)


async def connect(address: str) -> Client:
    return Client(await AsyncArithClient.dial(address))
