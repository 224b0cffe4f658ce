"""net/rpc on asyncio, under the same names as `rpcgen` has for threads.

The names are looked up when they are first used, so that a program that never
uses them does not import asyncio.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call
    from .caller import Caller
    from .channel import Channel
    from .client import Client
    from .connect import ClientConnector, dial, dial_http, dial_http_path
    from .listener import Listener
    from .server import Server
    from .ticket import Ticket

__all__ = [
    "Call",
    "Caller",
    "Channel",
    "Client",
    "ClientConnector",
    "Listener",
    "Server",
    "Ticket",
    "dial",
    "dial_http",
    "dial_http_path",
]

_MODULES = {
    "Call": "call",
    "Caller": "caller",
    "Channel": "channel",
    "Client": "client",
    "ClientConnector": "connect",
    "Listener": "listener",
    "Server": "server",
    "Ticket": "ticket",
    "dial": "connect",
    "dial_http": "connect",
    "dial_http_path": "connect",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
