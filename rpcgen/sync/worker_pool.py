"""`Workers`: the threads that carry out what the leader of the loop does not."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import define, field

from rpcgen.logs import server_log

if TYPE_CHECKING:
    from rpcgen.protocol import Invocation

    from .connection import ServerConnection
    from .leader_term import Lead

__all__ = ["Workers"]

# Seconds after which a thread that has nothing to do ends.
_IDLE_SECONDS: Final = 5.0

# A connection may have another thread as long as it has fewer than so many times those that are
# free: alone it gets four fifths of all. So many of the threads, as a share, are for connections
# without one: who comes next finds some though there are many that would take all.
_SHARE: Final = 4
_RESERVED: Final = 16


@define(eq=False)
class _Call:
    connection: ServerConnection
    invocation: Invocation


@define(eq=False)
class _Idle:
    """A thread without a call: it is released with the next one, or with None to end."""

    released: threading.Lock = field(factory=threading.Lock)
    call: _Call | None = None


class Workers:
    """Sees to it that no more than ``limit`` handlers run at a time, the leader's among them.

    Threads are started when they are needed, end when they have not been for a
    while, and do not keep the process from ending. Calls of one connection
    begin in their order; connections take turns. ``lead`` is that of the
    present leader.
    """

    lead: Lead

    def __init__(self, limit: int, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        if limit < 1:
            raise ValueError("workers must be greater than 0")
        self._limit = limit
        self._idle_seconds = idle_seconds
        # Guards all below, for a moment each time.
        self._lock = threading.Lock()
        # Number of threads other than the leader that carry out calls: all, and by connection.
        self._working = 0
        self._working_for: dict[ServerConnection | None, int] = {}
        # The calls that wait for a thread; the connection whose turn is next comes first.
        self._waiting: dict[ServerConnection, deque[_Call]] = {}
        # The last one gets the next call, so that those that are not needed come to their end.
        self._idle: list[_Idle] = []
        self._closed = False
        # Has an attribute in each thread of the server that runs handlers.
        self._own = threading.local()

    def mark_thread(self) -> None:
        """Take note that the present thread runs handlers, and nothing else of the user's."""
        self._own.is_marked = True

    @property
    def is_own_thread(self) -> bool:
        """True in a thread that runs handlers: what is asked is asked by one of them."""
        return getattr(self._own, "is_marked", False)

    def claim(self, lead: Lead) -> bool:
        """Say whether the leader may carry out a call; then it does, and calls `release`."""
        # Claimed first and looked at the count afterwards, while `_take` does it the other way
        # round: one of the two sees the other, without a lock for every call.
        lead.is_busy = True
        if self._working < self._limit and not (self._waiting and self._others_come_first()):
            return True
        lead.is_busy = False
        return False

    def release(self, lead: Lead) -> None:
        """Take note that the leader has carried out a call."""
        lead.is_busy = False
        if self._waiting:
            self._begin_waiting()

    def adopt(self, lead: Lead) -> None:
        """Count a call that goes on in a thread which is the leader no more."""
        with self._lock:
            self._count(lead.connection, 1)
            lead.is_busy = False

    def submit(self, connection: ServerConnection, invocation: Invocation) -> None:
        """Carry out a call in another thread, once there is one."""
        call = _Call(connection, invocation)
        with self._lock:
            closed = self._closed
            if not closed:
                self._waiting.setdefault(connection, deque()).append(call)
        if closed:
            _refuse(call, "it is closed")
        else:
            self._begin_waiting()

    def go_on(self, connection: ServerConnection, over: Invocation) -> None:
        """End a call in this thread, which is not the leader's, and take up those that wait."""
        connection.call_is_over(over)
        call = self._next(connection)
        while call is not None:
            _carry_out(call)
            call = self._next(call.connection)

    def shutdown(self) -> None:
        """Drop the calls that wait; the threads end with what they are at."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            idle, self._idle = self._idle, []
        for thread in idle:
            thread.released.release()

    def _others_come_first(self) -> bool:
        """Say whether a call that waits may begin, before one that the leader has just read."""
        with self._lock:
            free = self._limit - self._working
            return self._first_that_may_begin(free) is not None

    def _first_that_may_begin(self, free: int) -> ServerConnection | None:
        if free <= 0:
            return None
        for connection in self._waiting:
            working = self._working_for.get(connection, 0)
            if not working or working < _SHARE * (free - self._limit // _RESERVED):
                return connection
        return None

    def _count(self, connection: ServerConnection | None, change: int) -> None:
        self._working += change
        count = self._working_for.get(connection, 0) + change
        if count > 0:
            self._working_for[connection] = count
        else:
            self._working_for.pop(connection, None)

    def _take(self) -> _Call | None:
        """Take the next call that may begin, and count it. Under the lock."""
        if not self._waiting:
            return None
        self._working += 1  # before the leader is looked at; see `claim`
        free = self._limit - self._working + 1 - self.lead.is_busy
        self._working -= 1
        connection = self._first_that_may_begin(free) if free > 0 else None
        if connection is None:
            return None
        calls = self._waiting.pop(connection)
        call = calls.popleft()
        if calls:  # other connections come first
            self._waiting[connection] = calls
        self._count(connection, 1)
        return call

    def _begin_waiting(self) -> None:
        """Give the calls that may begin to threads."""
        while True:
            with self._lock:
                call = self._take()
                idle = self._idle.pop() if call is not None and self._idle else None
            if call is None:
                return
            if idle is None:
                self._start_thread(call)
            else:
                idle.call = call
                idle.released.release()

    def _start_thread(self, call: _Call) -> None:
        thread = threading.Thread(
            target=self._work, args=(call,), name="rpcgen-worker", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # too many for the system
            with self._lock:
                self._count(call.connection, -1)
            _refuse(call, str(error))

    def _work(self, first: _Call) -> None:
        self.mark_thread()
        idle = _Idle()
        idle.released.acquire()
        call: _Call | None = first
        del first
        while call is not None:
            _carry_out(call)
            call = self._next(call.connection, idle)
            if call is None:  # so that an idle thread keeps nothing alive
                call = self._wait(idle)

    def _next(self, over: ServerConnection, idle: _Idle | None = None) -> _Call | None:
        """Take note that a call is over; return the next one, or become idle."""
        with self._lock:
            self._count(over, -1)
            call = self._take()
            if call is None and idle is not None:
                if self._closed:
                    idle.released.release()
                else:
                    self._idle.append(idle)
        if self._waiting:  # one thread that is free lets more than one call begin
            self._begin_waiting()
        return call

    def _wait(self, idle: _Idle) -> _Call | None:
        """Wait for the next call; None if the thread is to end."""
        if not idle.released.acquire(timeout=self._idle_seconds):
            with self._lock:
                if idle in self._idle:
                    self._idle.remove(idle)
                    return None
            idle.released.acquire()  # by who has taken it off the list just now
        call, idle.call = idle.call, None
        return call


def _carry_out(call: _Call) -> None:
    try:
        try:
            call.connection.answer(call.invocation)
        finally:
            call.connection.call_is_over(call.invocation)
    except BaseException:  # a fault of ours, which must not cost the others a thread
        server_log.exception("rpc.Serve: worker")


def _refuse(call: _Call, reason: str) -> None:
    call.connection.refuse_call(call.invocation, f"server takes no more calls: {reason}")
