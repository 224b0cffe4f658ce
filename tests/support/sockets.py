"""Bare connections to servers, which say what they please."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rpcgen import Method, Request
from rpcgen.protocol import CodecName, client_codec
from tests.support.timeouts import TIMEOUT_S

__all__ = ["connect", "free_port", "full_queue", "request", "requests", "until_end"]


def connect(address: str) -> socket.socket:
    """Connect to a server without a client.

    Args:
        address: ``host:port``, with a scheme or without; the scheme is not spoken.

    Returns:
        The socket, which gives up after `TIMEOUT_S`.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    return socket.create_connection((host, int(port)), TIMEOUT_S)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def full_queue(path: Path) -> Iterator[socket.socket]:
    """Yield a unix socket that listens, and whose queue has no room; its `accept` waits shortly."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(path))
        listening.listen(0)
        listening.settimeout(0.05)
        while True:
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.setblocking(False)
            try:
                connection.connect(str(path))
            except BlockingIOError:
                break
        yield listening


def until_end(connection: socket.socket) -> bytes:
    """Read until the peer hangs up, gently or not."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass  # it left something of ours unread
    return received


def request(method: Method[Any, Any], args: object, codec: CodecName = "gob") -> bytes:
    """Return the bytes of the first request of a connection."""
    return requests(method, [args], codec)


def requests(
    method: Method[Any, Any], all_args: Iterable[object], codec: CodecName = "gob"
) -> bytes:
    """Return the bytes of the first requests of a connection."""
    encoder = client_codec(codec)
    return b"".join(
        part
        for seq, args in enumerate(all_args)
        for part in encoder.encode_request(Request(method.name, seq), method.request, args)
    )
