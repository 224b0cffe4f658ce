"""grpcio on asyncio."""

from __future__ import annotations

from typing import Any

import grpc.aio

from benchmarks.proto import CLASSES, build, copy
from benchmarks.values import read

from .ends import Ready
from .grpc_service import OPTIONS, generic_handler, stubs

__all__ = ["Client", "connect", "serve"]

Args, Product, Blob = CLASSES["Args"], CLASSES["Product"], CLASSES["Blob"]


async def multiply(args: Any, context: object) -> Any:
    return Product(value=args.a * args.b)


async def order(order: Any, context: object) -> Any:
    return copy(order)


async def blob(blob: Any, context: object) -> Any:
    return Blob(data=blob.data)


async def serve(ready: Ready) -> None:
    server = grpc.aio.server(options=OPTIONS)
    functions = {"Multiply": multiply, "Order": order, "Blob": blob}
    server.add_generic_rpc_handlers((generic_handler(functions),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ready(f"127.0.0.1:{port}")
    await server.wait_for_termination()


class Client:
    def __init__(self, address: str) -> None:
        calls = stubs(grpc.aio.insecure_channel(address, options=OPTIONS))
        self._multiply: Any = calls["Multiply"]
        self._order: Any = calls["Order"]
        self._blob: Any = calls["Blob"]

    async def multiply(self, a: int, b: int) -> int:
        return int((await self._multiply(Args(a=a, b=b))).value)

    async def order(self) -> float:
        return read(await self._order(build()))

    async def blob(self, data: bytes) -> bytes:
        return bytes((await self._blob(Blob(data=data))).data)


async def connect(address: str) -> Client:
    return Client(address)
