"""rpcgen with threads and sockets, served by two processes behind one port."""

from __future__ import annotations

import rpcgen
from benchmarks.generated.bench import register_arith

from .ends import Ready
from .rpcgen_sync import Service

__all__ = ["serve", "serve_in_processes"]


def serve(ready: Ready) -> None:
    serve_in_processes(ready, 2)


def serve_in_processes(ready: Ready, count: int) -> None:
    server = rpcgen.Server()
    register_arith(server, Service())
    ready(server.listen("tcp://127.0.0.1:0").address.removeprefix("tcp://"))
    server.serve(processes=count)
