"""A protocol on asyncio and nothing else, whichever loop runs it: the limit for asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from benchmarks.values import PRODUCT

from .ends import Ready, split
from .raw_frames import BLOB_EXTRA, CALL, HEADER, ROOM, blob_frame

__all__ = ["Client", "connect", "serve"]


class Frames(asyncio.BufferedProtocol):
    """Finds the frames in what comes; to be subclassed."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(ROOM))
        self._end = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._end += nbytes
        start = 0
        while self._end - start >= HEADER.size:
            (size,) = HEADER.unpack_from(self._buffer, start)
            if self._end - start < size:
                break
            self.frame_received(self._buffer[start : start + size])
            start += size
        left = self._buffer[start : self._end]
        self._buffer[: len(left)] = left
        self._end = len(left)

    def frame_received(self, frame: memoryview) -> None:
        """Take a frame, which is good until this returns."""
        raise NotImplementedError


class Echo(Frames):
    def frame_received(self, frame: memoryview) -> None:
        self.transport.write(bytes(frame))


async def serve(ready: Ready) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    ready(f"{host}:{port}")
    await server.serve_forever()


class Client(Frames):
    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._waiters: deque[asyncio.Future[bytes]] = deque()

    def frame_received(self, frame: memoryview) -> None:
        self._waiters.popleft().set_result(bytes(frame))

    async def multiply(self, a: int, b: int) -> int:
        await self._echo(CALL)
        return PRODUCT

    async def blob(self, data: bytes) -> bytes:
        return (await self._echo(blob_frame(data)))[BLOB_EXTRA:]

    def _echo(self, frame: bytes) -> asyncio.Future[bytes]:
        waiter: asyncio.Future[bytes] = self._loop.create_future()
        self._waiters.append(waiter)
        self.transport.write(frame)
        return waiter


async def connect(address: str) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(Client, *split(address))
    return client
