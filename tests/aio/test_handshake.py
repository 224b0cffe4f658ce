from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rpcgen.aio import dial, dial_http, dial_http_path
from rpcgen.errors import DialError
from tests.protocol.messages import SUM, Pair, response_bytes
from tests.support.scripted_aio import stream_server

CONNECTED = b"HTTP/1.0 200 Connected to Go RPC\n\n"


@asynccontextmanager
async def answering(*pieces: bytes) -> AsyncIterator[tuple[str, bytearray]]:
    """Yield the address of a server that says these pieces, and what it has heard."""
    heard = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readuntil(b"\n\n"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    async with stream_server(answer) as address:
        yield address, heard


async def test_handshake_asks_as_go_does() -> None:
    async with answering(CONNECTED) as (address, heard), dial_http(address):
        assert bytes(heard) == b"CONNECT /_goRPC_ HTTP/1.0\n\n"


async def test_handshake_asks_for_the_path() -> None:
    async with answering(CONNECTED) as (address, heard), dial_http_path(address, "/other"):
        assert bytes(heard) == b"CONNECT /other HTTP/1.0\n\n"


async def test_handshake_in_pieces() -> None:
    pieces = [CONNECTED[i : i + 1] for i in range(len(CONNECTED))]
    async with answering(*pieces) as (address, _), dial(f"http://{address}") as client:
        assert repr(client) == "<Client open, 0 pending>"


async def test_reply_after_the_handshake() -> None:
    async with answering(CONNECTED) as (address, _), dial_http(address) as client:
        call = client.go(SUM, Pair(1, 2))
        client._connection.data_received(response_bytes((0, 3)))
        assert await call == 3


async def test_handshake_that_is_refused() -> None:
    async with answering(b"HTTP/1.0 404 Not Found\r\n\r\n") as (address, _):
        with pytest.raises(DialError, match="unexpected HTTP response: 404 Not Found"):
            await dial_http(address)


async def test_handshake_that_is_nonsense() -> None:
    async with answering(b"nonsense\r\n\r\n") as (address, _):
        with pytest.raises(DialError, match="malformed HTTP response"):
            await dial_http(address)


async def test_handshake_with_a_server_that_hangs_up() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with stream_server(hang_up) as address:
        with pytest.raises(DialError, match=r"EOF|reset"):
            await dial_http(address)
