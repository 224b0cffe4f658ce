"""`WorkerPool`: the threads that carry out the calls that the leader does not."""

from __future__ import annotations

import threading
from typing import Final

from attrs import define, field

from rpcgen.logs import server_log
from rpcgen.protocol.fair_queue import FairQueue

from .job import Job
from .leader_term import LeaderTerm

__all__ = ["WorkerPool"]

# Seconds after which a thread that has nothing to do ends.
_IDLE_SECONDS: Final = 5.0


@define(eq=False)
class _IdleThread:
    """A thread without a job: it is released with the next one, or with None to end."""

    released: threading.Lock = field(factory=threading.Lock)
    job: Job | None = None


class WorkerPool:
    """Up to ``limit`` handlers at a time, the leader's among them, shared fairly by the owners.

    Threads are started when they are needed, end when they have not been for a
    while, and do not keep the process from ending. ``term`` is that of the
    present leader, ``waiting`` has the jobs that wait. See `FairQueue`.
    """

    term: LeaderTerm

    def __init__(self, limit: int, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        # Guards all below, for a moment each time.
        self._lock = threading.Lock()
        # Jobs that wait, and the number of those that threads other than the leader run.
        self._queue = FairQueue[Job](limit)
        # Looked at for each call of the leader.
        self.waiting = self._queue.waiting
        # Number of running jobs from which on the last place is left, which is for a connection
        # that has none.
        self._many = limit - 1
        # The last one gets the next job, so that those that are not needed come to their end.
        self._idle: list[_IdleThread] = []
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

    def try_acquire(self, term: LeaderTerm) -> bool:
        """Take a place for the leader, which calls `release`; return False if it may have none."""
        # Taken first and the count looked at afterwards, while `_take` does it the other way
        # round: one of the two sees the other, without a lock for every call.
        term.is_executing = True
        queue = self._queue
        if queue.running < self._many and not queue.waiting:
            return True
        if (
            queue.running < queue.limit
            and not (queue.waiting and self._others_come_first())
            and (queue.running < self._many or not queue.running_for(term.connection))
        ):
            return True
        term.is_executing = False
        return False

    def release(self, term: LeaderTerm) -> None:
        """Give the leader's place back."""
        term.is_executing = False
        if self._queue.waiting:
            self._dispatch_queued()

    def count_detached(self, term: LeaderTerm) -> None:
        """Count a call that goes on in a thread which is the leader no more."""
        with self._lock:
            self._queue.started(term.connection)
            term.is_executing = False

    def submit(self, job: Job) -> None:
        """Run a job in another thread, once there is one."""
        with self._lock:
            closed = self._closed
            if not closed:
                self._queue.push(job.owner, job)
        if closed:
            _reject(job, "it is closed")
        else:
            self._dispatch_queued()

    def drop(self, job: Job) -> bool:
        """Forget a job that is equal to this one; return False if none waits."""
        with self._lock:
            return self._queue.discard(job.owner, job)

    def finish(self, owner: object) -> None:
        """End a call in this thread, which leads no more, and run jobs that wait."""
        job = self._next(owner)
        while job is not None:
            _run(job)
            job = self._next(job.owner)

    def shutdown(self) -> None:
        """Drop the jobs that wait; the threads end with what they are at."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            idle, self._idle = self._idle, []
        for thread in idle:
            thread.released.release()

    def _others_come_first(self) -> bool:
        """Return whether a job that waits may start, before one that the leader has just read."""
        with self._lock:
            return self._queue.is_ready(self._queue.free)

    def _take(self) -> Job | None:
        """Take the next job that may start, and count it. Under the lock."""
        queue = self._queue
        if not queue.waiting:
            return None
        queue.running += 1  # before the leader is looked at; see `try_acquire`
        free = queue.free + 1 - self.term.is_executing
        queue.running -= 1
        return queue.pop(free)

    def _dispatch_queued(self) -> None:
        """Give the jobs that may start to threads."""
        while True:
            with self._lock:
                job = self._take()
                idle = self._idle.pop() if job is not None and self._idle else None
            if job is None:
                return
            if idle is None:
                self._start_thread(job)
            else:
                idle.job = job
                idle.released.release()

    def _start_thread(self, job: Job) -> None:
        thread = threading.Thread(target=self._work, args=(job,), name="rpcgen-worker", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # too many for the system
            with self._lock:
                self._queue.finished(job.owner)
            _reject(job, str(error))

    def _work(self, first: Job) -> None:
        self.mark_thread()
        idle = _IdleThread()
        idle.released.acquire()
        job: Job | None = first
        del first
        while job is not None:
            _run(job)
            job = self._next(job.owner, idle)
            if job is None:  # so that an idle thread keeps nothing alive
                job = self._wait(idle)

    def _next(self, owner: object, idle: _IdleThread | None = None) -> Job | None:
        """Count the end of an owner's job; return the next one, or become idle."""
        with self._lock:
            self._queue.finished(owner)
            job = self._take()
            if job is None and idle is not None:
                if self._closed:
                    idle.released.release()
                else:
                    self._idle.append(idle)
        if self._queue.waiting:  # one thread that is free lets more than one job start
            self._dispatch_queued()
        return job

    def _wait(self, idle: _IdleThread) -> Job | None:
        """Wait for the next job; None if the thread is to end."""
        if not idle.released.acquire(timeout=self._idle_seconds):
            with self._lock:
                if idle in self._idle:
                    self._idle.remove(idle)
                    return None
            idle.released.acquire()  # by who has taken it off the list just now
        job, idle.job = idle.job, None
        return job


def _run(job: Job) -> None:
    try:
        job.run()
    except BaseException:  # a fault of ours, which must not cost the others a thread
        server_log.exception("rpc.Serve: worker")


def _reject(job: Job, reason: str) -> None:
    job.reject(f"server takes no more calls: {reason}")
