"""The client on asyncio. Mirrors ``rpc.Client``."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections import deque
from collections.abc import Iterable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, Unpack, cast, overload

from attrs import define

from rpcgen.errors import RpcError, ServerError, ShutdownError
from rpcgen.gob import Limits
from rpcgen.method import Method, untyped_method
from rpcgen.net.sockets import check_is_plain, prepare_connection
from rpcgen.protocol import (
    CallOptions,
    ClientCodec,
    ClientProtocol,
    Completion,
    DoneQueue,
    GobClientCodec,
    check_done,
)
from rpcgen.protocol.call_options import NO_OPTIONS, CallDefaults, CallSettings, resolve
from rpcgen.protocol.client import CANCEL, GREETING, GREETING_S, deadline_error
from rpcgen.protocol.context import current, inherited

from .call import Call
from .effort import effort_of, is_large
from .keepalive import KeepAlive
from .loop_spin import LoopSpinner
from .loops import check_loop
from .read_buffer import ReadBufferProtocol
from .workers import Job, decoders
from .write_coalescer import WriteCoalescer

if TYPE_CHECKING:
    from rpcgen.protocol.interceptors import AsyncClientInterceptor

    from .intercepted import Interceptors

__all__ = ["Client", "ClientConnection"]

Req = TypeVar("Req")
Res = TypeVar("Res")


# What waits for a reply: a `Call`, or where nobody but one task can wait, a future alone.
Waiter: TypeAlias = "Call[Any] | asyncio.Future[Completion[Any]]"


@define(eq=False)
class _Unsent:
    """A call that is not encoded yet."""

    seq: int
    waiter: Waiter
    method: Method[Any, Any]
    args: object
    settings: CallSettings

    @property
    def size(self) -> int:
        """Rough size in bytes of the request."""
        if isinstance(self.args, (bytes, str)):
            return len(self.args)
        return 8 * effort_of(self.method.request, self.args)

    @property
    def is_over(self) -> bool:
        """True if nobody waits for the call any more."""
        return self.waiter._is_done if isinstance(self.waiter, Call) else self.waiter.done()


class ClientConnection(ReadBufferProtocol):
    """What the event loop calls: takes what arrives, and ends the calls that it answers.

    Large replies are decoded in a thread. Until it is done, nothing else is
    decoded: replies end their calls in the order in which they came, and what
    arrives all the same is kept.
    """

    def __init__(self, codec: ClientCodec | None = None, limits: Limits | None = None) -> None:
        super().__init__()
        self.protocol = ClientProtocol[Waiter](codec or GobClientCodec(), time.monotonic)
        self.protocol.defers_large = True
        self.loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self.loop.create_future()
        self._most_queued = (limits or Limits()).queued
        # What has come while a thread is decoding; None while none is.
        self._early: list[bytes] | None = None
        # Why the connection was lost meanwhile.
        self._loss = ""
        self.unsent: deque[_Unsent] | None = None
        """Calls to encode once a thread has encoded the one before; None while none does."""
        # Rough size in bytes of what these will send.
        self._unsent_size = 0
        # Set while the transport takes more: a server that is slow to read slows its callers.
        self.writable = asyncio.Event()
        self.writable.set()
        self._transport: asyncio.Transport | None = None
        self._coalescer: WriteCoalescer | None = None
        self._spinner = LoopSpinner(self.loop)
        self.is_sending = False
        """True while a request is encoded and written, or what a thread has encoded."""
        # One timer for the deadlines of all calls, set to the next of them, and when it goes off.
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        self._keep_alive: KeepAlive | None = None

    @property
    def is_interrupted(self) -> bool:
        """True if sending is under way: whoever asks that is a signal handler or a finalizer."""
        return self.is_sending or (self._coalescer is not None and self._coalescer.is_uncorking)

    def write(self, data: bytes) -> None:
        """Send, or drop if the connection is gone: the calls are told by `connection_lost`.

        A call that is alone goes out at once, others with those of the same
        turn of the event loop: replies that came together make their callers
        call again together.
        """
        if self._coalescer is None:
            return
        is_alone = self.protocol.pending == 1
        self._coalescer.send(data, flush=is_alone)
        if is_alone:
            self._spinner.arm()

    def send(
        self,
        seq: int,
        waiter: Waiter,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
    ) -> None:
        """Send a call that has begun. Raises what keeps it from being sent."""
        if self.is_interrupted:
            unsent = _Unsent(seq, waiter, method, args, settings)
            self.loop.call_soon_threadsafe(self._send_now, unsent)
            return
        self.is_sending = True
        try:
            if self.unsent is not None or is_large(method.request, args):
                self._send_in_turn(_Unsent(seq, waiter, method, args, settings))
            else:
                self.write(self.protocol.encode(seq, method, args, settings))
        finally:
            self.is_sending = False

    def _send_in_turn(self, unsent: _Unsent) -> None:
        """Send a call that a thread encodes, or that has to wait for one; what fails ends it."""
        if self.unsent is None:
            self.unsent = deque()
            self._encode_in_thread(unsent)
        else:
            self.unsent.append(unsent)
            self._unsent_size += unsent.size

    def _send_now(self, unsent: _Unsent) -> None:
        if unsent.is_over:
            self.protocol.abandon(unsent.seq)
            return
        self.is_sending = True
        try:
            if self.unsent is not None or is_large(unsent.method.request, unsent.args):
                self._send_in_turn(unsent)
            else:
                self._send_late(unsent)
        finally:
            self.is_sending = False

    def _encode_in_thread(self, unsent: _Unsent) -> None:
        loop, encoded = self.loop, self._encoded

        def done(data: bytes, error: BaseException | None) -> None:
            try:
                loop.call_soon_threadsafe(encoded, unsent, data, error)
            except RuntimeError:
                pass  # the loop is closed, and the connection with it

        encode = partial(
            self.protocol.encode, unsent.seq, unsent.method, unsent.args, unsent.settings
        )
        decoders(loop).submit(Job(self, encode, done))

    def _encoded(self, unsent: _Unsent, data: bytes, error: BaseException | None) -> None:
        self.is_sending = True
        try:
            self._go_on_sending(unsent, data, error)
        finally:
            self.is_sending = False

    def _go_on_sending(self, unsent: _Unsent, data: bytes, error: BaseException | None) -> None:
        """Send what a thread has encoded, and go on with what has waited for it."""
        if error is None:
            self.write(data)  # also if the call was given up: later ones need its definitions
        else:
            self._fail(unsent, error)
        while self.unsent:
            unsent = self.unsent.popleft()
            self._unsent_size -= unsent.size
            if unsent.is_over:
                self.protocol.abandon(unsent.seq)
            elif is_large(unsent.method.request, unsent.args):
                self._encode_in_thread(unsent)
                return
            else:
                self._send_late(unsent)
        self.unsent = None

    def _send_late(self, unsent: _Unsent) -> None:
        try:
            data = self.protocol.encode(unsent.seq, unsent.method, unsent.args, unsent.settings)
        except Exception as error:
            self._fail(unsent, error)
        else:
            self.write(data)

    def _fail(self, unsent: _Unsent, error: BaseException) -> None:
        if self.protocol.abandon(unsent.seq):
            self._finish([Completion(unsent.waiter, None, cast("RpcError", error))])

    def give_up(self, waiter: Waiter, seq: int, error: RpcError) -> None:
        """End a pending call with an error, and tell the server."""
        if self.protocol.abandon(seq):
            self._finish([Completion(waiter, None, error, seq)])
            self.forgotten(seq)

    def forgotten(self, seq: int) -> None:
        """Deal with a call that is abandoned: tell the server, and leave one that shuts down."""
        self.cancel(seq)
        if self.protocol.is_draining and not self.protocol.pending:
            self.close()

    def cancel(self, seq: int) -> None:
        """Tell the server that nobody waits for a call any more; `NOTICE_SEQ`: send a ping."""
        if self._transport is None or self.queued >= self._most_queued:
            return
        cancel = self.protocol.begin_cancel(seq)
        if cancel is not None:
            own, args = cancel
            nobody: asyncio.Future[Completion[Any]] = self.loop.create_future()
            self.send(own, nobody, CANCEL, args, NO_OPTIONS)

    def expire_in_time(self, deadline: float) -> None:
        """See to it that the calls of this deadline end, if they are pending then."""
        if deadline < self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._due = deadline
            self._timer = self.loop.call_later(deadline - time.monotonic(), self._expire)

    def _expire(self) -> None:
        self._timer, self._due = None, math.inf
        late, due = self.protocol.expire()
        for each in late:
            self.give_up(each.waiter, each.seq, cast("RpcError", each.error))
        if due is not None:
            self.expire_in_time(due)

    def check_room(self) -> None:
        """Raise `RpcError` if the requests that wait to be sent are as many as they may be."""
        if self._transport is None or (self.writable.is_set() and not self.unsent):
            return  # at most what asyncio's transports take before they say that it is much
        queued = self.queued
        if queued >= self._most_queued:
            raise RpcError(
                f"not sent: {queued} bytes of requests wait for a server that is slow to read;"
                f" the limit is {self._most_queued} (Limits.queued): await calls, which wait"
                " for room"
            )

    @property
    def queued(self) -> int:
        """Number of bytes that wait to be sent."""
        if self._transport is None:
            return 0
        return self._transport.get_write_buffer_size() + self._unsent_size

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None and self._coalescer is not None:
            self._coalescer.flush()
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._coalescer = WriteCoalescer(self._transport, self.loop)

    def data_received(self, data: bytes) -> None:
        self._spinner.disarm()
        if self._early is None:
            self._end(self.protocol.receive(data))
        else:
            self._early.append(data)

    def space(self) -> memoryview | None:
        if not self.protocol.is_cut or self._early is not None:
            return None
        return self.protocol.space()

    def filled(self, count: int) -> None:
        self._spinner.disarm()
        self._end(self.protocol.filled(count))

    def connection_lost(self, exc: Exception | None) -> None:
        self._loss = f"reading response: {exc}" if exc else "unexpected EOF"
        if self._coalescer is not None:
            self._coalescer.clear()
        self._transport = self._coalescer = None
        self.writable.set()
        if self._early is None:
            self._lose()

    def keep_alive(self, seconds: float) -> None:
        """Ask the server for a sign of life where nothing has come for so long."""
        self._keep_alive = KeepAlive(self, seconds)

    def fail(self, reason: str) -> None:
        """End the connection, and the calls with an error that says why."""
        self._finish(self.protocol.receive_eof(reason))
        self.close()

    @property
    def is_decoding(self) -> bool:
        """True while a thread decodes what has come, and nothing more is received."""
        return self._early is not None

    def _lose(self) -> None:
        if self._keep_alive is not None:
            self._keep_alive.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._finish(self.protocol.receive_eof(self._loss))
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def _end(self, completions: list[Completion[Waiter]]) -> None:
        self._finish(completions)
        if self.protocol.closed or (self.protocol.is_draining and not self.protocol.pending):
            self.close()
        elif self.protocol.has_large:
            self._decode_in_thread()

    def _decode_in_thread(self) -> None:
        loop, decoded = self.loop, self._decoded

        def done(completions: list[Completion[Waiter]], error: BaseException | None) -> None:
            try:
                loop.call_soon_threadsafe(decoded, completions, error)
            except RuntimeError:
                pass  # the loop is closed, and the connection with it

        self._early = []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        decoders(loop).submit(Job(self, self.protocol.decode_large, done))

    def _decoded(self, completions: list[Completion[Waiter]], error: BaseException | None) -> None:
        """Go on after a large reply has been decoded."""
        early, self._early = self._early, None
        if error is not None:  # a codec from outside: nothing more can be understood
            completions = self.protocol.receive_eof(f"reading response: {error}")
        self._finish(completions)
        self._end(self.protocol.resume())
        for data in early or ():
            self.data_received(data)
        self._leave_off_decoding()

    def _leave_off_decoding(self) -> None:
        """Read on, or take note of the end, unless another reply is large."""
        if self._early is not None:
            return
        if self._loss:
            self._lose()
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _finish(self, completions: list[Completion[Waiter]]) -> None:
        for completion in completions:
            waiter = completion.waiter
            if isinstance(waiter, Call):
                waiter._finish(completion.reply, completion.error, completion.metadata)
            elif not waiter.done():  # its task was cancelled, and is about to abandon the call
                waiter.set_result(completion)


class Client:
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
        self._defaults = defaults
        self._interceptors = self._intercepted(tuple(interceptors))
        # False if a call without options uses nothing beyond Go's net/rpc.
        self._is_special = bool(defaults or self._interceptors)
        self._loop = connection.loop

    @classmethod
    async def with_codec(cls, connection: socket.socket, codec: ClientCodec) -> Self:
        """Return a client on a connected socket, that speaks through ``codec``.

        The client owns the socket from here on. Mirrors ``rpc.NewClientWithCodec``.
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.close()
        except ShutdownError:
            pass  # closed inside the context

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
            check_loop(self._loop, "the client")
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return await self._interceptors.call(method, args, settings)
        # `_call` once more: another coroutine for each call would take a good part of it.
        if settings is not NO_OPTIONS or not self._connection.writable.is_set():
            await self._get_ready(method, settings)
        waiter: asyncio.Future[Completion[Any]] = self._loop.create_future()
        seq = self._begin(waiter, method, args, settings)
        try:
            completion = await waiter
        except asyncio.CancelledError:
            self._forget(seq)
            raise
        return completion.taken()

    async def _greet(self, deadline: float | None) -> None:
        """Learn what the server can do, by one round trip."""
        due = deadline or time.monotonic() + GREETING_S
        completion = await self._call(CANCEL, GREETING, CallSettings(due))
        # A `ServerError` is that of a server which knows nothing beyond Go's net/rpc.
        if completion.error is not None and not isinstance(completion.error, ServerError):
            raise completion.error

    def _intercepted(self, interceptors: tuple[AsyncClientInterceptor, ...]) -> Interceptors | None:
        if not interceptors:
            return None
        from .intercepted import Interceptors  # others do without

        return Interceptors(interceptors, self._call, self._protocol)

    async def _call(
        self, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Completion[Any]:
        """Send a call and wait for its end."""
        await self._get_ready(method, settings)
        waiter: asyncio.Future[Completion[Any]] = self._loop.create_future()
        seq = self._begin(waiter, method, args, settings)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._forget(seq)
            raise

    def _forget(self, seq: int) -> None:
        """Take note that the task which has waited for a call was cancelled."""
        if self._protocol.abandon(seq):
            self._connection.forgotten(seq)

    async def _get_ready(self, method: Method[Any, Any], settings: CallSettings) -> None:
        """Know the server, where a call needs that, and wait for room to write."""
        if settings is not NO_OPTIONS and self._protocol.needs_greeting(settings.metadata):
            await self._greet(settings.deadline)
        while not self._connection.writable.is_set():  # again, if others were faster
            await self._wait_for_room(method, settings)

    @overload
    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Call[Res]] | None = None,
        **options: Unpack[CallOptions],
    ) -> Call[Res]: ...
    @overload
    def go(
        self,
        method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
        *,
        reply: type[Res],
        **options: Unpack[CallOptions],
    ) -> Call[Res]: ...
    @overload
    def go(
        self,
        method: str,
        args: object,
        done: DoneQueue[Call[Any]] | None = None,
        **options: Unpack[CallOptions],
    ) -> Call[Any]: ...
    def go(
        self,
        method: Method[Any, Any] | str,
        args: object,
        done: DoneQueue[Call[Any]] | None = None,
        *,
        reply: Any = None,
        **options: Unpack[CallOptions],
    ) -> Call[Any]:
        """Send a call and return at once, without waiting for the reply.

        A method may be given by its name, as for `call`. The call is put into
        the queue ``done`` when it is over; or await it. Whatever goes wrong,
        here or there, ends the call with an error and is raised where it is
        awaited; so it is if ``Limits.queued`` bytes of requests wait for a
        server that is slow to read already. Raises `TypeError` if ``done`` has
        no room for calls, and `RuntimeError` outside of the client's event
        loop. Mirrors ``rpc.Client.Go``.

        Args:
            method: The method, or its name, as for `call`.
            args: Its arguments.
            done: The queue into which the call is put when it is over.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.
        """
        check_loop(self._loop, "the client")
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if done is not None:
            check_done(done)
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return self._interceptors.go(method, args, done, settings)
        # Without its type argument, which would have Python try to note it in the object.
        call: Call[Any] = Call(method.name, args, done, self._loop, self._connection)
        try:
            self._connection.check_room()
            call._seq = self._begin(call, method, args, settings)
        except RpcError as error:
            call._finish(None, error)
        if asyncio.current_task() is None:
            # Perhaps a signal handler that has come while the loop sleeps: it would not look.
            self._loop.call_soon_threadsafe(_do_nothing)
        return call

    async def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`.

        Raises `ShutdownError` if it was closed before. Mirrors ``rpc.Client.Close``.
        """
        check_loop(self._loop, "the client")
        self._protocol.close()
        self._connection.close()
        await asyncio.wait([self._connection.lost])

    def _resolve(self, method: Method[Any, Any], options: CallOptions) -> CallSettings:
        return resolve(options, method.timeout, self._defaults, inherited(), time.monotonic())

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
            async with asyncio.timeout(deadline - time.monotonic()):
                await writable.wait()
        except TimeoutError:
            error = deadline_error(method.name)
            error.started = False
            raise error from None

    def _begin(
        self, waiter: Waiter, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> int:
        """Register a call and send it; return the sequence number.

        Raises what keeps the call from being sent, and has forgotten it then.
        """
        connection = self._connection
        seq = self._protocol.begin(method, waiter, settings)
        try:
            connection.send(seq, waiter, method, args, settings)
        except BaseException:
            self._protocol.abandon(seq)
            raise
        if settings.deadline is not None:
            connection.expire_in_time(settings.deadline)
        return seq


def _do_nothing() -> None:
    """Have the event loop awake, where nothing else is to be called."""
