from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from rpcgen.aio import Client, Server, dial, dial_http
from rpcgen.errors import DialError
from rpcgen.protocol import DialOptions
from rpcgen.testing.certificates import client_context
from tests.protocol.messages import DOUBLE
from tests.support.scripted_aio import stream_server
from tests.support.sockets import full_queue
from tests.support.timeouts import TIMEOUT_S


def make_server() -> Server:
    server = Server()
    server.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    return server


async def test_dial_a_unix_socket_whose_queue_is_full_waits(tmp_path: Path) -> None:
    with full_queue(tmp_path / "s") as listening:
        with pytest.raises(DialError, match="timed out"):
            await dial(f"unix://{tmp_path}/s", timeout=0.05)
        with contextlib.ExitStack() as stack:
            loop = asyncio.get_running_loop()
            loop.add_reader(listening, lambda: stack.enter_context(listening.accept()[0]))
            async with dial(f"unix://{tmp_path}/s", timeout=TIMEOUT_S):
                loop.remove_reader(listening)


async def test_dial_when_awaited() -> None:
    async with make_server() as server:
        client = await dial((await server.listen("127.0.0.1:0")).address)
        assert await client.call(DOUBLE, 4) == 8
        await client.close()


async def test_dial_as_a_context() -> None:
    async with make_server() as server:
        async with dial((await server.listen("127.0.0.1:0")).address) as client:
            assert await client.call(DOUBLE, 4) == 8


async def test_dial_as_a_context_closes() -> None:
    async with make_server() as server:
        async with dial((await server.listen("127.0.0.1:0")).address) as client:
            pass
        assert repr(client) == "<Client closed, 0 pending>"


async def test_dial_a_unix_socket(tmp_path: Path) -> None:
    async with make_server() as server:
        async with dial((await server.listen(f"unix://{tmp_path}/s")).address) as client:
            assert await client.call(DOUBLE, 4) == 8


@pytest.mark.parametrize("dialled", [dial, dial_http])
async def test_dial_with_an_option_that_there_is_not(dialled: Any) -> None:
    with pytest.raises(TypeError, match="unexpected option 'tmeout'"):
        dialled("127.0.0.1:1", tmeout=1.0)  # and at once


@pytest.mark.parametrize("dialled", [dial, dial_http])
async def test_dial_an_address_that_is_not_encrypted_with_a_context(dialled: Any) -> None:
    with pytest.raises(ValueError, match=r"is not encrypted: write tls:// or https://"):
        await dialled("127.0.0.1:1", tls=client_context())


async def test_dial_with_a_context_that_is_none() -> None:
    with pytest.raises(TypeError, match=r"tls=True: pass an ssl\.SSLContext"):
        await dial("tls://127.0.0.1:1", tls=cast(Any, True))


async def test_dial_where_nobody_listens() -> None:
    server = make_server()
    listener = await server.listen("127.0.0.1:0")
    await server.close()
    with pytest.raises(DialError, match=r"cannot connect to tcp://127\.0\.0\.1:\d+: "):
        await dial(listener.address)


async def test_dial_with_a_bad_address() -> None:
    with pytest.raises(DialError, match="is not host:port"):
        await dial("localhost")


async def test_dial_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*args: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr("rpcgen.aio.connect._open", never)
    with pytest.raises(DialError, match="timed out"):
        await dial("127.0.0.1:1", timeout=0.01)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say something now and then, but never all of it."""
    writer.write(b"HTTP/1.0 200 Connected to Go RPC\r\nX: ")
    while not reader.at_eof():
        writer.write(b"a")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.005)


@pytest.mark.parametrize("scheme", ["http", "tls", "https"])
async def test_dial_of_a_server_that_takes_its_time(scheme: str) -> None:
    async with stream_server(drip if scheme == "http" else silence) as address:
        options: DialOptions = {"timeout": 0.05}
        if scheme != "http":
            options["tls"] = client_context()
        with pytest.raises(DialError, match="timed out"):
            await dial(f"{scheme}://{address}", **options)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("scheme", ["http", "tls", "https"])
async def test_dial_that_is_cancelled_hangs_up(scheme: str) -> None:
    hung_up = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        await reader.read()
        hung_up.set()

    heard = asyncio.Event()
    async with stream_server(wait) as address:
        options: DialOptions = {} if scheme == "http" else {"tls": client_context()}

        async def connect() -> Client:
            return await dial(f"{scheme}://{address}", **options)

        dialling = asyncio.ensure_future(connect())
        await heard.wait()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        await hung_up.wait()


async def test_dial_keeps_the_connection_alive() -> None:
    async with make_server() as server:
        async with dial((await server.listen("127.0.0.1:0")).address) as client:
            assert client._connection._transport is not None
            connection = client._connection._transport.get_extra_info("socket")
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


async def test_map_wraps_the_client() -> None:
    class Wrapper(Client):
        def __init__(self, client: Client) -> None:
            super().__init__(client._connection)

    async with make_server() as server:
        address = (await server.listen("127.0.0.1:0")).address
        async with dial(address).map(Wrapper) as client:
            assert isinstance(client, Wrapper)


async def test_dial_with_json() -> None:
    async with make_server() as server:
        address = (await server.listen("127.0.0.1:0", codec="json")).address
        async with dial(address, codec="json") as client:
            assert await client.call(DOUBLE, 4) == 8


async def test_dial_with_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec"):
        await dial("127.0.0.1:1", codec=cast(Any, "xml"))


async def test_listen_with_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec"):
        await Server().listen("127.0.0.1:0", codec=cast(Any, "xml"))
