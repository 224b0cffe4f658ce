"""`ClientConnection`: what the event loop calls, for a client on asyncio."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, cast

from attrs import define

from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.protocol import (
    ClientCodec,
    ClientProtocol,
    Completion,
    GobClientCodec,
)
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.protocol.client import CANCEL
from rpcgen.values.limits import Limits

from .call import Call
from .deadline_timer import DeadlineTimer
from .effort import effort_of, is_large
from .keepalive import KeepAlive
from .loop_spin import LoopSpinner
from .read_buffer import ReadBufferProtocol
from .workers import Job, decoders
from .write_coalescer import WriteCoalescer

__all__ = ["ClientConnection", "Waiter"]


# The waiter for a reply: a `Call`, or where nobody but one task can wait, a future alone.
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
    """Callbacks of the event loop: take what arrives, and end the calls that it answers.

    Large replies are decoded in a thread. Until it is done, nothing else is
    decoded: replies end their calls in the order in which they came, and what
    arrives all the same is kept.
    """

    def __init__(
        self,
        codec: ClientCodec | None = None,
        limits: Limits | None = None,
        *,
        spin: bool = True,
    ) -> None:
        super().__init__()
        self.protocol = ClientProtocol[Waiter](codec or GobClientCodec(), clock.monotonic)
        self.protocol.defers_large = True
        self._encode = self.protocol.encode
        self.loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self.loop.create_future()
        self._most_queued = (limits or Limits()).queued
        # Data that has come while a thread is decoding; None while none is.
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
        self.is_blocked = False
        """True while that is not set: an attribute, as each call asks."""
        self._transport: asyncio.Transport | None = None
        self._coalescer: WriteCoalescer | None = None
        self._spinner = LoopSpinner(self.loop, spin)
        self.is_sending = False
        """True while a request is encoded and written, or what a thread has encoded."""
        self.deadlines = DeadlineTimer(self.loop, self._expire)
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

    def begin(
        self, waiter: Waiter, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> int:
        """Register a call and send it; return the sequence number.

        Raises what keeps the call from being sent, and has forgotten it then.
        """
        protocol = self.protocol
        seq = protocol.begin(method, waiter, settings)
        try:
            # `is_interrupted` once more: as a property, it takes as long as all the rest of this.
            coalescer = self._coalescer
            if (
                self.unsent is not None
                or self.is_sending
                or (coalescer is not None and coalescer.is_uncorking)
                or is_large(method.request, args)
            ):
                self._send(seq, waiter, method, args, settings)
            else:  # nearly always, and without another function in between
                self.is_sending = True
                try:
                    self.write(self._encode(seq, method, args, settings))
                finally:
                    self.is_sending = False
        except BaseException:
            protocol.forget(seq)
            raise
        if settings.deadline is not None:
            self.deadlines.watch(settings.deadline)
        return seq

    def _send(
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
                self.write(self._encode(seq, method, args, settings))
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
            self.protocol.forget(unsent.seq)
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

        encode = partial(self._encode, unsent.seq, unsent.method, unsent.args, unsent.settings)
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
                self.protocol.forget(unsent.seq)
            elif is_large(unsent.method.request, unsent.args):
                self._encode_in_thread(unsent)
                return
            else:
                self._send_late(unsent)
        self.unsent = None

    def _send_late(self, unsent: _Unsent) -> None:
        try:
            data = self._encode(unsent.seq, unsent.method, unsent.args, unsent.settings)
        except Exception as error:
            self._fail(unsent, error)
        else:
            self.write(data)

    def _fail(self, unsent: _Unsent, error: BaseException) -> None:
        if self.protocol.forget(unsent.seq):
            self._finish([Completion(unsent.waiter, None, cast("RpcError", error))])

    def give_up(self, waiter: Waiter, seq: int, error: RpcError) -> None:
        """End a pending call with an error, and tell the server."""
        if self.protocol.forget(seq):
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
            self._send(own, nobody, CANCEL, args, NO_OPTIONS)

    def _expire(self) -> float | None:
        """End the calls that are late, and return the next deadline, if there is any."""
        late, due = self.protocol.expire()
        for each in late:
            self.give_up(each.waiter, each.seq, cast("RpcError", each.error))
        return due

    def queue_error(self) -> RpcError | None:
        """Return the error of a call for which there is no room: enough requests wait already.

        It is not raised: its traceback would keep the arguments until the garbage collector runs.
        """
        if self._transport is None or not (self.is_blocked or self.unsent):
            return None  # at most what asyncio's transports take before they say that it is much
        queued = self.queued
        if queued < self._most_queued:
            return None
        return RpcError(
            f"not sent: {queued} bytes of requests wait for a server that is slow to read;"
            f" the limit is {self._most_queued} (Limits.queued): await calls, which wait for room"
        )

    @property
    def queued(self) -> int:
        """Number of bytes that wait to be sent."""
        if self._transport is None:
            return 0
        return self._transport.get_write_buffer_size() + self._unsent_size

    def close(self) -> None:
        """Hang up."""
        if self._coalescer is not None:
            self._coalescer.flush()
        if self._transport is not None:
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

    def message_buffer(self) -> memoryview | None:
        if not self.protocol.is_cut or self._early is not None:
            return None
        return self.protocol.get_buffer()

    def message_buffer_updated(self, count: int) -> None:
        self._spinner.disarm()
        self._end(self.protocol.buffer_updated(count))

    def eof_received(self) -> None:
        # The transport closes itself now, which takes a while with TLS, and would log what is sent.
        if self._coalescer is not None:
            self._coalescer.clear()
            self._coalescer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._loss = f"reading response: {exc}" if exc else "unexpected EOF"
        if self._coalescer is not None:
            self._coalescer.clear()
            self._coalescer = None
        if isinstance(exc, OSError):
            self._receive_rest()
        self._transport = None
        self.resume_writing()
        if self._early is None:
            self._lose()

    def _receive_rest(self) -> None:
        """Take what had come before a request could not be sent, where asyncio reads no more.

        It may be replies, or a notice that the server did not begin the calls that are pending.
        """
        transport = cast("asyncio.Transport", self._transport)
        connection = transport.get_extra_info("socket")
        if connection is None or transport.get_extra_info("sslcontext") is not None:
            return
        with suppress(OSError), connection.dup() as rest:
            while count := rest.recv_into(self.get_buffer(-1), 0, socket.MSG_DONTWAIT):
                self.buffer_updated(count)

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
        self.deadlines.stop()
        self._finish(self.protocol.receive_eof(self._loss))
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        self.is_blocked = True
        self.writable.clear()

    def resume_writing(self) -> None:
        self.is_blocked = False
        self.writable.set()

    def _end(self, completions: list[Completion[Waiter]]) -> None:
        self._finish(completions)
        if self.protocol.closed or (self.protocol.is_draining and not self.protocol.pending):
            # Not here: TLS of asyncio fails where it is aborted while it reads before its end.
            self.loop.call_soon(self.close)
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
            elif not waiter.done():  # its task was cancelled, and is about to forget the call
                waiter.set_result(completion)
