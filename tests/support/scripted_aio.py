"""Peers of the tests: a server that answers when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar, Unpack

from rpcgen.aio import Client, dial
from rpcgen.errors import TruncatedError
from rpcgen.method import Method
from rpcgen.protocol import DialOptions, GobServerCodec, Request, Response
from rpcgen.protocol.client import CANCEL
from rpcgen.schema import schema_for
from tests.protocol.messages import SUM

__all__ = ["ScriptedServer", "connected", "stream_server"]

Req = TypeVar("Req")
Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedServer:
    """The other end of a client's connection, which the test plays itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._codec = GobServerCodec()

    async def receive(self) -> Request:
        """Wait for a request for `SUM` and return its header; pass over cancels."""
        while True:
            request = await self._receive_header()
            if request.service_method != CANCEL.name:
                self._codec.decode_request_body(SUM.request)
                return request
            self._codec.decode_request_body(None)

    async def receive_cancel(self) -> tuple[int, int]:
        """Wait for a cancel; return its own number, and that of the call which is cancelled."""
        while True:
            request = await self._receive_header()
            if request.service_method == CANCEL.name:
                return request.seq, self._codec.decode_request_body(CANCEL.request).seq
            self._codec.decode_request_body(None)

    async def receive_args(self, method: Method[Req, Any]) -> Req:
        """Wait for a request and return its arguments; pass over cancels."""
        while (await self._receive_header()).service_method == CANCEL.name != method.name:
            self._codec.decode_request_body(None)
        while True:
            try:
                args: Req = self._codec.decode_request_body(method.request)
                return args
            except TruncatedError:
                self._codec.feed(await self.reader.read(65536))

    async def _receive_header(self) -> Request:
        while True:
            try:
                return self._codec.decode_request_header()
            except TruncatedError:
                self._codec.feed(await self.reader.read(65536))

    def reply(self, seq: int, value: int) -> None:
        """Answer a call."""
        self.writer.write(self.response(seq, value))

    def response(self, seq: int, value: object) -> bytes:
        """Return the bytes of an answer."""
        response = Response("Math.Sum", seq)
        return b"".join(self._codec.encode_response(response, schema_for(value), value))

    def respond(self, response: Response, value: object = None) -> None:
        """Send any response, with any body."""
        parts = self._codec.encode_response(response, schema_for(value), value)
        self.writer.write(b"".join(parts))

    async def answer(self, value: int) -> None:
        """Answer the next call."""
        self.reply((await self.receive()).seq, value)


@asynccontextmanager
async def stream_server(handle: Handler) -> AsyncIterator[str]:
    """Yield the ``host:port`` of a server that hands its connections to ``handle``.

    Every connection is closed at the end, whatever has become of its handler: not every
    version of asyncio closes the stream of a handler that is cancelled.
    """
    handlers: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.ensure_future(run(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        if handlers:
            _, late = await asyncio.wait(handlers, timeout=5)
            for handler in late:
                handler.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)


@asynccontextmanager
async def connected(**options: Unpack[DialOptions]) -> AsyncIterator[tuple[Client, ScriptedServer]]:
    """Yield a client that is dialled with ``options``, and the other end of its connection."""
    accepted: asyncio.Queue[ScriptedServer] = asyncio.Queue()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait(ScriptedServer(reader, writer))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        async with dial(f"127.0.0.1:{port}", **options) as client:
            server = await accepted.get()
            try:
                yield client, server
            finally:
                server.writer.close()
    finally:
        listener.close()
