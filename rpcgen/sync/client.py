"""The client with threads and sockets. Mirrors ``rpc.Client``."""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType
from typing import Any, Final, Self, TypeVar, overload

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError, ShutdownError
from rpcgen.gob import Limits, decoder, encoder
from rpcgen.method import Method, untyped_method
from rpcgen.protocol import ClientCodec, ClientProtocol, DoneQueue, GobClientCodec, check_done
from rpcgen.sockets import check_is_plain, prepare_connection

from . import _fork
from .call import Call
from .leader_follower import LeaderFollower, Releasable
from .receiver import Receiver, deliver
from .request_writer import RequestWriter
from .sections import Sections
from .stream import Stream

__all__ = ["Client"]

Req = TypeVar("Req")
Res = TypeVar("Res")

# How often `close` looks whether other threads have left the socket alone, and how long it pauses.
_LOOKS: Final = 100
_PAUSE: Final = 0.001


class Client:
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

    Raises:
        TypeError: The socket is an `ssl.SSLSocket`.
    """

    def __init__(
        self,
        connection: socket.socket | Stream,
        codec: ClientCodec | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        if not isinstance(connection, Stream):
            check_is_plain(connection)
            prepare_connection(connection)
            connection = Stream(connection)
        self._stream = connection
        self._stream.set_timeout(None)
        self._limits = limits or Limits()
        if codec is None or isinstance(codec, GobClientCodec):
            _import_for_calls()
        self._protocol = ClientProtocol[Call[Any]](codec or GobClientCodec(limits))
        self._sections = Sections(self._give_up, self._release)
        self._writer = RequestWriter(self._protocol, self._stream, self._sections)
        receiver = Receiver(self._protocol, self._stream, self._writer, self._sections)
        self._leader_follower = LeaderFollower(receiver, self._sections)
        # Threads of the client's own, by what they are for.
        self._threads: dict[str, threading.Thread] = {}
        self._process = os.getpid()
        self._fork_generation = _fork.generation

    @classmethod
    def with_codec(cls, connection: socket.socket | Stream, codec: ClientCodec) -> Self:
        """Return a client that speaks through ``codec``. Mirrors ``rpc.NewClientWithCodec``."""
        return cls(connection, codec)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Client {state}, {self._protocol.pending} pending>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except ShutdownError as error:
            reraise_interrupt(error)
            # Else it was closed inside the context.

    @property
    def closed(self) -> bool:
        """True once no further call can succeed: it was closed, or its connection has failed."""
        return not self._protocol.takes_calls

    @overload
    def call(self, method: Method[Req, Res], args: Req) -> Res: ...
    @overload
    def call(self, method: str, args: object, reply: type[Res]) -> Res: ...
    @overload
    def call(self, method: str, args: object) -> Any: ...
    def call(self, method: Method[Any, Any] | str, args: object, reply: Any = None) -> Any:
        """Call a method, wait for its reply and return it.

        A method given by its name alone takes its schemas from the value of
        ``args`` and from the type ``reply``; without one, the reply comes as
        the plain values that the server's bytes describe. Raises what
        `Call.result` raises. Mirrors ``rpc.Client.Call``.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        call = self._begin(method, args, None)
        if not call._is_done:
            try:
                self._writer.send(call, method, args)
                self._writer.flush_alone()
            except BaseException:
                self._send_rest()
                raise
        return call.result()

    @overload
    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[Call[Res]] | None = None
    ) -> Call[Res]: ...
    @overload
    def go(
        self,
        method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
        *,
        reply: type[Res],
    ) -> Call[Res]: ...
    @overload
    def go(
        self, method: str, args: object, done: DoneQueue[Call[Any]] | None = None
    ) -> Call[Any]: ...
    def go(
        self,
        method: Method[Any, Any] | str,
        args: object,
        done: DoneQueue[Call[Any]] | None = None,
        *,
        reply: Any = None,
    ) -> Call[Any]:
        """Send a call and return at once, without waiting for the reply.

        What the connection does not take at once is sent by the thread that
        waits for the reply, or by one in the background. Whatever goes wrong,
        here or there, ends the call with an error and is raised by
        `Call.result`. Mirrors ``rpc.Client.Go``.

        Args:
            method: The method, or its name, as for `call`.
            args: Its arguments.
            done: The queue into which the call is put when it is over.
            reply: The type of the reply, where the method is given by its name.

        Raises:
            TypeError: ``done`` has no room for calls.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if done is not None:
            check_done(done)
        call = self._begin(method, args, done)
        if not call._is_done:
            self._send_in_time(call, method, args)
        if self._protocol.closing:
            self._end()
        return call

    def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`.

        Raises `ShutdownError` if it was closed before. Mirrors ``rpc.Client.Close``.
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
            time.sleep(_PAUSE)

    def _end(self) -> None:
        """Do what `close` has begun; it can be done again, and by any thread."""
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

    def _give_up(self, error: BaseException) -> None:
        """End the connection after an exception whose place leaves its state in doubt."""
        reason = f"{type(error).__name__} interrupted the client in the middle of a message"
        self._protocol.stop(reason)
        self._stream.shutdown()
        deliver(self._protocol, self._protocol.fail_all(reason))

    def _begin(
        self, method: Method[Any, Any], args: object, done: DoneQueue[Call[Any]] | None
    ) -> Call[Any]:
        # Without its type argument, which would have Python try to note it in the object.
        call: Call[Any] = Call(self, method.name, args, done)
        try:
            self._check_process()
            call._seq = self._protocol.begin(method, call)
        except ShutdownError as error:
            reraise_interrupt(error)
            call._finish(None, error)
        return call

    def _send_in_time(self, call: Call[Any], method: Method[Any, Any], args: object) -> None:
        """Send a call that nobody may wait for."""
        writer = self._writer
        if writer.is_blocked and writer.queued >= self._limits.queued:
            self._protocol.abandon(call._seq)
            call._finish(None, self._queue_is_full())
            return
        try:
            writer.send(call, method, args)
        except RpcError as error:
            reraise_interrupt(error)
            call._finish(None, error)
        self._send_rest()

    def _send_rest(self) -> None:
        """See to it that what is left is sent, for a thread that does not wait any longer."""
        if not self._writer.is_blocked or self._protocol.closed:
            return
        try:
            self._run_in_background("send", _Sent(self._protocol, self._writer))
        except RuntimeError as error:
            reraise_interrupt(error)
            # And with it `logging`, which a client does without as a rule.
            from rpcgen.logs import client_log

            client_log.error("requests are kept until a call is waited for: %s", error)

    def _queue_is_full(self) -> RpcError:
        return RpcError(
            f"{self._writer.queued} bytes wait to be sent already, and Limits.queued is "
            f"{self._limits.queued}: wait for replies before sending more, or use `call`"
        )

    def _check_process(self) -> None:
        # Two processes on one connection would mix their bytes, and each lose the other's replies.
        if self._fork_generation != _fork.generation:
            raise ShutdownError(self._foreign())

    def _foreign(self) -> str:
        return f"the connection belongs to process {self._process}: dial again after a fork"

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        self._check_process()
        try:
            self._leader_follower.wait(
                call, None if timeout is None else time.monotonic() + timeout
            )
        finally:
            if self._protocol.closing:  # by a handler that could not finish, or was interrupted
                self._end()
            if self._writer.is_blocked:
                self._send_rest()

    def _read_in_background(self) -> None:
        """See to it that replies are read though nobody waits for them: a queue wants them."""
        if "read" not in self._threads:
            self._run_in_background("read", _End(self._protocol))

    def _run_in_background(self, name: str, waitable: _Background) -> None:
        """Have a thread wait, and read and send meanwhile, unless there is one.

        In a process that was forked off, end the calls instead: nobody waits for them there.
        """
        if self._fork_generation != _fork.generation:
            deliver(self._protocol, self._protocol.fail_all(self._foreign()))
            return
        threads = self._threads

        def run() -> None:
            is_over = False
            while not is_over:
                try:
                    self._leader_follower.wait(waitable, None)
                finally:
                    threads.pop(name, None)
                    if self._protocol.closing:
                        self._end()
                # Asked once it is off the list: others may have relied on this thread until then.
                is_over = waitable._is_done

        thread = threading.Thread(target=run, name=f"rpcgen-client-{name}", daemon=True)
        try:
            if threads.setdefault(name, thread) is thread:
                thread.start()
        except BaseException:
            threads.pop(name, None)
            raise


def _import_for_calls() -> None:
    """Import now what gob imports with the first message.

    An exception that a signal handler raises in the middle of an import may
    leave Python's lock of all imports taken, and other threads waiting for ever.
    """
    from rpcgen.gob import interpret  # noqa: F401 - and with it what looks at types

    decoder._compiler()
    encoder._compiler()


class _Background:
    """What a background thread waits for."""

    def __init__(self, protocol: ClientProtocol[Any]) -> None:
        self._protocol = protocol
        self._waiters: list[Releasable] = []

    @property
    def _is_done(self) -> bool:
        raise NotImplementedError


class _End(_Background):
    """The end of the connection and of all calls."""

    @property
    def _is_done(self) -> bool:
        return self._protocol.closed and not self._protocol.pending


class _Sent(_Background):
    """The end of what is left to be sent, or of the connection."""

    def __init__(self, protocol: ClientProtocol[Any], writer: RequestWriter) -> None:
        super().__init__(protocol)
        self._writer = writer

    @property
    def _is_done(self) -> bool:
        return not self._writer.is_blocked or self._protocol.closed
