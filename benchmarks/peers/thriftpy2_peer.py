"""thriftpy2: Thrift with the protocol and the transport in Cython."""

from __future__ import annotations

import io
from typing import Any

from thriftpy2.parser import load_fp
from thriftpy2.protocol import TCyBinaryProtocolFactory
from thriftpy2.rpc import make_client
from thriftpy2.server import TThreadedServer
from thriftpy2.thrift import TProcessor
from thriftpy2.transport import TCyFramedTransportFactory, TServerSocket

from benchmarks.values import build, copy, read

from .ends import Ready, split

__all__ = ["Client", "connect", "serve"]

THRIFT = load_fp(
    io.StringIO("""
struct Item { 1: string name, 2: i64 quantity, 3: double price, 4: bool in_stock }
struct Order {
    1: i64 id, 2: string customer, 3: double total, 4: bool paid, 5: i64 count, 6: string note,
    7: binary data, 8: double discount, 9: i64 created, 10: i64 priority,
    11: list<Item> items, 12: map<string, double> rates
}
service Arith {
    i64 multiply(1: i64 a, 2: i64 b),
    Order order(1: Order order),
    binary blob(1: binary data)
}
"""),
    "bench_thrift",
)


class Service:
    def multiply(self, a: int, b: int) -> int:
        return a * b

    def order(self, order: Any) -> Any:
        return copy(order, THRIFT.Order, THRIFT.Item)

    def blob(self, data: bytes) -> bytes:
        return data


class Listener(TServerSocket):
    """Says where it listens, on whatever port it got."""

    def __init__(self, ready: Ready) -> None:
        # No timeout: while others are measured, the connection stays.
        super().__init__("127.0.0.1", 0, client_timeout=None)
        self._ready = ready

    def listen(self) -> None:
        super().listen()
        host, port = self.sock.getsockname()
        self._ready(f"{host}:{port}")


def serve(ready: Ready) -> None:
    TThreadedServer(
        TProcessor(THRIFT.Arith, Service()),
        Listener(ready),
        iprot_factory=TCyBinaryProtocolFactory(),
        itrans_factory=TCyFramedTransportFactory(),
        daemon=True,
    ).serve()


class Client:
    def __init__(self, address: str) -> None:
        host, port = split(address)
        self._client = make_client(
            THRIFT.Arith,
            host,
            port,
            proto_factory=TCyBinaryProtocolFactory(),
            trans_factory=TCyFramedTransportFactory(),
            timeout=None,
        )

    def multiply(self, a: int, b: int) -> int:
        return int(self._client.multiply(a, b))

    def order(self) -> float:
        return read(self._client.order(build(THRIFT.Order, THRIFT.Item)))

    def blob(self, data: bytes) -> bytes:
        return bytes(self._client.blob(data))

    def close(self) -> None:
        self._client.close()


connect = Client
