"""The server on asyncio. Mirrors ``rpc.Server``."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar, Unpack

from rpcgen.durable.working import WorkingServer
from rpcgen.method import Handler, Method
from rpcgen.net import clock
from rpcgen.net.sockets import check_is_plain, prepare_connection
from rpcgen.protocol import (
    CALLS_IN_FLIGHT,
    CodecName,
    CodecOptions,
    Peer,
    ServerCodec,
    ServerProtocol,
    server_codec,
)
from rpcgen.protocol.base_server import memory_of
from rpcgen.protocol.calls_in_flight import Overload
from rpcgen.protocol.codecs import import_for_calls
from rpcgen.protocol.options import checked_spin
from rpcgen.protocol.server_interceptors import (
    AsyncServerInterceptor,
    checked_interceptors,
    intercepted,
)
from rpcgen.protocol.server_session import ServerSession
from rpcgen.protocol.serving import DRAIN_LINGER_S, ConnectionLimits
from rpcgen.resolve.announcements import AnnouncedServer, Announcements
from rpcgen.values.limits import Limits

from .admission import Admission, Place
from .connection import ServerConnection, Serving
from .interrupts import Interrupts, Terminations
from .listener import Listener
from .loops import check_loop
from .serve_one import call_in_thread, serve_request
from .workers import Workers, serving

if TYPE_CHECKING:
    import ssl

    from rpcgen.durable.worker import CarryOut
    from rpcgen.protocol.remember import Remember
    from rpcgen.resolve.announcements import Announcement
    from rpcgen.resolve.brokers import Brokers

__all__ = ["Server"]

Req = TypeVar("Req")
Res = TypeVar("Res")

_GRACE_S: Final = 1.0

# Seconds that calls have to end after a signal.
_LONG_GRACE_S: Final = 10.0

# Seconds between two looks at processes that serve, and at those that end.
_LOOK_INTERVAL_S: Final = 0.1
_POLL_INTERVAL_S: Final = 0.05


class Server(AnnouncedServer[Listener], WorkingServer):
    """Serves the methods that are registered, on one event loop.

    An ``async def`` runs as a task, a plain function in a thread; the requests
    of a connection run side by side and are answered in the order in which they
    end. The server belongs to the event loop that first serves with it.

    ``async with server:`` serves in the background what `listen` has opened,
    and closes at the end. Mirrors ``rpc.Server``.

    Args:
        workers: Maximum number of threads for plain functions. Connections
            share them fairly: one alone gets at most four fifths.
        limits: How large a request may be.
        header_timeout: Seconds from the first byte of a request's header to its
            end; the connection is hung up after that. None: no limit, as for
            the others.
        body_timeout: Seconds from there to the end of the request.
        idle_timeout: Seconds without a request, and without a call under way.
        max_connections: Maximum number of connections of the listeners; others
            wait in the system's backlog.
        max_calls_per_connection: Maximum number of calls of one connection that
            are under way.
        max_calls: Maximum number of calls of all connections together that are
            under way; None: no limit.
        overload: What becomes of a call above the last two: "wait" leaves it
            unread, and its client waits; "refuse" answers at once, with
            `Code.RESOURCE_EXHAUSTED`.
        handshake_timeout: Seconds for the TLS handshake, and again for the
            request that opens an HTTP connection.
        mask_errors: True to answer an exception that is no `ServerError` with
            "internal error": its text goes to the log alone.
        interceptors: Functions around the handlers of all methods, the first
            outermost; see `rpcgen.protocol.server_interceptors`.
        health: True to serve ``rpcgen.Health``, which says how the server and its
            services are; see `health`.
        reflection: True to serve ``rpcgen.Reflection``, which describes the services to
            whoever asks, with the docstrings of their IDL.
        remember: For how long the reply of a call that comes with a ``key`` is given to calls
            that repeat the key, in the place of another one; None: each call is carried out.
        max_connection_age: Seconds, a tenth more or less, after which a connection is drained
            if its client understands that, so that clients spread anew; None: no limit.
        spin: False to sleep at once where requests are awaited, instead of looking for them for
            up to 100 microseconds where they have come soon lately: a small call takes longer,
            and the server less processor time.

    Raises:
        ValueError: A limit is not greater than 0.
    """

    def __init__(
        self,
        *,
        workers: int = 1024,
        limits: Limits | None = None,
        header_timeout: float | None = 30.0,
        body_timeout: float | None = 300.0,
        idle_timeout: float | None = None,
        max_connections: int | None = None,
        max_calls_per_connection: int = CALLS_IN_FLIGHT,
        max_calls: int | None = None,
        overload: Overload = "wait",
        handshake_timeout: float = 10.0,
        mask_errors: bool = False,
        interceptors: Iterable[AsyncServerInterceptor] = (),
        health: bool = False,
        reflection: bool = False,
        remember: Remember | None = None,
        max_connection_age: float | None = None,
        spin: bool = True,
    ) -> None:
        self._spin = checked_spin(spin)
        self._workers = Workers(workers)
        self._interceptors = checked_interceptors(interceptors, is_async=True)
        super().__init__(
            # No other thread counts, but `nullcontext`, in Python, takes three times as long. A
            # signal handler may count, or look, in between.
            threading.RLock,
            limits,
            ConnectionLimits(
                header_timeout=header_timeout,
                body_timeout=body_timeout,
                idle_timeout=idle_timeout,
                max_connections=max_connections,
                max_calls_per_connection=max_calls_per_connection,
                max_calls=max_calls,
                overload=overload,
                handshake_timeout=handshake_timeout,
                max_connection_age=max_connection_age,
            ),
            clock.monotonic,
            mask_errors=mask_errors,
            health=health,
            reflection=reflection,
            memory=memory_of(remember, clock.monotonic, threading.Lock),
        )
        self._listeners: dict[Listener, CodecName] = {}
        self._announcements = Announcements()
        self._of_brokers: set[ServerConnection] = set()
        # State that the connections share, from the first one on.
        self._shared: Serving | None = None
        self._serving = False
        # Set when the server begins to close; then what closes it, until when it waits for calls,
        # and what tells it that this has changed.
        self._closed = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._deadline = math.inf
        # True if clients are to be told of the end, and what they send on is to be refused.
        self._drains = False
        self._hurry: asyncio.Future[None] | None = None
        # Set once the processes have ended that this one has had serve; None if there are none.
        self._children_ended: asyncio.Event | None = None
        # The event loop that serves, from when it does.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._admission = Admission(max_connections)
        # Why there is nothing to accept any more.
        self._failure: OSError | None = None

    def _handler(self, method: Method[Req, Res], function: Callable[[Req], Res]) -> Handler:
        async def answer(args: Req) -> Res:  # on the event loop: a thread would take longer
            return function(args)

        return method.async_handler(answer)

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _remembered(self, handler: Handler) -> Handler:
        if self._memory is None or not handler.is_async:
            return super()._remembered(handler)
        from .remember import remembered_async

        return remembered_async(self._memory, handler)

    def _intercepted(self, handler: Handler) -> Handler:
        if not self._interceptors:
            return handler
        function = handler.function
        if not handler.is_async:
            function = partial(call_in_thread, self._workers, function)
        function = intercepted(handler.method, self._interceptors, function)
        return Handler(handler.method, function, is_async=True)

    async def listen(
        self,
        address: str | socket.socket,
        codec: CodecName = "gob",
        *,
        tls: ssl.SSLContext | None = None,
        **options: Unpack[CodecOptions],
    ) -> Listener:
        """Open a listener for `serve`; see `rpcgen.Server.listen`."""
        listener = self._open_listener(lambda: Listener(address, tls), codec, options)
        self._listeners[listener] = codec
        if self._serving:
            await self.accept(listener, codec)
        return listener

    async def accept(self, listener: Listener | socket.socket, codec: CodecName = "gob") -> None:
        """Serve, from now on, each connection that a listener takes.

        Mirrors ``rpc.Server.Accept``.

        Args:
            listener: The listener, or a socket that listens.
            codec: See `listen`.
        """
        if isinstance(listener, socket.socket):
            listener = Listener(listener)
            self._listeners[listener] = codec  # for `close`
        self._bind()
        import_for_calls(codec)

        def make_protocol() -> ServerConnection:
            serving.set(self._workers)  # in the context of the task that begins the connection
            return self._transport(self._protocol(listener, codec), listener.place)

        await listener.start(
            make_protocol,
            self._admission,
            self._fail,
            handshake_timeout=self._connection_limits.handshake_timeout,
        )

    async def serve(
        self,
        *,
        handle_signals: bool = True,
        grace: float = _LONG_GRACE_S,
        processes: int | None = None,
    ) -> None:
        """Serve every listener, and return once the server is closed.

        Ctrl-C under `asyncio.run` closes it as well, quietly, and cancels
        nobody: this returns, in whatever task, and the program goes on from
        there. A main task that has not waited for this is cancelled then, as it
        is without a server. A second Ctrl-C does not wait for the grace.

        Args:
            handle_signals: True to have SIGTERM shut the server down too, in
                the main thread of a program that has no handler for it; a
                second one does not wait for the grace.
            grace: Maximum time in seconds that calls have after a signal; see `shutdown`.
            processes: Number of processes that are forked off to serve the listeners together,
                each on an event loop of its own, and begun again when they die; None: this one
                serves.

        Raises:
            OSError: A listening socket has become useless.
            RpcError: The server cannot be served by other processes.
            RuntimeError: The server belongs to another event loop.
            ValueError: As `RpcError`.
        """
        run: Callable[[], Awaitable[None]] = self._serve_here
        if processes is not None:
            self._check_processes(processes, self._serving)
            run = partial(self._supervise, processes, grace)
        shut_down = partial(self._begin_shutdown, grace)
        with Interrupts(shut_down) as interrupts, Terminations(shut_down, handle_signals):
            try:
                await run()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not interrupts.happened or task is None:
                    raise
                task.uncancel()
            finally:
                await self.close()
        if self._failure is not None:
            raise self._failure

    async def _serve_here(self) -> None:
        await self._start()
        await self._closed.wait()

    async def _supervise(self, count: int, grace: float) -> None:
        """Have other processes serve until the server is closed, and end them."""
        from rpcgen.net.processes import Processes  # which servers do without, as a rule

        self._bind()
        self._serving = True
        children = Processes(count, partial(self._serve_in_child, grace), self, grace)
        # Forked in callbacks, where no task runs that would go on in the child.
        looking = _Repeated(children.look, _LOOK_INTERVAL_S)
        self._children_ended = ended = asyncio.Event()
        try:
            await self._closed.wait()
        finally:
            looking.stop()
            self._begin_closing(None)
            children.terminate()
            try:
                while children.are_ending(self._deadline):
                    await asyncio.sleep(_POLL_INTERVAL_S)
            finally:
                children.close()
                ended.set()

    def _serve_in_child(self, grace: float) -> None:
        """Serve in a process that was forked off, on an event loop of its own."""
        self._loop, self._serving, self._closed = None, False, asyncio.Event()
        self._children_ended = None
        asyncio.run(self.serve(grace=grace))

    async def serve_conn(
        self, connection: socket.socket | asyncio.Transport, codec: CodecName = "gob"
    ) -> None:
        """Serve one connection until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeConn``, and ``jsonrpc.ServeConn``.

        Args:
            connection: A connected socket, or a transport.
            codec: See `listen`.
        """
        await self.serve_codec(connection, server_codec(codec, self._limits))

    async def serve_codec(
        self, connection: socket.socket | asyncio.Transport, codec: ServerCodec
    ) -> None:
        """Serve one connection through a codec until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeCodec``.

        Args:
            connection: A connected socket, or a transport.
            codec: The codec, for this connection alone.
        """
        if not isinstance(connection, asyncio.Transport):
            check_is_plain(connection)
        self._bind()
        transport = self._transport(ServerProtocol(self, codec))
        outside = serving.set(self._workers)
        try:
            await _attach(connection, transport)
        finally:
            serving.reset(outside)
        try:
            await transport.wait_closed()
        except asyncio.CancelledError:  # nobody else knows of the connection
            transport.hang_up()
            raise

    async def serve_request(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one request, and leave the connection open; see `rpcgen.Server.serve_request`.

        Args:
            connection: A connected socket that does not block.
            codec: The codec, the same in every call for a connection.
        """
        check_is_plain(connection)
        await serve_request(connection, ServerProtocol(self, codec), self._workers)

    async def shutdown(self, grace: float = _LONG_GRACE_S) -> None:
        """Take no more connections, let calls end, refuse new ones, and hang up.

        Clients of this package are told, begin no more calls here, and hang up
        by themselves: none of their calls is lost, and those that were refused
        can be repeated elsewhere (``error.started`` is False). Other clients
        are hung up on once what they have under way is answered.

        For a handler this returns at once, as `close` does.

        Args:
            grace: Maximum time in seconds for that.
        """
        self._drains = True
        await self.close(grace)

    async def close(self, grace: float | None = None) -> None:
        """Take no more connections and requests, answer what is under way, and hang up.

        Where the server is being closed already, this waits for that, and can
        only cut its grace.

        A handler that awaits this, or a task that it has started, is answered
        first: for it, this returns at once, and the server closes in the
        background.

        Args:
            grace: Maximum time in seconds that calls have to end: the tasks of those that take
                longer are cancelled. None: 1 second, or what was said before.
        """
        if self._loop is not None:
            check_loop(self._loop, "the server")
        closing = self._begin_closing(grace)
        if not self._is_in_handler:
            await asyncio.shield(closing)

    def _begin_shutdown(self, grace: float) -> None:
        """Begin to shut down, as a signal wants it; the second one does not wait."""
        self._drains = True
        self._begin_closing(0.0 if self._closing is not None else grace)

    def _begin_closing(self, grace: float | None) -> asyncio.Task[None]:
        """Begin to close, or cut the grace; return the task that does it."""
        loop = asyncio.get_running_loop()
        if grace is not None or self._deadline == math.inf:
            self._deadline = min(
                self._deadline, loop.time() + (_GRACE_S if grace is None else grace)
            )
        if self._hurry is not None and not self._hurry.done():
            self._hurry.set_result(None)
        self._closed.set()
        if self._closing is None:
            self._closing = loop.create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        self._announcements.stop()
        listeners = tuple(self._listeners)
        for listener in listeners:
            listener.close()
        self._listeners.clear()
        # Those of brokers end by themselves, once what was taken is answered.
        brokers = set(self._of_brokers)
        connections = set(self._shared.connections) if self._shared is not None else set()
        connections -= brokers
        if self._drains:
            await self._drain(connections)
        else:
            for connection in connections:
                connection.stop()
        connections |= brokers
        if connections:
            await self._wait_for(connections)
        if self._children_ended is not None:
            await self._children_ended.wait()
            for listener in listeners:
                listener.remove_file()
        if self._shared is not None:
            connections |= self._shared.orphans
            self._shared.sweep.end()
        for connection in connections:
            connection.hang_up()
        if self._announcements:  # among them durable calls, which may need the threads below
            await asyncio.to_thread(self._announcements.join)
        self._workers.close()

    async def _drain(self, connections: set[ServerConnection]) -> None:
        """Tell clients, and leave them some time to hang up."""
        if self._health is not None:
            self._health.shut_down()
        for connection in connections:
            connection.drain()
        if connections:
            await self._wait_for(connections, asyncio.get_running_loop().time() + DRAIN_LINGER_S)
        for connection in connections:
            connection.close_when_idle()

    async def _wait_for(self, connections: set[ServerConnection], until: float = math.inf) -> None:
        """Wait until connections are closed, or the grace is over, which may be cut."""
        loop = asyncio.get_running_loop()
        ends = loop.create_task(_all_closed(connections))
        while not ends.done() and (left := min(self._deadline, until) - loop.time()) > 0:
            self._hurry = loop.create_future()
            await asyncio.wait((ends, self._hurry), timeout=left, return_when="FIRST_COMPLETED")
        ends.cancel()

    @property
    def _is_in_handler(self) -> bool:
        if serving.get() is self._workers:
            return True
        task = asyncio.current_task()
        if task is None or self._shared is None:
            return False
        # One that was begun by a thread, after a large message, has no such context.
        return any(connection.carries_out(task) for connection in self._shared.connections)

    async def _start(self) -> None:
        if self._serving:
            return
        self._bind()
        self._serving = True
        for listener, codec in self._listeners.items():
            await self.accept(listener, codec)
        self._announcements.begin()

    def _transport(
        self,
        protocol: ServerSession,
        place: Place | None = None,
        limits: ConnectionLimits | None = None,
    ) -> ServerConnection:
        if self._shared is None:
            self._shared = Serving(self._connection_limits, self._workers, spin=self._spin)
        return ServerConnection(protocol, self._shared, place, limits)

    def _carry_out_for(self, peer: Peer) -> CarryOut:
        from .serve_message import serve_message  # which others do without

        self._bind()
        loop = asyncio.get_running_loop()

        async def carry_out(method: str, message: bytes) -> bytes:
            call = serve_message(self, self._limits, self._workers, peer, method, message)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))

        return carry_out

    def _take_calls_from(self, brokers: Brokers) -> Announcement:
        from .via_nats import take_calls  # which needs nats-py

        def serve(protocol: ServerSession) -> ServerConnection:
            limits = self._connection_limits.of_broker()
            connection = self._transport(protocol, limits=limits)
            assert self._shared is not None  # the connection is among them, once it has begun
            self._of_brokers &= self._shared.connections
            self._of_brokers.add(connection)
            return connection

        outside = serving.set(self._workers)
        try:
            return take_calls(
                self,
                brokers,
                self._named_services,
                serve,
                self._limits,
                self._most_calls_of_broker,
            )
        finally:
            serving.reset(outside)

    def _bind(self) -> None:
        """Belong to the running event loop from now on. Raises `RuntimeError` in another one."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        check_loop(self._loop, "the server")

    def _fail(self, error: OSError) -> None:
        """End `serve`: a listener accepts no more, and clients would wait in vain."""
        self._failure = error
        self._closed.set()


async def _attach(
    connection: socket.socket | asyncio.Transport, protocol: ServerConnection
) -> None:
    """Have a connection served by ``protocol``."""
    if isinstance(connection, asyncio.Transport):
        connection.set_protocol(protocol)
        protocol.connection_made(connection)
        return
    connection.setblocking(False)
    prepare_connection(connection)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)


async def _all_closed(connections: Iterable[ServerConnection]) -> None:
    for connection in connections:
        await connection.wait_closed()


class _Repeated:
    """A function that the event loop calls now and then, from its next turn on."""

    def __init__(self, function: Callable[[], object], interval: float) -> None:
        self._function = function
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.Handle = self._loop.call_soon(self._call)

    def _call(self) -> None:
        self._handle = self._loop.call_later(self._interval, self._call)
        self._function()

    def stop(self) -> None:
        """Have it called no more."""
        self._handle.cancel()
