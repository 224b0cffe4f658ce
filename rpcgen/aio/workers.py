"""`Workers`: threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from rpcgen.protocol.fair_queue import FairQueue

__all__ = ["Job", "Workers", "decoders", "serving"]

T = TypeVar("T")

Done: TypeAlias = Callable[[Any, BaseException | None], None]

# Seconds after which a thread that has nothing to do ends.
_IDLE_SECONDS: Final = 5.0

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
    """Up to ``limit`` threads, shared fairly between the owners of jobs; see `FairQueue`.

    Threads are started when they are needed, end when they are not, and do not
    keep the process from ending, as those of a `ThreadPoolExecutor` do.
    """

    def __init__(self, limit: int, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        # Guards all below, for a moment each time.
        self._lock = threading.Lock()
        # Jobs that wait, and the number of those that run.
        self._queue = FairQueue[Job](limit)
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
            queue = self._queue
            if not (queue.may_start(job.owner, queue.free) and self._begin(job)):
                queue.push(job.owner, job)

    def forget(self, job: Job) -> None:
        """Drop a job if it has not begun."""
        with self._lock:
            self._queue.discard(job.owner, job)

    def close(self) -> None:
        """Take no more jobs, and cancel those that wait; those that run are left alone."""
        with self._lock:
            self._closed = True
            dropped = self._queue.clear()
            for mailbox in self._idle:
                mailbox.put(None)
            self._idle.clear()
        for job in dropped:
            job.done(None, asyncio.CancelledError())

    def _begin(self, job: Job) -> bool:
        """Give a job to a thread; return whether there is one. Under the lock."""
        if self._idle:
            self._idle.pop().put(job)
        else:
            thread = threading.Thread(
                target=self._work, args=(job,), name="rpcgen-worker", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # too many for the system
                if not self._queue.running:
                    raise
                return False  # a thread that is there will take it up
        self._queue.started(job.owner)
        return True

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
                self._queue.finished(ended.owner)
                job = self._queue.pop(self._queue.free)
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
