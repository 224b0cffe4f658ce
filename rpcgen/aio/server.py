"""The server on asyncio. Mirrors ``rpc.Server``."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from rpcgen.errors import DialError
from rpcgen.gob import Limits
from rpcgen.protocol import (
    CodecName,
    CodecOptions,
    Registry,
    ServerCodec,
    ServerProtocol,
    server_codec,
    server_protocol,
)
from rpcgen.sockets import send_at_once

from .answer import serve_request
from .connection import ServerTransport
from .listener import Listener
from .vigil import Vigil

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol.serving import AnyServerProtocol

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
        self._vigil: Vigil | None = None
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

    async def listen(
        self,
        address: str,
        codec: CodecName = "gob",
        *,
        tls: ssl.SSLContext | None = None,
        **options: Unpack[CodecOptions],
    ) -> Listener:
        """Open a listener for `serve`; its ``address`` says where it is.

        ``address`` is ``host:port``, ``tcp://host:port`` (port 0 takes a free
        one), ``unix:///path.sock``, ``http://host:port``,
        ``http+unix:///path.sock``, ``tls://host:port`` or
        ``https://host:port``; the last two take the certificate from ``tls``.
        ``codec`` is what is spoken there: ``gob``, or ``json`` for Go's
        ``net/rpc/jsonrpc``; ``options`` are those of `CodecOptions`, for its
        arguments. Raises `DialError`.
        """
        listener = Listener(address, tls)
        listener.codec_options = options
        try:
            # For what it raises: there must be such a codec, and for HTTP the package that parses.
            self._protocol(listener, codec)
        except DialError:
            listener.close()
            raise
        self._listeners[listener] = codec
        if self._serving:
            await self.accept(listener, codec)
        return listener

    async def accept(self, listener: Listener | socket.socket, codec: CodecName = "gob") -> None:
        """Serve, from now on, each connection that ``listener`` takes.

        A socket that listens will do as well. Mirrors ``rpc.Server.Accept``.
        """
        if isinstance(listener, socket.socket):
            listener = Listener(listener)
            self._listeners[listener] = codec  # for `close`
        await listener.start(lambda: self._transport(self._protocol(listener, codec)))

    async def serve(self) -> None:
        """Serve every listener, and return when `close` is called."""
        await self._start()
        try:
            await self._closed.wait()
        finally:
            await self.close()

    async def serve_conn(self, connection: socket.socket, codec: CodecName = "gob") -> None:
        """Serve one connected socket until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeConn``, and ``jsonrpc.ServeConn``.
        """
        await self.serve_codec(connection, server_codec(codec, self._limits))

    async def serve_codec(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one connected socket through ``codec``. Mirrors ``rpc.Server.ServeCodec``."""
        send_at_once(connection)
        transport = self._transport(ServerProtocol(self, codec))
        await asyncio.get_running_loop().connect_accepted_socket(lambda: transport, connection)
        await transport.wait_closed()

    async def serve_request(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one request, and leave the connection open.

        ``connection`` is a socket that does not block. ``codec`` keeps what it
        has read ahead, so it is the same in every call for a connection.
        Raises `ServerError` with the text that the client got, if the request
        was refused, `DisconnectedError` at the end of the connection, and
        `DecodeError` if it holds something else. Mirrors
        ``rpc.Server.ServeRequest``.
        """
        await serve_request(connection, ServerProtocol(self, codec), self._workers)

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
            await self.accept(listener, codec)

    def _protocol(self, listener: Listener, codec: CodecName) -> AnyServerProtocol:
        bound, options = listener.bound, listener.codec_options
        return server_protocol(
            self, codec, self._limits, bound.http_path, bound.known_as, **options
        )

    def _transport(self, protocol: AnyServerProtocol) -> ServerTransport:
        self._vigil = self._vigil or Vigil(asyncio.get_running_loop())
        return ServerTransport(protocol, self._connections, self._workers, self._vigil)
