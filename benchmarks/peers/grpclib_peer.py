"""grpclib: gRPC in pure Python, on asyncio."""

from __future__ import annotations

from typing import Any

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.const import Cardinality, Handler
from grpclib.server import Server

from benchmarks.proto import CLASSES, METHODS, SERVICE, build, copy
from benchmarks.values import read

from .ends import Ready, split

__all__ = ["Client", "connect", "serve"]

Args, Product, Blob = CLASSES["Args"], CLASSES["Product"], CLASSES["Blob"]


class Service:
    async def multiply(self, stream: Any) -> None:
        args = await stream.recv_message()
        await stream.send_message(Product(value=args.a * args.b))

    async def order(self, stream: Any) -> None:
        await stream.send_message(copy(await stream.recv_message()))

    async def blob(self, stream: Any) -> None:
        blob = await stream.recv_message()
        await stream.send_message(Blob(data=blob.data))

    def __mapping__(self) -> dict[str, Any]:
        """Return what grpclib's own generator writes here."""
        return {
            f"/{SERVICE}/{name}": Handler(
                getattr(self, name.lower()), Cardinality.UNARY_UNARY, request, reply
            )
            for name, (request, reply) in METHODS.items()
        }


async def serve(ready: Ready) -> None:
    server = Server([Service()])
    await server.start("127.0.0.1", 0)
    host, port = server._server.sockets[0].getsockname()  # it has no way to ask
    ready(f"{host}:{port}")
    await server.wait_closed()


class Client:
    def __init__(self, address: str) -> None:
        channel = Channel(*split(address))
        calls = {
            name: UnaryUnaryMethod(channel, f"/{SERVICE}/{name}", request, reply)
            for name, (request, reply) in METHODS.items()
        }
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
