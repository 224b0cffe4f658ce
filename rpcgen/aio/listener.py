"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rpcgen.sockets import BACKLOG, bound_address, listening_socket, remove_socket_file

__all__ = ["Listener"]


class Listener:
    """A socket that takes connections once it is started.

    Clients can connect before that, and wait. ``address`` is what it is bound
    to, as `dial` wants it. Raises `DialError` if the address cannot be had.
    """

    def __init__(self, address: str) -> None:
        self._socket = listening_socket(address)
        self._bound = bound_address(self._socket)
        self._server: asyncio.Server | None = None
        self.address = str(self._bound)

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    async def start(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Take connections, each with a protocol of its own."""
        loop = asyncio.get_running_loop()
        create = loop.create_unix_server if self._bound.network == "unix" else loop.create_server
        self._server = await create(make_protocol, sock=self._socket, backlog=BACKLOG)

    def close(self) -> None:
        """Take no more connections; removes a unix socket's file."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        remove_socket_file(self._bound)
