"""rpcgen with threads and sockets, both ends of which sleep at once where they wait."""

from __future__ import annotations

from functools import partial

from . import rpcgen_sync

__all__ = ["connect", "serve"]

serve = partial(rpcgen_sync.serve, spin=False)
connect = partial(rpcgen_sync.Client, spin=False)
