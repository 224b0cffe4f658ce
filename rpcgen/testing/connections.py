"""`connected` and `aconnected`: a typed client of an implementation, without an address.

Client and server are the real ones, with codec, deadlines, metadata and errors,
at the ends of a connection within this process: nothing listens, no port, path
or firewall has a say, and no socket is made.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from rpcgen import aio
from rpcgen.aio.client_connection import ClientConnection
from rpcgen.protocol import CodecName, client_codec
from rpcgen.protocol.interceptors import AsyncClientInterceptor, ClientInterceptor
from rpcgen.sync import Client, Server

from .memory_stream import memory_streams
from .memory_transport import memory_transports

__all__ = ["aconnected", "connected"]

C = TypeVar("C")
I = TypeVar("I")  # noqa: E741 - an implementation


@contextmanager
def connected(
    client: Callable[[Client], C],
    register: Callable[[Server, I], None],
    implementation: I,
    *,
    codec: CodecName = "gob",
    server: Server | None = None,
    interceptors: Iterable[ClientInterceptor] = (),
) -> Iterator[C]:
    """Yield a typed client of an implementation in this process.

    ::

        with connected(ArithClient, register_arith, Calculator()) as arith:
            assert arith.multiply(Args(7, 8)) == 56

    What it answers, raises and takes its time for is what a client would see over
    a network. At the end, both are closed.

    Args:
        client: A generated class, such as ``ArithClient``.
        register: The function that goes with it: ``register_arith``.
        implementation: What `register` takes.
        codec: ``gob`` or ``json``.
        server: A server with options of its own, which may have other services too; it
            is closed at the end.
        interceptors: Functions around each call, the first outermost.

    Yields:
        The client.
    """
    served = server or Server()
    register(served, implementation)
    ours, theirs = memory_streams()
    serving = threading.Thread(
        target=served.serve_conn, args=(theirs, codec), name="rpcgen-connected", daemon=True
    )
    with Client(ours, client_codec(codec), interceptors=interceptors) as inner:
        serving.start()
        try:
            yield client(inner)
        finally:
            served.close()
            serving.join()


@asynccontextmanager
async def aconnected(
    client: Callable[[aio.Client], C],
    register: Callable[[aio.Server, I], None],
    implementation: I,
    *,
    codec: CodecName = "gob",
    server: aio.Server | None = None,
    interceptors: Iterable[AsyncClientInterceptor] = (),
) -> AsyncIterator[C]:
    """Yield a typed client of an implementation, on asyncio; see `connected`.

    ::

        async with aconnected(AsyncArithClient, register_async_arith, Calculator()) as arith:
            assert await arith.multiply(Args(7, 8)) == 56

    Args:
        client: A generated class, such as ``AsyncArithClient``.
        register: The function that goes with it: ``register_async_arith``, or
            ``register_arith`` for an implementation without ``async``.
        implementation: What `register` takes.
        codec: ``gob`` or ``json``.
        server: A server with options of its own; it is closed at the end.
        interceptors: Functions around each call, the first outermost.

    Yields:
        The client.
    """
    served = server or aio.Server()
    register(served, implementation)
    ours, theirs = memory_transports()
    serving = asyncio.create_task(served.serve_conn(theirs, codec))
    try:
        connection = ClientConnection(client_codec(codec))
        ours.set_protocol(connection)
        connection.connection_made(ours)
        async with aio.Client(connection, interceptors=interceptors) as inner:
            yield client(inner)
    finally:
        await served.close()
        await serving
