"""Sockets that listen: what both faces need of the operating system."""

from __future__ import annotations

import os
import socket
import stat

from .errors import DialError
from .protocol import Address, parse_address

__all__ = ["BACKLOG", "bound_address", "listening_socket", "remove_socket_file"]

BACKLOG = 1024
"""How many connections may wait to be accepted."""


def listening_socket(address: str) -> socket.socket:
    """Return a socket that listens on ``host:port``, ``tcp://host:port`` or ``unix:///path``.

    Clients can connect from here on, and wait to be accepted; port 0 takes a
    free one. Raises `DialError` if the address cannot be had.
    """
    parsed = parse_address(address)
    try:
        if parsed.network == "unix":
            return _listen_unix(parsed.path)
        return _listen_tcp(parsed.host, parsed.port)
    except OSError as error:
        raise DialError(f"cannot listen on {parsed}: {error}") from error


def bound_address(listening: socket.socket) -> Address:
    """Return where a socket listens."""
    place = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return Address("unix", path=place)
    return Address("tcp", host=place[0], port=place[1])


def remove_socket_file(address: Address) -> None:
    """Remove the file of a unix socket that listens no more, if it is there."""
    if address.network != "unix":
        return
    try:
        if stat.S_ISSOCK(os.stat(address.path).st_mode):
            os.unlink(address.path)
    except FileNotFoundError:
        pass  # somebody else tidied up


def _listen_tcp(host: str, port: int) -> socket.socket:
    family, _, _, _, place = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place[:2], family=family, backlog=BACKLOG)


def _listen_unix(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
