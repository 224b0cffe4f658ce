"""Connect to a server. Mirrors ``rpc.Dial``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar, Unpack

from rpcgen.errors import DialError
from rpcgen.protocol import Address, DialOptions, client_codec, parse_address

from .client import Client, ClientTransport

__all__ = ["Connecting", "dial"]


class _Closing(Protocol):
    """What can be closed at the end of an ``async with``."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


T = TypeVar("T", bound=_Closing)
U = TypeVar("U", bound=_Closing)


class Connecting(Generic[T]):
    """A client that is not connected yet: await it, or use it in ``async with``, once."""

    def __init__(self, connect: Callable[[], Awaitable[T]]) -> None:
        self._connect = connect
        self._connected: T | None = None

    def then(self, wrap: Callable[[T], U]) -> Connecting[U]:
        """Return the same with what ``wrap`` makes of the client."""

        async def connect() -> U:
            return wrap(await self)

        return Connecting(connect)

    def __await__(self) -> Generator[Any, None, T]:
        return self._connect().__await__()

    async def __aenter__(self) -> T:
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


def dial(address: str, **options: Unpack[DialOptions]) -> Connecting[Client]:
    """Connect to a server and give a client that speaks gob, or the ``codec`` that is said.

    Await the result, or use it in ``async with``. ``address`` is
    ``host:port``, ``tcp://host:port`` or ``unix:///path.sock``. Raises
    `DialError`, when awaited, if there is no connection to be had. Mirrors
    ``rpc.Dial``.
    """

    async def connect() -> Client:
        transport = await _connect(parse_address(address), options)
        return Client(transport)

    return Connecting(connect)


async def _connect(address: Address, options: DialOptions) -> ClientTransport:
    transport = ClientTransport(client_codec(options))
    try:
        async with asyncio.timeout(options.get("timeout")):
            await _open(address, transport)
    except TimeoutError:
        raise DialError(f"cannot connect to {address}: timed out") from None
    except OSError as error:
        raise DialError(f"cannot connect to {address}: {error}") from error
    return transport


async def _open(address: Address, transport: ClientTransport) -> None:
    loop = asyncio.get_running_loop()
    if address.network == "unix":
        await loop.create_unix_connection(lambda: transport, address.path)
    else:
        # TCP_NODELAY is asyncio's default, as it is Go's.
        await loop.create_connection(lambda: transport, address.host or "localhost", address.port)
