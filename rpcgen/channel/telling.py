"""Records of a channel's servers at INFO; `logging` is imported when there is something to log."""

from __future__ import annotations

from typing import Any

from rpcgen.errors import RpcError

from .resolver import without_password
from .servers import Server

__all__ = ["tell_ejected", "tell_reached_again", "tell_unreachable"]


def tell_unreachable(error: RpcError) -> None:
    """Log the first attempt in vain, of any number in a row.

    Args:
        error: How it has failed, which names the server.
    """
    from rpcgen.logs import client_log

    client_log.info("%s; tried again when calls ask for it", error)


def tell_reached_again(server: Server[Any]) -> None:
    """Log the end of that."""
    from rpcgen.logs import client_log

    client_log.info("%s is connected to again", without_password(server.endpoint.address))


def tell_ejected(server: Server[Any], error: RpcError, now: float) -> None:
    """Log that a server gets no calls for a while.

    Args:
        server: The server, which has been ejected.
        error: How its last call has failed.
        now: Time of the clock, in seconds.
    """
    from rpcgen.logs import client_log

    health = server.health
    text = "%s gets no calls for %.3g s: its last %d have failed, this one with: %s"
    client_log.info(
        text,
        without_password(server.endpoint.address),
        health.ejected_until - now,
        health.failures,
        error,
    )
