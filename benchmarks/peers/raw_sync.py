"""Blocking sockets and nothing else: the limit for threads and sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from attrs import frozen

from benchmarks.values import PRODUCT

from .ends import Future, Ready, split
from .raw_frames import BLOB_EXTRA, CALL, HEADER, ROOM, blob_frame

__all__ = ["Client", "connect", "serve", "serve_in_threads"]


class Frames:
    """The frames that come from a socket, read through one buffer."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._buffer = memoryview(bytearray(ROOM))
        self._start = self._end = 0

    def next(self) -> memoryview:
        """Return the next frame, which is good until the next call. Raises `EOFError`."""
        while True:
            start, have = self._start, self._end - self._start
            if have >= HEADER.size:
                (size,) = HEADER.unpack_from(self._buffer, start)
                if have >= size:
                    self._start = start + size
                    return self._buffer[start : start + size]
            self._read()

    def _read(self) -> None:
        left = self._buffer[self._start : self._end]
        self._buffer[: len(left)] = left
        self._start, self._end = 0, len(left)
        count = self._connection.recv_into(self._buffer[self._end :])
        if not count:
            raise EOFError
        self._end += count


def serve(ready: Ready) -> None:
    serve_in_threads(ready, _echo)


def serve_in_threads(ready: Ready, serve_one: Callable[[socket.socket], None]) -> None:
    """Serve each connection in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    ready(f"{host}:{port}")
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    frames = Frames(connection)
    try:
        while True:
            connection.sendall(frames.next())
    except (EOFError, ConnectionError):
        connection.close()


class Client:
    def __init__(self, address: str) -> None:
        self._connection = socket.create_connection(split(address))
        self._frames = Frames(self._connection)

    def multiply(self, a: int, b: int) -> int:
        self._connection.sendall(CALL)
        self._frames.next()
        return PRODUCT

    def blob(self, data: bytes) -> bytes:
        self._connection.sendall(blob_frame(data))
        return bytes(self._frames.next()[BLOB_EXTRA:])

    def go(self, a: int, b: int) -> Future:
        self._connection.sendall(CALL)
        return _Pending(self._frames)


@frozen
class _Pending:
    """A frame that will come back; the oldest is to be asked for first."""

    frames: Frames

    def result(self) -> int:
        self.frames.next()
        return PRODUCT


connect = Client
