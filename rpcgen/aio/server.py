"""The server on asyncio. Mirrors ``rpc.Server``."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self

from rpcgen.gob import Limits
from rpcgen.protocol import CodecName, Registry, ServerProtocol, server_codec

from .connection import ServerTransport
from .listener import Listener

__all__ = ["Server"]


class Server(Registry):
    """Serves the methods that are registered, on one event loop.

    An ``async def`` runs as a task, a plain function in one of up to
    ``workers`` threads; the requests of a connection run side by side and are
    answered in the order in which they end. ``limits``: how large a request
    may be.

    ``async with server:`` serves in the background what `listen` has opened,
    and closes at the end. Mirrors ``rpc.Server``.
    """

    def __init__(self, *, workers: int = 1024, limits: Limits | None = None) -> None:
        super().__init__()
        self._limits = limits
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="rpcgen-worker")
        self._listeners: dict[Listener, CodecName] = {}
        self._connections: set[ServerTransport] = set()
        self._serving = False
        self._closed = asyncio.Event()

    def __repr__(self) -> str:
        names = ", ".join(service.name for service in self.services)
        return f"<Server of {names or 'nothing'}>"

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def listen(self, address: str, codec: CodecName = "gob") -> Listener:
        """Open a listener for `serve`; its ``address`` says where it is.

        ``address`` is ``host:port``, ``tcp://host:port`` (port 0 takes a free
        one) or ``unix:///path.sock``; ``codec`` what is spoken there: ``gob``,
        or ``json`` for Go's ``net/rpc/jsonrpc``. Raises `DialError`.
        """
        server_codec(codec)  # there must be one
        listener = Listener(address)
        self._listeners[listener] = codec
        if self._serving:
            await listener.start(partial(self._transport, codec))
        return listener

    async def serve(self) -> None:
        """Serve every listener, and return when `close` is called."""
        await self._start()
        try:
            await self._closed.wait()
        finally:
            await self.close()

    async def close(self, grace: float = 1.0) -> None:
        """Take no more connections and requests, answer what is under way, and hang up.

        Calls that take longer than ``grace`` seconds are not waited for: their
        tasks are cancelled.
        """
        self._closed.set()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        connections = set(self._connections)
        for connection in connections:
            connection.stop_reading()
        if connections:
            ends = [asyncio.ensure_future(connection.wait_closed()) for connection in connections]
            await asyncio.wait(ends, timeout=grace)
        for connection in connections:
            connection.hang_up()
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _start(self) -> None:
        if self._serving:
            return
        self._serving = True
        for listener, codec in self._listeners.items():
            await listener.start(partial(self._transport, codec))

    def _transport(self, codec: CodecName) -> ServerTransport:
        protocol = ServerProtocol(self, server_codec(codec, self._limits))
        return ServerTransport(protocol, self._connections, self._workers)
