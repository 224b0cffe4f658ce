"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rpcgen.sockets import (
    LONGEST_HANDSHAKE,
    open_listener,
    remove_socket_file,
    send_at_once,
)

from .stream import Stream, secure

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol import CodecOptions

__all__ = ["Listener"]


class Listener:
    """A socket that takes connections.

    Made for an address such as ``tcp://127.0.0.1:0`` or ``unix:///run/my.sock``,
    with the context that ``tls://`` and ``https://`` need, or for a socket that
    listens already; ``address`` is what it is bound to, as `dial` wants it. A
    context manager that closes it. Raises `DialError` if the address cannot be
    had.
    """

    def __init__(self, address: str | socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._socket, self.bound = open_listener(address, has_tls=tls is not None)
        self.address = str(self.bound)
        self._tls = tls
        # How arguments are read on its connections.
        self.codec_options: CodecOptions = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def shakes_hands(self) -> bool:
        """Whether `stream` waits for the client, as it does for TLS."""
        return self._tls is not None

    def accept(self) -> socket.socket:
        """Wait for a connection and return it. Raises `OSError` once the listener is closed."""
        connection, _ = self._socket.accept()
        send_at_once(connection)
        return connection

    def stream(self, connection: socket.socket) -> Stream:
        """Return the stream of an accepted connection, after the handshake if there is TLS.

        Raises `OSError` if that fails.
        """
        if self._tls is None:
            return Stream(connection)
        connection.settimeout(LONGEST_HANDSHAKE)
        return secure(connection, self._tls, server_hostname=None)

    def close(self) -> None:
        """Take no more connections; a thread in `accept` wakes up. Removes a unix socket's file."""
        if self._closed:
            return
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed before, or a system where listening sockets have no shutdown
        self._socket.close()
        remove_socket_file(self.bound)
