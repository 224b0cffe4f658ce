"""The client with threads and sockets. Mirrors ``rpc.Client``."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, cast

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError, ServerError, ShutdownError
from rpcgen.gob import Limits
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.net.sockets import check_is_plain, prepare_connection
from rpcgen.net.spin import spin_of
from rpcgen.protocol import ClientCodec, ClientProtocol, DoneQueue, GobClientCodec
from rpcgen.protocol.call_errors import deadline_error, unstarted
from rpcgen.protocol.call_options import (
    NO_OPTIONS,
    CallSettings,
    call_defaults,
    checked_interval,
)
from rpcgen.protocol.client import CANCEL, GREETING, GREETING_S
from rpcgen.protocol.codecs import import_for_gob
from rpcgen.protocol.headers import NOTICE_SEQ
from rpcgen.protocol.options import checked_spin

from . import _fork
from .background import (
    AllOver,
    AllSent,
    BackgroundThreads,
    Deadlines,
    KeepAlive,
    Room,
    Task,
)
from .base_client import BaseClient
from .call import Call
from .exchange import exchange_of
from .leader_follower import LeaderFollower
from .receiver import Receiver, deliver
from .request_writer import RequestWriter
from .sections import Sections
from .stream import Stream

if TYPE_CHECKING:
    from rpcgen.protocol.interceptors import ClientInterceptor

__all__ = ["Client"]

# Time in seconds without calls after which a client looks whether the server has hung up.
_IDLE_S: Final = 0.05

# Number of times that `close` looks for other threads at the socket, and seconds in between.
_LOOKS: Final = 100
_PAUSE_S: Final = 0.001


class Client(BaseClient):
    """Calls the methods of a server over one connection; any number of threads may share it.

    A context manager that closes it. Mirrors ``rpc.NewClient`` and, where a
    codec is given, ``rpc.NewClientWithCodec``.

    A signal handler or a finalizer may use a client that it has interrupted in
    the same thread. `close` and `go` do their work and return. A call that
    would have to wait fails at once with `RpcError` where it has interrupted
    one of the steps in which bytes or calls are in the client's hands, and
    works otherwise. An exception that a signal handler raises comes out of the
    call as it is; in the middle of such a step it also ends the connection.

    Args:
        connection: A connected stream socket, which the client owns from here on.
        codec: How to encode and decode; gob unless it is given.
        limits: Bounds for gob's codec, and for what may wait to be sent.
        call_timeout: Maximum time in seconds of each call that is told no other.
        metadata: Texts that travel with each call.
        keepalive: Time in seconds after which a server that has sent nothing is asked for a
            sign of life, and after as long again taken for dead; None: never. It takes a thread,
            until the client is closed.
        interceptors: Functions around each call, the first outermost; see `ClientInterceptor`.
        spin: False to sleep at once while a reply is awaited; see `DialOptions`.

    Raises:
        TypeError: The socket is an `ssl.SSLSocket`, or an option is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """

    def __init__(
        self,
        connection: socket.socket | Stream,
        codec: ClientCodec | None = None,
        *,
        limits: Limits | None = None,
        call_timeout: float | None = None,
        metadata: Mapping[str, str] | None = None,
        keepalive: float | None = None,
        interceptors: Iterable[ClientInterceptor] = (),
        spin: bool = True,
    ) -> None:
        defaults = call_defaults(call_timeout, metadata)
        keepalive = checked_interval("keepalive", keepalive)
        spin = checked_spin(spin)
        if not isinstance(connection, Stream):
            check_is_plain(connection)
            prepare_connection(connection)
            connection = Stream(connection)
        self._stream = connection
        self._stream.set_timeout(None)
        self._limits = limits or Limits()
        if codec is None or isinstance(codec, GobClientCodec):
            import_for_gob()
        self._protocol = ClientProtocol[Call[Any]](codec or GobClientCodec(limits), clock.monotonic)
        self._sections = Sections(self._end_after, self._release)
        self._writer = RequestWriter(
            self._protocol, self._stream, self._sections, lambda: self._receiver.receive_rest()
        )
        self._receiver = Receiver(
            self._protocol, self._stream, self._writer, self._sections, spin_of(spin)
        )
        self._leader_follower = LeaderFollower(self._receiver, self._sections)
        self._deadlines = Deadlines(self._expire)
        self._background = BackgroundThreads(self._end_if_closing)
        self._threads = self._background.running
        super().__init__(defaults, interceptors, send=self._send, go=self._greet_and_go)
        # Time at which the last call has begun.
        self._last_use = time.monotonic()
        self._process = os.getpid()
        self._fork_generation = _fork.generation
        self._exchange = exchange_of(self, connection, _IDLE_S)
        self._keep_alive: KeepAlive | None = None
        if keepalive is not None:
            self._begin_keepalive(keepalive)

    @classmethod
    def with_codec(cls, connection: socket.socket | Stream, codec: ClientCodec) -> Self:
        """Return a client that speaks through a codec. Mirrors ``rpc.NewClientWithCodec``.

        Args:
            connection: A connected socket, which the client owns from here on.
            codec: The codec, for this connection alone.
        """
        return cls(connection, codec)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Client {state}, {self._protocol.pending} pending>"

    @property
    def closed(self) -> bool:
        """True once no further call can succeed: it was closed, or its connection has failed."""
        return not self._protocol.takes_calls

    def _greet(self, deadline: float | None) -> None:
        """Learn what the server can do, by one round trip."""
        due = deadline or clock.monotonic() + GREETING_S
        try:
            self._send(CANCEL, GREETING, CallSettings(due)).result()
        except ServerError as error:
            reraise_interrupt(error)
            # Else one that knows nothing beyond Go's net/rpc.
        self._protocol.is_known = True

    def _greet_and_go(
        self, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Call[Any]:
        if self._protocol.needs_greeting(settings.metadata):
            self._greet(settings.deadline)
        return self._go(method, args, settings)

    def _go_once_greeted(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None,
    ) -> Call[Any]:
        """Send a call once it is known what the server can do, for which a thread waits."""
        from .intercepted import Interceptors

        driver = Interceptors((), send=self._send, go=self._greet_and_go)
        return driver.go(method, args, done, settings)

    def _send(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Call[Any]:
        """Send a call that this thread is about to wait for."""
        if settings is not NO_OPTIONS:
            if settings.metadata and self._protocol.needs_greeting(settings.metadata):
                self._greet(settings.deadline)
            if settings.deadline is not None and self._writer.is_blocked:
                self._wait_for_room(method, settings.deadline)
        call = self._begin(method, args, None, settings)
        if not call._is_done:
            try:
                writer = self._writer
                writer.send(call, method, args)
                if writer.is_blocked:
                    writer.flush_alone(settings.deadline)
            except BaseException:
                self._send_rest()
                raise
        return call

    def _finish_sending(self, deadline: float | None) -> None:
        """Send what is left of a request whose reply this thread is about to wait for."""
        try:
            self._writer.flush_alone(deadline)
        except BaseException:
            self._send_rest()
            raise

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None = None,
    ) -> Call[Any]:
        if settings is not NO_OPTIONS and self._protocol.needs_greeting(settings.metadata):
            return self._go_once_greeted(method, args, settings, done)
        call = self._begin(method, args, done, settings)
        if not call._is_done:
            self._send_in_time(call, method, args)
            if self._writer.is_blocked:
                self._send_rest()
            if settings.deadline is not None:
                self._expire_in_time(settings.deadline)
        if self._protocol.closing:
            self._end()
        return call

    def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`.

        Mirrors ``rpc.Client.Close``.

        Raises:
            ShutdownError: It was closed before.
        """
        if self._fork_generation != _fork.generation:
            # The other process goes on with the connection.
            self._protocol.close()
            self._stream.close()
            return
        try:
            self._protocol.close()
        finally:  # also where an exception from outside has come in between
            if self._protocol.closing:
                self._end()
        for _ in range(_LOOKS):
            if self._release() or self._is_interrupted():
                break
            time.sleep(_PAUSE_S)

    def _end_if_closing(self) -> None:
        if self._protocol.closing:  # by a handler that could not finish, or was interrupted
            self._end()

    def _end(self) -> None:
        """Do what `close` has begun; it can be done again, and by any thread."""
        self._deadlines.stop()
        if self._keep_alive is not None:
            self._keep_alive.stop()
        self._stream.shutdown()  # wakes the threads that wait for the socket
        deliver(self._protocol, self._protocol.fail_all())
        self._release()

    def _release(self) -> bool:
        """Give the socket of a closed client back, unless a thread is using it; say whether."""
        claims, for_good = self._sections.claims, [0]
        if claims.setdefault("send", for_good)[0]:
            return False
        if claims.setdefault("take", for_good)[0]:
            del claims["send"]
            return False
        self._stream.close()
        self._writer.discard()
        return True

    def _is_interrupted(self) -> bool:
        """Return whether this thread is using the socket, further down its stack."""
        try:
            self._sections.check(thorough=False)
        except RpcError as error:
            reraise_interrupt(error)
            return True
        return False

    def _end_after(self, error: BaseException) -> None:
        """End the connection after an exception whose place leaves its state in doubt."""
        reason = f"{type(error).__name__} interrupted the client in the middle of a message"
        self._protocol.stop(reason)
        self._stream.shutdown()
        deliver(self._protocol, self._protocol.fail_all(reason))

    def _wait_for_room(self, method: Method[Any, Any], deadline: float) -> None:
        """Wait until the requests of calls that were given up have left room for another.

        Raises:
            DeadlineExceededError: There is none in time.
        """
        writer, limit = self._writer, self._limits.queued
        if writer.queued < limit:
            return
        room = Room(self._protocol, self._leader_follower, writer, limit)
        if not self._leader_follower.wait(room, deadline):
            raise unstarted(deadline_error(method.name))

    def _begin(
        self,
        method: Method[Any, Any],
        args: object,
        done: DoneQueue[Call[Any]] | None,
        settings: CallSettings = NO_OPTIONS,
    ) -> Call[Any]:
        # Without its type argument, which would have Python try to note it in the object.
        call: Call[Any] = Call(self, method.name, args, done, settings)
        now, before = time.monotonic(), self._last_use
        self._last_use = now
        try:
            # Two processes on one connection would mix their bytes, and each lose replies.
            if self._fork_generation != _fork.generation:
                raise ShutdownError(self._foreign())
            if now - before > _IDLE_S:
                self._receiver.look()
            call._seq = self._protocol.begin(method, call, settings)
        except ShutdownError as error:
            reraise_interrupt(error)
            call._finish(None, error)
        return call

    def _send_in_time(self, call: Call[Any], method: Method[Any, Any], args: object) -> None:
        """Send a call that nobody may wait for."""
        writer = self._writer
        if writer.is_blocked and writer.queued >= self._limits.queued:
            self._protocol.forget(call._seq)
            call._finish(None, self._queue_is_full())
            return
        try:
            writer.send(call, method, args)
        except RpcError as error:
            reraise_interrupt(error)
            call._finish(None, error)

    def _send_rest(self) -> None:
        """See to it that what is left is sent, for a thread that does not wait any longer."""
        if not self._writer.is_blocked or self._protocol.closed:
            return
        try:
            task = AllSent(self._protocol, self._leader_follower, self._writer)
            self._run_in_background("send", task)
        except RuntimeError as error:
            reraise_interrupt(error)
            self._log("requests are kept until a call is waited for", error)

    def _expire_in_time(self, deadline: float) -> None:
        """See to it that a call ends at its deadline though nobody may wait for it."""
        if "deadlines" in self._threads:
            self._deadlines.add(deadline)
            return
        try:
            self._run_in_background("deadlines", self._deadlines)
        except RuntimeError as error:
            reraise_interrupt(error)
            self._log("calls that nobody waits for do not end at their deadlines", error)

    def _log(self, what: str, error: Exception) -> None:
        # And with it `logging`, which a client does without as a rule.
        from rpcgen.logs import client_log

        client_log.error("%s: %s", what, error)

    def _begin_keepalive(self, seconds: float) -> None:
        sent = -1

        def lives() -> bool:
            nonlocal sent
            before, sent = sent, self._writer.sent
            is_busy = "take" in self._sections.claims or self._receiver.is_readable()
            return is_busy or (self._writer.is_blocked and sent != before)

        def ping() -> None:
            self._writer.cancel(NOTICE_SEQ)
            self._send_rest()

        def fail() -> None:
            reason = f"the server has not answered a ping within {seconds} s (keepalive)"
            deliver(self._protocol, self._protocol.fail_all(reason))
            self._stream.shutdown()

        self._keep_alive = KeepAlive(
            self._protocol, self._leader_follower, seconds, lives=lives, ping=ping, fail=fail
        )
        self._run_in_background("keepalive", self._keep_alive)

    def _expire(self) -> float | None:
        """End the calls that are late; return when to look again, None if there is no need."""
        if self._fork_generation != _fork.generation:
            return None
        late, due = self._protocol.expire()
        for each in late:
            self._cancel(each.waiter, cast("RpcError", each.error))
        return due

    def _cancel(self, call: Call[Any], error: RpcError) -> None:
        """End a call with an error, unless it is over, and tell the server; any thread may."""
        call._finish(None, error)
        writer = self._writer
        if not self._protocol.forget(call._seq):
            return  # answered, or given up by another thread
        writer.forget(call._seq)
        if self._fork_generation == _fork.generation and not (
            writer.is_blocked and writer.queued >= self._limits.queued
        ):
            writer.cancel(call._seq)
            self._send_rest()
        if self._protocol.is_draining:
            self._receiver.leave()

    def _queue_is_full(self) -> RpcError:
        return RpcError(
            f"{self._writer.queued} bytes wait to be sent already, and Limits.queued is "
            f"{self._limits.queued}: wait for replies before sending more, or use `call`"
        )

    def _foreign(self) -> str:
        return f"the connection belongs to process {self._process}: dial again after a fork"

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        if self._fork_generation != _fork.generation:
            raise ShutdownError(self._foreign())
        due = deadline = call._settings.deadline
        if timeout is not None:
            until = clock.monotonic() + timeout
            deadline = until if due is None else min(due, until)
        try:
            self._leader_follower.wait(call, deadline)
        finally:
            if self._protocol.closing:  # by a handler that could not finish, or was interrupted
                self._end()
            if self._writer.is_blocked:
                self._send_rest()
        if due is not None and not call._is_done and clock.monotonic() >= due:
            self._cancel(call, deadline_error(call.service_method))

    def _give_up(self, call: Call[Any]) -> None:
        self._protocol.weaken(call._seq)
        self._writer.forget(call._seq)

    def _read_in_background(self) -> None:
        """See to it that replies are read though nobody waits for them: a queue wants them."""
        if "read" not in self._threads:
            self._run_in_background("read", AllOver(self._protocol, self._leader_follower))

    def _run_in_background(self, name: str, task: Task) -> None:
        """Have a thread do something, unless there is one of this name.

        In a process that was forked off, end the calls instead: nobody waits for them there.
        """
        if self._fork_generation != _fork.generation:
            deliver(self._protocol, self._protocol.fail_all(self._foreign()))
            return
        self._background.run(name, task)
