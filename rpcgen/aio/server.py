"""The server on asyncio. Mirrors ``rpc.Server``."""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from rpcgen.errors import DialError
from rpcgen.gob import Limits
from rpcgen.protocol import (
    Address,
    GobServerCodec,
    Registry,
    ServerProtocol,
    parse_address,
)

from .connection import ServerTransport

__all__ = ["Listener", "Server"]

_BACKLOG = 1024


class Listener:
    """A socket that takes connections; ``address`` is where it is, as `dial` wants it."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.address = str(_address_of(server))

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    async def start(self) -> None:
        """Begin to take connections."""
        await self._server.start_serving()

    def close(self) -> None:
        """Take no more connections; removes a unix socket's file."""
        self._server.close()
        address = parse_address(self.address)
        if address.network == "unix" and os.path.exists(address.path):
            os.unlink(address.path)


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
        self._listeners: list[Listener] = []
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

    async def listen(self, address: str) -> Listener:
        """Open a listener for `serve`; its ``address`` says where it is.

        ``address`` is ``host:port``, ``tcp://host:port`` (port 0 takes a free
        one) or ``unix:///path.sock``. Raises `DialError`.
        """
        parsed = parse_address(address)
        try:
            listener = Listener(await self._open(parsed))
        except OSError as error:
            raise DialError(f"cannot listen on {parsed}: {error}") from error
        self._listeners.append(listener)
        if self._serving:
            await listener.start()
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
        self._serving = True
        for listener in self._listeners:
            await listener.start()

    async def _open(self, address: Address) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if address.network == "unix":
            return await loop.create_unix_server(
                self._transport, address.path, backlog=_BACKLOG, start_serving=False
            )
        return await loop.create_server(
            self._transport,
            address.host or None,
            address.port,
            backlog=_BACKLOG,
            start_serving=False,
        )

    def _transport(self) -> ServerTransport:
        protocol = ServerProtocol(self, GobServerCodec(self._limits))
        return ServerTransport(protocol, self._connections, self._workers)


def _address_of(server: asyncio.Server) -> Address:
    listening = server.sockets[0]
    place = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return Address("unix", path=place)
    return Address("tcp", host=place[0], port=place[1])
