from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from rpcgen.aio import Listener, dial
from rpcgen.errors import DialError
from rpcgen.protocol import parse_address


async def test_listener_on_port_0_gives_the_bound_address() -> None:
    listener = Listener("tcp://127.0.0.1:0")
    assert parse_address(listener.address).port > 0
    listener.close()


async def test_listener_on_a_taken_port() -> None:
    listener = Listener("tcp://127.0.0.1:0")
    with pytest.raises(DialError, match=r"cannot listen on tcp://127\.0\.0\.1:\d+: "):
        Listener(listener.address)
    listener.close()


async def test_clients_can_connect_before_the_start() -> None:
    listener = Listener("tcp://127.0.0.1:0")
    client = await dial(listener.address)
    await client.close()
    listener.close()


async def test_connections_send_small_messages_at_once() -> None:
    connected: asyncio.Future[asyncio.BaseTransport] = asyncio.Future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connected.set_result(transport)

    listener = Listener("tcp://127.0.0.1:0")
    await listener.start(Accepted)
    client = await dial(listener.address)
    transport = await connected
    theirs = transport.get_extra_info("socket")
    assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    transport.close()
    await client.close()
    listener.close()


async def test_close_takes_no_more_connections() -> None:
    listener = Listener("tcp://127.0.0.1:0")
    listener.close()
    with pytest.raises(DialError):
        await dial(listener.address)


async def test_close_removes_the_file_of_a_unix_socket(tmp_path: Path) -> None:
    Listener(f"unix://{tmp_path}/s").close()
    assert list(tmp_path.iterdir()) == []


async def test_repr_tells_the_address() -> None:
    listener = Listener("tcp://127.0.0.1:0")
    assert repr(listener) == f"<Listener {listener.address}>"
    listener.close()
