"""`Loop`: the one thread that serves all connections of a server, and those that relieve it.

The leader waits for all sockets at once, reads, decodes, runs the handler,
encodes and sends, without a switch of threads. If a handler holds it up, the
watchdog takes the lead, and the late thread answers that one call when it can;
a method that has been seen to be slow goes straight to a worker for a while.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final

from rpcgen.logs import server_log
from rpcgen.patience import Patience
from rpcgen.protocol import Invocation
from rpcgen.protocol.serving import ConnectionLimits

from .latch import Latch
from .leader_term import Lead, Work
from .poller import READ, Poller, make_poller
from .slow_methods import Suspects
from .watchdog import Watchdog
from .worker_pool import Workers

if TYPE_CHECKING:
    from .connection import ServerConnection

__all__ = ["GATHERING", "Loop"]

GATHERING: Final = 0.0005
"""For how long replies are gathered, in seconds, to be sent one after the other.

While a client is awake to read one, the next does not have to wake it.
"""


class Loop:
    """Serves connections while there are any, with ``workers`` handlers at a time at most."""

    def __init__(self, workers: int, limits: ConnectionLimits | None = None) -> None:
        self.workers = Workers(workers)
        self.limits = limits or ConnectionLimits()
        self.suspects = Suspects()
        # Guards the connections, the poller and the waker while the loop begins or ends.
        self._lock = threading.Lock()
        self._connections: dict[int, ServerConnection] = {}
        self._poller: Poller | None = None
        # Ends the thread that looks at the clock.
        self._over = Latch()
        # What the leader waits for beside the connections, and its other end; see `wake`.
        self._waker: tuple[socket.socket, socket.socket] | None = None

    @property
    def connections(self) -> list[ServerConnection]:
        """Those that are served now."""
        # Copied at once, and without the lock: a signal handler may ask.
        return list(self._connections.copy().values())

    def __len__(self) -> int:
        """Return the number of connections that are served now."""
        return len(self._connections)

    def close_after_fork(self) -> None:
        """Give back what the parent process serves, in a child that was forked off it."""
        for connection in self.connections:
            connection.close_after_fork()
        if self._poller is not None:
            self._poller.close()
        self._close_waker()

    def add(self, connection: ServerConnection) -> None:
        """Serve a connection from now on.

        Raises `OSError` or `RuntimeError` if the system has no room for that.
        """
        # One whose socket somebody else has closed: the system has given its number away.
        lost = self._connections.get(connection.fileno())
        if lost is not None:
            lost.give_up()
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
            self._waker = socket.socketpair()
            for end in self._waker:
                end.setblocking(False)
            poller.register(self._waker[0].fileno(), READ)
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
        while not over.wait(self.limits.interval):
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
                self._waker[1].send(b"\0")
            except BlockingIOError:
                pass  # it is awake, or will be

    def _awoken(self) -> None:
        """Take what `wake` has sent. For the leader."""
        assert self._waker is not None
        try:
            self._waker[0].recv(4096)
        except BlockingIOError:
            pass  # the event was of a connection that another thread has closed since

    def _close_waker(self) -> None:
        if self._waker is not None:
            for end in self._waker:
                end.close()
            self._waker = None

    def ask(self, connection: ServerConnection, before: int, now: int) -> None:
        """Ask for other events of a connection's socket than ``before``; see `Poller`."""
        poller, fd = self._poller, connection.fileno()
        assert poller is not None
        # One that asks for nothing is not registered: the end of it would be told for ever.
        if not now:
            poller.unregister(fd)
        elif before:
            poller.modify(fd, now)
        else:
            poller.register(fd, now)

    # --- leading ------------------------------------------------------------------------------

    def _lead(
        self,
        interrupted: ServerConnection | None = None,
        unsent: Sequence[ServerConnection] = (),
    ) -> None:
        """Lead until there is nothing to serve, or the lead is lost."""
        self.workers.mark_thread()
        watchdog = Watchdog[Work](self._take_over)
        lead = self.workers.lead = Lead(watchdog, watchdog.slot)
        lead.unsent += unsent
        try:
            watchdog.start()
        except RuntimeError as error:
            server_log.error("rpc.Serve: slow calls will hold up others: %s", error)
        if interrupted is not None and not interrupted.take_turn(lead, 0):
            return
        if self._send(lead) and self._serve(lead):
            watchdog.stop()

    def _serve(self, lead: Lead) -> bool:
        """Give each connection its turn; say whether there is nothing to serve any more."""
        connections, poller = self._connections, self._poller
        assert poller is not None
        patience = Patience()

        def look() -> list[tuple[int, int]] | None:
            return poller.poll(0) or None

        while connections or not self._ends(poller):
            began = 0.0
            for fd, events in patience.wait_for(look) or poller.poll():
                connection = connections.get(fd)
                if connection is None:
                    self._awoken()
                    continue
                if not connection.take_turn(lead, events):
                    return False
                now = perf_counter()
                if began and now - began > GATHERING:
                    if not self._send(lead):
                        return False
                    began = 0.0
                began = began or now
            if not self._send(lead):
                return False
        return True

    def _send(self, lead: Lead) -> bool:
        """Send the replies of those that had their turn; say whether this thread still leads."""
        unsent = lead.unsent
        while unsent:
            # Taken off the list while it is in the slot: whoever leads then has the others.
            if not unsent.pop().end_turn(lead):
                return False
        return True

    def _ends(self, poller: Poller) -> bool:
        with self._lock:
            if self._connections:
                return False
            self._poller = None
            poller.close()
            self._over.set()
            self._close_waker()
            return True

    def _take_over(self, held_up: Work) -> None:
        """Lead from now on, in the watchdog's thread, in the place of the one that is held up."""
        late, interrupted = self.workers.lead, None
        assert late.connection is not None
        if isinstance(held_up, Invocation):
            interrupted = late.connection
            interrupted.running.add(held_up)
            self.suspects.add(held_up.served)
            self.workers.adopt(late)
        else:
            late.connection.leave_to(late)
        late.passed_on.set()
        self._lead(interrupted, late.unsent)
