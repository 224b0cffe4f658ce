"""Connect to a server. Mirrors ``rpc.Dial``."""

from __future__ import annotations

import socket
from typing import Unpack

from rpcgen.errors import DialError
from rpcgen.protocol import Address, DialOptions, client_codec, parse_address

from .client import Client

__all__ = ["dial"]


def dial(address: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to a server and return a client that speaks gob, or the ``codec`` that is said.

    ``address`` is ``host:port``, ``tcp://host:port`` or ``unix:///path.sock``.
    Raises `DialError` if there is no connection to be had. Mirrors ``rpc.Dial``.
    """
    codec = client_codec(options)
    connection = _connect(parse_address(address), options.get("timeout"))
    return Client(connection, codec)


def _connect(address: Address, timeout: float | None) -> socket.socket:
    try:
        if address.network == "unix":
            return _connect_unix(address.path, timeout)
        connection = socket.create_connection((address.host or "localhost", address.port), timeout)
    except OSError as error:
        raise DialError(f"cannot connect to {address}: {error}") from error
    # As Go does: a request is one write, so there is nothing to gather.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _connect_unix(path: str, timeout: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
