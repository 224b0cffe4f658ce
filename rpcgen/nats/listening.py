"""`listen`: takes messages of a NATS subject in the very step of the event loop that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rpcgen.logs import client_log
from rpcgen.resolve.nats_connection import Client, Msg, Subscription

__all__ = ["Heard", "listen"]

Heard = Callable[[Msg], object]
"""Takes a message, and waits for nothing."""


async def listen(client: Client, subject: str, heard: Heard, queue: str = "") -> Subscription:
    """Subscribe to a subject, and have each message taken at once.

    A callback of nats-py runs in a task of its subscription, which a queue wakes: one more turn of
    the event loop for each message. What a ``future`` is given, it is given at once.

    Args:
        client: The connection.
        subject: The subject.
        heard: Called with each message, in its order.
        queue: Group of which one member gets each message; empty: everybody gets it.
    """
    return await client.subscribe(subject, queue, future=_Ear(heard))


class _Ear(asyncio.Future[Msg]):
    """A future that is never done, and whose results are messages, any number of them."""

    def __init__(self, heard: Heard) -> None:
        super().__init__()
        self._heard = heard

    def set_result(self, result: Msg, /) -> None:
        """Take a message."""
        try:
            self._heard(result)
        except Exception:  # a fault of ours, which would end the connection there
            client_log.exception("nats: a message of %s was not taken", result.subject)
