from __future__ import annotations

import asyncio
import socket

from rpcgen.nats.ends import MemoryEnd, SocketEnd
from rpcgen.protocol import Peer


class Bridge:
    """Notes what comes."""

    def __init__(self) -> None:
        self.data = b""
        self.is_lost = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.data += data

    def lost(self) -> None:
        self.is_lost.set()


class Connection(asyncio.Protocol):
    """Notes what comes, and answers the end with a word."""

    def __init__(self) -> None:
        self.data = b""
        self.events: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        self.transport.write(b"bye")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append("lost")

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")


def test_memory_end_hands_over_what_is_sent() -> None:
    async def main() -> None:
        connection, bridge = Connection(), Bridge()
        end = MemoryEnd(connection, Peer("nats://a:1"))
        end.begin(bridge)
        end.send(b"in")
        connection.transport.write(b"out")
        assert (connection.data, bridge.data) == (b"in", b"out")
        assert connection.transport.get_extra_info("peername") == Peer("nats://a:1")
        end.pause()
        end.resume()
        assert connection.events == ["pause", "resume"]

    asyncio.run(main())


def test_memory_end_tells_both_sides_of_the_end() -> None:
    async def main() -> None:
        connection, bridge = Connection(), Bridge()
        end = MemoryEnd(connection)
        end.begin(bridge)
        end.send_eof()
        end.send_eof()
        await bridge.is_lost.wait()
        end.send(b"late")
        assert (bridge.data, connection.data, connection.events) == (b"bye", b"", ["lost"])
        assert connection.transport.is_closing()

    asyncio.run(main())


def test_memory_end_that_lingers_is_lost_when_the_bridge_says_so() -> None:
    async def main() -> None:
        connection, bridge = Connection(), Bridge()
        end = MemoryEnd(connection, lingers=True)
        end.begin(bridge)
        connection.transport.abort()
        await bridge.is_lost.wait()
        assert connection.events == []
        end.finish()
        assert connection.events == ["lost"]

    asyncio.run(main())


def test_socket_end_hands_over_what_is_sent() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        loop, end, bridge = asyncio.get_running_loop(), SocketEnd(), Bridge()
        await loop.create_unix_connection(lambda: end, sock=theirs)
        await loop.sock_sendall(ours, b"in")
        end.begin(bridge)
        end.send(b"out")
        assert await loop.sock_recv(ours, 10) == b"out"
        end.send_eof()
        assert await loop.sock_recv(ours, 10) == b""
        ours.close()
        await bridge.is_lost.wait()
        assert bridge.data == b"in"

    asyncio.run(asyncio.wait_for(main(), 60.0))


def test_socket_end_hangs_up_though_there_is_a_copy_of_the_socket() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        loop, end, bridge = asyncio.get_running_loop(), SocketEnd(), Bridge()
        await loop.create_unix_connection(lambda: end, sock=theirs)
        end.begin(bridge)
        copy = theirs.dup()
        end.close()
        assert await loop.sock_recv(ours, 10) == b""
        await bridge.is_lost.wait()
        end.close()
        end.pause()
        end.resume()
        copy.close()
        ours.close()

    asyncio.run(asyncio.wait_for(main(), 60.0))
