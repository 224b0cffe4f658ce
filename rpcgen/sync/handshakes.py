"""`Handshakes`: TLS handshakes of a server with its clients, each in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from rpcgen.logs import server_log
from rpcgen.net.sockets import MAX_HANDSHAKES, peer_address, peer_name

from .stream import Stream, wrap_tls

if TYPE_CHECKING:
    import ssl

__all__ = ["Handshakes"]


class Handshakes:
    """Those that are under way: a slow client holds up nobody but itself.

    Where there are too many, the slowest one makes room.

    Args:
        timeout: Maximum time of one in seconds.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        # Guards the two below, for a moment each time. A signal handler may come in between.
        self._lock = threading.RLock()
        # The oldest one comes first.
        self._connections: dict[socket.socket, None] = {}
        self._is_closed = False

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._connections)

    def begin(
        self,
        connection: socket.socket,
        context: ssl.SSLContext,
        serve: Callable[[Stream], object],
    ) -> None:
        """Shake hands with a client.

        Args:
            connection: Is closed if that fails.
            context: Holds the certificate.
            serve: Called afterwards, in the thread; may raise OSError or RuntimeError.

        Raises:
            RuntimeError: There are too many threads.
        """
        with self._lock:
            if len(self._connections) >= MAX_HANDSHAKES:
                slowest = next(iter(self._connections))
                del self._connections[slowest]
                Stream(slowest).shutdown()
            self._connections[connection] = None
        try:
            threading.Thread(
                target=self._run,
                args=(connection, context, serve),
                name="rpcgen-handshake",
                daemon=True,
            ).start()
        except RuntimeError:
            self._forget(connection)
            raise

    def close(self) -> None:
        """End those that are under way, and those that begin later."""
        with self._lock:
            self._is_closed = True
            connections = tuple(self._connections)
        for connection in connections:
            Stream(connection).shutdown()

    def _run(
        self,
        connection: socket.socket,
        context: ssl.SSLContext,
        serve: Callable[[Stream], object],
    ) -> None:
        if self._is_closed:
            Stream(connection).shutdown()
        place = peer_address(connection)
        try:
            deadline = monotonic() + self._timeout
            stream = wrap_tls(connection, context, server_hostname=None, deadline=deadline)
        except OSError as error:
            client = peer_name(place, connection)
            if isinstance(error, TimeoutError):
                client += f", handshake_timeout={self._timeout:g}"
            server_log.warning("rpc.Serve: TLS handshake: %s (from %s)", error, client)
            connection.close()
            return
        finally:
            self._forget(connection)
        try:
            serve(stream)
        except (OSError, RuntimeError) as error:
            server_log.error("rpc.Serve: %s", error)
            connection.close()

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.pop(connection, None)
