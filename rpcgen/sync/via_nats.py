"""Clients and servers with threads, whose calls travel by a NATS broker."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import define, field

from rpcgen.channel.resolver import without_password
from rpcgen.errors import DialError
from rpcgen.nats.client_bridge import ClientBridge
from rpcgen.nats.dialing import (
    brokers_of,
    checked_broker_options,
    connect_to_broker,
    frame_codec,
    known_brokers,
)
from rpcgen.nats.ends import SocketEnd
from rpcgen.nats.worker import NatsWorker, ThreadWorker, broker_peer
from rpcgen.protocol import DialOptions, Peer, ServerProtocol
from rpcgen.protocol.frames import FrameServerCodec
from rpcgen.protocol.server_session import ServerSession
from rpcgen.resolve.loop_thread import LoopThread

from . import _fork
from .channel import Channel
from .client import Client
from .stream import Stream

if TYPE_CHECKING:
    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.gob import Limits
    from rpcgen.protocol.registry import Registry
    from rpcgen.resolve.brokers import Brokers

__all__ = ["dial_via_nats", "take_calls"]

# Maximum time in seconds that `close` waits for the thread.
_END_S: Final = 3.0


def dial_via_nats(target: Target, options: ChannelOptions) -> Channel:
    """Return a channel whose calls travel by a broker, to which it connects with its first call.

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
    channel = Channel(make_resolver, settings, dial_options, dial)
    channel._broker = brokers
    return channel


@define(eq=False)
class _Connected:
    """End of an attempt to connect: one of the two is there once the event is set."""

    over: threading.Event = field(factory=threading.Event)
    most: int = 0
    error: Exception | None = None


class _BrokerClient(Client):
    """A client whose connection leads to a bridge, in a thread that belongs to it."""

    _thread: LoopThread

    def close(self) -> None:
        """Close the connection, and wait for the end of the thread."""
        is_here = self._fork_generation == _fork.generation
        try:
            super().close()
        finally:
            # It ends by itself, and says goodbye to the broker, unless that keeps it waiting.
            if is_here and not self._thread.join(_END_S):
                self._thread.stop()


def _dial(broker: str, options: DialOptions, known: Brokers) -> Client:
    ours, theirs = socket.socketpair()
    connected = _Connected()
    try:
        thread = LoopThread(
            partial(_carry, broker, options, known, theirs, connected), "rpcgen-nats"
        )
    except BaseException:
        ours.close()
        theirs.close()
        raise
    try:
        connected.over.wait()
        if connected.error is not None:
            raise connected.error
        client = _BrokerClient(
            ours,
            frame_codec(options, connected.most),
            limits=options.get("limits"),
            keepalive=options.get("keepalive"),
            spin=options.get("spin", True),
        )
        client._thread = thread
        return client
    except BaseException:
        ours.close()
        thread.stop()
        raise


async def _carry(
    broker: str,
    options: DialOptions,
    known: Brokers,
    theirs: socket.socket,
    connected: _Connected,
) -> None:
    """Carry the calls of one client, until it or the broker has hung up."""
    with theirs:
        try:
            end, ended = SocketEnd(), asyncio.Event()
            client = await connect_to_broker(broker, options, known, ended.set)
            bridge = ClientBridge(client, without_password(broker), end, ended)
            await bridge.open()
            await asyncio.get_running_loop().create_unix_connection(lambda: end, sock=theirs)
            end.begin(bridge)
            connected.most = client.max_payload
        except Exception as error:
            connected.error = error
            return
        except BaseException:
            connected.error = DialError(f"{without_password(broker)}: given up")
            raise
        finally:
            connected.over.set()
        try:
            await bridge.run()
        finally:
            end.close()


class _BrokerStream(Stream):
    """A stream whose other side stands for whoever calls by a broker."""

    def __init__(self, connection: socket.socket, peer: Peer) -> None:
        super().__init__(connection)
        self._broker = peer

    def peer(self) -> object:
        """Return the broker: the socket would say that it is this process itself."""
        return self._broker


def take_calls(
    registry: Registry,
    brokers: Brokers,
    services: Callable[[], list[str]],
    serve: Callable[[Stream, ServerSession], object],
    limits: Limits | None,
    most_calls: int,
) -> ThreadWorker:
    """Have a server take calls that come by a broker.

    Args:
        registry: The server.
        brokers: Where they come from.
        services: Returns the names of the services.
        serve: Serves a stream.
        limits: How large a request may be.
        most_calls: Maximum number of calls under way.
    """
    peer = broker_peer(brokers)

    async def attach(most: Callable[[], int]) -> SocketEnd:
        ours, theirs = socket.socketpair()
        end = SocketEnd()
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: end, sock=theirs)
            serve(
                _BrokerStream(ours, peer), ServerProtocol(registry, FrameServerCodec(limits, most))
            )
        except BaseException:
            ours.close()
            theirs.close()
            raise
        return end

    return ThreadWorker(NatsWorker(brokers, services, attach, most_calls))
