"""Sockets that listen: what both faces need of the operating system."""

from __future__ import annotations

import errno
import os
import socket
import stat

from attrs import evolve

from .errors import DialError
from .protocol import Address, parse_address

__all__ = [
    "BACKLOG",
    "LONGEST_HANDSHAKE",
    "PASSING",
    "open_listener",
    "remove_socket_file",
    "send_at_once",
]

BACKLOG = 1024
"""How many connections may wait to be accepted."""

LONGEST_HANDSHAKE = 10.0
"""What a server waits for TLS, in seconds; a slow client holds up nobody but itself."""

PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED}
"""Errors of accept that pass: a listener goes on after a moment."""


def open_listener(where: str | socket.socket, *, has_tls: bool) -> tuple[socket.socket, Address]:
    """Return a socket that listens, and the address at which clients find it.

    ``where`` is an address, whose port may be 0 for a free one, or a socket
    that listens already. Clients can connect from here on, and wait to be
    accepted. Raises `DialError` if the address cannot be had, or if it does not
    go with ``has_tls``: whether there is a context to encrypt with.
    """
    if isinstance(where, socket.socket):
        return where, _bound(where, Address("tcp", tls=has_tls))
    address = parse_address(where)
    if address.tls != has_tls:
        raise DialError(
            f"{address} needs tls=, an ssl.SSLContext with a certificate"
            if address.tls
            else f"{address} is not encrypted: write tls:// or https://, or leave out tls="
        )
    try:
        if address.network == "unix":
            return _listen_unix(address.path), address
        listening = _listen_tcp(address.host, address.port)
    except OSError as error:
        raise DialError(f"cannot listen on {address}: {error}") from error
    return listening, _bound(listening, address)


def _bound(listening: socket.socket, address: Address) -> Address:
    place = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return Address("unix", path=place)
    return evolve(address, host=place[0], port=place[1])


def send_at_once(connection: socket.socket) -> None:
    """Let TCP send what it is given at once, as Go has it.

    A message is one write, so there is nothing to gather; without this, one can
    wait 40 ms for the other side to acknowledge the one before.
    """
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


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
