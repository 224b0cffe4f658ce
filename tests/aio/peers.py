"""Peers of the tests: a server that answers when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rpcgen.aio import Client, dial
from rpcgen.errors import TruncatedError
from rpcgen.protocol import GobServerCodec, Request, Response
from rpcgen.schema import schema_of
from tests.protocol.messages import SUM

__all__ = ["ScriptedServer", "connected"]


class ScriptedServer:
    """The other end of a client's connection, which the test plays itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._codec = GobServerCodec()

    async def receive(self) -> Request:
        """Wait for a request for `SUM` and return its header."""
        request = await self._receive_header()
        self._codec.decode_request_body(SUM.request)
        return request

    async def _receive_header(self) -> Request:
        while True:
            try:
                return self._codec.decode_request_header()
            except TruncatedError:
                self._codec.feed(await self.reader.read(65536))

    def reply(self, seq: int, value: int) -> None:
        """Answer a call."""
        response = Response("Math.Sum", seq)
        self.writer.write(self._codec.encode_response(response, schema_of(int), value))

    async def answer(self, value: int) -> None:
        """Answer the next call."""
        self.reply((await self.receive()).seq, value)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Client, ScriptedServer]]:
    """Yield a client and the other end of its connection."""
    accepted: asyncio.Queue[ScriptedServer] = asyncio.Queue()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait(ScriptedServer(reader, writer))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        async with dial(f"127.0.0.1:{port}") as client:
            server = await accepted.get()
            yield client, server
            server.writer.close()
    finally:
        listener.close()
