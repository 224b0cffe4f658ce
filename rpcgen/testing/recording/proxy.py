"""`RecordingProxy`: passes bytes on between clients and a server, and tells of each piece."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from rpcgen.errors import DialError
from rpcgen.protocol.address import Address, parse_address

from .file import Entry, Side

__all__ = ["RecordingProxy"]

_CHUNK: Final = 65536

# Time in seconds for connecting to the server.
_CONNECT_S: Final = 10.0

# Time in seconds in which a peer may take what is left.
_CLOSE_S: Final = 1.0


class RecordingProxy:
    """Listens in place of a server; an asynchronous context manager that ends it.

    What clients send goes to the server as it is, and back: gob, JSON and CONNECT. A server
    behind TLS is called with TLS, and its clients call the proxy without.

    Args:
        listen: Where to listen: ``host:port``, or a unix address.
        to: Address of the server, as for `rpcgen.dial`.
        tell: Called with each event, before its bytes go on.
        complain: Called with a text where a client could not be served.
        tls: How to encrypt to a server behind TLS.

    Raises:
        DialError: An address cannot be understood; when it begins, that it cannot listen there.
    """

    def __init__(
        self,
        listen: str,
        to: str,
        tell: Callable[[Entry], object],
        complain: Callable[[str], object] = lambda text: None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._listen = parse_address(listen)
        if self._listen.tls:
            raise DialError(f"{listen!r}: the proxy listens without TLS: write tcp:// or unix://")
        self._to = parse_address(to)
        self._tell = tell
        self._complain = complain
        self._tls = tls
        self._count = 0
        self._began = time.monotonic()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.address = ""
        """Address that clients dial, once it listens."""

    async def __aenter__(self) -> Self:
        try:
            self._server = await self._start()
        except OSError as error:
            raise DialError(f"cannot listen on {self._listen}: {error}") from error
        if self._listen.network == "unix":
            bound = self._to.replace(network="unix", path=self._listen.path, tls=False)
        else:
            host, port = self._server.sockets[0].getsockname()[:2]
            bound = self._to.replace(network="tcp", host=host, port=port, path="", tls=False)
        self.address = str(bound)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _start(self) -> asyncio.Server:
        if self._listen.network == "unix":
            return await asyncio.start_unix_server(self._accept, self._listen.unix_name)
        host = self._listen.host or "127.0.0.1"
        return await asyncio.start_server(self._accept, host, self._listen.port)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count += 1
        task = asyncio.ensure_future(self._serve(self._count, reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        peer = writer.get_extra_info("peername")
        name = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else ""
        try:
            there, back = await asyncio.wait_for(_open(self._to, self._tls), _CONNECT_S)
        except (TimeoutError, OSError) as error:
            self._complain(f"cannot connect to {self._to}: {str(error) or 'timed out'}")
            await _close(writer)
            return
        self._tell(Entry(self._now, number, "open", peer=name))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(number, "client", reader, back))
                group.create_task(self._pass(number, "server", there, writer))
        except* (OSError, _Closed):
            pass  # either end is gone, and the other is told below
        finally:
            self._tell(Entry(self._now, number, "close"))
            await _close(writer, back)

    async def _pass(
        self,
        number: int,
        side: Side,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Pass one direction on until its end."""
        while data := await reader.read(_CHUNK):
            self._tell(Entry(self._now, number, "data", side, data))
            writer.write(data)
            await writer.drain()
        self._tell(Entry(self._now, number, "end", side))
        if not writer.can_write_eof():
            raise _Closed("the connection has no half to close")
        writer.write_eof()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began


async def _close(*writers: asyncio.StreamWriter) -> None:
    """Close connections, and wait until that is done."""
    for each in writers:
        if each.get_extra_info("ssl_object") is not None:
            each.transport.abort()  # a peer of TLS may take its time to agree to the end
        each.close()
    for each in writers:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await each.wait_closed()
        except OSError:  # TimeoutError is one: the peer does not read what is left
            each.transport.abort()
    await asyncio.sleep(0)  # the socket below TLS is closed a turn later


class _Closed(Exception):  # noqa: N818 - no error
    """The end of one direction is that of both."""


def _open(
    to: Address, tls: ssl.SSLContext | None
) -> Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    if to.network == "unix":
        return asyncio.open_unix_connection(to.unix_name)
    context = (tls or ssl.create_default_context()) if to.tls else None
    return asyncio.open_connection(to.host or "localhost", to.port, ssl=context)
