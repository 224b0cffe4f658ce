"""The two APIs of the runtime behind one set of blocking functions, so that each
scenario is written once: the asyncio api runs in an event loop of its own thread.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypedDict, TypeVar, Unpack

import rpcgen
from generated.arith import register_arith, register_async_arith
from rpcgen import (
    CallOptions,
    ClientCodec,
    DialOptions,
    DoneQueue,
    Limits,
    Method,
    Registry,
    Remember,
    ServerCodec,
    aio,
)
from rpcgen.protocol import DEFAULT_RPC_PATH, CodecName, CodecOptions
from tests.support.services import AsyncCalculator, AsyncProbe, Calculator, Probe
from tests.support.timeouts import TIMEOUT_S

if TYPE_CHECKING:
    import ssl

__all__ = ["APIS", "Api", "ApiCall", "ApiClient", "ApiServer", "ServerOptions"]

Req = TypeVar("Req")
Res = TypeVar("Res")
T = TypeVar("T")
Res_co = TypeVar("Res_co", covariant=True)


class ApiCall(Protocol[Res_co]):
    """A call that was started."""

    def result(self) -> Res_co:
        """Wait for the reply."""
        ...

    def cancel(self) -> bool:
        """Give the call up."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What came beside the reply."""
        ...


class ApiClient(Protocol):
    """A client of either API."""

    def call(self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]) -> Res:
        """Call and wait for the reply."""
        ...

    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiCall[Res]:
        """Start a call."""
        ...

    def pending(self) -> int:
        """Return the number of calls that wait for a reply."""
        ...

    def half_close(self) -> None:
        """Send no more, but go on receiving; not with TLS."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class ServerOptions(TypedDict, total=False):
    """Arguments of a server."""

    health: bool
    idle_timeout: float | None
    interceptors: Iterable[Any]
    limits: Limits | None
    mask_errors: bool
    max_calls: int | None
    max_calls_per_connection: int
    max_connection_age: float | None
    overload: Literal["wait", "refuse"]
    remember: Remember | None
    spin: bool
    workers: int


class ApiServer(Protocol):
    """A server of either API."""

    address: str

    def shutdown(self, grace: float = TIMEOUT_S) -> None:
        """Shut down, and wait for the end of that."""
        ...


class Api(Protocol):
    """One API of the runtime."""

    def dial(
        self, address: str, **options: Unpack[DialOptions]
    ) -> AbstractContextManager[ApiClient]:
        """Connect to a server."""
        ...

    def dial_http(
        self, address: str, path: str = DEFAULT_RPC_PATH, **options: Unpack[DialOptions]
    ) -> AbstractContextManager[ApiClient]:
        """Connect to an HTTP server: with `dial_http`, or `dial_http_path` for another path."""
        ...

    @contextmanager
    def serve(
        self,
        address: str,
        *registrations: Callable[[Registry], None],
        codec: CodecName = "gob",
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        **options: Unpack[CodecOptions],
    ) -> Iterator[str]:
        """Serve ``Arith``, ``Probe`` and what ``registrations`` add; yields the bound address."""
        with self.serving(
            address, *registrations, codec=codec, tls=tls, server={"limits": limits}, **options
        ) as server:
            yield server.address

    def serving(
        self,
        address: str,
        *registrations: Callable[[Registry], None],
        codec: CodecName = "gob",
        tls: ssl.SSLContext | None = None,
        server: ServerOptions | None = None,
        **options: Unpack[CodecOptions],
    ) -> AbstractContextManager[ApiServer]:
        """Do the same with a server that can be told to shut down."""
        ...

    def client(
        self, connection: socket.socket, codec: ClientCodec
    ) -> AbstractContextManager[ApiClient]:
        """Use a connected socket as a client, with a codec."""
        ...

    def serve_codec(
        self, connection: socket.socket, codec: ServerCodec
    ) -> AbstractContextManager[None]:
        """Serve ``Arith`` on a connected socket, with a codec; waits at the end for its end."""
        ...


class SyncCall:
    def __init__(self, call: rpcgen.Call[Any]) -> None:
        self._call = call
        self.cancel = call.cancel

    @property
    def metadata(self) -> Mapping[str, str]:
        return self._call.metadata

    def result(self) -> Any:
        return self._call.result(timeout=TIMEOUT_S)


class SyncClient:
    def __init__(self, client: rpcgen.Client) -> None:
        self._client = client
        self.close = client.close

    def call(self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]) -> Res:
        return self._client.call(method, args, **options)

    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiCall[Res]:
        return SyncCall(self._client.go(method, args, done, **options))

    def pending(self) -> int:
        return self._client._protocol.pending

    def half_close(self) -> None:
        self._client._stream.shutdown(socket.SHUT_WR)


class SyncServer:
    def __init__(self, server: rpcgen.Server, address: str) -> None:
        self.address = address
        self._server = server

    def shutdown(self, grace: float = TIMEOUT_S) -> None:
        self._server.shutdown(grace)


class SyncApi(Api):
    @contextmanager
    def dial(self, address: str, **options: Unpack[DialOptions]) -> Iterator[ApiClient]:
        with rpcgen.dial(address, **options) as client:
            yield SyncClient(client)

    @contextmanager
    def dial_http(
        self, address: str, path: str = DEFAULT_RPC_PATH, **options: Unpack[DialOptions]
    ) -> Iterator[ApiClient]:
        if path == DEFAULT_RPC_PATH:
            client = rpcgen.dial_http(address, **options)
        else:
            client = rpcgen.dial_http_path(address, path, **options)
        with client:
            yield SyncClient(client)

    @contextmanager
    def serving(
        self,
        address: str,
        *registrations: Callable[[Registry], None],
        codec: CodecName = "gob",
        tls: ssl.SSLContext | None = None,
        server: ServerOptions | None = None,
        **options: Unpack[CodecOptions],
    ) -> Iterator[ApiServer]:
        probe = Probe()
        served = rpcgen.Server(**(server or {}))
        register_arith(served, Calculator())
        served.register_name("Probe", probe.handlers)
        for register in registrations:
            register(served)
        listener = served.listen(address, codec, tls=tls, **options)
        with served:
            try:
                yield SyncServer(served, listener.address)
            finally:
                probe.release_all()

    @contextmanager
    def client(self, connection: socket.socket, codec: ClientCodec) -> Iterator[ApiClient]:
        with rpcgen.Client.with_codec(connection, codec) as client:
            yield SyncClient(client)

    @contextmanager
    def serve_codec(self, connection: socket.socket, codec: ServerCodec) -> Iterator[None]:
        server = rpcgen.Server()
        register_arith(server, Calculator())
        thread = threading.Thread(target=server.serve_codec, args=(connection, codec))
        thread.start()
        yield
        thread.join(TIMEOUT_S)
        server.close()


class Loop:
    """An event loop in a thread of its own; a context manager that ends it.

    Raises `AssertionError` if a task is left behind then.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        left = self.run(_tasks_left())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()
        assert not left


