"""`ServerConnection`: one client of a server.

The leader of the `Reactor` reads and decodes, and runs what is fast; other
threads that carry out calls only add to what is to be sent, and tell the leader
what to do next by the events that they have it wait for::

    READ   the leader reads more requests
    WRITE  the leader goes on with the connection: sends what is left, begins
           what was read and had to wait, or closes
    none   calls are under way that must end first, or another thread is decoding
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, Protocol

from rpcgen.code import Code
from rpcgen.logs import log_failure, server_log
from rpcgen.net import clock
from rpcgen.protocol import Invocation, Peer, RawResponse, RejectedRequest
from rpcgen.protocol.calls_in_flight import CallsInFlight, refusal_of_call
from rpcgen.protocol.context import current
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.server_session import Cancellation, Event, ServerSession, Stage
from rpcgen.protocol.serving import AgeStep, ConnectionAge, ConnectionLimits, ConnectionTimer

from .latch import Latch
from .leader_term import LeaderTerm
from .poller import READ, WRITE
from .scheduler import COALESCE_WINDOW_S, Scheduler
from .send_buffer import SendBuffer
from .stream import READ_SIZE, Stream
from .turn import turn_of

__all__ = ["Interest", "ServerConnection"]

# Bytes left to send above which no more requests are begun.
WRITE_HIGH_WATER: Final = 1 << 20

# Number of requests that are begun before it is another connection's turn.
MAX_REQUESTS_PER_TURN: Final = 64


class Interest(Protocol):
    """The events that connections wait for."""

    def update_interest(self, fd: int, before: int, events: int) -> None:
        """Wait for other events of a socket than ``before``. Raises `OSError`."""
        ...

    def remove(self, connection: ServerConnection) -> None:
        """Serve a connection no more."""
        ...

    def wake(self) -> None:
        """Have the leader look whether there is still anything to serve."""
        ...


class ServerConnection:
    """Reads requests, has them carried out, sends the responses.

    Args:
        stream: The client's socket; the connection closes it.
        protocol: What the client speaks.
        scheduler: Decides which thread carries out a call.
        interest: Gives the connection its turns.
        limits: What the client may take in time and in number of calls.
        in_flight: The calls of all connections.
    """

    def __init__(
        self,
        stream: Stream,
        protocol: ServerSession,
        scheduler: Scheduler,
        interest: Interest,
        limits: ConnectionLimits,
        in_flight: CallsInFlight[ServerConnection] | None = None,
    ) -> None:
        self._stream = stream
        self._protocol = protocol
        self._execution = Execution(
            protocol, clock.monotonic, self._report, self._look_up_peer, clock.make_event
        )
        self._scheduler = scheduler
        self._interest = interest
        self._max_calls = limits.max_calls_per_connection
        if in_flight is None:
            in_flight = CallsInFlight[ServerConnection](None)
        self._in_flight = in_flight
        self._refuses_calls = limits.overload == "refuse"
        self._timer = ConnectionTimer(limits, monotonic())
        self._age = ConnectionAge(limits, monotonic())
        # True if something was read since `check` has looked.
        self._was_active = False
        # The client's place as the system knows it, also when it has gone.
        self._peer = stream.peer()
        self._fd = stream.fileno()
        self._reads_into = stream.is_plaintext
        # Short ways to read and send, past the stream: None where that has more to do.
        self._receive = stream.receiver()
        # Calls that other threads than the leader's carry out; adding and discarding are atomic.
        self.running: set[Invocation] = set()
        # Held over encoding and `_enqueue`: replies travel in the order in which they were encoded.
        # That can take long; whoever waits for it must not keep the lead meanwhile.
        self._encoding = threading.Lock()
        # Guards the events asked for and what is to be sent, for a moment each time. Taken after
        # `_encoding`, and before the reactor's lock.
        self._lock = threading.Lock()
        self._send_buffer = SendBuffer(stream)
        self._events = 0
        # True if what was read may hold more requests.
        self._has_buffered_requests = stream.has_buffered
        # The term whose thread is still decoding after losing the lead; others must not decode.
        self._decoder: LeaderTerm | None = None
        # True if the client is not told of the end, by no answer either, and what was read before
        # is still begun.
        self._stops = False
        # True from `drain` on; then until the leader has begun to, and if nothing is waited for but
        # the calls under way.
        self._is_draining = False
        self._must_drain = False
        self._closes_when_idle = False
        self._aborted = False
        self._closed = Latch()
        steps = self._execution.steps()
        if steps is None:
            return
        self.execute = steps.executor(  # type: ignore[method-assign, assignment]
            self, self._encoding, self._lock, self._send_buffer
        )
        turns = turn_of(self, stream, protocol, scheduler)
        if turns is not None:
            self.on_ready = turns.on_ready  # type: ignore[method-assign]
            self.flush_turn = turns.flush_turn  # type: ignore[method-assign, assignment]

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._fd

    def wait_closed(self, timeout: float | None = None) -> bool:
        """Wait, for some seconds or forever, and return whether the connection is closed."""
        return self._closed.wait(timeout)

    def stop(self) -> None:
        """Begin no more requests, and close once those that were read are answered.

        What comes meanwhile is still read, for cancels of what is under way.
        """
        self._stops = True
        self.drain()

    def drain(self) -> None:
        """Refuse requests from now on, and close once what is under way is answered.

        A client that expects the notice closes the connection itself, or not before
        `close_when_idle`: whatever it has sent is answered, if only by a refusal.
        """
        self._must_drain = self._is_draining = True
        with self._lock:
            self._update_interest()

    def close_when_idle(self) -> None:
        """Close once what is under way is answered, whatever the client expects; after `drain`."""
        self._closes_when_idle = True
        with self._lock:
            self._update_interest()

    def abort(self) -> None:
        """End the connection now; what is not sent yet is lost, and no call is waited for."""
        self._aborted = True
        self._stream.shutdown()
        for invocation in self.running.copy():  # which nobody waits for any more
            self._execution.cancel(invocation, Code.CANCELLED)
        with self._lock:
            # Anew even if nothing changes: that a socket was closed by somebody else meanwhile
            # is told only to those who ask for its events.
            self._update_interest(anew=True)

    def on_socket_lost(self) -> None:
        """End a connection whose socket somebody else has closed; its number is another's now."""
        with self._lock:
            if self._closed.is_set():  # another thread was first, and the reactor may have ended
                return
            if self._events:
                self._events = 0
                # Another thread may have registered the number since it is another's.
                with suppress(OSError):
                    self._interest.update_interest(self._fd, READ, 0)
            self._release()
        server_log.error("rpc.Serve: the socket of %s was closed by somebody else", self._peer_name)

    def close_after_fork(self) -> None:
        """Close the descriptor, in a child of the process that serves this connection."""
        self._aborted = True
        self._closed.set()
        self._stream.close()

    def check(self, now: float) -> None:
        """Hang up if the client has taken too long, drain if it was here too long. Now and then.

        See `ConnectionTimer` and `ConnectionAge`.
        """
        age = self._age.step(now, self._protocol.expects_notice)
        if age is AgeStep.DRAIN:
            self.drain()
        elif age is AgeStep.CLOSE:
            self.close_when_idle()
        stage, message = self._protocol.stage
        was_active, self._was_active = self._was_active, False
        if not self._waits_for_client or (stage is Stage.IDLE and (was_active or self._has_calls)):
            self._timer.restart(now)
            return
        overdue = self._timer.overdue(stage, message, now)
        if overdue:
            level = logging.DEBUG if stage is Stage.IDLE else logging.WARNING
            text = "rpc.Serve: hanging up on %s: %s (%s)"
            server_log.log(level, text, self._peer_name, overdue, stage.limit)
            self.abort()

    # --- for the reactor and the scheduler ------------------------------------------------------

    def open(self) -> None:
        """Get ready for turns, before there can be any. Raises `OSError`."""
        self._stream.set_timeout(0)
        self._protocol.opened()

    def begin(self) -> None:
        """Begin to be served."""
        with self._lock:
            self._update_interest()

    def on_ready(self, term: LeaderTerm, events: int, is_alone: bool = False) -> bool:
        """Do what there is to do, and return whether this thread still leads afterwards.

        Args:
            term: That of the leader.
            events: Those of the socket.
            is_alone: True if no other connection has its turn: `flush_turn` is part of this then.
        """
        term.connection = self
        term.current.append(self)
        if term.watchdog.seen:
            term.watchdog.kick()
        try:
            if self._decoder is None and not self._process_requests(term, events):
                return False
        except BaseException as error:  # a codec from outside, or a fault of ours
            self._on_broken_turn(error)
        if is_alone:  # 4 % of the server's time where calls follow one another
            return self._end_turn(term)
        term.unflushed.append(self)
        try:
            term.current.pop()
        except IndexError:
            self.hand_back(term)
            return False
        return True

    def flush_turn(self, term: LeaderTerm) -> bool:
        """Send what there is to send, and return whether this thread still leads afterwards."""
        term.connection = self
        term.current.append(self)
        if term.watchdog.seen:
            term.watchdog.kick()
        return self._end_turn(term)

    def _end_turn(self, term: LeaderTerm) -> bool:
        try:
            with self._lock:
                if self._send_buffer.size:
                    try:
                        self._send_buffer.flush()
                    except OSError as error:
                        self._on_write_error(error)
                self._update_interest()
        except BaseException as error:
            self._on_broken_end(error)
        try:
            term.current.pop()
        except IndexError:
            self.hand_back(term)
            return False
        if self._events & WRITE:
            self._close_if_over()
        return True

    def _on_broken_turn(self, error: BaseException) -> None:
        """See to it that others are served, whatever has come of what a client has sent."""
        self._log_broken(error)
        self._aborted = True

    def _on_broken_end(self, error: BaseException) -> None:
        """Give everything back, or the next leader would meet the same again, and the next."""
        self._log_broken(error)
        with self._lock:
            self._set_interest(0)
            self._release()

    def pin_decoder(self, term: LeaderTerm) -> None:
        """Let nobody decode but the thread of a term, though it has lost the lead."""
        if self._decoder is None:
            self._decoder = term

    def hand_back(self, term: LeaderTerm) -> None:
        """Leave the decoding to the leader, which the thread of this term is no more."""
        term.handed_over.wait()
        with self._lock:
            if self._decoder is term:
                self._decoder = None
                self._has_buffered_requests = True
            self._update_interest()

    def execute(self, invocation: Invocation) -> float:
        """Carry out a call and leave the response to be sent; return the time it ended."""
        try:
            self._execution.started(invocation)
            reply = invocation.served.function(invocation.args)
        except BaseException as error:  # not the server's end, whatever a handler raises
            self._answer_failure(invocation, error)
            return invocation.ended
        finally:
            current.set(None)
        self._answer(invocation, reply)
        return invocation.ended

    def _answer(self, invocation: Invocation, reply: object) -> None:
        try:
            with self._encoding:
                parts = self._execution.succeeded(invocation, reply)
                with self._lock:  # `_enqueue`
                    try:
                        self._send_buffer.put(parts)
                    except OSError as error:  # TLS that has failed
                        self._on_write_error(error)
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._abort_broken()

    def _answer_failure(self, invocation: Invocation, error: BaseException) -> None:
        try:
            with self._encoding:
                self._enqueue(self._execution.failed(invocation, error))
        except BaseException:
            self._abort_broken()

    def reject_call(self, invocation: Invocation, error: str) -> None:
        """Answer a call that was left to a worker, but that none can carry out."""
        self._refuse(RejectedRequest(invocation.request, error, Code.UNAVAILABLE))
        self.on_call_done(invocation)

    def on_call_done(self, invocation: Invocation) -> None:
        """Send the response of a call that another thread than the leader has carried out."""
        self.running.discard(invocation)
        try:
            with self._lock:
                self._flush()
                self._update_interest()
        except BaseException:  # the thread has others to serve
            self._abort_broken()
        for waiting in self._in_flight.leave(invocation):
            waiting.resume()

    def on_call_left(self, invocation: Invocation) -> None:
        """Take note that another thread than the leader has a call, until `on_call_done`."""
        self.running.add(invocation)
        self._in_flight.enter(invocation)
        if self._aborted:  # which was too early to find it among the calls that run
            self._execution.cancel(invocation, Code.CANCELLED)

    def resume(self) -> None:
        """Go on, as there may be fewer calls under way on other connections."""
        with self._lock:
            self._update_interest()

    # --- one turn -------------------------------------------------------------------------------

    def _process_requests(
        self, term: LeaderTerm, events: int, most: int = MAX_REQUESTS_PER_TURN
    ) -> bool:
        """Read and begin requests, so many at most; return whether this thread still leads."""
        if self._must_drain and self._is_to_drain:
            self._begin_draining()
        if (events & ~WRITE and not self._has_buffered_requests) or self._stream.has_buffered:
            self._read()
        self._has_buffered_requests = True
        dispatch, next_event = self._scheduler.dispatch, self._protocol.next_event
        running, in_flight = self.running, self._in_flight.calls
        gathered_since = 0.0
        for _ in range(most):
            if self._aborted or (
                (running or in_flight or self._send_buffer.size > WRITE_HIGH_WATER)
                and self._is_throttled
            ):
                return True
            event = next_event()
            if event is None:
                self._has_buffered_requests = False
                return True
            if type(event) is not Invocation:
                self._send_event(event)
                continue
            if self._refuses_calls and self._is_full:
                self._refuse(self._refusal(event))
                continue
            ended = dispatch(term, self, event)
            if ended is None:
                return False
            if ended - gathered_since > COALESCE_WINDOW_S:
                if gathered_since:
                    self._flush_gathered()
                gathered_since = ended
        return True

    def _begin_call(self, term: LeaderTerm, invocation: Invocation) -> float | None:
        """Begin a call that the accelerator has read, and no more; return as `dispatch` does."""
        if self._refuses_calls and self._is_full:
            self._refuse(self._refusal(invocation))
            return 0.0
        return self._scheduler.dispatch(term, self, invocation)

    def _flush_gathered(self) -> None:
        with self._lock:
            self._flush()

    @property
    def _is_to_drain(self) -> bool:
        """True if the leader is to begin that in its next turn."""
        # Data that came with the end of a TLS handshake was not read yet.
        is_read = self._has_buffered_requests and not self._stream.has_buffered
        return self._must_drain and not (self._stops and is_read)

    def _begin_draining(self) -> None:
        """Take note, between two requests, that no more calls are begun."""
        self._must_drain = False
        self._protocol.drain()
        if self._stops or not self._protocol.expects_notice:
            self._closes_when_idle = True
        else:
            running = self.running.copy()
            self._encode(lambda: self._protocol.drain_notice(running))

    def _read(self) -> None:
        """Feed received bytes to the protocol."""
        view, count = None, 0
        protocol, receive = self._protocol, self._receive
        self._was_active = True
        try:
            # Asked first, as most often no message is cut.
            if protocol.is_cut and self._reads_into:
                view = protocol.get_buffer()
            if view is not None:
                data, count = b"", self._stream.read_into(view)
            else:
                data = self._stream.read() if receive is None else receive(READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._on_read_error(error)
            return
        if data:
            protocol.feed(data)
        elif count:
            protocol.buffer_updated(count)
        else:
            self._on_read_end()

    def _on_read_error(self, error: OSError) -> None:
        server_log.debug("reading requests: %s", error)
        self._on_read_end()

    def _on_read_end(self) -> None:
        for refusal in self._protocol.receive_eof():
            self._send_event(refusal)

    def _send_event(self, event: Event) -> None:
        if isinstance(event, RejectedRequest):
            if not (self._stops and self._closes_when_idle):  # nothing more is answered then
                self._refuse(event)
        elif isinstance(event, Cancellation):
            self._cancel(event)
        elif isinstance(event, RawResponse):
            self._enqueue((event.data,))

    def _refuse(self, refusal: RejectedRequest) -> None:
        self._encode(lambda: self._protocol.refuse(refusal.request, refusal.error, refusal.code))

    def _cancel(self, cancellation: Cancellation) -> None:
        """Tell a call that is under way that nobody waits for it; one that waits is dropped."""
        seq = cancellation.seq
        found = [each for each in self.running.copy() if each.request.seq == seq]
        for invocation in found:
            self._execution.cancel(invocation, Code.CANCELLED)
            if self._scheduler.drop(self, invocation):
                self.execute(invocation)  # which answers, and does not begin it
                self.on_call_done(invocation)
        self._encode(lambda: self._protocol.answer_cancel(cancellation, bool(found)))

    def _encode(self, encode: Callable[[], bytes]) -> None:
        """Send what a function encodes."""
        try:
            with self._encoding:
                self._enqueue((encode(),))
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._abort_broken()

    def _enqueue(self, parts: Sequence[bytes]) -> None:
        with self._lock:
            try:
                self._send_buffer.put(parts)
            except OSError as error:  # TLS that has failed
                self._on_write_error(error)

    def _flush(self) -> None:
        """Send what goes. Under the lock."""
        try:
            self._send_buffer.flush()
        except OSError as error:
            self._on_write_error(error)

    def _on_part_sent(self, sent: int) -> None:
        """Go on after the accelerator has sent a part of what waits. Under the lock."""
        self._send_buffer.drop(sent)
        self._flush()

    def _on_write_error(self, error: OSError) -> None:
        server_log.debug("writing responses: %s", error)
        self._send_buffer.discard()

    @property
    def _is_throttled(self) -> bool:
        """True if the client is slow to read, or as many calls are under way as may be."""
        if self._send_buffer.size > WRITE_HIGH_WATER:
            return True
        return self._is_full and not self._refuses_calls

    @property
    def _is_full(self) -> bool:
        """True if as many calls are under way as may be, here or on all connections."""
        return len(self.running) >= self._max_calls or self._in_flight.is_full

    def _refusal(self, invocation: Invocation) -> RejectedRequest:
        if len(self.running) >= self._max_calls:
            return refusal_of_call(invocation, self._max_calls, "max_calls_per_connection")
        return refusal_of_call(invocation, self._in_flight.limit, "max_calls")

    @property
    def _is_finished(self) -> bool:
        """True once every request is answered and no more can come."""
        return (
            (self._protocol.draining or self._closes_when_idle)
            and not self._must_drain  # the client is told first
            and not self._has_buffered_requests
            and not self.running
            and not self._send_buffer.size
        )

    def _update_interest(self, *, anew: bool = False) -> None:
        """Wait for the events that the connection needs, ``anew``: in any case. Under the lock."""
        if self._events == READ and not (
            self._has_buffered_requests
            or self._send_buffer.size
            or self.running
            or self._aborted
            or self._decoder is not None
            or self._protocol.draining
            or self._is_draining
        ):
            return  # which is nearly always so
        if not self._set_interest(self._wanted_events(), anew=anew):
            self._release()
            self._interest.wake()

    def _set_interest(self, events: int, *, anew: bool = False) -> bool:
        """Wait for these events instead; return whether that is possible. Under the lock."""
        before, self._events = self._events, events
        if self._closed.is_set() or (events == before and not (anew and events)):
            return True
        try:
            self._interest.update_interest(self._fd, before, events)
        except OSError as error:  # somebody else has closed the socket
            server_log.error("rpc.Serve: %s", error)
            return False
        return True

    def _wanted_events(self) -> int:
        if self._decoder is not None:
            return 0
        if self._aborted:
            return READ | WRITE
        needed = WRITE if self._is_to_drain else 0
        if self._in_flight:
            self._in_flight.waiting.add(self)
        if not self._is_throttled:
            needed |= WRITE if self._has_buffered_requests else 0
            if not self._protocol.draining:
                needed |= READ
        return needed | WRITE if self._send_buffer.size or self._is_finished else needed

    def _close_if_over(self) -> None:
        if self._aborted or self._is_finished:
            self._close()

    def _close(self) -> None:
        if self._protocol.failure:
            server_log.warning("%s (from %s)", self._protocol.failure, self._peer_name)
        with self._lock:
            self._set_interest(0)
            self._release()

    def _release(self) -> None:
        """Give everything back. Under the lock."""
        if self._closed.is_set():
            return
        self._aborted = True
        self._send_buffer.discard()
        self._interest.remove(self)
        self._stream.shutdown()
        self._stream.close()
        self._protocol.closed()
        self._closed.set()

    # --- log -------------------------------------------------------------------------------------

    @property
    def _waits_for_client(self) -> bool:
        """True if only the client can bring this connection further."""
        return bool(self._events & READ) and not (
            self._aborted or self._stops or self._send_buffer.size or self._decoder is not None
        )

    @property
    def _has_calls(self) -> bool:
        """True while a call is under way, in the leader's thread or in another one."""
        # The leader first: a call that it loses is added to the others. In between it is seen in
        # neither, for less than the time between two checks.
        return self._scheduler.is_serving(self) or bool(self.running)

    @property
    def _peer_name(self) -> str:
        return self._stream.peer_name(self._peer)

    def _look_up_peer(self) -> Peer:
        return self._stream.make_peer(self._peer, self._protocol.headers)

    def _report(self, invocation: Invocation, error: BaseException) -> None:
        log_failure(invocation, error, self._peer_name)

    def _log_broken(self, error: BaseException | None = None) -> None:
        text = "rpc.Serve: connection of %s broken"
        server_log.error(text, self._peer_name, exc_info=error or True)

    def _abort_broken(self, error: BaseException | None = None) -> None:
        """Hang up, after what an exception says about the codec, or about us: the one under way."""
        self._log_broken(error)
        self.abort()
