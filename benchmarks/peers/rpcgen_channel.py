"""rpcgen with threads and sockets, through a channel of one connection."""

from __future__ import annotations

from benchmarks.generated.bench import ArithClient

from . import rpcgen_sync

__all__ = ["Client", "connect"]


class Client(rpcgen_sync.Client):
    def __init__(self, address: str) -> None:
        self._arith = ArithClient.dial(address, reconnect=True)


connect = Client
