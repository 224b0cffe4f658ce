"""rpcgen with threads and sockets, through a pool of four connections to one server."""

from __future__ import annotations

from benchmarks.generated.bench import ArithClient

from . import rpcgen_sync

__all__ = ["Client", "connect"]


class Client(rpcgen_sync.Client):
    def __init__(self, address: str) -> None:
        self._arith = ArithClient.dial(address, connections=4)


connect = Client
