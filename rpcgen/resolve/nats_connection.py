"""A connection to a NATS broker that is made again whenever it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

try:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
except ImportError as error:
    raise ImportError("nats:// needs nats-py: pip install 'rpcgen[nats]'") from error

from rpcgen.logs import client_log

__all__ = ["Client", "Msg", "Trouble", "connect"]

# Seconds for one attempt to connect, and between two.
_CONNECT_S: Final = 5
_PAUSE_S: Final = 1

# Seconds between two signs of life that a broker is asked for; it is lost after two without one.
_PING_S: Final = 10

# Seconds between two cancellations of the same attempt.
_CANCEL_S: Final = 0.1

Trouble: TypeAlias = Callable[[Exception], Awaitable[None]]


async def connect(
    broker: str, name: str, trouble: Trouble, reconnected: Callable[[], Awaitable[None]]
) -> Client:
    """Return a connection, once there is one; it never gives up.

    Args:
        broker: ``nats://host:port``, with a user and a password if need be.
        name: That of the connection, for those who look at the broker.
        trouble: Called with each error.
        reconnected: Called when a lost connection is there again.
    """

    async def failed(error: Exception) -> None:
        client_log.debug("nats: %s", error)
        await trouble(error)

    client = Client()
    connecting = asyncio.ensure_future(
        client.connect(
            broker,
            name=name,
            error_cb=failed,
            reconnected_cb=reconnected,
            connect_timeout=_CONNECT_S,
            reconnect_time_wait=_PAUSE_S,
            max_reconnect_attempts=-1,
            ping_interval=_PING_S,
            allow_reconnect=True,
        )
    )
    try:
        await asyncio.shield(connecting)
    except BaseException:
        await _end(connecting)
        await client.close()
        raise
    return client


async def _end(connecting: asyncio.Future[None]) -> None:
    """End an attempt to connect, which takes some cancellations for those of its own."""
    while not connecting.done():
        connecting.cancel()
        await asyncio.wait((connecting,), timeout=_CANCEL_S)
    if not connecting.cancelled():
        connecting.exception()  # which is of no interest any more
