"""The server with threads and sockets. Mirrors ``rpc.Server``."""

from __future__ import annotations

import _thread
import math
import os
import socket
import threading
import weakref
from collections.abc import Iterable, Sequence
from functools import partial
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, Unpack

from rpcgen.durable.working import WorkingServer, in_thread
from rpcgen.gob import Limits
from rpcgen.logs import server_log
from rpcgen.method import Handler
from rpcgen.net import clock
from rpcgen.net.sockets import (
    AcceptBackoff,
    check_is_plain,
    prepare_connection,
)
from rpcgen.protocol import (
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
from rpcgen.protocol.registry import AsyncHandlerError
from rpcgen.protocol.server_interceptors import (
    ServerInterceptor,
    checked_interceptors,
    intercepted,
)
from rpcgen.protocol.server_session import ServerSession
from rpcgen.protocol.serving import DRAIN_LINGER_S, ConnectionLimits
from rpcgen.resolve.announcements import AnnouncedServer, Announcements

from .connection import ServerConnection
from .handshakes import Handshakes
from .latch import Latch
from .listener import Listener
from .reactor import Reactor
from .serve_one import serve_request
from .stream import Stream
from .terminations import on_sigterm

if TYPE_CHECKING:
    import ssl

    from rpcgen.durable.worker import CarryOut
    from rpcgen.net.processes import Processes
    from rpcgen.protocol.remember import Remember
    from rpcgen.resolve.announcements import Announcement
    from rpcgen.resolve.brokers import Brokers

__all__ = ["Server"]

_GRACE_S: Final = 1.0

# Seconds that calls have to end after a signal.
_LONG_GRACE_S: Final = 10.0

# Seconds between two looks for what nobody tells: room for a connection, a grace that
# has been cut.
_POLL_INTERVAL_S: Final = 0.05

# Maximum time in seconds for what was accepted just before the end to be served, and its pauses.
_JUST_ACCEPTED_S: Final = 0.1
_PAUSE_S: Final = 0.001

# Seconds between two looks at the processes that serve.
_LOOK_INTERVAL_S: Final = 0.1

# All servers of the process, for `_after_fork`.
_servers: weakref.WeakSet[Server] = weakref.WeakSet()


class Server(AnnouncedServer[Listener], WorkingServer):
    """Serves the methods that are registered, over any number of connections.

    One thread reads all connections and carries out what is fast. The requests
    of a connection are carried out side by side nevertheless, by up to
    ``workers`` threads for the whole server, and answered in the order in which
    they end: a call that takes longer than 10 ms holds up no other. No client
    gets all the threads while others might need one.

    ``with server:`` serves in the background what `listen` has opened, and
    closes at the end. A server may listen, fork, and serve in each process.
    Mirrors ``rpc.Server``.

    Args:
        workers: Maximum number of handlers that run at a time. Connections
            share them fairly: one alone gets at most four fifths, and of two or
            more the last one is for connections that have none.
        limits: How large a request may be.
        header_timeout: Seconds from the first byte of a request's header to its
            end; None: no limit, as for the next three.
        body_timeout: Seconds from there to the end of the request's body.
        idle_timeout: Seconds without a request, and without a call under way.
        max_connections: Maximum number of connections from listeners that are
            served; others wait.
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
        ValueError: One of these is not greater than 0.
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
        max_calls_per_connection: int = 1024,
        max_calls: int | None = None,
        overload: Overload = "wait",
        handshake_timeout: float = 10.0,
        mask_errors: bool = False,
        interceptors: Iterable[ServerInterceptor] = (),
        health: bool = False,
        reflection: bool = False,
        remember: Remember | None = None,
        max_connection_age: float | None = None,
        spin: bool = True,
    ) -> None:
        self._spin = checked_spin(spin)
        self._interceptors = checked_interceptors(interceptors, is_async=False)
        super().__init__(
            threading.Lock,
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
        self._workers = workers
        self._listeners: dict[Listener, CodecName] = {}
        self._announcements = Announcements()
        self._begin_anew()
        _servers.add(self)

    def _begin_anew(self) -> None:
        """Set what belongs to one process: threads, connections, and how far the end has come."""
        self._reactor = Reactor(self._workers, self._connection_limits, spin=self._spin)
        # Guards the listeners, for a moment each time. A signal handler may come in between.
        self._lock = threading.RLock()
        self._accepting: set[Listener] = set()
        self._of_brokers: weakref.WeakSet[ServerConnection] = weakref.WeakSet()
        self._handshakes = Handshakes(self._connection_limits.handshake_timeout)
        self._serving = False
        # Threads that are in `serve`, by their identifiers.
        self._in_serve: set[int] = set()
        # Why a listener has ended that should not have.
        self._failure: OSError | None = None
        self._closing = Latch()
        self._closed = Latch()
        # Set once the processes have ended that this one has had serve; None if there are none.
        self._children_ended: Latch | None = None
        # True if clients are to be told of the end, and what they send on is to be refused.
        self._drains = False
        # When the grace is over, by `time.monotonic`.
        self._deadline = math.inf
        # Held for ever by the thread that closes.
        self._closer = threading.Lock()

    def __enter__(self) -> Self:
        self._serve_listeners()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def register_name(
        self, name: str, handlers: Iterable[Handler], described_by: type[object] | None = None
    ) -> None:
        """Serve functions as the methods of a service; see `Registry.register_name`.

        Raises:
            RegisterError: As there, and for an ``async def``.
        """
        handlers = tuple(handlers)
        for handler in handlers:
            if handler.is_async:
                raise AsyncHandlerError(
                    f"rpc.Register: {handler.method.name} is async: serve it with rpcgen.aio.Server"
                )
        super().register_name(name, handlers, described_by)

    def _intercepted(self, handler: Handler) -> Handler:
        if not self._interceptors:
            return handler
        function = intercepted(handler.method, self._interceptors, handler.function)
        return Handler(handler.method, function)

    def listen(
        self,
        address: str | socket.socket,
        codec: CodecName = "gob",
        *,
        tls: ssl.SSLContext | None = None,
        **options: Unpack[CodecOptions],
    ) -> Listener:
        """Open a listener for `serve`.

        Args:
            address: ``host:port``, ``tcp://host:port`` (port 0 takes a free one),
                ``unix:///path.sock``, ``http://host:port``,
                ``http+unix:///path.sock``, ``tls://host:port`` or
                ``https://host:port``. ``:port`` is every address of this
                machine. ``fd://3`` is a socket that listens already, as systemd
                hands it over, and so is a socket itself, which the server then
                closes.
            codec: ``gob``, or ``json`` for Go's ``net/rpc/jsonrpc``.
            tls: Holds the certificate, for ``tls://`` and ``https://``.
            options: How arguments are read; see `CodecOptions`.

        Returns:
            The listener, whose ``address`` is the one to dial.

        Raises:
            DialError: The address cannot be had, or the codec is unknown.
            TypeError: There is no such option.
            ValueError: An option cannot have this value.
        """
        listener = self._open_listener(lambda: Listener(address, tls), codec, options)
        with self._lock:
            self._listeners[listener] = codec
            serving = self._serving
        if serving:
            self._start_accepting(listener, codec)
        return listener

    def serve(
        self,
        *,
        handle_signals: bool = True,
        grace: float = _LONG_GRACE_S,
        processes: int | None = None,
    ) -> None:
        """Serve every listener, and return once the server is closed.

        Ctrl-C closes it as well, quietly: KeyboardInterrupt ends here, and the
        program goes on. A second one, which does not wait for the grace, is
        raised. A signal handler may call `close` or `shutdown`: these return at
        once, and this once the grace is over.

        Args:
            handle_signals: True to have SIGTERM shut the server down too, in
                the main thread of a program that has no handler for it; a
                second one does not wait for the grace.
            grace: Maximum time in seconds that calls have after a signal; see `shutdown`.
            processes: Number of processes that are forked off to serve the listeners together,
                and begun again when they die; None: this one serves.

        Raises:
            OSError: A listener has ended because its socket is of no use.
            RpcError: The server cannot be served by other processes.
            ValueError: The same.
        """
        if processes is not None:
            self._check_processes(processes, self._serving)
            self._serve_in_processes(processes, handle_signals, grace)
            return
        thread = threading.get_ident()
        self._in_serve.add(thread)
        after_interrupt: float | None = None
        with on_sigterm(partial(self._begin_shutdown, grace), handle_signals):
            try:
                self._serve_listeners()
                self._closing.wait()
            except KeyboardInterrupt:
                # Not yet: an interrupt that came in there would have to wait for the grace below.
                self._drains, after_interrupt = True, grace
            finally:
                self._begin_closing(after_interrupt)
                self._closed.wait()
                self._in_serve.discard(thread)
        if self._failure is not None:
            raise self._failure

    def _serve_in_processes(self, count: int, handle_signals: bool, grace: float) -> None:
        from rpcgen.net.processes import Processes  # which servers do without, as a rule

        children = Processes(count, partial(self.serve, grace=grace), self, grace)
        self._children_ended = ended = Latch()
        self._in_serve.add(threading.get_ident())
        with on_sigterm(partial(self._begin_shutdown, grace), handle_signals):
            try:
                self._supervise(children, grace)
            finally:
                children.close()
                ended.set()
                self._closed.wait()
                self._in_serve.discard(threading.get_ident())

    def _supervise(self, children: Processes, grace: float) -> None:
        """Look after the children until the server is closed, and end them."""
        after_interrupt: float | None = None
        try:
            children.look()
            while not self._closing.wait(_LOOK_INTERVAL_S):
                children.look()
        except KeyboardInterrupt:
            self._drains, after_interrupt = True, grace
        finally:
            self._begin_closing(after_interrupt)
            children.terminate()
        while children.are_ending(self._deadline):
            sleep(_POLL_INTERVAL_S)

    def accept(self, listener: Listener | socket.socket, codec: CodecName = "gob") -> None:
        """Serve each connection that a listener takes; return when it, or the server, is closed.

        Ctrl-C closes the server as it does in `serve`. Mirrors ``rpc.Server.Accept``.

        Args:
            listener: The listener, or a socket that listens, which stays open.
            codec: See `listen`.

        Raises:
            OSError: The socket is of no use. Errors that pass are logged and
                waited for.
        """
        if isinstance(listener, socket.socket):
            listener = Listener(listener, borrowed=True)
        with self._lock:
            self._accepting.add(listener)
        try:
            import_for_calls(codec)
            self._accept(listener, codec)
        except KeyboardInterrupt:
            self._begin_closing()
            self._closed.wait()
        finally:
            with self._lock:
                self._accepting.discard(listener)

    def _accept(self, listener: Listener, codec: CodecName) -> None:
        backoff = AcceptBackoff()
        while not self._closing.is_set():
            try:
                connection = listener.accept()
            except OSError as error:
                if listener.closed:
                    return
                self._closing.wait(backoff.delay_after(error))
                continue
            backoff.reset()
            self._wait_for_room()
            try:
                self._begin(listener, connection, codec)
            except (OSError, RuntimeError) as error:  # too many files, or too many threads
                server_log.error("rpc.Serve: %s", error)
                connection.close()
                self._closing.wait(2 * _POLL_INTERVAL_S)

    def _wait_for_room(self) -> None:
        """Wait until there are fewer connections than there may be; others wait to be accepted."""
        most = self._connection_limits.max_connections
        if most is None:
            return
        while len(self._reactor) + len(self._handshakes) >= most and not self._closing.is_set():
            self._closing.wait(_POLL_INTERVAL_S)

    def _begin(self, listener: Listener, connection: socket.socket, codec: CodecName) -> None:
        def serve(stream: Stream) -> None:
            self._serve(stream, self._protocol(listener, codec))

        if listener.needs_handshake:
            assert listener.tls is not None
            self._handshakes.begin(connection, listener.tls, serve)
        else:
            serve(Stream(connection))

    def serve_conn(self, connection: socket.socket | Stream, codec: CodecName = "gob") -> None:
        """Serve one connection until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeConn``, and ``jsonrpc.ServeConn``.

        Args:
            connection: The connection.
            codec: See `listen`.
        """
        self.serve_codec(connection, server_codec(codec, self._limits))

    def serve_codec(self, connection: socket.socket | Stream, codec: ServerCodec) -> None:
        """Serve one connection through a codec until the client hangs up, then close it.

        Mirrors ``rpc.Server.ServeCodec``.

        Args:
            connection: The connection.
            codec: The codec, for this connection alone.
        """
        if not isinstance(connection, Stream):
            check_is_plain(connection)
            prepare_connection(connection)
            connection = Stream(connection)
        served = self._serve(connection, ServerProtocol(self, codec))
        try:
            served.wait_closed()
        except BaseException:  # the thread is interrupted
            served.abort()
            raise

    def serve_request(self, connection: socket.socket, codec: ServerCodec) -> None:
        """Serve one request in this thread, and leave the connection open.

        Mirrors ``rpc.Server.ServeRequest``.

        Args:
            connection: The connection.
            codec: The codec, which keeps what it has read ahead: the same in every call for a
                connection.

        Raises:
            ServerError: The request was refused, with this text.
            DisconnectedError: The connection is at its end.
            DecodeError: It holds something else.
        """
        check_is_plain(connection)
        serve_request(Stream(connection), ServerProtocol(self, codec))

    def shutdown(self, grace: float = _LONG_GRACE_S) -> None:
        """Take no more connections, let calls end, refuse new ones, and hang up.

        Clients of this package are told, begin no more calls here, and hang up
        by themselves: none of their calls is lost, and those that were refused
        can be repeated elsewhere (``error.started`` is False). Other clients
        are hung up on once what they have under way is answered.

        For handlers and signal handlers this returns at once, as `close` does.

        Args:
            grace: Maximum time in seconds for that.
        """
        self._drains = True
        self.close(grace)

    def close(self, grace: float | None = None) -> None:
        """Take no more connections and requests, answer what is under way, and hang up.

        Where the server is being closed already, this waits for that, and can
        only cut its grace.

        A handler that calls this is answered first, and a signal handler that
        has interrupted `serve` goes back to it: for both, this returns at once.

        Args:
            grace: Maximum time in seconds that calls have to end: those that take longer are not
                waited for. None: 1 second, or what was said before.
        """
        self._begin_closing(grace)
        if self._reactor.scheduler.is_own_thread or threading.get_ident() in self._in_serve:
            return
        # Longer than the grace only if this has interrupted what the closing has to wait for.
        while not self._closed.wait(_POLL_INTERVAL_S) and monotonic() < self._deadline + _GRACE_S:
            pass

    # --- closing --------------------------------------------------------------------------------

    def _begin_shutdown(self, grace: float) -> None:
        """Begin to shut down, as a signal wants it; the second one does not wait."""
        self._drains = True
        self._begin_closing(0.0 if self._closing.is_set() else grace)

    def _begin_closing(self, grace: float | None = None) -> None:
        """Begin to close, or cut the grace.

        This may come in the middle of itself, in a signal handler, so it takes
        no lock and leaves nothing to be done by what it has interrupted.
        """
        now = monotonic()
        if grace is not None or self._deadline == math.inf:
            self._deadline = min(self._deadline, now + (_GRACE_S if grace is None else grace))
        self._closing.set()
        if self._closed.is_set() or self._closer.locked():
            return
        try:
            # Not `threading.Thread`, whose start takes locks that may be held below.
            _thread.start_new_thread(self._close, ())
        except RuntimeError:  # too many threads, or the interpreter is about to end
            self._close()

    def _close(self) -> None:
        if not self._closer.acquire(blocking=False):
            return  # another thread does
        try:
            self._announcements.stop()
            listeners = self._close_listeners()
            # Those of brokers end by themselves, once what was taken is answered.
            brokers = [each for each in self._of_brokers if not each.wait_closed(0)]
            connections = [each for each in self._reactor.connections if each not in brokers]
            if self._drains:
                self._drain(connections)
            else:
                for connection in connections:
                    connection.stop()
            self._wait_closed([*connections, *brokers])
            if self._children_ended is not None:
                self._children_ended.wait()
                for listener in listeners:
                    listener.remove_file()
            for connection in self._reactor.connections:
                connection.abort()
            self._reactor.scheduler.shutdown()
            self._announcements.join()
        except Exception:
            server_log.exception("rpc.Serve: close")
        finally:
            self._closed.set()

    def _drain(self, connections: Sequence[ServerConnection]) -> None:
        """Tell clients, and leave them some time to hang up."""
        if self._health is not None:
            self._health.shut_down()
        for connection in connections:
            connection.drain()
        self._wait_closed(connections, monotonic() + DRAIN_LINGER_S)
        for connection in connections:
            connection.close_when_idle()

    def _wait_closed(
        self, connections: Sequence[ServerConnection], until: float = math.inf
    ) -> None:
        """Wait until connections are closed, or the grace is over, which may be cut."""
        for connection in connections:
            while monotonic() < min(self._deadline, until) and not connection.wait_closed(
                _POLL_INTERVAL_S
            ):
                pass

    def _close_listeners(self) -> set[Listener]:
        with self._lock:
            listeners = {*self._listeners, *self._accepting}
            self._listeners.clear()
        for listener in listeners:
            listener.close()
        self._wait_for_accepted()
        self._handshakes.close()
        return listeners

    def _wait_for_accepted(self) -> None:
        """Wait until what was accepted just now is served: its client is told of the end, too.

        Not for long: the thread may be one that a signal handler has interrupted.
        """
        until = monotonic() + _JUST_ACCEPTED_S
        while self._accepting and monotonic() < until:
            sleep(_PAUSE_S)

    def _after_fork(self) -> None:
        """Leave what was served to the parent; what this process is to serve begins from here."""
        self._reactor.close_after_fork()
        self.renew_locks()
        self._announcements.begin_anew()
        for listener in self._listeners:
            listener.renew_lock()
        self._begin_anew()

    def _carry_out_for(self, peer: Peer) -> CarryOut:
        from .serve_message import serve_message  # which others do without

        async def carry_out(method: str, message: bytes) -> bytes:
            return await in_thread(lambda: serve_message(self, self._limits, peer, method, message))

        return carry_out

    # --- connections ----------------------------------------------------------------------------

    def _serve_listeners(self) -> None:
        with self._lock:
            self._serving = True
            listeners = tuple(self._listeners.items())
        for listener, codec in listeners:
            self._start_accepting(listener, codec)
        self._announcements.begin()

    def _start_accepting(self, listener: Listener, codec: CodecName) -> None:
        threading.Thread(
            target=self._accept_aside,
            args=(listener, codec),
            name=f"rpcgen {listener.address}",
            daemon=True,
        ).start()

    def _accept_aside(self, listener: Listener, codec: CodecName) -> None:
        try:
            self.accept(listener, codec)
        except OSError as error:  # which was logged
            self._failure = error
            if self._in_serve:
                self._begin_closing()

    def _take_calls_from(self, brokers: Brokers) -> Announcement:
        from .via_nats import take_calls  # which needs nats-py

        def serve(stream: Stream, protocol: ServerSession) -> None:
            limits = self._connection_limits.of_broker()
            self._of_brokers.add(self._serve(stream, protocol, limits))

        return take_calls(
            self,
            brokers,
            self._named_services,
            serve,
            self._limits,
            self._most_calls_of_broker,
        )

    def _serve(
        self, stream: Stream, protocol: ServerSession, limits: ConnectionLimits | None = None
    ) -> ServerConnection:
        """Serve a connection from now on."""
        served = self._reactor.serve(stream, protocol, limits)
        if self._closing.is_set():  # perhaps after `close` has looked for connections
            if self._drains:
                served.drain()
            else:
                served.stop()
        return served


def _after_fork() -> None:
    for server in tuple(_servers):
        server._after_fork()


os.register_at_fork(after_in_child=_after_fork)
