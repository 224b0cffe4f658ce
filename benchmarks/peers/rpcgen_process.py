"""rpcgen with threads and sockets, served by one process beside the program's own."""

from __future__ import annotations

from .ends import Ready
from .rpcgen_processes import serve_in_processes

__all__ = ["serve"]


def serve(ready: Ready) -> None:
    serve_in_processes(ready, 1)
