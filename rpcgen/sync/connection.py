"""`ServerConnection`: one client of a server.

The leader of the `Loop` reads and decodes, and runs what is fast; other
threads that carry out calls only add to what is to be sent, and then say what
they would have the leader do by the events they ask for::

    READ   the leader reads more requests
    WRITE  the leader goes on with the connection: sends what is left, begins
           what was read and had to wait, or closes
    none   calls are under way that must end first, or another thread is decoding
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final

from rpcgen.logs import log_failure, server_log
from rpcgen.protocol import Invocation, Refusal
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.server import Stage
from rpcgen.protocol.serving import ConnectionTimer

from .latch import Latch
from .poller import READ, WRITE
from .reactor import GATHERING
from .send_buffer import Outbox
from .stream import Stream

if TYPE_CHECKING:
    from rpcgen.protocol import Event
    from rpcgen.protocol.serving import AnyServerProtocol

    from .leader_term import Lead
    from .reactor import Loop

__all__ = ["ServerConnection"]

# What may be left to send, in bytes, before no more requests are begun.
_CAPACITY: Final = 1 << 20

# How many requests are begun before it is another connection's turn.
_REQUESTS_A_TURN: Final = 64


class ServerConnection:
    """Reads requests, has them carried out, sends the responses."""

    def __init__(self, stream: Stream, protocol: AnyServerProtocol, loop: Loop) -> None:
        self._stream = stream
        self._protocol = protocol
        self._execution = Execution(protocol, perf_counter, self._report)
        self._loop = loop
        self._most_calls = loop.limits.max_calls_per_connection
        self._timer = ConnectionTimer(loop.limits, monotonic())
        # Whether something was read since `check` has looked.
        self._was_active = False
        # What the system says of the client, also when it has gone.
        self._peer = stream.peer()
        self._fd = stream.fileno()
        self._reads_into = stream.is_plain
        # Calls that other threads than the leader's carry out; adding and discarding are atomic.
        self.running: set[Invocation] = set()
        # Held over encoding and `_put`: replies travel in the order in which they were encoded.
        # That can take long; whoever waits for it must not keep the lead meanwhile.
        self._encoding = threading.Lock()
        # Guards what is asked of the loop and what is to be sent, for a moment each time.
        self._lock = threading.Lock()
        self._outbox = Outbox(stream)
        self._asked = 0
        # Whether what was read may hold more requests.
        self._has_more = stream.has_early
        # Who has lost the lead over decoding, and is still at it, so that nobody else may be.
        self._decoder: Lead | None = None
        self._stopped = False
        self._hung_up = False
        self._closed = Latch()

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._fd

    def wait_closed(self, timeout: float | None = None) -> bool:
        """Wait, for some seconds or for ever, and say whether the connection is closed."""
        return self._closed.wait(timeout)

    def stop_reading(self) -> None:
        """Take no more requests; those that were read are still answered."""
        self._stopped = True
        self._stream.shutdown(socket.SHUT_RD)  # which the leader is told of

    def hang_up(self) -> None:
        """End the connection now; what is not sent yet is lost, and no call is waited for."""
        self._hung_up = True
        self._stream.shutdown()
        with self._lock:
            # Asked for anew where it was before: nobody is told of a socket that somebody else
            # has closed meanwhile, but for who asks for its events.
            self._ask(anew=True)

    def give_up(self) -> None:
        """End a connection whose socket somebody else has closed; its number is another's now."""
        with self._lock:
            if self._closed.is_set():  # another thread has met it just now; the loop may be over
                return
            if self._asked:
                self._asked = 0
                # Another thread may have asked for events of the number since it is another's.
                with suppress(OSError):
                    self._loop.ask(self, READ, 0)
            self._finish()
        server_log.error("rpc.Serve: the socket of %s was closed by somebody else", self._peer_name)

    def close_after_fork(self) -> None:
        """Close the descriptor, in a child of the process that serves this connection."""
        self._hung_up = True
        self._closed.set()
        self._stream.close()

    def check(self, now: float) -> None:
        """Hang up if the client has taken too long; see `ConnectionTimer`. Now and then."""
        stage, message = self._protocol.stage
        was_active, self._was_active = self._was_active, False
        if not self._waits_for_client or (stage is Stage.IDLE and (was_active or self.running)):
            self._timer.restart(now)
            return
        overdue = self._timer.overdue(stage, message, now)
        if overdue:
            level = logging.DEBUG if stage is Stage.IDLE else logging.WARNING
            server_log.log(level, "rpc.Serve: hanging up on %s: %s", self._peer_name, overdue)
            self.hang_up()

    # --- for the loop ---------------------------------------------------------------------------

    def open(self) -> None:
        """Get ready for turns, before there can be any. Raises `OSError`."""
        self._stream.set_timeout(0)
        self._protocol.opened()

    def begin(self) -> None:
        """Begin to be served."""
        with self._lock:
            self._ask()

    def take_turn(self, lead: Lead, events: int) -> bool:
        """Do what there is to do, and say whether this thread still leads afterwards."""
        lead.begin(self)
        try:
            if self._decoder is None and not self._go_on(lead, events):
                return False
        except BaseException:  # a codec from outside, or a fault of ours: not the end of others
            self._log_broken()
            self._hung_up = True
        lead.unsent.append(self)
        if lead.end():
            return True
        self._resume(lead)
        return False

    def end_turn(self, lead: Lead) -> bool:
        """Send what there is to send, and say whether this thread still leads afterwards."""
        lead.begin(self)
        try:
            with self._lock:
                if self._outbox.size:
                    self._flush()
                self._ask()
        except BaseException:  # or the next leader would meet it again, and the next
            self._log_broken()
            with self._lock:
                self._change_to(0)
                self._finish()
        if not lead.end():
            self._resume(lead)
            return False
        if self._asked & WRITE and (self._hung_up or self._is_over):
            self._close()
        return True

    def leave_to(self, lead: Lead) -> None:
        """Let nobody decode but the thread that does, though it has lost the lead."""
        if self._decoder is None:
            self._decoder = lead

    def answer(self, invocation: Invocation) -> float:
        """Carry out a call and leave the response to be sent; return the time it ended."""
        execution = self._execution
        execution.started(invocation)
        try:
            reply = invocation.served.function(invocation.args)
        except BaseException as error:  # not the server's end, whatever a handler raises
            self._answer_failure(invocation, error)
            return invocation.ended
        try:
            with self._encoding:
                self._put(execution.succeeded(invocation, reply))
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._break()
        return invocation.ended

    def _answer_failure(self, invocation: Invocation, error: BaseException) -> None:
        try:
            with self._encoding:
                self._put(self._execution.failed(invocation, error))
        except BaseException:
            self._break()

    def refuse_call(self, invocation: Invocation, error: str) -> None:
        """Answer a call that was left to a worker, but that none can carry out."""
        self._refuse(Refusal(invocation.request, error))
        self.call_is_over(invocation)

    def call_is_over(self, invocation: Invocation) -> None:
        """Send the response of a call that another thread than the leader has carried out."""
        self.running.discard(invocation)
        try:
            with self._lock:
                self._flush()
                self._ask()
        except BaseException:  # the thread has others to serve
            self._break()

    # --- one turn -------------------------------------------------------------------------------

    def _go_on(self, lead: Lead, events: int) -> bool:
        """Read and begin requests; say whether this thread still leads."""
        if self._stream.has_early or (events & ~WRITE and not self._has_more):
            self._read()
        self._has_more = True
        suspects, workers = self._loop.suspects, self._loop.workers
        gathered_since = 0.0
        for _ in range(_REQUESTS_A_TURN):
            if self._hung_up or ((self._outbox.size or self.running) and self._is_busy):
                return True
            event = self._protocol.next_event()
            if event is None:
                self._has_more = False
                return True
            if not isinstance(event, Invocation):
                self._say(event)
            elif (suspects and suspects.include(event.served)) or not workers.claim(lead):
                self._leave_to_worker(event)
            else:
                ended = self._carry_out(event, lead)
                if not ended:
                    return False
                workers.release(lead)
                if ended - gathered_since > GATHERING:
                    if gathered_since:
                        with self._lock:
                            self._flush()
                    gathered_since = ended
        return True

    def _read(self) -> None:
        """Give what has come to the protocol."""
        data, view = b"", None
        self._was_active = True
        try:
            view = self._protocol.space() if self._reads_into else None
            if view is None:
                data = self._stream.read()
                count = len(data)
            else:
                count = self._stream.read_into(view)
        except BlockingIOError:
            return
        except OSError as error:
            server_log.debug("reading requests: %s", error)
            count = 0
        if not count or self._stopped:
            for refusal in self._protocol.receive_eof():
                self._say(refusal)
        elif view is None:
            self._protocol.feed(data)
        else:
            self._protocol.filled(count)

    def _say(self, event: Event) -> None:
        if isinstance(event, Refusal):
            self._refuse(event)
        elif not isinstance(event, Invocation):
            self._put((event.data,))

    def _refuse(self, refusal: Refusal) -> None:
        try:
            with self._encoding:
                self._put((self._protocol.refuse(refusal.request, refusal.error),))
        except BaseException:  # a codec from outside: without an answer, the client would wait
            self._break()

    def _put(self, parts: Sequence[bytes]) -> None:
        with self._lock:
            try:
                self._outbox.put(parts)
            except OSError as error:  # TLS that has failed
                self._give_up(error)

    def _carry_out(self, invocation: Invocation, lead: Lead) -> float:
        """Carry out a call here and now; return when it ended, 0 if the lead was lost over it."""
        if not lead.go_over_to(invocation):  # lost while decoding
            self._leave_to_worker(invocation)
            self._resume(lead)
            return 0.0
        ended = self.answer(invocation)
        if not lead.go_over_to(self):
            lead.passed_on.wait()
            self._loop.workers.go_on(self, invocation)
            return 0.0
        return ended

    def _leave_to_worker(self, invocation: Invocation) -> None:
        self.running.add(invocation)
        self._loop.workers.submit(self, invocation)

    def _resume(self, lead: Lead) -> None:
        """Leave the decoding to the leader, which this thread is no more."""
        lead.passed_on.wait()
        with self._lock:
            if self._decoder is lead:
                self._decoder = None
                self._has_more = True
            self._ask()

    def _flush(self) -> None:
        """Send what goes. Under the lock."""
        try:
            self._outbox.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        server_log.debug("writing responses: %s", error)
        self._outbox.give_up()

    @property
    def _is_busy(self) -> bool:
        """Whether the client is slow to read, or as many calls are under way as can be."""
        return self._outbox.size > _CAPACITY or len(self.running) >= self._most_calls

    @property
    def _is_over(self) -> bool:
        """Whether all is said and done."""
        return (
            self._protocol.draining
            and not self._has_more
            and not self.running
            and not self._outbox.size
        )

    def _ask(self, *, anew: bool = False) -> None:
        """Ask for the events that this connection needs, ``anew``: again. Under the lock."""
        if self._asked == READ and not (
            self._has_more
            or self._outbox.size
            or self.running
            or self._hung_up
            or self._decoder is not None
            or self._protocol.draining
        ):
            return  # which is nearly always so
        if not self._change_to(self._needed(), anew=anew):
            self._finish()
            self._loop.wake()

    def _change_to(self, asked: int, *, anew: bool = False) -> bool:
        """Ask for these events instead; say whether the loop could. Under the lock."""
        before, self._asked = self._asked, asked
        if self._closed.is_set() or (asked == before and not (anew and asked)):
            return True
        try:
            self._loop.ask(self, before, asked)
        except OSError as error:  # somebody else has closed the socket
            server_log.error("rpc.Serve: %s", error)
            return False
        return True

    def _needed(self) -> int:
        if self._decoder is not None:
            return 0
        if self._hung_up:
            return READ | WRITE
        needed = 0
        if not self._is_busy:
            needed = WRITE if self._has_more else 0
            if not self._protocol.draining:
                needed |= READ
        return needed | WRITE if self._outbox.size or self._is_over else needed

    def _close(self) -> None:
        if self._protocol.failure:
            server_log.warning("%s (from %s)", self._protocol.failure, self._peer_name)
        with self._lock:
            self._change_to(0)
            self._finish()

    def _finish(self) -> None:
        """Give everything back. Under the lock."""
        if self._closed.is_set():
            return
        self._hung_up = True
        self._outbox.give_up()
        self._loop.remove(self)
        self._stream.shutdown()
        self._stream.close()
        self._protocol.closed()
        self._closed.set()

    # --- what the log is told -------------------------------------------------------------------

    @property
    def _waits_for_client(self) -> bool:
        """Whether only the client can bring this connection further."""
        return bool(self._asked & READ) and not (
            self._hung_up or self._stopped or self._outbox.size or self._decoder is not None
        )

    @property
    def _peer_name(self) -> str:
        return self._stream.peer_name(self._peer)

    def _report(self, invocation: Invocation, error: BaseException) -> None:
        log_failure(invocation, error, self._peer_name)

    def _log_broken(self) -> None:
        server_log.exception("rpc.Serve: connection of %s broken", self._peer_name)

    def _break(self) -> None:
        """Hang up, after what an exception under way says about the codec, or about us."""
        self._log_broken()
        self.hang_up()
