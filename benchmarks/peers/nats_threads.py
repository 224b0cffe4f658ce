"""A request of nats-py from a thread: what a program without asyncio makes of the library.

nats-py needs an event loop, which runs in a thread of its own. Whoever calls leaves the coroutine
there, and sleeps until it has ended.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from . import nats_aio

__all__ = ["Client", "connect"]


class Client:
    def __init__(self, address: str) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        connecting = asyncio.run_coroutine_threadsafe(nats_aio.connect(address), self._loop)
        self._client = connecting.result()

    def multiply(self, a: int, b: int) -> int:
        return self.go(a, b).result()

    def go(self, a: int, b: int) -> Future[int]:
        return asyncio.run_coroutine_threadsafe(self._client.multiply(a, b), self._loop)


connect = Client
