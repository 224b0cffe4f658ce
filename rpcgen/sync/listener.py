"""Take connections. Mirrors ``net.Listen``."""

from __future__ import annotations

import os
import socket
import stat
from types import TracebackType
from typing import Self

from rpcgen.errors import DialError
from rpcgen.protocol import Address, parse_address

__all__ = ["Listener", "listen"]

_BACKLOG = 1024


class Listener:
    """A socket that takes connections; ``address`` is where it is, as `dial` wants it.

    A context manager that closes it.
    """

    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening
        self._closed = False
        self.address = str(_address_of(listening))

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

    def accept(self) -> socket.socket:
        """Wait for a connection and return it. Raises `OSError` once the listener is closed."""
        connection, _ = self._socket.accept()
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

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
        address = parse_address(self.address)
        if address.network == "unix":
            _remove_socket(address.path)


def listen(address: str) -> Listener:
    """Listen on ``host:port``, ``tcp://host:port`` (port 0 takes a free one) or ``unix:///path``.

    Raises `DialError` if that is not possible.
    """
    parsed = parse_address(address)
    try:
        if parsed.network == "unix":
            return Listener(_listen_unix(parsed.path))
        return Listener(_listen_tcp(parsed.host, parsed.port))
    except OSError as error:
        raise DialError(f"cannot listen on {parsed}: {error}") from error


def _listen_tcp(host: str, port: int) -> socket.socket:
    family, _, _, _, place = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place[:2], family=family, backlog=_BACKLOG)


def _listen_unix(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _remove_socket(path: str) -> None:
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)
    except FileNotFoundError:
        pass  # somebody else tidied up


def _address_of(listening: socket.socket) -> Address:
    place = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return Address("unix", path=place)
    return Address("tcp", host=place[0], port=place[1])
