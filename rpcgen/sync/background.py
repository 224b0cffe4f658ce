"""Threads of a client's own, which are there only as long as somebody needs them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, Protocol

from rpcgen.net import clock
from rpcgen.protocol import ClientProtocol

from .latch import Latch
from .leader_follower import LeaderFollower, Releasable
from .request_writer import RequestWriter

__all__ = [
    "AllOver",
    "AllSent",
    "BackgroundThreads",
    "Deadlines",
    "KeepAlive",
    "Room",
    "Task",
]


class Task(Protocol):
    """Work of a background thread, done again and again until it is over."""

    @property
    def _is_done(self) -> bool:
        """True while there is nothing to do."""
        ...

    def run(self) -> None:
        """Do it; return when there is nothing to do any more, or earlier."""
        ...


class _Reading:
    """Wait of a thread that reads and sends meanwhile, for everybody."""

    def __init__(self, protocol: ClientProtocol[Any], leader_follower: LeaderFollower) -> None:
        self._protocol = protocol
        self._leader_follower = leader_follower
        self._waiters: list[Releasable] = []

    @property
    def _is_done(self) -> bool:
        raise NotImplementedError

    def run(self) -> None:
        self._leader_follower.wait(self, None)


class AllOver(_Reading):
    """The end of the connection and of all calls."""

    @property
    def _is_done(self) -> bool:
        return self._protocol.closed and not self._protocol.pending


class AllSent(_Reading):
    """The end of what is left to be sent, or of the connection."""

    def __init__(
        self,
        protocol: ClientProtocol[Any],
        leader_follower: LeaderFollower,
        writer: RequestWriter,
    ) -> None:
        super().__init__(protocol, leader_follower)
        self._writer = writer

    @property
    def _is_done(self) -> bool:
        return not self._writer.is_blocked or self._protocol.closed


class Room(AllSent):
    """Room for another request, or the end of the connection.

    Args:
        protocol: That of the client.
        leader_follower: The same.
        writer: The same.
        limit: Number of bytes that may wait to be sent.
    """

    def __init__(
        self,
        protocol: ClientProtocol[Any],
        leader_follower: LeaderFollower,
        writer: RequestWriter,
        limit: int,
    ) -> None:
        super().__init__(protocol, leader_follower, writer)
        self._limit = limit

    @property
    def _is_done(self) -> bool:
        return self._writer.queued < self._limit or super()._is_done


class Deadlines:
    """The deadlines of calls for which nobody waits: one timer for all, set to the next of them.

    Args:
        expire: Ends the calls that are late; returns the time of `rpcgen.net.clock` of the next
            deadline, None if there is none.
    """

    def __init__(self, expire: Callable[[], float | None]) -> None:
        self._expire = expire
        self._wake = Latch()
        # When the timer goes off; set anew after each look, and before it to never.
        self._due = math.inf

    @property
    def _is_done(self) -> bool:
        return self._expire() is None

    def run(self) -> None:
        while True:
            # A call that begins before the look is seen by it, and one that begins afterwards
            # sees this latch.
            self._wake, self._due = Latch(), math.inf
            due = self._expire()
            if due is None:
                return
            self._due = due
            self._wake.wait(min(due - clock.monotonic(), clock.max_sleep))

    def add(self, deadline: float) -> None:
        """See to it that the timer goes off at a deadline, if it runs."""
        if deadline < self._due:
            self._wake.set()

    def stop(self) -> None:
        """Wake the thread: there may be nothing more to do."""
        self._wake.set()


class _Answer(_Reading):
    """Anything that comes from the server, or the end of the connection."""

    @property
    def _is_done(self) -> bool:
        return self._protocol.closed or not self._protocol.is_silent


class KeepAlive:
    """Asks the server for a sign of life where nothing has come for long.

    Args:
        protocol: That of the client.
        leader_follower: The same.
        seconds: Time until it asks, and again until it takes the server for dead.
        lives: Says whether there is another sign of life than what the protocol has got.
        ping: Sends what the server will answer.
        fail: Ends the connection.
    """

    def __init__(
        self,
        protocol: ClientProtocol[Any],
        leader_follower: LeaderFollower,
        seconds: float,
        *,
        lives: Callable[[], bool],
        ping: Callable[[], None],
        fail: Callable[[], None],
    ) -> None:
        self._protocol = protocol
        self._leader_follower = leader_follower
        self._seconds = seconds
        self._lives = lives
        self._ping = ping
        self._fail = fail
        self._wake = Latch()

    @property
    def _is_done(self) -> bool:
        return self._protocol.closed or self._protocol.closing

    def run(self) -> None:
        protocol = self._protocol
        while not self._is_done:
            protocol.is_silent = True
            if self._sleep() or not protocol.is_silent or self._lives():
                continue
            self._ping()
            # Nobody may be reading: as long as there is no answer, this thread does.
            answer = _Answer(protocol, self._leader_follower)
            self._leader_follower.wait(answer, clock.monotonic() + self._seconds)
            if not answer._is_done and not self._lives():
                self._fail()

    def _sleep(self) -> bool:
        """Sleep, and return True if the connection has ended meanwhile."""
        end = clock.monotonic() + self._seconds
        while not self._is_done and (left := end - clock.monotonic()) > 0:
            self._wake.wait(min(left, clock.max_sleep))
        return self._is_done

    def stop(self) -> None:
        """Wake the thread: the connection has ended."""
        self._wake.set()


class BackgroundThreads:
    """The threads, by what they are for.

    Args:
        after: Called whenever a task has returned, by its thread.
    """

    def __init__(self, after: Callable[[], None]) -> None:
        self._after = after
        self.running: dict[str, threading.Thread] = {}

    def run(self, name: str, task: Task) -> None:
        """Have a thread do a task, unless there is one of this name.

        Raises:
            RuntimeError: The system has no thread.
        """
        threads, after = self.running, self._after

        def run() -> None:
            is_over = False
            while not is_over:
                try:
                    task.run()
                finally:
                    threads.pop(name, None)
                    after()
                # Asked once it is off the list: others may have relied on this thread until then.
                is_over = task._is_done

        thread = threading.Thread(target=run, name=f"rpcgen-client-{name}", daemon=True)
        try:
            if threads.setdefault(name, thread) is thread:
                _start(thread)
        except BaseException:
            threads.pop(name, None)
            raise


def _start(thread: threading.Thread) -> None:
    """Start a thread; an exception from outside comes out as it was raised.

    `threading` cleans up after one as if the thread had not begun, which raises another where it
    has.
    """
    try:
        thread.start()
        return
    except KeyError as error:
        interrupt = error.__context__ or error
    raise interrupt
