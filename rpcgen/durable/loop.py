"""`BrokerLoop`: a connection to a broker in a thread of its own, for either API."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from rpcgen.protocol.server_session import error_text
from rpcgen.resolve.brokers import Brokers
from rpcgen.resolve.loop_thread import LoopThread
from rpcgen.resolve.nats_connection import Client, stay_connected

__all__ = ["BrokerLoop"]

T = TypeVar("T")

# Maximum time in seconds for the thread to end.
_END_S: Final = 5.0

# Seconds between two looks for a connection, by those who wait for one.
_LOOK_S: Final = 0.02


class BrokerLoop:
    """Runs coroutines beside a connection to a broker, which is made again whenever it is lost.

    Args:
        brokers: Where to connect to.
        name: Name of the connection, for those who look at the broker.
    """

    def __init__(self, brokers: Brokers, name: str) -> None:
        self._brokers = brokers
        self._name = name
        self._client: Client | None = None
        self.trouble = ""
        """Error of the connection's last end; empty while it is there."""
        self._thread = LoopThread(self._run, "rpcgen-durable")

    def start(self, make: Callable[[], Coroutine[Any, Any, T]]) -> concurrent.futures.Future[T]:
        """Start a coroutine in the thread; it is cancelled when this is closed.

        Raises:
            ShutdownError: It was closed before.
        """
        return self._thread.start(make)

    def close(self) -> None:
        """End the connection, and cancel what runs beside it."""
        self._thread.stop()
        self._thread.join(_END_S)

    async def connected(self) -> Client:
        """Wait for a connection; to be awaited in the thread."""
        while self._client is None or not self._client.is_connected:
            await asyncio.sleep(_LOOK_S)
        return self._client

    async def _run(self) -> None:
        await stay_connected(
            self._brokers, self._name, self._use, self._note_trouble, self._note_reconnected
        )

    async def _use(self, client: Client) -> None:
        self._client, self.trouble = client, ""
        try:
            while not client.is_closed:
                await asyncio.sleep(1.0)
        finally:
            self._client = None

    def _note_trouble(self, error: Exception) -> None:
        self.trouble = error_text(error)

    async def _note_reconnected(self) -> None:
        self.trouble = ""
