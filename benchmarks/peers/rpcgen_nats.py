"""rpcgen with threads, through a NATS broker."""

from __future__ import annotations

from benchmarks.generated.bench import ArithClient, register_arith
from rpcgen import Retry, Server

from . import rpcgen_sync
from .ends import Ready
from .nats_broker import start_broker

__all__ = ["Client", "connect", "serve"]


def serve(ready: Ready) -> None:
    address = start_broker()
    server = Server()
    register_arith(server, rpcgen_sync.Service())
    server.announce(f"nats://{address}", version="1.0.0", via="nats")
    with server:
        ready(address)
        server.serve()


class Client(rpcgen_sync.Client):
    def __init__(self, address: str) -> None:
        retry = Retry(attempts=50, backoff=0.1)
        self._arith = ArithClient.dial(f"nats://{address}", via="nats", retry=retry)


connect = Client
