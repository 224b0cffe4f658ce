"""Connect to a server. Mirrors ``rpc.Dial`` and ``rpc.DialHTTP``."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Unpack

from rpcgen.errors import DialError
from rpcgen.protocol import (
    DEFAULT_RPC_PATH,
    Address,
    DialOptions,
    client_codec,
    http_address,
    parse_address,
)
from rpcgen.sockets import prepare_connection

from .client import Client
from .stream import Stream, secure

if TYPE_CHECKING:
    import ssl

__all__ = ["dial", "dial_http", "dial_http_path"]


def dial(address: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to a server and return a client that speaks gob, or the ``codec`` that is said.

    ``address`` is ``host:port``, ``tcp://host:port``, ``unix:///path.sock``,
    ``http://host:port`` with a path or without, ``http+unix:///path.sock``,
    ``tls://host:port`` or ``https://host:port``. Raises `DialError` if there is
    no connection to be had. Mirrors ``rpc.Dial``.
    """
    codec = client_codec(options)
    return Client(_open(parse_address(address), options), codec)


def dial_http(address: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to the HTTP server at ``address``, at the default path; see `dial`.

    Mirrors ``rpc.DialHTTP``.
    """
    return dial_http_path(address, DEFAULT_RPC_PATH, **options)


def dial_http_path(address: str, path: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to the HTTP server at ``address``, at ``path``; see `dial`.

    Mirrors ``rpc.DialHTTPPath``.
    """
    codec = client_codec(options)
    return Client(_open(http_address(address, path), options), codec)


def _open(address: Address, options: DialOptions) -> Stream:
    try:
        connection = _connect(address, options.get("timeout"))
        try:
            return _prepare(connection, address, options)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise DialError(f"cannot connect to {address}: {error}") from error


def _connect(address: Address, timeout: float | None) -> socket.socket:
    if address.network == "unix":
        return _connect_unix(address.path, timeout)
    connection = socket.create_connection((address.host or "localhost", address.port), timeout)
    prepare_connection(connection)
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


def _prepare(connection: socket.socket, address: Address, options: DialOptions) -> Stream:
    """Do what comes before the first call: TLS, and the CONNECT of HTTP."""
    stream = Stream(connection)
    if address.tls:
        context = options.get("tls") or _default_context()
        stream = secure(connection, context, server_hostname=address.host or "localhost")
    if address.http_path:
        _shake_hands(stream, address.http_path)
    return stream


def _shake_hands(stream: Stream, path: str) -> None:
    from rpcgen.protocol.http import ConnectHandshake  # and with it h11, which others do without

    handshake = ConnectHandshake(path)
    stream.send_all(stream.seal(handshake.request))
    while (early := handshake.receive(stream.read())) is None:
        pass
    stream.unread(early)


def _default_context() -> ssl.SSLContext:
    import ssl  # a plain connection does without

    return ssl.create_default_context()
