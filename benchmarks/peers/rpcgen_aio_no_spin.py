"""rpcgen on asyncio, both ends of which sleep at once where they wait."""

from __future__ import annotations

from functools import partial

from . import rpcgen_aio

__all__ = ["connect", "serve"]

serve = partial(rpcgen_aio.serve, spin=False)
connect = partial(rpcgen_aio.connect, spin=False)
