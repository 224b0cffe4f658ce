"""connect-python: the Connect protocol, served by uvicorn."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from connectrpc.client import ConnectClient
from connectrpc.method import IdempotencyLevel, MethodInfo
from connectrpc.server import ConnectASGIApplication, Endpoint
from pyqwest import Client as HTTPClient
from pyqwest import HTTPTransport

from benchmarks.proto import CLASSES, METHODS, SERVICE, build, copy
from benchmarks.values import read

from .ends import Ready

__all__ = ["Client", "connect", "serve"]

Args, Product, Blob = CLASSES["Args"], CLASSES["Product"], CLASSES["Blob"]

INFO = {
    name: MethodInfo(
        name=name,
        service_name=SERVICE,
        input=request,
        output=reply,
        idempotency_level=IdempotencyLevel.UNKNOWN,
    )
    for name, (request, reply) in METHODS.items()
}


class Service:
    async def multiply(self, args: Any, context: object) -> Any:
        return Product(value=args.a * args.b)

    async def order(self, order: Any, context: object) -> Any:
        return copy(order)

    async def blob(self, blob: Any, context: object) -> Any:
        return Blob(data=blob.data)


class Application(ConnectASGIApplication):
    """Output of connect-python's own generator."""

    def __init__(self, service: Service) -> None:
        super().__init__(
            service=service,
            endpoints=lambda service: {
                f"/{SERVICE}/{name}": Endpoint.unary(
                    method=info, function=getattr(service, name.lower())
                )
                for name, info in INFO.items()
            },
            compressions=(),  # nobody else compresses
        )

    @property
    def path(self) -> str:
        return f"/{SERVICE}"


class Server(uvicorn.Server):
    """Says where it listens, on whatever port it got."""

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()
        self._ready(f"{host}:{port}")


async def serve(ready: Ready) -> None:
    config = uvicorn.Config(
        Application(Service()),
        host="127.0.0.1",
        port=0,
        log_level="error",
        access_log=False,
        timeout_keep_alive=3600,  # while others are measured, the connection stays
    )
    await Server(config, ready).serve()


class Client:
    def __init__(self, address: str) -> None:
        # As many connections as there are calls in flight stay open; by default, two would.
        transport = HTTPTransport(pool_max_idle_per_host=64)
        self._client = ConnectClient(
            f"http://{address}",
            send_compression=None,
            accept_compression=(),
            http_client=HTTPClient(transport),
        )

    async def multiply(self, a: int, b: int) -> int:
        return int((await self._call("Multiply", Args(a=a, b=b))).value)

    async def order(self) -> float:
        return read(await self._call("Order", build()))

    async def blob(self, data: bytes) -> bytes:
        return bytes((await self._call("Blob", Blob(data=data))).data)

    async def _call(self, name: str, request: Any) -> Any:
        return await self._client.execute_unary(request=request, method=INFO[name])


async def connect(address: str) -> Client:
    return Client(address)
