"""The client on asyncio. Mirrors ``rpc.Client``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from rpcgen.errors import RpcError, ServerError
from rpcgen.method import Method, untyped_method
from rpcgen.net import clock
from rpcgen.net.sockets import check_is_plain, prepare_connection
from rpcgen.protocol import CallOptions, ClientCodec, Completion, DoneQueue
from rpcgen.protocol.call_errors import deadline_error, unstarted
from rpcgen.protocol.call_options import NO_OPTIONS, CallDefaults, CallSettings
from rpcgen.protocol.client import CANCEL, GREETING, GREETING_S
from rpcgen.protocol.context import current

from .base_client import BaseClient
from .call import Call
from .client_connection import ClientConnection
from .loops import keep_awake

if TYPE_CHECKING:
    from rpcgen.protocol.interceptors import AsyncClientInterceptor

    from .intercepted import Interceptors

__all__ = ["Client"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class Client(BaseClient):
    """Calls the methods of a server over one connection; made by `rpcgen.aio.dial`.

    Any number of tasks of one event loop may share it; anywhere else, its
    methods raise `RuntimeError`. An asynchronous context manager that closes it.
    Mirrors ``rpc.Client``.
    """

    def __init__(
        self,
        connection: ClientConnection,
        *,
        defaults: CallDefaults | None = None,
        interceptors: Iterable[AsyncClientInterceptor] = (),
    ) -> None:
        self._connection = connection
        self._protocol = connection.protocol
        super().__init__(connection.loop, defaults, self._intercepted(tuple(interceptors)))
        # Driver of the calls of `go` that wait for a greeting, once there is one.
        self._greeting: Interceptors | None = None

    @classmethod
    async def with_codec(cls, connection: socket.socket, codec: ClientCodec) -> Self:
        """Return a client that speaks through a codec. Mirrors ``rpc.NewClientWithCodec``.

        Args:
            connection: A connected socket, which the client owns from here on.
            codec: The codec, for this connection alone.
        """
        check_is_plain(connection)
        protocol = ClientConnection(codec)
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        prepare_connection(connection)
        if connection.family == socket.AF_UNIX:
            await loop.create_unix_connection(lambda: protocol, sock=connection)
        else:
            await loop.create_connection(lambda: protocol, sock=connection)
        return cls(protocol)

    @property
    def closed(self) -> bool:
        """True once no further call can succeed: after `close`, or when the connection is lost."""
        return not self._protocol.takes_calls

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Client {state}, {self._protocol.pending} pending>"

    @overload
    async def call(
        self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]
    ) -> Res: ...
    @overload
    async def call(
        self, method: str, args: object, reply: type[Res], **options: Unpack[CallOptions]
    ) -> Res: ...
    @overload
    async def call(self, method: str, args: object, **options: Unpack[CallOptions]) -> Any: ...
    async def call(
        self,
        method: Method[Any, Any] | str,
        args: object,
        reply: Any = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Call a method, wait for its reply and return it.

        A method given by its name alone takes its schemas from the value of
        ``args`` and from the type ``reply``; without one, the reply comes as
        the plain values that the server's bytes describe. Waits first while
        the server is slow to take what was sent before. If the task is
        cancelled, the server is told, and the reply is skipped when it comes. Large
        arguments are encoded in a thread: do not change them before the call is over.
        Raises what `Call.result` raises. Mirrors ``rpc.Client.Call``.

        Args:
            method: The method, or its name.
            args: Its arguments.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if asyncio.get_running_loop() is not self._loop:
            self._move()
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return await self._interceptors.call(method, args, settings)
        # `_call` and `Completion.taken` once more: to call them takes a good part of a call.
        if settings.metadata or self._connection.is_blocked:
            await self._get_ready(method, settings)
        waiter: asyncio.Future[Completion[Any]] = self._loop.create_future()
        seq = self._connection.begin(waiter, method, args, settings)
        try:
            completion = await waiter
        except asyncio.CancelledError:
            self._forget(seq)
            raise
        if completion.error is not None:
            raise completion.error
        # The event loop keeps the future until the task waits again: not so a large reply.
        reply, completion.reply = completion.reply, None
        return reply

    async def _greet(self, deadline: float | None) -> None:
        """Learn what the server can do, by one round trip."""
        due = deadline or clock.monotonic() + GREETING_S
        completion = await self._call(CANCEL, GREETING, CallSettings(due))
        # A `ServerError` is that of a server which knows nothing beyond Go's net/rpc.
        if completion.error is not None and not isinstance(completion.error, ServerError):
            raise completion.error
        self._protocol.is_known = True

    def _intercepted(self, interceptors: tuple[AsyncClientInterceptor, ...]) -> Interceptors | None:
        if not interceptors:
            return None
        from .intercepted import Interceptors  # others do without

        return Interceptors(interceptors, self._call, self._protocol)

    def _go_once_greeted(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None,
    ) -> Call[Any]:
        """Send a call once it is known what the server can do, for which a task waits."""
        from .intercepted import Interceptors

        # Kept, as the tasks are kept there.
        driver = self._greeting = self._greeting or Interceptors((), self._call, self._protocol)
        return driver.go(method, args, done, settings)

    async def _call(
        self, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Completion[Any]:
        """Send a call and wait for its end."""
        await self._get_ready(method, settings)
        waiter: asyncio.Future[Completion[Any]] = self._loop.create_future()
        seq = self._connection.begin(waiter, method, args, settings)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._forget(seq)
            raise

    def _forget(self, seq: int) -> None:
        """Take note that the task which has waited for a call was cancelled."""
        if self._protocol.forget(seq):
            self._connection.forgotten(seq)

    async def _get_ready(self, method: Method[Any, Any], settings: CallSettings) -> None:
        """Know the server, where a call needs that, and wait for room to write."""
        if settings.metadata and self._protocol.needs_greeting(settings.metadata):
            await self._greet(settings.deadline)
        while self._connection.is_blocked:  # again, if others were faster
            await self._wait_for_room(method, settings)

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None,
    ) -> Call[Any]:
        if settings.metadata and self._protocol.needs_greeting(settings.metadata):
            return self._go_once_greeted(method, args, settings, done)
        # Without its type argument, which would have Python try to note it in the object.
        call: Call[Any] = Call(method.name, args, done, self._loop, self._connection)
        try:
            refused = self._connection.queue_error()
            if refused is None:
                call._seq = self._connection.begin(call, method, args, settings)
            else:
                call._finish(None, refused)
        except RpcError as error:
            call._finish(None, error)
        if asyncio.current_task() is None:
            keep_awake(self._loop)
        return call

    async def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`.

        Mirrors ``rpc.Client.Close``.

        Raises:
            ShutdownError: It was closed before.
        """
        self._check_loop()
        self._protocol.close()
        self._connection.close()
        await asyncio.wait([self._connection.lost])

    async def _wait_for_room(self, method: Method[Any, Any], settings: CallSettings) -> None:
        """Wait until the connection takes more.

        Raises:
            DeadlineExceededError: It does not in time.
        """
        writable, deadline = self._connection.writable, settings.deadline
        if deadline is None:
            await writable.wait()
            return
        try:
            async with asyncio.timeout(deadline - clock.monotonic()):
                await writable.wait()
        except TimeoutError:
            raise unstarted(deadline_error(method.name)) from None
