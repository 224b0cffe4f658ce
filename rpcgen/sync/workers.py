"""`Workers`: the threads that carry out what the leader of the loop does not."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from rpcgen.protocol import Invocation

    from .connection import ServerConnection
    from .lead import Lead

__all__ = ["Workers"]


@define(eq=False)
class _Call:
    connection: ServerConnection
    invocation: Invocation
    is_refused: bool = False


class Workers:
    """Sees to it that no more than ``limit`` handlers run at a time, the leader's among them.

    ``lead`` is that of the present leader.
    """

    lead: Lead

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._threads = ThreadPoolExecutor(limit, thread_name_prefix="rpcgen-worker")
        # Guards the count below, of threads other than the leader that carry out calls.
        self._lock = threading.Lock()
        self._working = 0
        # The calls that wait for a thread.
        self._waiting: deque[_Call] = deque()

    def claim(self, lead: Lead) -> bool:
        """Say whether the leader may carry out a call; then it does, and calls `release`."""
        # Claimed first and looked at the count afterwards, while `_begin_waiting` does it the
        # other way round: one of the two sees the other, without a lock for every call.
        lead.is_busy = True
        if self._working < self._limit and not self._waiting:
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
            self._working += 1
            lead.is_busy = False

    def submit(self, connection: ServerConnection, invocation: Invocation) -> None:
        """Carry out a call in another thread, once there is one."""
        self._waiting.append(_Call(connection, invocation))
        self._begin_waiting()

    def go_on(self, connection: ServerConnection, over: Invocation) -> None:
        """End a call in this thread, which is not the leader's, and take up those that wait."""
        connection.call_is_over(over)
        self._take_up_waiting()

    def shutdown(self) -> None:
        """Start no more calls; what waits for a thread is dropped."""
        self._waiting.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin_waiting(self) -> None:
        while call := self._next_for_a_new_thread():
            try:
                self._threads.submit(self._work, call)
            except RuntimeError as error:  # after `shutdown`, or with too many threads
                call.is_refused = True  # it may be queued all the same
                call.connection.refuse_call(call.invocation, f"server takes no more calls: {error}")
                with self._lock:
                    self._working -= 1

    def _next_for_a_new_thread(self) -> _Call | None:
        with self._lock:
            self._working += 1
            if self._waiting and self._working + self.lead.is_busy <= self._limit:
                return self._waiting.popleft()
            self._working -= 1
            return None

    def _work(self, call: _Call) -> None:
        if call.is_refused:
            return
        try:
            self._carry_out(call)
        finally:
            self._take_up_waiting()

    def _take_up_waiting(self) -> None:
        while call := self._next():
            self._carry_out(call)

    def _carry_out(self, call: _Call) -> None:
        try:
            call.connection.answer(call.invocation)
        finally:
            call.connection.call_is_over(call.invocation)

    def _next(self) -> _Call | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._working -= 1
            return None