async def _tasks_left() -> set[asyncio.Task[Any]]:
    """Return the other tasks of this loop that do not end soon."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=5.0)
    return others


class AsyncCall:
    def __init__(self, loop: Loop, call: aio.Call[Any]) -> None:
        self._loop = loop
        self._call = call

    def result(self) -> Any:
        async def wait() -> Any:
            return await self._call

        return self._loop.run(wait())

    def cancel(self) -> bool:
        async def cancel() -> bool:
            return self._call.cancel()

        return self._loop.run(cancel())

    @property
    def metadata(self) -> Mapping[str, str]:
        return self._call.metadata


class AsyncClient:
    def __init__(self, loop: Loop, client: aio.Client) -> None:
        self._loop = loop
        self._client = client

    def call(self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]) -> Res:
        return self._loop.run(self._client.call(method, args, **options))

    def pending(self) -> int:
        return self._client._protocol.pending

    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiCall[Res]:
        async def start() -> aio.Call[Res]:
            return self._client.go(method, args, done, **options)

        return AsyncCall(self._loop, self._loop.run(start()))

    def half_close(self) -> None:
        async def write_eof() -> None:
            transport = self._client._connection._transport
            assert transport is not None
            transport.write_eof()

        self._loop.run(write_eof())

    def close(self) -> None:
        self._loop.run(self._client.close())


class AsyncServer:
    def __init__(self, loop: Loop, server: aio.Server, address: str) -> None:
        self.address = address
        self._loop = loop
        self._server = server

    def shutdown(self, grace: float = TIMEOUT_S) -> None:
        self._loop.run(self._server.shutdown(grace))


class AsyncApi(Api):
    def dial(
        self, address: str, **options: Unpack[DialOptions]
    ) -> AbstractContextManager[ApiClient]:
        return self._connected(aio.dial(address, **options))

    def dial_http(
        self, address: str, path: str = DEFAULT_RPC_PATH, **options: Unpack[DialOptions]
    ) -> AbstractContextManager[ApiClient]:
        if path == DEFAULT_RPC_PATH:
            return self._connected(aio.dial_http(address, **options))
        return self._connected(aio.dial_http_path(address, path, **options))

    @contextmanager
    def _connected(self, connecting: aio.ClientConnector[aio.Client]) -> Iterator[ApiClient]:
        async def connect() -> aio.Client:
            return await connecting

        with Loop() as loop:
            client = loop.run(connect())
            try:
                yield AsyncClient(loop, client)
            finally:
                loop.run(client.__aexit__(None, None, None))

    @contextmanager
    def serving(
        self,
        address: str,
        *registrations: Callable[[Registry], None],
        codec: CodecName = "gob",
        tls: ssl.SSLContext | None = None,
        server: ServerOptions | None = None,
        **options: Unpack[CodecOptions],
    ) -> Iterator[ApiServer]:
        async def start() -> tuple[aio.Server, AsyncProbe, str]:
            probe = AsyncProbe()
            served = aio.Server(**(server or {}))
            register_async_arith(served, AsyncCalculator())
            served.register_name("Probe", probe.handlers)
            for register in registrations:
                register(served)
            listener = await served.listen(address, codec, tls=tls, **options)
            await served.__aenter__()
            return served, probe, listener.address

        async def stop(served: aio.Server, probe: AsyncProbe) -> None:
            await probe.release_all()
            await served.__aexit__(None, None, None)

        with Loop() as loop:
            served, probe, bound = loop.run(start())
            try:
                yield AsyncServer(loop, served, bound)
            finally:
                loop.run(stop(served, probe))

    @contextmanager
    def client(self, connection: socket.socket, codec: ClientCodec) -> Iterator[ApiClient]:
        with Loop() as loop:
            client = loop.run(aio.Client.with_codec(connection, codec))
            try:
                yield AsyncClient(loop, client)
            finally:
                loop.run(client.__aexit__(None, None, None))

    @contextmanager
    def serve_codec(self, connection: socket.socket, codec: ServerCodec) -> Iterator[None]:
        async def start() -> tuple[aio.Server, asyncio.Task[None]]:
            server = aio.Server()
            register_async_arith(server, AsyncCalculator())
            return server, asyncio.create_task(server.serve_codec(connection, codec))

        async def stop(server: aio.Server, serving: asyncio.Task[None]) -> None:
            await serving
            await server.close()

        with Loop() as loop:
            server, serving = loop.run(start())
            yield
            loop.run(stop(server, serving))


APIS: dict[str, Api] = {"sync": SyncApi(), "asyncio": AsyncApi()}
