"""`HandshakeConnection`: the CONNECT that comes before net/rpc on an HTTP server."""

from __future__ import annotations

import asyncio
from typing import cast

from rpcgen.errors import DialError
from rpcgen.protocol.http import ConnectHandshake
from rpcgen.values.limits import Limits

from .client_connection import ClientConnection

__all__ = ["HandshakeConnection"]


class HandshakeConnection(asyncio.Protocol):
    """Asks the server to switch to net/rpc, and leaves the connection to ``client`` if it does.

    ``over`` is the outcome; it raises `DialError` if the server refuses.
    """

    def __init__(self, path: str, client: ClientConnection, limits: Limits | None = None) -> None:
        self._handshake = ConnectHandshake(path, limits)
        self._client = client
        self._transport: asyncio.Transport | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._handshake.request)

    def data_received(self, data: bytes) -> None:
        try:
            early = self._handshake.receive(data)
        except DialError as error:
            self._fail(error)
            return
        if early is None or self._transport is None:
            return
        self._transport.set_protocol(self._client)
        self._client.connection_made(self._transport)
        if early:
            self._client.data_received(early)
        if not self.over.done():
            self.over.set_result(None)

    def eof_received(self) -> None:
        self.data_received(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(DialError(str(exc or "unexpected EOF instead of an HTTP response")))

    def _fail(self, error: DialError) -> None:
        if not self.over.done():
            self.over.set_exception(error)
        self.close()
