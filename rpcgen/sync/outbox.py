"""`Outbox`: what a connection has still to send."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .stream import Stream

__all__ = ["Outbox"]


class Outbox:
    """Sends what many threads have to say over one connection, each message whole.

    At most one thread at a time is held up by a slow reader at the other end:
    the others leave their messages with it and go on. `wait_for_room` lets the
    side that makes the messages wait while more than ``capacity`` bytes are
    left, so that memory is bounded.
    """

    def __init__(self, stream: Stream, capacity: int = 1 << 20) -> None:
        self._stream = stream
        self._capacity = capacity
        # Guards the four below; `encode` runs under it too, since messages travel in the order
        # in which they were encoded and encrypted. Never held while sending.
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._sending = False
        self._broken = False

    def send(self, encode: Callable[[], bytes]) -> None:
        """Send what ``encode`` returns, or leave it with the thread that is sending.

        What ``encode`` raises is raised. What cannot be sent any more, because
        the connection is gone, is dropped: there is nobody to tell.
        """
        with self._lock:
            data = self._stream.seal(encode())
            if self._broken:
                return
            self._waiting.append(data)
            self._size += len(data)
            if self._sending:
                return
            self._sending = True
        self._send_waiting()

    def wait_for_room(self) -> None:
        """Wait while there is too much left to send."""
        if self._size <= self._capacity:  # asked before every call, so without the lock at first
            return
        with self._room:
            self._room.wait_for(lambda: self._size <= self._capacity)

    def wait_until_sent(self) -> None:
        """Wait until nothing is left to send, or nothing can be sent any more."""
        with self._room:
            self._room.wait_for(lambda: not self._size)

    def _send_waiting(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._sending = False
                    return
                data = self._waiting.popleft()
            try:
                self._stream.send_all(data)
            except OSError:
                self._give_up()
                return
            with self._room:
                self._size -= len(data)
                self._room.notify_all()

    def _give_up(self) -> None:
        with self._room:
            self._broken = True
            self._waiting.clear()
            self._size = 0
            self._sending = False
            self._room.notify_all()
