"""`Scheduler`: decides which thread carries out the next call.

The leader reads and decodes, and runs the handler itself, since to hand a call
to another thread costs more than most calls take::

    leader ──quick, and the leader may──▶ runs it here
       │
       └───the method was slow of late, or all workers are busy──▶ worker pool

If a handler, or a decoder, holds the leader up, the watchdog's thread leads
from then on, and the late one ends what it is at as a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from rpcgen.logs import server_log
from rpcgen.protocol import Invocation

from .job import CallJob
from .leader_term import LeaderTerm, Schedulable, Work
from .slow_methods import SlowMethodDetector
from .watchdog import Watchdog
from .worker_pool import WorkerPool

__all__ = ["COALESCE_WINDOW_S", "Scheduler"]

COALESCE_WINDOW_S: Final = 0.0005
"""Seconds for which replies are gathered, to be sent one after the other.

While a client is awake to read one, the next does not have to wake it.
"""

Lead: TypeAlias = Callable[[Schedulable | None, Sequence[Schedulable]], None]


class Scheduler:
    """Runs up to ``workers`` handlers at a time, in the leader's thread or in others.

    Args:
        workers: Maximum number of handlers that run at a time.
        lead: Leads from then on, in the watchdog's thread: called with the
            connection that the former leader was at, if it was running a call
            of it, and with those whose replies it has left to be sent.
    """

    def __init__(self, workers: int, lead: Lead) -> None:
        self._pool = WorkerPool(workers)
        self._slow_methods = SlowMethodDetector()
        self._lead = lead
        self._term: LeaderTerm | None = None

    @property
    def is_own_thread(self) -> bool:
        """True in a thread that runs handlers: what is asked is asked by one of them."""
        return self._pool.is_own_thread

    def shutdown(self) -> None:
        """Drop the calls that wait; the threads end with what they are at."""
        self._pool.shutdown()

    def start_term(self, unflushed: Sequence[Schedulable] = ()) -> LeaderTerm:
        """Make the present thread the leader, with connections left to be flushed."""
        self._pool.mark_thread()
        watchdog = Watchdog[Work](self._on_stall)
        term = LeaderTerm(watchdog, watchdog.current, unflushed=list(unflushed))
        self._term = self._pool.term = term
        try:
            watchdog.start()
        except RuntimeError as error:
            server_log.error("rpc.Serve: slow calls will hold up others: %s", error)
        return term

    def end_term(self, term: LeaderTerm) -> None:
        """End the term of a thread that still leads; nobody does afterwards."""
        term.watchdog.stop()

    def is_serving(self, connection: Schedulable) -> bool:
        """Return whether the leader works on a connection, or on a call of it, right now."""
        term = self._term
        return term is not None and term.connection is connection and bool(term.current)

    def dispatch(
        self, term: LeaderTerm, connection: Schedulable, invocation: Invocation
    ) -> float | None:
        """Run a call that the leader has decoded, or leave it to another thread.

        Returns:
            When the call ended; 0.0 if another thread runs it, None if this one
            leads no more.
        """
        slow, pool, current = self._slow_methods, self._pool, term.current
        if (slow.recent and slow.should_offload(invocation.served)) or not pool.try_acquire(term):
            self._offload(connection, invocation)
            return 0.0
        try:
            current[0] = invocation
        except IndexError:  # lost while decoding
            self._offload(connection, invocation)
            connection.hand_back(term)
            return None
        if term.watchdog.seen:
            term.watchdog.kick()
        ended = connection.execute(invocation)
        try:
            current[0] = connection
        except IndexError:
            self.end_late(term, invocation)
            return None
        if term.watchdog.seen:
            term.watchdog.kick()
        term.is_executing = False  # `release`, where nobody waits
        if pool.waiting:
            pool.release(term)
        return ended

    def end_late(self, term: LeaderTerm, invocation: Invocation) -> None:
        """End a call that has cost this thread the lead, and go on as a worker."""
        connection = term.connection
        assert connection is not None  # whose turn it was
        term.handed_over.wait()
        connection.on_call_done(invocation)
        self._pool.finish(connection)

    def drop(self, connection: Schedulable, invocation: Invocation) -> bool:
        """Forget a call that waits for a thread; return False if it waits no more."""
        return self._pool.drop(CallJob(connection, invocation))

    def _offload(self, connection: Schedulable, invocation: Invocation) -> None:
        """Leave a call to the worker pool."""
        connection.on_call_left(invocation)
        self._pool.submit(CallJob(connection, invocation))

    def _on_stall(self, stalled: Work) -> None:
        """Lead from now on, in the watchdog's thread, in the place of the one that is held up."""
        late, interrupted = self._pool.term, None
        assert late.connection is not None
        if isinstance(stalled, Invocation):
            interrupted = late.connection
            interrupted.on_call_left(stalled)
            self._slow_methods.mark_slow(stalled.served)
            self._pool.count_detached(late)
        else:
            late.connection.pin_decoder(late)
        late.handed_over.set()
        self._lead(interrupted, late.unflushed)
