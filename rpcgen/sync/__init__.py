"""net/rpc with threads and sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .call import Call
from .client import Client
from .connect import dial, dial_http, dial_http_path

if TYPE_CHECKING:
    from .caller import Caller
    from .channel import Channel
    from .listener import Listener
    from .server import Server
    from .ticket import Ticket

__all__ = [
    "Call",
    "Caller",
    "Channel",
    "Client",
    "Listener",
    "Server",
    "Ticket",
    "dial",
    "dial_http",
    "dial_http_path",
]


def __getattr__(name: str) -> Any:
    # A client does without the server's imports (logging, concurrent.futures).
    if name == "Caller":
        from .caller import Caller

        return Caller
    if name == "Channel":
        from .channel import Channel

        return Channel
    if name == "Server":
        from .server import Server

        return Server
    if name == "Listener":
        from .listener import Listener

        return Listener
    if name == "Ticket":
        from .ticket import Ticket

        return Ticket
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
