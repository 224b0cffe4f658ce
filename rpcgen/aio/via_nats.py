"""Clients and servers on asyncio, whose calls travel by a NATS broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from rpcgen.channel.resolver import without_password
from rpcgen.nats.client_bridge import ClientBridge
from rpcgen.nats.dialing import (
    brokers_of,
    checked_broker_options,
    connect_to_broker,
    frame_codec,
    known_brokers,
)
from rpcgen.nats.ends import MemoryEnd
from rpcgen.nats.worker import NatsWorker, TaskWorker, broker_peer
from rpcgen.protocol import DialOptions, ServerProtocol
from rpcgen.protocol.frames import FrameServerCodec
from rpcgen.protocol.server_session import ServerSession
from rpcgen.resolve.nats_connection import hang_up

from .channel import Channel
from .client import Client
from .client_connection import ClientConnection
from .connection import ServerConnection

if TYPE_CHECKING:
    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.gob import Limits
    from rpcgen.protocol.registry import Registry
    from rpcgen.resolve.brokers import Brokers

__all__ = ["prepare_via_nats", "take_calls"]


def prepare_via_nats(target: Target, options: ChannelOptions) -> Callable[[], Awaitable[Channel]]:
    """Return what makes a channel whose calls travel by a broker; see `prepare_channel`.

    Args:
        target: ``nats://host:port`` or ``tls://host:port``, or a list of such.
        options: Those of `dial`.

    Raises:
        DialError: An address is none.
        TypeError: There is no option of this name, or it is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """
    settings, dial_options = checked_broker_options(options)
    make_resolver, brokers = brokers_of(target), known_brokers(target, options)
    dial = partial(_dial, known=brokers)

    async def connect() -> Channel:
        channel = Channel(make_resolver, settings, dial_options, dial)
        channel._broker = brokers
        return channel

    return connect


async def _dial(broker: str, options: DialOptions, known: Brokers) -> Client:
    ended = asyncio.Event()
    client = await connect_to_broker(broker, options, known, ended.set)
    try:
        codec = frame_codec(options, client.max_payload)
        spin = options.get("spin", True)
        connection = ClientConnection(codec, options.get("limits"), spin=spin)
        end = MemoryEnd(connection, lingers=True)
        bridge = ClientBridge(client, without_password(broker), end, ended)
        await bridge.open()
    except BaseException:
        await hang_up(client)
        raise
    end.begin(bridge)
    end.keep(asyncio.get_running_loop().create_task(_carry(bridge, end), name="rpcgen-nats"))
    keepalive = options.get("keepalive")
    if keepalive is not None:
        connection.keep_alive(keepalive)
    return Client(connection)


async def _carry(bridge: ClientBridge, end: MemoryEnd) -> None:
    """Carry the calls of one client, until it or the broker has hung up."""
    try:
        await bridge.run()
    finally:
        end.finish()


def take_calls(
    registry: Registry,
    brokers: Brokers,
    services: Callable[[], list[str]],
    serve: Callable[[ServerSession], ServerConnection],
    limits: Limits | None,
    most_calls: int,
) -> TaskWorker:
    """Have a server take calls that come by a broker.

    Args:
        registry: The server.
        brokers: Where they come from.
        services: Returns the names of the services.
        serve: Makes a connection, which is served once it has a transport.
        limits: How large a request may be.
        most_calls: Maximum number of calls under way.
    """
    peer = broker_peer(brokers)

    async def attach(most: Callable[[], int]) -> MemoryEnd:
        connection = serve(ServerProtocol(registry, FrameServerCodec(limits, most)))
        return MemoryEnd(connection, peer)

    return TaskWorker(NatsWorker(brokers, services, attach, most_calls))
