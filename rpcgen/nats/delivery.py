"""`Delivery`: hands frames to a client or a server, those that came together in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import Sized

from rpcgen.resolve.nats_connection import Client

from .outbox import End

__all__ = ["Delivery"]


class Delivery:
    """Frames that have come, in their order, on one event loop.

    To take one costs a client or a server more than to decode it. So a frame waits for those whose
    messages were read with its own, and none for anything else.

    Args:
        client: The connection by which the messages come.
        end: The end of the client or the server.
    """

    def __init__(self, client: Client, end: End) -> None:
        self._client = client
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Hand a frame over, now or at the end of this turn of the loop at the latest."""
        waiting = self._waiting
        if not _unread(self._client):
            if not waiting:
                self._end.send(data)
                return
            waiting.append(data)
            self.flush()
            return
        if not waiting:
            self._loop.call_soon(self.flush)
        waiting.append(data)

    def flush(self) -> None:
        """Hand over what waits."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._end.send(data)


def _unread(client: Client) -> Sized:
    """Return what was read with the message that is being taken and comes after it, if known.

    nats-py tells nobody. Where it keeps that elsewhere one day, frames do not wait for each other.
    """
    parser = getattr(client, "_ps", None)
    unread: Sized = getattr(parser, "buf", b"")
    return unread
