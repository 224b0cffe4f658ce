"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from rpcgen.sockets import (
    LONGEST_HANDSHAKE,
    PASSING,
    open_listener,
    remove_socket_file,
    send_at_once,
)

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol import CodecOptions

__all__ = ["Listener"]

_log = logging.getLogger("rpcgen.server")

# How long to wait, in seconds, when a connection cannot be taken for now.
_PAUSE = 0.1


class Listener:
    """A socket that takes connections once it is started.

    Clients can connect before that, and wait. Made for an address such as
    ``tcp://127.0.0.1:0``, with the context that ``tls://`` and ``https://``
    need, or for a socket that listens already; ``address`` is what it is bound
    to, as `dial` wants it. Raises `DialError` if the address cannot be had.
    """

    def __init__(self, address: str | socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._socket, self.bound = open_listener(address, has_tls=tls is not None)
        self.address = str(self.bound)
        self._tls = tls
        # How arguments are read on its connections.
        self.codec_options: CodecOptions = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        # Connections that are not handed over yet; with TLS, that takes a while.
        self._starting: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    async def start(self, make_protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        """Take connections, each with a protocol of its own."""
        self._loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._accept, make_protocol)

    def close(self) -> None:
        """Take no more connections; removes a unix socket's file."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        for task in self._starting:
            task.cancel()
        self._socket.close()
        remove_socket_file(self.bound)

    # Not `asyncio.loop.create_server`: it tells nobody of a TLS handshake that fails, and
    # without file descriptors it writes a thousand lines a second into the log.

    def _accept(self, make_protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        assert self._loop is not None
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:
            return  # the client was gone again
        except OSError as error:
            _log.error("rpc.Serve: accept: %s", error)
            self._loop.remove_reader(self._socket)
            if error.errno in PASSING:
                self._loop.call_later(_PAUSE, self._accept_again, make_protocol)
            return
        task = self._loop.create_task(self._begin(connection, make_protocol))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def _accept_again(self, make_protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        if self._loop is not None:
            self._loop.add_reader(self._socket, self._accept, make_protocol)

    async def _begin(
        self, connection: socket.socket, make_protocol: Callable[[], asyncio.BaseProtocol]
    ) -> None:
        connection.setblocking(False)
        try:
            send_at_once(connection)  # asyncio does so only for sockets of its own making
            await asyncio.get_running_loop().connect_accepted_socket(
                make_protocol,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=LONGEST_HANDSHAKE if self._tls else None,
            )
        except OSError as error:
            _log.warning("rpc.Serve: TLS handshake: %s", error)
            connection.close()
