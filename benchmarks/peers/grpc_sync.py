"""grpcio with threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from benchmarks.proto import CLASSES, build, copy
from benchmarks.values import read

from .ends import Future, Ready
from .grpc_service import OPTIONS, generic_handler, stubs

__all__ = ["Client", "connect", "serve"]

Args, Product, Blob = CLASSES["Args"], CLASSES["Product"], CLASSES["Blob"]


def serve(ready: Ready) -> None:
    # As many workers as in grpcio's own examples.
    server = grpc.server(ThreadPoolExecutor(10), options=OPTIONS)
    functions = {
        "Multiply": lambda args, context: Product(value=args.a * args.b),
        "Order": lambda order, context: copy(order),
        "Blob": lambda blob, context: Blob(data=blob.data),
    }
    server.add_generic_rpc_handlers((generic_handler(functions),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ready(f"127.0.0.1:{port}")
    server.wait_for_termination()


class Client:
    def __init__(self, address: str) -> None:
        calls = stubs(grpc.insecure_channel(address, options=OPTIONS))
        self._multiply: Any = calls["Multiply"]
        self._order: Any = calls["Order"]
        self._blob: Any = calls["Blob"]

    def multiply(self, a: int, b: int) -> int:
        return int(self._multiply(Args(a=a, b=b)).value)

    def order(self) -> float:
        return read(self._order(build()))

    def blob(self, data: bytes) -> bytes:
        return bytes(self._blob(Blob(data=data)).data)

    def go(self, a: int, b: int) -> Future:
        future: Future = self._multiply.future(Args(a=a, b=b))
        return future


connect = Client
