"""The server with threads and sockets. Mirrors ``rpc.Server``."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from rpcgen.errors import DialError, RegisterError
from rpcgen.gob import Limits
from rpcgen.method import Handler
from rpcgen.protocol import (
    CodecName,
    CodecOptions,
    Registry,
    ServerCodec,
    ServerProtocol,
    server_codec,
    server_protocol,
)
from rpcgen.sockets import PASSING, send_at_once

from .answer import serve_request
from .connection import ServerConnection
from .listener import Listener
from .loop import Loop
from .stream import Stream

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol.serving import AnyServerProtocol

__all__ = ["Server"]

_log = logging.getLogger("rpcgen.server")


class Server(Registry):
    """Serves the methods that are registered, over any number of connections.

    One thread reads all connections and carries out what is fast. The requests
    of a connection are carried out side by side nevertheless, by up to
    ``workers`` threads for the whole server, and answered in the order in which
    they end: a call that takes longer than 10 ms holds up no other.
    ``limits``: how large a request may be.

    ``with server:`` serves in the background what `listen` has opened, and
    closes at the end. Mirrors ``rpc.Server``.
    """

    def __init__(self, *, workers: int = 1024, limits: Limits | None = None) -> None:
        super().__init__(threading.Lock)
        self._limits = limits
        self._loop = Loop(workers)
        # Guards the three below, which `close` looks at while others add to them.
        self._lock = threading.Lock()
        self._listeners: dict[Listener, CodecName] = {}
        self._handshakes: set[socket.socket] = set()
        self._serving = False
        self._closed = threading.Event()

    def __repr__(self) -> str:
        names = ", ".join(service.name for service in self.services)
        return f"<Server of {names or 'nothing'}>"

    def __enter__(self) -> Self:
        self._serve_listeners()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def register_name(
        self, name: str, handlers: Iterable[Handler], described_by: type[object] | None = None
    ) -> None:
        """Serve ``handlers`` under ``name``; see `Registry.register_name`.

        Raises `RegisterError` for an ``async def`` too.
        """
        handlers = tuple(handlers)
        for handler in handlers:
            if handler.is_async:
                raise RegisterError(
                    f"rpc.Register: {handler.method.name} is async: serve it with rpcgen.aio.Server"
                )
        super().register_name(name, handlers, described_by)

    def listen(
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
        with self._lock:
            self._listeners[listener] = codec
            serving = self._serving
        if serving:
            self._start_accepting(listener, codec)
        return listener

    def serve(self) -> None:
        """Serve every listener, and return when `close` is called."""
        self._serve_listeners()
        try:
            self._closed.wait()
        finally:
            self.close()

    def accept(self, listener: Listener | socket.socket, codec: CodecName = "gob") -> None:
        """Serve each connection that ``listener`` takes; return when it is closed.

        A socket that listens will do as well. Mirrors ``rpc.Server.Accept``.
        """
        if isinstance(listener, socket.socket):
            listener = Listener(listener)
        while not self._closed.is_set():
            try:
                connection = listener.accept()
            except OSError as error:
                if listener.closed:
                    return
                _log.error("rpc.Serve: accept: %s", error)
                if error.errno not in PASSING:
                    return
                self._closed.wait(0.1)
                continue
            try:
                if listener.shakes_hands:
                    self._shake_hands_aside(listener, connection, codec)
                else:
                    self._serve(Stream(connection), self._protocol(listener, codec))
            except (OSError, RuntimeError) as error:  # too many files, or too many threads
                _log.error("rpc.Serve: %s", error)
                connection.close()
                self._closed.wait(0.1)

    def serve_conn(self, connection: socket.socket, codec: CodecName = "gob") -> None:
        """Serve one connection until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeConn``, and ``jsonrpc.ServeConn``.
        """
        self.serve_codec(connection, server_codec(codec, self._limits))

    def serve_codec(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one connection through ``codec``. Mirrors ``rpc.Server.ServeCodec``."""
        send_at_once(connection)
        served = self._serve(Stream(connection), ServerProtocol(self, codec))
        try:
            served.wait_closed()
        except BaseException:  # the thread is interrupted
            served.hang_up()
            raise

    def serve_request(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one request in this thread, and leave the connection open.

        ``codec`` keeps what it has read ahead, so it is the same in every call
        for a connection. Raises `ServerError` with the text that the client
        got, if the request was refused, `DisconnectedError` at the end of the
        connection, and `DecodeError` if it holds something else. Mirrors
        ``rpc.Server.ServeRequest``.
        """
        serve_request(Stream(connection), ServerProtocol(self, codec))

    def close(self, grace: float = 1.0) -> None:
        """Take no more connections and requests, answer what is under way, and hang up.

        Calls that take longer than ``grace`` seconds are not waited for, the
        one whose handler calls this among them.
        """
        with self._lock:
            self._closed.set()
            listeners, self._listeners = self._listeners, {}
            handshakes = set(self._handshakes)
        for listener in listeners:
            listener.close()
        for handshake in handshakes:
            Stream(handshake).shutdown()
        connections = self._loop.connections
        for connection in connections:
            connection.stop_reading()
        deadline = time.monotonic() + grace
        for connection in connections:
            connection.wait_closed(max(0.0, deadline - time.monotonic()))
            connection.hang_up()
        self._loop.workers.shutdown()

    def _serve_listeners(self) -> None:
        with self._lock:
            self._serving = True
            listeners = tuple(self._listeners.items())
        for listener, codec in listeners:
            self._start_accepting(listener, codec)

    def _start_accepting(self, listener: Listener, codec: CodecName) -> None:
        threading.Thread(
            target=self.accept,
            args=(listener, codec),
            name=f"rpcgen {listener.address}",
            daemon=True,
        ).start()

    def _shake_hands_aside(
        self, listener: Listener, connection: socket.socket, codec: CodecName
    ) -> None:
        """Shake hands in a thread: a slow client holds up nobody but itself."""
        threading.Thread(
            target=self._shake_hands,
            args=(listener, connection, codec),
            name="rpcgen-handshake",
            daemon=True,
        ).start()

    def _shake_hands(self, listener: Listener, connection: socket.socket, codec: CodecName) -> None:
        with self._lock:
            self._handshakes.add(connection)
            if self._closed.is_set():
                Stream(connection).shutdown()
        try:
            stream = listener.stream(connection)
        except OSError as error:
            _log.warning("rpc.Serve: TLS handshake: %s", error)
            connection.close()
            return
        finally:
            with self._lock:
                self._handshakes.discard(connection)
        try:
            self._serve(stream, self._protocol(listener, codec))
        except (OSError, RuntimeError) as error:
            _log.error("rpc.Serve: %s", error)
            connection.close()

    def _protocol(self, listener: Listener, codec: CodecName) -> AnyServerProtocol:
        bound, options = listener.bound, listener.codec_options
        return server_protocol(
            self, codec, self._limits, bound.http_path, bound.known_as, **options
        )

    def _serve(self, stream: Stream, protocol: AnyServerProtocol) -> ServerConnection:
        """Serve a connection from now on."""
        served = ServerConnection(stream, protocol, self._loop)
        self._loop.add(served)
        if self._closed.is_set():  # after `close` has looked for connections
            served.stop_reading()
        return served
