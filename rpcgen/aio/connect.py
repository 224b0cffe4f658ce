"""Connect to a server. Mirrors ``rpc.Dial``."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, Unpack, cast, overload

from rpcgen.channel.target import needs_channel
from rpcgen.errors import DialError
from rpcgen.net.sockets import UNIX_RETRY_S, check_tls, set_keepalive
from rpcgen.protocol import (
    DEFAULT_RPC_PATH,
    Address,
    DialOptions,
    http_address,
    parse_address,
)
from rpcgen.protocol.options import check_interceptors, check_options, codec_of, defaults_of

from .client import Client
from .client_connection import ClientConnection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.protocol.interceptors import AsyncClientInterceptor

    from .channel import Channel

__all__ = ["ClientConnector", "dial", "dial_http", "dial_http_path"]


class _Closing(Protocol):
    """Object that can be closed at the end of an ``async with``."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


T_co = TypeVar("T_co", bound=_Closing, covariant=True)
U = TypeVar("U", bound=_Closing)


class ClientConnector(Generic[T_co]):
    """A client that is not connected yet: await it, or use it in ``async with``, once.

    Args:
        connect: Connects.
    """

    def __init__(self, connect: Callable[[], Awaitable[T_co]]) -> None:
        self._connect = connect
        self._connected: T_co | None = None

    def map(self, wrap: Callable[[T_co], U]) -> ClientConnector[U]:
        """Return a connector that gives what ``wrap`` makes of the client.

        Args:
            wrap: Called with the client once it is connected, as a generated client is made.

        Returns:
            The connector of the result; await it or use it in ``async with``, instead of this one.
        """

        async def connect() -> U:
            return wrap(await self)

        return ClientConnector(connect)

    def __await__(self) -> Generator[Any, None, T_co]:
        return self._connect().__await__()

    async def __aenter__(self) -> T_co:
        self._connected = await self
        return self._connected

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connected is not None:
            await self._connected.__aexit__(exc_type, exc_value, traceback)


@overload
def dial(  # type: ignore[overload-overlap]  # the first that fits is what is given
    address: str, **options: Unpack[DialOptions]
) -> ClientConnector[Client]: ...
@overload
def dial(address: Target, **options: Unpack[ChannelOptions]) -> ClientConnector[Channel]: ...
def dial(address: Target, **options: Unpack[ChannelOptions]) -> ClientConnector[Client | Channel]:
    """Connect to a server and give a client that speaks gob, or the ``codec`` that is said.

    Await the result, or use it in ``async with``. Mirrors ``rpc.Dial``.

    A list of addresses, an address such as ``dns://name:port`` behind which a resolver stands, a
    `Resolver` itself, or one of the options ``reconnect``, ``connections``, ``retry`` and
    ``balance`` gives a channel instead: it connects with its first call, and whenever it must.

    Args:
        address: ``host:port``, ``tcp://host:port``, ``unix:///path.sock``, ``http://host:port``
            with a path or without, ``http+unix:///path.sock``, ``tls://host:port`` or
            ``https://host:port``.
        **options: See `DialOptions`, and `ChannelOptions` for a channel.

    Returns:
        What gives the client, or the channel, when it is awaited.

    Raises:
        DialError: When awaited: there is no connection to be had.
        TypeError: There is no such option.
        ValueError: When awaited: ``tls`` is given for an address that is not encrypted.
    """
    if needs_channel(address, cast("dict[str, Any]", options)):
        if options.get("via") is not None:
            from .via_nats import prepare_via_nats  # which needs nats-py

            return ClientConnector(prepare_via_nats(address, options))
        from .channel import prepare_channel  # others do without

        return ClientConnector(prepare_channel(address, options, _dial))
    plain = cast("DialOptions", options)
    check_options(plain)
    check_interceptors(plain, is_async=True)

    async def connect() -> Client:
        return await _dial(cast("str", address), plain)

    return ClientConnector(connect)


def dial_http(address: str, **options: Unpack[DialOptions]) -> ClientConnector[Client]:
    """Connect to the HTTP server at ``address``, at the default path; see `dial`.

    Mirrors ``rpc.DialHTTP``.
    """
    return dial_http_path(address, DEFAULT_RPC_PATH, **options)


def dial_http_path(
    address: str, path: str, **options: Unpack[DialOptions]
) -> ClientConnector[Client]:
    """Connect to the HTTP server at ``address``, at ``path``; see `dial`.

    Mirrors ``rpc.DialHTTPPath``.
    """
    check_options(options)
    check_interceptors(options, is_async=True)

    async def connect() -> Client:
        return await _connect(http_address(address, path), options)

    return ClientConnector(connect)


async def _dial(address: str, options: DialOptions) -> Client:
    return await _connect(parse_address(address), options)


async def _connect(address: Address, options: DialOptions) -> Client:
    check_tls(address, options.get("tls"))
    spin = options.get("spin", True)
    client = ClientConnection(codec_of(options), options.get("limits"), spin=spin)
    try:
        async with asyncio.timeout(options.get("timeout")):
            await _open(address, client, options)
        keepalive = options.get("keepalive")
        if keepalive is not None and keepalive != math.inf:
            client.keep_alive(keepalive)
        interceptors = cast("Sequence[AsyncClientInterceptor]", options.get("interceptors", ()))
        return Client(client, defaults=defaults_of(options), interceptors=interceptors)
    except TimeoutError as error:
        client.close()
        # Not every one is that of the timeout: a system gives up, too.
        reason = str(error) or "timed out"
        raise DialError(f"cannot connect to {address}: {reason}") from None
    except OSError as error:
        client.close()
        raise DialError(f"cannot connect to {address}: {error}") from error
    except BaseException:  # cancelled
        client.close()
        raise


async def _open(address: Address, client: ClientConnection, options: DialOptions) -> None:
    if not address.http_path:
        await _create_connection(address, lambda: client, options)
        return
    from .handshake import HandshakeConnection  # and with it h11, which others do without

    handshake = HandshakeConnection(address.http_path, client, options.get("limits"))
    await _create_connection(address, lambda: handshake, options)
    try:
        await handshake.over
    except BaseException:  # given up, or cancelled, while the server was silent
        handshake.close()
        raise


async def _create_connection(
    address: Address, make_protocol: Callable[[], asyncio.BaseProtocol], options: DialOptions
) -> None:
    loop = asyncio.get_running_loop()
    if address.network == "unix":
        connection = await _connect_unix(address.unix_name)
        try:
            await loop.create_unix_connection(make_protocol, sock=connection)
        except BaseException:
            connection.close()
            raise
        return
    timeout = options.get("timeout")
    # TCP_NODELAY is asyncio's default, as it is Go's.
    transport, _ = await loop.create_connection(
        make_protocol,
        address.host or "localhost",
        address.port,
        ssl=(options.get("tls") or True) if address.tls else None,
        # The time asked for is that of the whole, and must not be cut short by asyncio's default.
        ssl_handshake_timeout=timeout if address.tls and timeout and timeout > 60 else None,
    )
    own = transport.get_extra_info("socket")
    if own is not None:
        set_keepalive(own)


async def _connect_unix(name: str) -> socket.socket:
    """Return a connected socket.

    While the server's queue has no room, asyncio would take its socket for connected.
    """
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.setblocking(False)
            connection.connect(name)
            return connection
        except BlockingIOError:
            connection.close()
            await asyncio.sleep(UNIX_RETRY_S)
        except BaseException:
            connection.close()
            raise
