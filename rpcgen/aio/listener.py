"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rpcgen.protocol import parse_address
from rpcgen.sockets import BACKLOG, bound_address, listening_socket, remove_socket_file

if TYPE_CHECKING:
    import ssl

__all__ = ["Listener"]


class Listener:
    """A socket that takes connections once it is started.

    Clients can connect before that, and wait. Made for an address such as
    ``tcp://127.0.0.1:0``, with the context that ``tls://`` and ``https://``
    need; ``address`` is what it is bound to, as `dial` wants it. Raises
    `DialError` if the address cannot be had.
    """

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        parsed = parse_address(address)
        self._socket = listening_socket(parsed, has_tls=tls is not None)
        self.bound = bound_address(self._socket, parsed)
        self.address = str(self.bound)
        self._tls = tls
        self._server: asyncio.Server | None = None

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    async def start(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Take connections, each with a protocol of its own."""
        loop = asyncio.get_running_loop()
        create = loop.create_unix_server if self.bound.network == "unix" else loop.create_server
        self._server = await create(
            make_protocol, sock=self._socket, backlog=BACKLOG, ssl=self._tls
        )

    def close(self) -> None:
        """Take no more connections; removes a unix socket's file."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        remove_socket_file(self.bound)
