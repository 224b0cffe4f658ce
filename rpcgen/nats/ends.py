"""The ends that clients and servers have of their streams of frames: a socket, or none at all."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Protocol, cast

from rpcgen.protocol import Peer
from rpcgen.resolve.nats_connection import READ_SIZE

__all__ = ["Bridge", "MemoryEnd", "SocketEnd"]


class Bridge(Protocol):
    """Owner of an end, as the end sees it."""

    def received(self, data: bytes) -> None:
        """Take frames."""
        ...

    def lost(self) -> None:
        """Take the end of the stream."""
        ...


class SocketEnd(asyncio.BufferedProtocol):
    """One of a pair of sockets, of which another thread has the other one."""

    bridge: Bridge

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._memory = memoryview(bytearray(READ_SIZE))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket, and wait for the bridge."""
        self._transport = cast("asyncio.Transport", transport)
        # Until there is a bridge.
        self._transport.pause_reading()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where frames are to be put."""
        return self._memory

    def buffer_updated(self, nbytes: int) -> None:
        """Hand frames over."""
        self.bridge.received(bytes(self._memory[:nbytes]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand the end over."""
        self._transport = None
        self.bridge.lost()

    def begin(self, bridge: Bridge) -> None:
        """Belong to a bridge, and take what comes."""
        self.bridge = bridge
        self.resume()

    def send(self, data: bytes) -> None:
        """Send frames."""
        if self._transport is not None:
            self._transport.write(data)

    def send_eof(self) -> None:
        """Send the end; what comes is still taken."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        """Hang up, also where a child process has a copy of the socket."""
        if self._transport is None:
            return
        connection = self._transport.get_extra_info("socket")
        with suppress(OSError):  # which the other end has closed
            connection.shutdown(socket.SHUT_WR)
        self._transport.close()

    def pause(self) -> None:
        """Take nothing more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


class MemoryEnd(asyncio.Transport):
    """The transport of a connection on the event loop of its bridge: nothing in between.

    Args:
        connection: The connection.
        peer: What it calls its other side; None if it does not ask.
        lingers: True if the connection is lost only when `finish` is called.
    """

    bridge: Bridge

    def __init__(
        self,
        connection: asyncio.BaseProtocol,
        peer: Peer | None = None,
        *,
        lingers: bool = False,
    ) -> None:
        super().__init__({} if peer is None else {"peername": peer})
        self._loop = asyncio.get_running_loop()
        self._connection: asyncio.Protocol | None = cast("asyncio.Protocol", connection)
        self._lingers = lingers
        self._is_closing = False
        self._is_at_eof = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, bridge: Bridge) -> None:
        """Belong to a bridge, and begin the connection."""
        self.bridge = bridge
        if self._connection is not None:
            self._connection.connection_made(self)

    # As the bridge sees it.

    def send(self, data: bytes) -> None:
        """Give frames to the connection."""
        if self._connection is not None and not self._is_closing and not self._is_at_eof:
            self._connection.data_received(data)

    def send_eof(self) -> None:
        """Give it the end; what comes is still taken."""
        if self._connection is None or self._is_closing or self._is_at_eof:
            return
        self._is_at_eof = True
        if not self._connection.eof_received():
            self.close()

    def pause(self) -> None:
        """Have it send nothing more."""
        if self._connection is not None:
            self._connection.pause_writing()

    def resume(self) -> None:
        """Have it send more."""
        if self._connection is not None:
            self._connection.resume_writing()

    # As the connection sees it.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand frames over."""
        if not self._is_closing:
            self.bridge.received(bytes(data))

    def get_write_buffer_size(self) -> int:
        """Return 0: the bridge has them at once."""
        return 0

    def can_write_eof(self) -> bool:
        """Return True: responses are sent after the end of requests."""
        return True

    def write_eof(self) -> None:
        """Hang up."""
        self.close()

    def is_closing(self) -> bool:
        """Return True once either side has hung up."""
        return self._is_closing

    def close(self) -> None:
        """Hang up."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._lose)

    def _lose(self) -> None:
        self.bridge.lost()
        if not self._lingers:
            self.finish()

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task: the event loop alone would not."""
        self._task = task

    def finish(self) -> None:
        """Tell the connection that it is lost."""
        self._is_closing = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.connection_lost(None)

    def abort(self) -> None:
        """Do the same."""
        self.close()

    def pause_reading(self) -> None:
        """Do nothing: the bridge bounds what is under way."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: `pause` is told by others."""
