"""The client with threads and sockets. Mirrors ``rpc.Client``."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from rpcgen.errors import ShutdownError
from rpcgen.method import Method, untyped_method
from rpcgen.patience import Patience
from rpcgen.protocol import (
    ClientCodec,
    ClientProtocol,
    Completion,
    DoneQueue,
    GobClientCodec,
    check_done,
)

from . import forks
from .call import Call
from .sender import Sender
from .stream import Stream
from .turns import Turns, remaining

__all__ = ["Client"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class Client:
    """Calls the methods of a server over one connection; any number of threads may share it.

    ``connection`` is a connected stream socket, which the client owns from
    here on. A context manager that closes it. Mirrors ``rpc.NewClient`` and,
    where a codec is given, ``rpc.NewClientWithCodec``.
    """

    def __init__(
        self, connection: socket.socket | Stream, codec: ClientCodec | None = None
    ) -> None:
        self._stream = connection if isinstance(connection, Stream) else Stream(connection)
        self._stream.set_timeout(None)
        self._protocol = ClientProtocol[Call[Any]](codec or GobClientCodec())
        self._turns = Turns(self._read)
        self._patience = Patience()
        self._sender = Sender(self._protocol, self._stream, self._make_room)
        # Held while a call and its queue are brought together, so that each call is told once.
        self._done_lock = threading.Lock()
        self._background: threading.Thread | None = None
        self._process = os.getpid()
        self._forks = forks.count
        # Whether bytes are being taken that would be lost if a signal handler raised.
        self._is_taking = False

    @classmethod
    def with_codec(cls, connection: socket.socket | Stream, codec: ClientCodec) -> Self:
        """Return a client that speaks through ``codec``. Mirrors ``rpc.NewClientWithCodec``."""
        return cls(connection, codec)

    def __repr__(self) -> str:
        state = "closed" if self._protocol.closed else "open"
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
        except ShutdownError:
            pass  # closed inside the context

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
        return self._go(method, args, None).result()

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

        A method may be given by its name, as for `call`. The call is put into
        the queue ``done`` when it is over; see also `Call.result`. Whatever
        goes wrong, here or there, ends the call with an error and is raised by
        `Call.result`. Raises `TypeError` if ``done`` has no room for calls.
        Mirrors ``rpc.Client.Go``.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if done is not None:
            check_done(done)
        return self._go(method, args, done)

    def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`.

        Raises `ShutdownError` if it was closed before. Mirrors ``rpc.Client.Close``.
        """
        self._protocol.close()
        if self._forks != forks.count:
            # The other process goes on with the connection; its threads, whose locks may have
            # been copied as held, are not here.
            self._stream.close()
            return
        self._stream.shutdown()  # wakes the thread that reads
        with self._turns.lead(blocking=True):
            self._finish(self._protocol.receive_eof())
            self._stream.close()

    def _go(
        self, method: Method[Any, Any], args: object, done: DoneQueue[Call[Any]] | None
    ) -> Call[Any]:
        # Without its type argument, which would have Python try to note it in the object.
        call: Call[Any] = Call(self, method.name, args, done)
        try:
            self._check_process()
            seq = self._protocol.begin(method, call)
        except ShutdownError as error:
            call._finish(None, error)
            return call
        self._sender.send(seq, call, method, args)
        return call

    def _check_process(self) -> None:
        # Two processes on one connection would mix their bytes, and each lose the other's replies.
        if self._forks != forks.count:
            raise ShutdownError(
                f"the connection belongs to process {self._process}: dial again after a fork"
            )

    def _wait(self, call: Call[Any], timeout: float | None) -> bool:
        self._check_process()
        return self._turns.wait(call, None if timeout is None else monotonic() + timeout)

    def _read(self, deadline: float | None) -> None:
        """Read once and end the calls that are answered. For the leader only."""
        try:
            completions = self._receive(deadline)
        except OSError as error:
            completions = self._protocol.receive_eof(f"reading response: {error}")
        except BaseException:
            # A signal handler has raised. While nothing is read, that does no harm.
            if self._is_taking:
                self._stream.shutdown()
            raise
        self._finish(completions)

    def _receive(self, deadline: float | None) -> list[Completion[Call[Any]]]:
        self._is_taking = False
        view = self._protocol.space() if self._stream.is_plain else None
        data = None if view else self._patience.wait_for(self._stream.read_what_is_there)
        if data is None:
            if deadline is not None and not self._poll(select.POLLIN, remaining(deadline)):
                return []
            if view:
                self._is_taking = True
                count = self._stream.read_into(view, whole=deadline is None)
                return self._protocol.filled(count) if count else self._protocol.receive_eof()
            if deadline is None:
                data = self._stream.read()
            else:  # TLS can have something to read that is no data
                data = self._stream.read_what_is_there()
                if data is None:
                    return []
        self._is_taking = True
        return self._protocol.receive(data) if data else self._protocol.receive_eof()

    def _finish(self, completions: list[Completion[Call[Any]]]) -> None:
        for each in completions:
            each.waiter._finish(each.reply, each.error)

    def _make_room(self) -> None:
        """Wait until more can be sent, reading meanwhile if nobody else does.

        A server that cannot get rid of its replies may take no more requests:
        without reading here, both sides would wait for each other.
        """
        with self._turns.lead(blocking=False) as leading:
            events = self._poll(select.POLLOUT | (select.POLLIN if leading else 0), None)
            if leading and events & select.POLLIN:
                self._read(None)

    def _poll(self, events: int, timeout: float | None) -> int:
        poll = select.poll()
        try:
            poll.register(self._stream, events)
        except ValueError:  # another thread has closed it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None
        ready = poll.poll(None if timeout is None else timeout * 1000)
        return ready[0][1] if ready else 0

    def _read_in_background(self) -> None:
        """See to it that replies are read though nobody waits for them: a queue wants them."""
        with self._done_lock:
            if self._background is not None:
                return
            thread = threading.Thread(
                target=self._turns.wait, args=(_End(self._protocol), None), daemon=True
            )
            thread.start()
            self._background = thread


class _End:
    """The end of the connection, which the background thread waits for."""

    def __init__(self, protocol: ClientProtocol[Any]) -> None:
        self._protocol = protocol
        self.latches: list[threading.Lock] = []

    @property
    def over(self) -> bool:
        return self._protocol.closed
