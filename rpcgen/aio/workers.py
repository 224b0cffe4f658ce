"""`Workers`: threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["Job", "Workers", "decoders", "serving"]

T = TypeVar("T")

Done: TypeAlias = Callable[[Any, BaseException | None], None]

# Seconds after which a thread that has nothing to do ends.
_IDLE_SECONDS: Final = 5.0

# An owner may have another thread as long as it has fewer than so many times those that are free:
# alone it gets four fifths of all. So many of the threads, as a share, are for owners without one:
# who comes next finds some though there are many that would take all.
_SHARE: Final = 4
_RESERVED: Final = 16

# Threads of one event loop that decode and encode large messages. More would only take the
# interpreter lock from the loop more often.
_DECODERS: Final = 2

serving: Final[ContextVar[Workers | None]] = ContextVar("serving", default=None)
"""Threads of the server whose handlers run in a context: also in tasks that they have started.

Set once for a connection and once for a thread, so it costs nothing for a call.
"""


class Job:
    """A function to run in a thread, for an owner, and what is told of its end in that thread."""

    __slots__ = ("done", "function", "owner")

    def __init__(self, owner: object, function: Callable[[], Any], done: Done) -> None:
        self.owner = owner
        self.function = function
        self.done = done


class Workers:
    """Up to ``most`` threads, shared fairly between the owners of jobs.

    Threads are started when they are needed, end when they are not, and do not
    keep the process from ending, as those of a `ThreadPoolExecutor` do. Jobs of
    one owner begin in their order; owners take turns.
    """

    def __init__(self, most: int, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        if most < 1:
            raise ValueError("workers must be greater than 0")
        self._most = most
        self._idle_seconds = idle_seconds
        # Guards all below, for a moment each time.
        self._lock = threading.Lock()
        # Jobs that wait, by owner; the owner whose turn is next comes first.
        self._waiting: dict[object, deque[Job]] = {}
        # Number of jobs that run: of each owner, and all together.
        self._running: dict[object, int] = {}
        self._busy = 0
        # Mailboxes of the threads without a job. The last one gets the next job, so that those
        # that are not needed come to their end.
        self._idle: list[queue.SimpleQueue[Job | None]] = []
        self._closed = False

    async def run(self, owner: object, function: Callable[..., T], *args: object) -> T:
        """Run a function in a thread and return its result.

        Raises what it raises. If the task is cancelled, a job that waits is
        dropped, and one that runs goes on unheard.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: T, error: BaseException | None) -> None:
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                pass  # the loop is closed: nobody waits

        job = Job(owner, partial(function, *args), done)
        self.submit(job)
        try:
            return await future
        except asyncio.CancelledError:
            self.forget(job)
            raise

    def submit(self, job: Job) -> None:
        """Run a job as soon as its owner may have a thread.

        Raises `RuntimeError` after `close`, or if there are no threads to be had.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the server is closed")
            if not (self._may_begin(job.owner) and self._begin(job)):
                self._waiting.setdefault(job.owner, deque()).append(job)

    def forget(self, job: Job) -> None:
        """Drop a job if it has not begun."""
        with self._lock:
            jobs = self._waiting.get(job.owner)
            if jobs is None or job not in jobs:
                return
            jobs.remove(job)
            if not jobs:
                del self._waiting[job.owner]

    def close(self) -> None:
        """Take no more jobs, and cancel those that wait; those that run are left alone."""
        with self._lock:
            self._closed = True
            dropped = [job for jobs in self._waiting.values() for job in jobs]
            self._waiting.clear()
            for mailbox in self._idle:
                mailbox.put(None)
            self._idle.clear()
        for job in dropped:
            job.done(None, asyncio.CancelledError())

    def _may_begin(self, owner: object) -> bool:
        free = self._most - self._busy
        running = self._running.get(owner, 0)
        if not running:
            return free > 0
        return running < _SHARE * (free - self._most // _RESERVED)

    def _begin(self, job: Job) -> bool:
        """Give a job to a thread; say whether there is one. Under the lock."""
        if self._idle:
            self._idle.pop().put(job)
        else:
            thread = threading.Thread(
                target=self._work, args=(job,), name="rpcgen-worker", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # too many for the system
                if not self._busy:
                    raise
                return False  # a thread that is there will take it up
        self._count(job.owner, 1)
        return True

    def _count(self, owner: object, change: int) -> None:
        self._busy += change
        count = self._running.get(owner, 0) + change
        if count:
            self._running[owner] = count
        else:
            del self._running[owner]

    def _take(self) -> Job | None:
        """Take the next job that may begin, and let other owners come first afterwards."""
        for owner in self._waiting:
            if self._may_begin(owner):
                break
        else:
            return None
        jobs = self._waiting.pop(owner)
        job = jobs.popleft()
        if jobs:
            self._waiting[owner] = jobs
        self._count(owner, 1)
        return job

    def _work(self, first: Job) -> None:
        serving.set(self)
        job: Job | None = first
        mailbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        while job is not None:
            result, error = None, None
            try:
                result = job.function()
            except BaseException as raised:  # whatever it is, somebody waits for it
                error = raised
            ended, job = job, None
            with self._lock:
                self._count(ended.owner, -1)
                job = self._take()
                goes_on = job is not None or not self._closed
                if job is None and goes_on:
                    self._idle.append(mailbox)
            # Only now: whoever is told finds this thread free.
            ended.done(result, error)
            # An idle thread keeps nothing alive.
            del ended, result, error
            if job is None and goes_on:
                job = self._wait(mailbox)

    def _wait(self, mailbox: queue.SimpleQueue[Job | None]) -> Job | None:
        """Wait for the next job; None if the thread is to end."""
        try:
            return mailbox.get(timeout=self._idle_seconds)
        except queue.Empty:
            pass
        with self._lock:
            if mailbox in self._idle:
                self._idle.remove(mailbox)
                return None
        return mailbox.get()  # which has come at the last moment


def _settle(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    if future.done():  # its task was cancelled
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)


# Each event loop has its own: threads do not survive a fork, and neither do loops.
_decoders: WeakKeyDictionary[asyncio.AbstractEventLoop, Workers] = WeakKeyDictionary()


def decoders(loop: asyncio.AbstractEventLoop) -> Workers:
    """Return the threads in which the connections of a loop decode and encode large messages."""
    workers = _decoders.get(loop)
    if workers is None:
        workers = _decoders[loop] = Workers(_DECODERS)
    return workers
