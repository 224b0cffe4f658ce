"""rpcgen on asyncio, whichever loop runs it."""

from __future__ import annotations

from collections.abc import Awaitable

from benchmarks.generated.bench import AsyncArithClient, register_async_arith
from benchmarks.messages import Args, Item, Order
from benchmarks.values import METADATA, TIMEOUT, build, copy, read
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


async def serve(ready: Ready, *, spin: bool = True) -> None:
    server = aio.Server(spin=spin)
    register_async_arith(server, Service())
    listener = await server.listen("tcp://127.0.0.1:0")
    ready(listener.address.removeprefix("tcp://"))
    await server.serve()


class Client:
    _timed: AsyncArithClient
    _tagged: AsyncArithClient

    def __init__(self, address: str, arith: AsyncArithClient) -> None:
        self._address = address
        self._arith = arith
        self._has_options = False

    def multiply(self, a: int, b: int) -> Awaitable[int]:
        return self._arith.multiply(Args(a, b))

    async def order(self) -> float:
        return read(await self._arith.order(build(Order, Item)))

    def blob(self, data: bytes) -> Awaitable[bytes]:
        return self._arith.blob(data)

    def numbers(self, numbers: list[int]) -> Awaitable[list[int]]:
        return self._arith.numbers(numbers)

    async def connect_with_options(self) -> None:
        if self._has_options:
            return
        self._timed = await AsyncArithClient.dial(self._address, call_timeout=TIMEOUT)
        self._tagged = await AsyncArithClient.dial(self._address, metadata=METADATA)
        self._has_options = True

    def timeout(self, a: int, b: int) -> Awaitable[int]:
        return self._timed.multiply(Args(a, b))

    def metadata(self, a: int, b: int) -> Awaitable[int]:
        return self._tagged.multiply(Args(a, b))


async def connect(address: str, *, spin: bool = True) -> Client:
    return Client(address, await AsyncArithClient.dial(address, spin=spin))
