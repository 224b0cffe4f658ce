"""`ServerConnection`: one client of a server on asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

from rpcgen.code import Code
from rpcgen.logs import log_failure, server_log
from rpcgen.net import clock
from rpcgen.net.sockets import make_peer, peer_name
from rpcgen.protocol import (
    LARGE_MESSAGE_BYTES,
    Event,
    Invocation,
    Peer,
    RawResponse,
    RejectedRequest,
)
from rpcgen.protocol.calls_in_flight import CallsInFlight, refusal_of_call
from rpcgen.protocol.context import CallContext
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.server_session import Cancellation, ServerSession, Stage
from rpcgen.protocol.serving import AgeStep, ConnectionAge, ConnectionLimits, ConnectionTimer

from .admission import Place
from .deadline_timer import DeadlineTimer
from .effort import is_large
from .loop_spin import LoopSpinner
from .read_buffer import ReadBufferProtocol
from .serve_one import encode, encode_in_thread, run_in_thread, start_task
from .sweep import Sweep
from .workers import Job, Workers, decoders
from .write_coalescer import WriteCoalescer

__all__ = ["ServerConnection", "Serving"]

# Requests that are begun before it is another connection's turn.
_MAX_REQUESTS_PER_TURN: Final = 64


class Serving:
    """State that the connections of a server share.

    Args:
        limits: What each connection may take.
        workers: Threads for what is no ``async def``.
        spin: False to sleep at once where requests are awaited.
    """

    def __init__(self, limits: ConnectionLimits, workers: Workers, *, spin: bool = True) -> None:
        self.limits = limits
        self.workers = workers
        # Kept for the next request, of whichever connection.
        self.spinner = LoopSpinner(asyncio.get_running_loop(), spin)
        # All that are connected.
        self.connections: set[ServerConnection] = set()
        # Those that are lost, and whose requests are still being carried out.
        self.orphans: set[ServerConnection] = set()
        self.in_flight = CallsInFlight[ServerConnection](limits.max_calls)
        self.sweep = Sweep(lambda: self.connections, limits.interval)


class ServerConnection(ReadBufferProtocol):
    """Callbacks of the event loop: requests go to tasks, their replies to the client.

    One read can bring thousands of requests. They stay bytes until they can be
    begun, and nothing more is read before all are.

    Large requests are decoded in a thread. Until it is done, nothing else of
    this connection is decoded, so requests are begun in their order, and what
    arrives all the same is kept.
    """

    # A server can have ten thousand of these, most of them idle.
    __slots__ = (
        "_age",
        "_beginning",
        "_closed",
        "_closes_when_idle",
        "_coalescer",
        "_deadlines",
        "_early",
        "_encoders",
        "_encoding",
        "_ended",
        "_execution",
        "_has_begun",
        "_hung_up",
        "_in_flight",
        "_looks",
        "_loop",
        "_lost",
        "_most_calls",
        "_must_drain",
        "_peer",
        "_place",
        "_protocol",
        "_refuses_calls",
        "_running",
        "_scheduled",
        "_serving",
        "_shakes_hands",
        "_spinner",
        "_stalled",
        "_stops",
        "_timer",
        "_transport",
        "_writing_paused",
    )

    def __init__(
        self,
        protocol: ServerSession,
        serving: Serving,
        place: Place | None = None,
        limits: ConnectionLimits | None = None,
    ) -> None:
        super().__init__()
        limits = limits or serving.limits
        self._protocol = protocol
        self._execution = Execution(
            protocol, clock.monotonic, self._report, self._look_up_peer, clock.make_event
        )
        self._serving = serving
        self._place = place
        # True while an HTTP request is still to come.
        self._shakes_hands = False
        self._spinner = serving.spinner
        self._most_calls = limits.max_calls_per_connection
        self._refuses_calls = limits.overload == "refuse"
        self._in_flight = serving.in_flight
        self._loop = asyncio.get_running_loop()
        self._timer = ConnectionTimer(limits, self._loop.time())
        self._age = ConnectionAge(limits, self._loop.time())
        # True if a request has begun since the timer was looked at.
        self._has_begun = False
        self._transport: asyncio.Transport | None = None
        # Client's place as the system knows it, also when it has gone.
        self._peer: object = None
        self._coalescer: WriteCoalescer | None = None
        self._running: dict[object, asyncio.Task[None]] = {}
        # Made for the first call that has a deadline.
        self._deadlines: DeadlineTimer | None = None
        # Held while a large response is encoded in a thread; None while no response waits for one.
        self._encoding: asyncio.Lock | None = None
        self._encoders = 0
        # True while requests are being begun, or a large one is decoded in a thread; what is over
        # meanwhile does not begin more.
        self._beginning = False
        # True if the last bytes may hold a large request: others are not looked at for it.
        self._looks = False
        # Set while the rest of what was read waits for another turn.
        self._scheduled: asyncio.Handle | None = None
        # Bytes that have come while a thread is decoding; None while none is.
        self._early: list[bytes] | None = None
        # True while reading is paused, and there may be requests that are not begun.
        self._stalled = False
        self._writing_paused = False
        # True once no more bytes are taken; the protocol is told when all that came are used up.
        self._ended = False
        # True if `drain` was called while a thread was decoding; and if nothing is waited for
        # but the calls under way.
        self._must_drain = False
        self._closes_when_idle = False
        # True if the client is not told of the end, by no answer either, and what was read before
        # is still begun.
        self._stops = False
        self._hung_up = False
        self._lost = False
        self._closed: asyncio.Event | None = None

    async def wait_closed(self) -> None:
        """Wait until the connection is closed."""
        if not self._lost:
            self._closed = self._closed or asyncio.Event()
            await self._closed.wait()

    def carries_out(self, task: asyncio.Task[object]) -> bool:
        """Return whether a task is that of a handler of this connection."""
        coroutine = task.get_coro()
        # Asked of the coroutine: a task that was started eagerly is not in `_running` yet.
        return (
            inspect.iscoroutine(coroutine)
            and coroutine.cr_code is ServerConnection._answer.__code__
            and inspect.getcoroutinelocals(coroutine).get("self") is self
        )

    def stop(self) -> None:
        """Begin no more requests, and close once those that were read are answered.

        What comes meanwhile is still read, for cancels of what is under way.
        """
        self._stops = True
        self._process_requests()

    def drain(self) -> None:
        """Refuse requests from now on, and close once what is under way is answered.

        A client that expects the notice closes the connection itself, or not before
        `close_when_idle`: whatever it has sent is answered, if only by a refusal.
        """
        self._must_drain = self._early is not None
        if self._must_drain:
            return
        self._protocol.drain()
        if not self._protocol.expects_notice:
            self._closes_when_idle = True
        else:
            running = self._calls
            self._encode(lambda: self._protocol.drain_notice(running))
        self._process_requests()

    def close_when_idle(self) -> None:
        """Close once what is under way is answered, whatever the client expects; after `drain`."""
        self._closes_when_idle = True
        self._process_requests()

    def hang_up(self) -> None:
        """End the connection now; what is not sent yet is lost, what still runs is cancelled."""
        self._hung_up = True
        self._serving.orphans.discard(self)
        for invocation in self._calls:
            if invocation.is_handled:  # in a thread, which can only be told
                self._execution.cancel(invocation, Code.CANCELLED)
        for task in self._running.values():
            task.cancel()
        self._drop_coalescer()
        if self._transport is not None:
            self._transport.abort()

    def check_time(self, now: float) -> None:
        """Hang up if the client has taken too long, drain if it was here too long.

        ``now`` is the loop's time in seconds.
        """
        if self._transport is None or self._hung_up:
            return
        age = self._age.step(now, self._protocol.expects_notice)
        if age is AgeStep.DRAIN:
            self.drain()
        elif age is AgeStep.CLOSE:
            self.close_when_idle()
        # Where calls are under way, or nothing is read, it is not the client that is waited for.
        if self._has_begun or self._beginning or self._stalled:
            self._has_begun = False
            self._timer.restart(now)
            return
        stage, message = self._protocol.stage
        if stage is Stage.IDLE and self._running:
            self._timer.restart(now)
            return
        overdue = self._timer.overdue(stage, message, now)
        if overdue:
            server_log.warning("rpc.Serve: %s: %s (%s)", self._peer_name, overdue, stage.limit)
            self.hang_up()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peer = transport.get_extra_info("peername")
        self._coalescer = WriteCoalescer(self._transport, self._loop)
        self._serving.connections.add(self)
        self._serving.sweep.begin()
        self._protocol.opened()
        self._shakes_hands = self._is_shaking_hands
        if self._place is not None:
            self._place.give_up = self.hang_up
            if not self._shakes_hands:
                self._place.end_handshake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._drop_coalescer()
        self._writing_paused = False
        self._serving.connections.discard(self)
        if not self._hung_up:
            self._serving.orphans.add(self)
        self._take_end()  # what was read is carried out, though nobody is told
        if self._place is not None:
            self._place.leave()
        self._protocol.closed()
        self._lost = True
        if self._deadlines is not None and not self._running:
            self._deadlines.stop()
        if self._closed is not None:
            self._closed.set()

    def data_received(self, data: bytes) -> None:
        self._spinner.disarm()
        if self._ended:
            return
        if self._early is not None:
            self._early.append(data)
            return
        # Where there is a stall, the bytes of before are not all used up.
        self._looks = (
            len(data) > LARGE_MESSAGE_BYTES
            or self._protocol.is_cut
            or (self._stalled and self._looks)
        )
        self._protocol.feed(data)
        self._process_requests()

    def message_buffer(self) -> memoryview | None:
        if not self._protocol.is_cut or self._ended or self._early is not None:
            return None
        return self._protocol.get_buffer()

    def message_buffer_updated(self, count: int) -> None:
        self._spinner.disarm()
        if not self._ended:
            self._looks = True
            self._protocol.buffer_updated(count)
            self._process_requests()

    def eof_received(self) -> bool:
        self._take_end()
        # The replies under way are still to be sent; asyncio's TLS cannot, and ends both sides.
        can_send = self._transport is not None and self._transport.can_write_eof()
        if not can_send:
            self._drop_coalescer()  # the transport would log each of them
        return can_send

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._scheduled is None:  # not at once: asyncio would close twice what is closed in here
            self._scheduled = self._loop.call_soon(self._on_scheduled)

    def _take_end(self) -> None:
        """Take note that no more comes."""
        self._ended = True
        self._process_requests()

    def _process_requests(self) -> None:
        """Begin what was read, as much as can be under way; then read more, or close."""
        if self._hung_up or self._beginning or self._scheduled is not None:
            return
        self._beginning = True
        coalescer = (
            self._coalescer if self._coalescer is not None and self._coalescer.cork() else None
        )
        try:
            stalled = self._begin_requests()
        except BaseException:  # a codec from outside, or a fault of ours: not the end of others
            self._break()
            return
        finally:
            self._beginning = self._early is not None
            if coalescer is not None:
                coalescer.uncork()
        if self._shakes_hands and not self._is_shaking_hands:
            self._shakes_hands = False
            if self._place is not None:
                self._place.end_handshake()
        stalled = stalled or self._writing_paused  # since the coalescer has sent
        if stalled != self._stalled:
            self._stalled = stalled
            self._pause_or_resume()
        if self._stops and not stalled:
            self._protocol.drain()  # for what comes from here on
            self._closes_when_idle = True
        if self._closes_when_idle and not stalled and not self._running:
            self._ended = True
        if not stalled and (self._ended or self._protocol.draining):
            self._end()

    def _begin_requests(self) -> bool:
        """Begin what was read; say whether there may be more, for another turn or when less runs.

        Nothing more is begun where the client is slow to read, or as many calls
        are under way as can be.
        """
        next_event, running, most = self._protocol.next_event, self._running, self._most_calls
        is_limited = self._in_flight.limit is not None
        for _ in range(_MAX_REQUESTS_PER_TURN):
            if self._writing_paused or (len(running) >= most and not self._refuses_calls):
                return True  # what ends goes on
            if is_limited and self._in_flight.is_full and not self._refuses_calls:
                self._in_flight.waiting.add(self)
                return True
            if self._looks and self._protocol.is_large():
                self._decode_in_thread()
                return True
            event = next_event()
            if event is None:
                return False
            self._begin(event)
        self._scheduled = self._loop.call_soon(self._on_scheduled)
        return True

    def _on_scheduled(self) -> None:
        self._scheduled = None
        self._process_requests()

    def _decode_in_thread(self) -> None:
        self._early = []
        loop, decoded = self._loop, self._decoded

        def done(event: Event | None, error: BaseException | None) -> None:
            try:
                loop.call_soon_threadsafe(decoded, event, error)
            except RuntimeError:
                pass  # the loop is closed, and the connection with it

        decoders(loop).submit(Job(self, self._protocol.next_event, done))

    def _decoded(self, event: Event | None, error: BaseException | None) -> None:
        """Go on after a large request has been decoded."""
        early, self._early = self._early, None
        self._beginning = False
        if error is not None:
            server_log.error("rpc.Serve: connection broken", exc_info=error)
            self.hang_up()
        if self._hung_up:
            return
        if early:
            self._protocol.feed(b"".join(early))
        if event is not None:
            self._begin(event)
        if self._must_drain:
            self.drain()
        else:
            self._process_requests()

    @property
    def _is_shaking_hands(self) -> bool:
        return self._protocol.stage[0] is Stage.HANDSHAKE

    def _pause_or_resume(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._stalled:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _end(self) -> None:
        """All that has come is begun: see whether this is all."""
        if self._ended and not self._protocol.draining:
            for event in self._protocol.receive_eof():
                self._begin(event)
        if not self._protocol.draining:
            return
        if self._protocol.failure and not self._ended:
            server_log.warning("%s (from %s)", self._protocol.failure, self._peer_name)
        self._ended = True
        self._close_when_idle()

    def _begin(self, event: Event) -> None:
        self._has_begun = True
        if not isinstance(event, Invocation):
            if not (self._drops_requests and isinstance(event, RejectedRequest)):
                self._answer_at_once(event)
            return
        if self._refuses_calls and self._is_full:
            self._answer_at_once(self._refusal(event))
            return
        task = start_task(self._loop, self._answer(event), event.request.service_method)
        if task.done():
            return
        self._running[event] = task
        if event.context is not None:
            event.context.surroundings = self._execution  # the timer may be first to ask
            self._watch_deadline(event.context)
        if self._in_flight.limit is not None:
            self._in_flight.enter(event)
            task.add_done_callback(lambda _: self._leave(event))

    def _answer_at_once(self, event: RejectedRequest | Cancellation | RawResponse) -> None:
        """Answer what is no call to carry out."""
        if isinstance(event, RawResponse):
            self._send(event.data)
        elif isinstance(event, RejectedRequest):
            refuse = self._protocol.refuse
            self._encode(lambda: refuse(event.request, event.error, event.code))
        else:
            found = self._cancel(event.seq)
            self._encode(lambda: self._protocol.answer_cancel(event, found))

    def _leave(self, invocation: Invocation) -> None:
        """Have other connections go on, which wait for a call to end."""
        for waiting in self._in_flight.leave(invocation):
            waiting._process_requests()

    @property
    def _drops_requests(self) -> bool:
        """True if what comes is no more answered, cancels apart."""
        return self._stops and self._closes_when_idle and not self._ended

    @property
    def _is_full(self) -> bool:
        """True if as many calls are under way as may be, here or on all connections."""
        return len(self._running) >= self._most_calls or self._in_flight.is_full

    def _refusal(self, invocation: Invocation) -> RejectedRequest:
        if len(self._running) >= self._most_calls:
            return refusal_of_call(invocation, self._most_calls, "max_calls_per_connection")
        return refusal_of_call(invocation, self._in_flight.limit, "max_calls")

    # --- calls that nobody waits for --------------------------------------------------------------

    def _cancel(self, seq: int) -> bool:
        """Cancel the calls of a number, which is one as a rule; return whether there is any."""
        found = [each for each in self._calls if each.request.seq == seq]
        for invocation in found:
            self._give_up(invocation, Code.CANCELLED)
        return bool(found)

    @property
    def _calls(self) -> list[Invocation]:
        """Calls under way."""
        return [each for each in self._running if isinstance(each, Invocation)]

    def _give_up(self, invocation: Invocation, reason: Code) -> None:
        """End a call that nobody waits for; a thread that carries it out can only be told."""
        self._execution.cancel(invocation, reason)
        # A thread that begins it now looks for the cancellation after it has said so. A task that
        # has not begun finds it as well, and one that encodes is to end that.
        if invocation.has_begun and not invocation.is_handled:
            self._running[invocation].cancel()

    def _watch_deadline(self, context: CallContext) -> None:
        """See to it that a call is looked at when it is past its deadline."""
        if context.deadline is None:
            return
        if self._deadlines is None:
            self._deadlines = DeadlineTimer(self._loop, self._end_late_calls)
        self._deadlines.watch(context.deadline)

    def _end_late_calls(self) -> float | None:
        """End the calls that are late, and return the next deadline, if there is any."""
        due: list[float] = []
        for invocation in self._calls:
            context = invocation.context
            if context is None or context.deadline is None or context.is_told:
                continue
            if context.reason == Code.DEADLINE_EXCEEDED:
                self._give_up(invocation, Code.DEADLINE_EXCEEDED)
            else:
                due.append(context.deadline)
        return min(due, default=None)

    # --- answers ----------------------------------------------------------------------------------

    async def _answer(self, invocation: Invocation) -> None:
        execution, served = self._execution, invocation.served
        reply, error = None, None
        try:
            # `run_handler` once more: another coroutine for each call would take a good part of it.
            try:
                execution.started(invocation)
                if served.is_async:
                    reply = await served.function(invocation.args)
                else:
                    reply, error = await run_in_thread(invocation, self._serving.workers, self)
            except asyncio.CancelledError as raised:
                error = execution.cancelled(invocation, raised)
            except BaseException as raised:  # not the server's end
                error = raised
            if self._encoding is None and not is_large(served.response, reply):
                # `encode` once more: a function for each call would take some of it, too.
                if error is None:
                    parts = execution.succeeded(invocation, reply)
                else:
                    parts = execution.failed(invocation, error)
                data = parts[0] if len(parts) == 1 else b"".join(parts)
            else:
                data = b""
                await self._encode_in_turn(invocation, reply, error)
        except asyncio.CancelledError:  # by `hang_up`, before the reply was encoded
            self._execution.dropped(invocation)
            return
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._break()
            return
        finally:
            # Here and not in a callback of the task, which would cost a turn of the event loop.
            self._running.pop(invocation, None)
        self._send(data)
        if self._stalled or self._ended or self._closes_when_idle:
            self._go_on_or_close()

    def _go_on_or_close(self) -> None:
        if self._stalled or self._closes_when_idle:
            self._process_requests()
        elif self._ended and not self._beginning:
            self._close_when_idle()

    async def _encode_in_turn(
        self, invocation: Invocation, reply: object, error: BaseException | None
    ) -> None:
        """Encode a response in a thread if it is large, and send it; others wait meanwhile.

        Responses travel in the order in which they are encoded, since one can
        need the type definitions of another.
        """
        invocation.is_handled = True
        async with self._encoder():
            if error is None and is_large(invocation.served.response, reply):
                data = await encode_in_thread(
                    self._execution, invocation, reply, decoders(self._loop), self
                )
            else:
                data = encode(self._execution, invocation, reply, error)
            self._send(data)

    def _encode(self, encode: Callable[[], bytes]) -> None:
        """Send what a function encodes, once no thread encodes."""
        if self._encoding is None:
            self._send(self._encoded(encode))
        else:
            key = object()
            self._running[key] = self._loop.create_task(self._encode_later(encode, key))

    async def _encode_later(self, encode: Callable[[], bytes], key: object) -> None:
        try:
            async with self._encoder():
                self._send(self._encoded(encode))
        finally:
            self._running.pop(key, None)
        self._go_on_or_close()

    @asynccontextmanager
    async def _encoder(self) -> AsyncIterator[None]:
        """Have the encoder, alone."""
        encoding = self._encoding = self._encoding or asyncio.Lock()
        self._encoders += 1
        try:
            async with encoding:
                yield
        finally:
            self._encoders -= 1
            if not self._encoders:
                self._encoding = None

    def _encoded(self, encode: Callable[[], bytes]) -> bytes:
        try:
            return encode()
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._break()
            return b""

    def _report(self, invocation: Invocation, error: BaseException) -> None:
        if self._hung_up and isinstance(error, asyncio.CancelledError):
            return  # which was cancelled because nobody waits for it
        log_failure(invocation, error, self._peer_name)

    def _look_up_peer(self) -> Peer:
        transport = self._transport
        connection = transport.get_extra_info("socket") if transport else None
        certificate = transport.get_extra_info("peercert") if transport else None
        return make_peer(self._peer, connection, certificate, self._protocol.headers)

    @property
    def _peer_name(self) -> str:
        connection = self._transport.get_extra_info("socket") if self._transport else None
        return peer_name(self._peer, connection)

    def _break(self) -> None:
        """Hang up, after what an exception under way says about the codec, or about us."""
        server_log.exception("rpc.Serve: connection of %s broken", self._peer_name)
        self.hang_up()

    def _send(self, data: bytes) -> None:
        if self._coalescer is None:
            return
        # Where no call is under way, none can end in this turn of the event loop.
        is_alone = not self._running and not self._beginning
        self._coalescer.send(data, flush=is_alone)
        if is_alone:
            self._spinner.arm()

    def _drop_coalescer(self) -> None:
        if self._coalescer is not None:
            self._coalescer.clear()
            self._coalescer = None

    def _close_when_idle(self) -> None:
        if self._transport is None and not self._running:
            self._serving.orphans.discard(self)
        if self._transport is not None and self._coalescer is not None and not self._running:
            self._coalescer.flush()
            self._transport.close()  # once everything is sent
