"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from rpcgen.logs import server_log
from rpcgen.net.sockets import (
    AcceptBackoff,
    check_context,
    open_listener,
    peer_address,
    peer_name,
    prepare_connection,
)

from .admission import Admission, Place

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol import CodecOptions

__all__ = ["Listener"]

# Seconds to wait for the client's end of TLS after ours: one that reads nothing now sends none.
_TLS_SHUTDOWN_S: Final = 0.5

MakeProtocol: TypeAlias = Callable[[], asyncio.BaseProtocol]


class Listener:
    """A socket that takes connections once it is started.

    Clients can connect before that, and wait. Its ``address`` is what it is
    bound to, as `dial` wants it.

    Args:
        address: Address such as ``tcp://127.0.0.1:0``, or a socket that listens already.
        tls: Context that ``tls://`` and ``https://`` need.

    Raises:
        DialError: The address cannot be had.
    """

    def __init__(self, address: str | socket.socket, tls: ssl.SSLContext | None = None) -> None:
        check_context(tls)
        self._listening = open_listener(address, has_tls=tls is not None)
        self._socket = self._listening.sock
        self.bound = self._listening.address
        self.address = str(self.bound)
        self._backoff = AcceptBackoff()
        self._tls = tls
        # Options by which arguments are read on its connections.
        self.codec_options: CodecOptions = {}
        self._is_http = bool(self.bound.http_path)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()  # that in which the loop runs
        self._make_protocol: MakeProtocol | None = None
        self._admission = Admission()
        self._failed: Callable[[OSError], None] | None = None
        self._handshake_timeout = 10.0
        # The place of the connection whose protocol is being made.
        self.place: Place | None = None
        # Connections that are not handed over yet; with TLS, that takes a while.
        self._starting: dict[asyncio.Task[None], tuple[socket.socket, Place]] = {}

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    async def start(
        self,
        make_protocol: MakeProtocol,
        admission: Admission | None = None,
        failed: Callable[[OSError], None] | None = None,
        *,
        handshake_timeout: float = 10.0,
    ) -> None:
        """Take connections.

        Args:
            make_protocol: Makes the protocol of each connection. It finds the
                connection's place in `place`, and gives it back when the
                connection is lost.
            admission: Gives out the places; None if nobody gives them back.
            failed: Called with the error that has made the socket useless.
            handshake_timeout: Maximum time in seconds for a TLS handshake.
        """
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._make_protocol = make_protocol
        self._admission = admission or Admission(most_handshakes=1 << 30)
        self._failed = failed
        self._handshake_timeout = handshake_timeout
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Take no more connections; removes a unix socket's file, if it was made here."""
        if self._loop is not None:
            # A process that was forked off shares the loop's poller with its parent.
            if self._process == os.getpid():
                self._loop.remove_reader(self._socket)
            self._loop = None
        for task in self._starting:
            task.cancel()
        self._listening.close()

    def remove_file(self) -> None:
        """Remove the file of a unix socket, after `close`, once other processes have closed too."""
        self._listening.remove_file()

    # Not `asyncio.loop.create_server`: it tells nobody of a TLS handshake that fails, and
    # without file descriptors it writes a thousand lines a second into the log.

    def _accept(self) -> None:
        assert self._loop is not None
        place = self._admission.admit(shakes_hands=self._tls is not None or self._is_http)
        if place is None:
            self._loop.remove_reader(self._socket)
            self._admission.wait(self._accept_again)
            return
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:  # the client was gone again, or another process was faster
            place.leave()
            return
        except OSError as error:
            place.leave()
            self._pause_after(error)
            return
        self._backoff.reset()
        connection.setblocking(False)
        task = self._loop.create_task(self._begin(connection, place))
        self._starting[task] = connection, place
        place.give_up = task.cancel
        task.add_done_callback(self._started)

    def _pause_after(self, error: OSError) -> None:
        assert self._loop is not None
        self._loop.remove_reader(self._socket)
        try:
            delay = self._backoff.delay_after(error)
        except OSError:
            if self._failed is not None:
                self._failed(error)
            return
        self._loop.call_later(delay, self._accept_again)

    def _accept_again(self) -> None:
        if self._loop is not None:
            self._loop.add_reader(self._socket, self._accept)

    async def _begin(self, connection: socket.socket, place: Place) -> None:
        peer = peer_address(connection)
        try:
            prepare_connection(connection)  # asyncio does so only for sockets of its own making
            await asyncio.get_running_loop().connect_accepted_socket(
                partial(self._protocol, place),
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_timeout if self._tls else None,
                ssl_shutdown_timeout=_TLS_SHUTDOWN_S if self._tls else None,
            )
        except BaseException as error:
            place.leave()
            if not isinstance(error, OSError):
                connection.close()
                raise
            client = peer_name(peer, connection)
            if isinstance(error, ConnectionAbortedError):  # so asyncio says that it took too long
                client += f", handshake_timeout={self._handshake_timeout:g}"
            reason = str(error) or "the connection ended during the TLS handshake"
            server_log.warning("rpc.Serve: TLS handshake: %s (from %s)", reason, client)
            connection.close()

    def _protocol(self, place: Place) -> asyncio.BaseProtocol:
        assert self._make_protocol is not None
        self.place = place
        return self._make_protocol()

    def _started(self, task: asyncio.Task[None]) -> None:
        connection, place = self._starting.pop(task)
        if task.cancelled():  # which may have been before it began
            place.leave()
            connection.close()
