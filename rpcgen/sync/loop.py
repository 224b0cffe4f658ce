"""`Loop`: the one thread that serves all connections of a server, and those that relieve it.

The leader waits for all sockets at once, reads, decodes, runs the handler,
encodes and sends, without a switch of threads. If a handler holds it up, the
watchdog takes the lead, and the late thread answers that one call when it can;
a method that has been seen to be slow goes straight to a worker for a while.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import define, field

from rpcgen.patience import Patience
from rpcgen.protocol import Invocation, ServedMethod

from .poller import Poller, make_poller
from .suspects import Suspects
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .connection import ServerConnection

__all__ = ["Lead", "Loop"]

_log = logging.getLogger("rpcgen.server")

GATHERING: Final = 0.0005
"""For how long replies are gathered, in seconds, to be sent one after the other.

While a client is awake to read one, the next does not have to wake it.
"""

# What the leader works on: a connection's bytes, or one of its calls.
_Work: TypeAlias = "ServerConnection | Invocation"


@define(eq=False)
class Lead:
    """One thread's time as the leader, until the watchdog ends it."""

    watchdog: Watchdog[_Work]
    slot: list[_Work]
    connection: ServerConnection | None = None
    """The connection whose turn it is, or was, when the lead was lost."""

    unsent: list[ServerConnection] = field(factory=list)
    """Those that had their turn, and whose replies are still to be sent."""

    passed_on: threading.Event = field(factory=threading.Event)
    """Set once another thread leads and knows what this one still does."""


class Loop:
    """Serves connections while there are any, with ``workers`` handlers at a time at most."""

    def __init__(self, workers: int) -> None:
        self._limit = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="rpcgen-worker")
        # Guards the beginning and the end of leading, and of calls elsewhere.
        self._lock = threading.Lock()
        self._connections: dict[int, ServerConnection] = {}
        self._poller: Poller | None = None
        # How many threads other than the leader carry out calls, and the calls that wait for one.
        self._working = 0
        self._waiting: deque[tuple[ServerConnection, Invocation]] = deque()
        self._suspects = Suspects()

    @property
    def connections(self) -> list[ServerConnection]:
        """Those that are served now."""
        with self._lock:
            return list(self._connections.values())

    def add(self, connection: ServerConnection) -> None:
        """Serve a connection from now on."""
        with self._lock:
            self._connections[connection.fileno()] = connection
            if self._poller is None:
                self._poller = make_poller()
                self._start_leading()
        connection.begin()

    def remove(self, connection: ServerConnection) -> None:
        """Serve a connection no more; for the leader, before it closes the socket."""
        del self._connections[connection.fileno()]

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

    def shutdown(self) -> None:
        """Start no more calls in workers; what waits for one is dropped."""
        with self._lock:
            self._waiting.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- leading ------------------------------------------------------------------------------

    def _start_leading(self) -> None:
        threading.Thread(target=self._lead, name="rpcgen-leader", daemon=True).start()

    def _lead(
        self,
        interrupted: ServerConnection | None = None,
        unsent: Sequence[ServerConnection] = (),
    ) -> None:
        """Lead until there is nothing to serve, or the lead is lost."""
        watchdog = Watchdog[_Work](self._take_over)
        lead = self._current = Lead(watchdog, watchdog.slot)
        lead.unsent += unsent
        try:
            watchdog.start()
        except RuntimeError as error:
            _log.error("rpc.Serve: slow calls will hold up others: %s", error)
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
            return True

    def _take_over(self, held_up: _Work) -> None:
        """Lead from now on, in the watchdog's thread, in the place of the one that is held up."""
        late, interrupted = self._current, None
        assert late.connection is not None
        if isinstance(held_up, Invocation):
            interrupted = late.connection
            interrupted.running.add(held_up)
            self._suspects.add(held_up.served)
            with self._lock:
                self._working += 1
        else:
            late.connection.leave_to(late)
        late.passed_on.set()
        self._lead(interrupted, late.unsent)

    # --- calls in other threads -----------------------------------------------------------------

    def must_not_lead(self, served: ServedMethod) -> bool:
        """Say whether the leader leaves calls of a method to workers."""
        return self._working >= self._limit or (
            bool(self._suspects) and self._suspects.include(served)
        )

    def submit(self, connection: ServerConnection, invocation: Invocation) -> None:
        """Have a call carried out by a worker. Raises `RuntimeError` after `shutdown`."""
        with self._lock:
            if self._working >= self._limit:
                self._waiting.append((connection, invocation))
                return
            self._threads.submit(self._work, connection, invocation)
            self._working += 1

    def _work(self, connection: ServerConnection, invocation: Invocation) -> None:
        connection.answer(invocation)
        self.go_on_working(connection, invocation)

    def go_on_working(self, connection: ServerConnection, over: Invocation) -> None:
        """End a call in this thread, which is not the leader's, and take up those that wait."""
        connection.call_is_over(over)
        while waiting := self._next_waiting():
            connection, invocation = waiting
            connection.answer(invocation)
            connection.call_is_over(invocation)

    def _next_waiting(self) -> tuple[ServerConnection, Invocation] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._working -= 1
            return None
