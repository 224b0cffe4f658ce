"""`Reactor`: serves all connections of a server, one thread at a time.

The leader waits for all sockets at once, reads, decodes, runs the handler,
encodes and sends, without a switch of threads. Another thread leads where a
handler holds it up; see `Scheduler`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from time import monotonic, perf_counter
from typing import Final

from rpcgen.logs import server_log
from rpcgen.net.spin import spin_of
from rpcgen.protocol.calls_in_flight import CallsInFlight
from rpcgen.protocol.server_session import ServerSession
from rpcgen.protocol.serving import ConnectionLimits

from .connection import ServerConnection
from .latch import Latch
from .leader_term import LeaderTerm, Schedulable
from .poller import READ, Poller, make_poller
from .scheduler import COALESCE_WINDOW_S, Scheduler
from .stream import Stream

__all__ = ["Reactor"]

# Maximum time in seconds from the loss of the lead until the former leader is told.
_HAND_OVER_S: Final = 1.0


class Reactor:
    """Serves connections while there are any.

    Args:
        workers: Maximum number of handlers that run at a time.
        limits: What a client may take in time and in number of calls.
        spin: False to sleep at once where requests are awaited.
    """

    def __init__(
        self, workers: int, limits: ConnectionLimits | None = None, *, spin: bool = True
    ) -> None:
        self._spin = spin
        self.scheduler = Scheduler(workers, self._lead)
        self._limits = limits or ConnectionLimits()
        self._in_flight = CallsInFlight[ServerConnection](self._limits.max_calls)
        # Guards the connections, the poller and the waker while the loop begins or ends.
        self._lock = threading.Lock()
        self._connections: dict[int, ServerConnection] = {}
        self._poller: Poller | None = None
        # Ends the thread that checks the timeouts.
        self._over = Latch()
        # A pipe whose first end the leader waits for beside the connections; see `wake`.
        self._waker: tuple[int, int] | None = None

    @property
    def connections(self) -> list[ServerConnection]:
        """Connections that are served now."""
        # Copied at once, and without the lock: a signal handler may ask.
        return list(self._connections.copy().values())

    def __len__(self) -> int:
        """Return the number of connections that are served now."""
        return len(self._connections)

    def serve(
        self, stream: Stream, protocol: ServerSession, limits: ConnectionLimits | None = None
    ) -> ServerConnection:
        """Serve a client from now on.

        Args:
            stream: The connection to it.
            protocol: What is spoken there.
            limits: Those of this client, if it has others than most.

        Raises:
            OSError: The system has no room for that.
            RuntimeError: It has no more threads.
        """
        connection = ServerConnection(
            stream, protocol, self.scheduler, self, limits or self._limits, self._in_flight
        )
        self.add(connection)
        return connection

    def close_after_fork(self) -> None:
        """Give back what the parent process serves, in a child that was forked off it."""
        for connection in self.connections:
            connection.close_after_fork()
        if self._poller is not None:
            self._poller.close()
        self._close_waker()

    def add(self, connection: ServerConnection) -> None:
        """Serve a connection from now on; raises what `serve` does."""
        # One whose socket somebody else has closed: the system has given its number away.
        lost = self._connections.get(connection.fileno())
        if lost is not None:
            lost.on_socket_lost()
            self.wake()  # for the case that this one is not served either
        with self._lock:
            if self._poller is None:
                self._start()
            # The leader may still hold events of the number from when it was the other socket's.
            connection.open()
            self._connections[connection.fileno()] = connection
        connection.begin()

    def _start(self) -> None:
        self._poller = poller = make_poller()
        # The leader looks for connections only when it has the lock.
        leader = threading.Thread(target=self._lead, name="rpcgen-leader", daemon=True)
        try:
            self._waker = os.pipe()
            for end in self._waker:
                os.set_blocking(end, False)
            poller.register(self._waker[0], READ)
            leader.start()
        except (OSError, RuntimeError):
            self._poller = None
            poller.close()
            self._close_waker()
            raise
        self._over = Latch()
        try:
            threading.Thread(
                target=self._check_connections,
                args=(self._over,),
                name="rpcgen-timeouts",
                daemon=True,
            ).start()
        except RuntimeError as error:
            server_log.error("rpc.Serve: clients may take as long as they like: %s", error)

    def _check_connections(self, over: Latch) -> None:
        """Look now and then for clients that take too long, which costs their calls nothing."""
        while not over.wait(self._limits.interval):
            now = monotonic()
            for connection in self.connections:
                try:
                    connection.check(now)
                except Exception:  # a codec from outside
                    server_log.exception("rpc.Serve: timeouts")

    def remove(self, connection: ServerConnection) -> None:
        """Serve a connection no more; for the leader, before it closes the socket."""
        if self._connections.get(connection.fileno()) is connection:
            del self._connections[connection.fileno()]

    def wake(self) -> None:
        """Have the leader see that there may be nothing to serve, after a removal elsewhere."""
        with self._lock:
            if self._waker is None:
                return
            try:
                os.write(self._waker[1], b"\0")
            except BlockingIOError:
                pass  # it is awake, or will be

    def _drain_waker(self) -> None:
        """Read what `wake` has sent. For the leader."""
        assert self._waker is not None
        try:
            os.read(self._waker[0], 4096)
        except BlockingIOError:
            pass  # the event was of a connection that another thread has closed since

    def _close_waker(self) -> None:
        if self._waker is not None:
            for end in self._waker:
                os.close(end)
            self._waker = None

    def update_interest(self, fd: int, before: int, events: int) -> None:
        """Wait for other events of a socket than ``before``; see `Poller`. Raises `OSError`."""
        poller = self._poller
        assert poller is not None
        # One that asks for nothing is not registered: its end would be told forever.
        if not events:
            poller.unregister(fd)
        elif before:
            poller.modify(fd, events)
        else:
            poller.register(fd, events)

    # --- leading ------------------------------------------------------------------------------

    def _lead(
        self, interrupted: Schedulable | None = None, unflushed: Sequence[Schedulable] = ()
    ) -> None:
        """Lead until there is nothing to serve, or the lead is lost."""
        left: Sequence[Schedulable] | None = unflushed
        while left is not None:
            left = self._lead_one_term(interrupted, left)
            interrupted = None

    def _lead_one_term(
        self, interrupted: Schedulable | None, unflushed: Sequence[Schedulable]
    ) -> Sequence[Schedulable] | None:
        """Lead until then, or until a step fails: return what is to be flushed in that case."""
        term = self.scheduler.start_term(unflushed)
        try:
            if interrupted is not None and not interrupted.on_ready(term, 0):
                return None
            if self._flush(term) and self._poll(term):
                self.scheduler.end_term(term)
            return None
        except Exception:  # no memory, say: the other connections are served nevertheless
            server_log.exception("rpc.Serve: a turn has failed")
            return self._end_failed_term(term)

    def _end_failed_term(self, term: LeaderTerm) -> Sequence[Schedulable] | None:
        """Hang up on the client whose turn has failed; return None if the lead is lost."""
        is_in_turn, is_lost = True, False
        try:
            term.current.pop()
        except IndexError:  # lost, or between two turns, where nobody can take it
            is_in_turn = is_lost = term.handed_over.wait(_HAND_OVER_S)
        if is_in_turn and term.connection is not None:
            if is_lost:
                term.connection.hand_back(term)
            term.connection.abort()
        if is_lost:
            return None
        self.scheduler.end_term(term)
        return term.unflushed

    def _poll(self, term: LeaderTerm) -> bool:
        """Give each connection its turn; return False if the lead is lost, True at the end."""
        connections, poller = self._connections, self._poller
        assert poller is not None
        spin = spin_of(self._spin)

        def look() -> list[tuple[int, int]] | None:
            return poller.poll(0) or None

        while connections or not self._stop_if_idle(poller):
            began = 0.0
            ready = spin.poll_until(look) or poller.poll()
            is_alone = len(ready) == 1
            for fd, events in ready:
                connection = connections.get(fd)
                if connection is None:
                    self._drain_waker()
                    continue
                if not connection.on_ready(term, events, is_alone=is_alone):
                    return False
                if is_alone:
                    continue
                now = perf_counter()
                if began and now - began > COALESCE_WINDOW_S:
                    if not self._flush(term):
                        return False
                    began = 0.0
                began = began or now
            if term.unflushed and not self._flush(term):
                return False
        return True

    def _flush(self, term: LeaderTerm) -> bool:
        """Send the replies of those that had their turn; return whether this thread still leads."""
        unflushed = term.unflushed
        while unflushed:
            # Pop first: if the lead is lost during the flush, the new leader has the others.
            if not unflushed.pop().flush_turn(term):
                return False
        return True

    def _stop_if_idle(self, poller: Poller) -> bool:
        """End the reactor if there is nothing to serve; return whether that is so."""
        with self._lock:
            if self._connections:
                return False
            self._poller = None
            poller.close()
            self._over.set()
            self._close_waker()
            return True
