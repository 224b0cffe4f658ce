from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from rpcgen.aio import Client, Server, dial
from rpcgen.errors import DialError
from tests.protocol.messages import DOUBLE


def make_server() -> Server:
    server = Server()
    server.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    return server


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


async def test_then_wraps_the_client() -> None:
    class Wrapper(Client):
        def __init__(self, client: Client) -> None:
            super().__init__(client._transport)

    async with make_server() as server:
        address = (await server.listen("127.0.0.1:0")).address
        async with dial(address).then(Wrapper) as client:
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
