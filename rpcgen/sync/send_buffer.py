"""`SendBuffer`: bytes that a connection has still to send."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from socket import MSG_DONTWAIT
from typing import Final

from .stream import Stream

__all__ = ["SendBuffer"]

# Maximum number of pieces for one system call; systems allow 1024 or more.
_IOV_MAX: Final = 256


class SendBuffer:
    """Messages that wait until the peer takes them; to send them waits only if told to.

    For one thread at a time. ``size`` is the number of bytes that are left to
    send; who fills it sees to it that this is bounded.
    """

    __slots__ = ("_broken", "_send", "_stream", "_waiting", "size")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        # Sends what needs no encryption; None where all does.
        self._send = stream.sender()
        self._waiting: deque[bytes | memoryview] = deque()
        self._broken = False
        self.size = 0

    def put(self, parts: Sequence[bytes]) -> None:
        """Add a message, all parts of it. After `discard`, it is dropped."""
        if self._broken:
            return
        if self._send is not None:
            for part in parts:
                self._waiting.append(part)
                self.size += len(part)
            return
        for part in parts:
            wire_data = self._stream.encrypt(part)
            self._waiting.append(wire_data)
            self.size += len(wire_data)

    def send(self, parts: Sequence[bytes]) -> None:
        """Add a message and send as much as goes without waiting. Raises `OSError`."""
        if self._waiting or self._broken or len(parts) > 1:
            self.put(parts)
            self.flush()
            return
        # Nearly every message is small, and goes out whole: so it is not even kept.
        wire_data = self._stream.encrypt(parts[0])
        try:
            sent = self._stream.send(wire_data)
        except BlockingIOError:
            sent = 0
        if sent < len(wire_data):
            self._waiting.append(memoryview(wire_data)[sent:])
            self.size = len(wire_data) - sent

    def flush(self, *, wait: bool = False) -> None:
        """Send as much as goes without waiting, or else all. Raises `OSError`."""
        waiting = self._waiting
        if self._send is not None and len(waiting) == 1 and not wait:
            # The rest once more, for the one reply that there is as a rule.
            try:
                sent = self._send(waiting[0], MSG_DONTWAIT)
            except BlockingIOError:
                return
            if sent == self.size:
                waiting.clear()
                self.size = 0
                return
            self.drop(sent)
        while waiting:
            try:
                if len(waiting) == 1:
                    sent = self._stream.send(waiting[0], wait)
                else:
                    sent = self._stream.sendmsg(list(islice(waiting, _IOV_MAX)), wait)
            except BlockingIOError:
                return
            if sent == self.size:
                waiting.clear()
                self.size = 0
            else:
                self.drop(sent)

    def discard(self) -> None:
        """Discard what is queued, and what comes later: the peer is gone."""
        self._broken = True
        self._waiting.clear()
        self.size = 0

    def drop(self, sent: int) -> None:
        """Drop the first bytes of what is queued: they are sent."""
        waiting = self._waiting
        self.size -= sent
        while waiting:
            size = len(waiting[0])
            if sent < size:
                waiting[0] = memoryview(waiting[0])[sent:]
                return
            waiting.popleft()
            sent -= size
