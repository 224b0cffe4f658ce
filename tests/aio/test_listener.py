from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from rpcgen.aio import Listener, dial
from rpcgen.errors import DialError
from rpcgen.protocol import parse_address
from rpcgen.testing.certificates import server_context


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


class Failed:
    """What a listener tells of the end of its socket."""

    def __init__(self) -> None:
        self.error: asyncio.Future[OSError] = asyncio.Future()


async def test_socket_that_is_useless_is_told() -> None:
    class Useless(socket.socket):
        def accept(self) -> tuple[socket.socket, Any]:
            raise OSError(errno.EINVAL, "useless")

    listening = Useless()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    listener, failed = Listener(listening), Failed()
    await listener.start(asyncio.Protocol, None, failed.error.set_result)
    with socket.create_connection(listening.getsockname()):
        assert (await failed.error).errno == errno.EINVAL
    listener.close()


async def test_tls_handshake_that_takes_too_long_is_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listener = Listener("tls://127.0.0.1:0", server_context())
    await listener.start(asyncio.Protocol, handshake_timeout=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.bound.port)
    ended = asyncio.ensure_future(reader.read())
    # The beginning of a greeting, one byte after the other.
    for byte in b"\x16\x03\x01\x02\x00" + bytes(100_000):
        writer.write(bytes((byte,)))
        await asyncio.wait([ended], timeout=0.005)
        if ended.done():
            break
    writer.close()
    listener.close()
    assert "(from 127.0.0.1:" in caplog.text
    assert "handshake_timeout=0.05" in caplog.text


async def test_close_hangs_up_on_handshakes() -> None:
    listener = Listener("tls://127.0.0.1:0", server_context())
    await listener.start(asyncio.Protocol)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.bound.port)
    while not listener._starting:
        await asyncio.sleep(0)
    listener.close()
    assert await reader.read() == b""
    writer.close()


async def test_listener_with_a_context_that_is_none() -> None:
    with pytest.raises(TypeError, match=r"tls=True: pass an ssl\.SSLContext"):
        Listener("tls://127.0.0.1:0", cast(Any, True))
