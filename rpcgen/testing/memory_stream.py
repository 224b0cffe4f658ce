"""`memory_streams`: the two ends of a connection within this process, for clients with threads."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, cast, overload

from rpcgen.sync.stream import Stream

__all__ = ["MemoryStream", "ThisProcess", "memory_streams"]

# Layout of SO_PEERCRED: the numbers of a process, its user and its group.
_UCRED: Final = struct.Struct("iII")


def memory_streams() -> tuple[Stream, Stream]:
    """Return the two ends of a new connection.

    On Linux no socket takes part. Elsewhere nothing but a socket can be waited for in both
    directions, and the ends are a pair of these.
    """
    if not hasattr(os, "eventfd"):
        ours, theirs = socket.socketpair()
        return Stream(ours), Stream(theirs)
    first, second = _Inbox(), _Inbox()
    return MemoryStream(first, second), MemoryStream(second, first)


class ThisProcess:
    """Stand-in for a unix socket whose other side is this process too."""

    family = socket.AF_UNIX

    def getpeername(self) -> object:
        """Return the address of the other side, which has none."""
        return ""

    @overload
    def getsockopt(self, level: int, name: int, /) -> int: ...
    @overload
    def getsockopt(self, level: int, name: int, size: int, /) -> bytes: ...
    def getsockopt(self, level: int, name: int, size: int | None = None, /) -> int | bytes:
        """Return whose the other side is, which is all that is asked of a unix socket."""
        if size is None:
            return 0
        return _UCRED.pack(os.getpid(), os.getuid(), os.getgid())

    def setsockopt(self, level: int, name: int, value: int, /) -> None:
        """Take no option: there is nothing that it could change."""


class _Inbox:
    """Bytes that have come to one end, and a descriptor that is readable while there are some.

    Attributes:
        descriptor: Its number; -1 once it is closed.
    """

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._pieces: deque[bytes] = deque()
        self._has_ended = False
        # Guards all of these, for a moment; a signal handler may come in between.
        self._lock = threading.RLock()

    def put(self, data: bytes) -> None:
        """Add bytes. Raises `BrokenPipeError` where nobody takes them any more."""
        with self._lock:
            if self._has_ended:
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
            if data:
                self._pieces.append(data)
                self._set_ready()

    def put_back(self, data: bytes) -> None:
        """Put what was taken too much in front of the rest."""
        with self._lock:
            self._pieces.appendleft(data)
            self._set_ready()

    def take(self) -> bytes:
        """Return the next bytes, empty at the end. Raises `BlockingIOError` if there are none."""
        with self._lock:
            data = self._pieces.popleft() if self._pieces else b""
            if data or not self._has_ended:
                self._reset_ready()
            if not data and not self._has_ended:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return data

    def end(self) -> None:
        """Take no more: once what is there is taken, the end is read."""
        with self._lock:
            self._has_ended = True
            self._set_ready()

    def close(self) -> None:
        """Give the descriptor back, and drop what is left."""
        with self._lock:
            descriptor, self.descriptor = self.descriptor, -1
            self._has_ended = True
            self._pieces.clear()
            if descriptor >= 0:
                os.close(descriptor)

    def _set_ready(self) -> None:
        if self.descriptor >= 0:
            os.eventfd_write(self.descriptor, 1)

    def _reset_ready(self) -> None:
        if self.descriptor >= 0:
            with suppress(BlockingIOError):
                os.eventfd_read(self.descriptor)
        # Last: a signal handler may have put something meanwhile.
        if self._pieces or self._has_ended:
            self._set_ready()


class MemoryStream(Stream):
    """One end of a connection within this process.

    It takes whatever is sent at once: who reads slowly holds nobody up.

    Args:
        inbox: What comes to this end.
        outbox: What comes to the other one.
    """

    def __init__(self, inbox: _Inbox, outbox: _Inbox) -> None:
        # The socket is asked who the other side is, and no more: all else is overridden below.
        super().__init__(cast("socket.socket", ThisProcess()))
        self._inbox = inbox
        self._outbox = outbox
        self._timeout: float | None = None

    def fileno(self) -> int:
        return self._inbox.descriptor

    def read(self) -> bytes:
        if self._timeout != 0:
            self._wait(self._timeout)
        return self._inbox.take()

    def read_into(self, view: memoryview, *, whole: bool = False) -> int:
        if whole:
            self._wait(None)
        data = self._inbox.take()
        count = min(len(data), len(view))
        view[:count] = data[:count]
        if count < len(data):
            self._inbox.put_back(data[count:])
        return count

    def receive_nowait(self, received: list[bytes]) -> bool | None:
        try:
            received.append(self._inbox.take())
        except BlockingIOError as error:
            if error.errno is None:  # of a signal handler
                raise
            return None
        return True

    def set_timeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def send(self, wire_data: bytes | memoryview, wait: bool = False) -> int:
        self._outbox.put(bytes(wire_data))
        return len(wire_data)

    def send_nowait(self, wire_data: bytes, sent: list[int]) -> None:
        sent.append(self.send(wire_data))

    def sendmsg(self, wire_data: Sequence[bytes | memoryview], wait: bool = False) -> int:
        return self.send(b"".join(wire_data))

    def set_send_timeout(self, seconds: float) -> bool:
        return True  # nothing waits

    def is_readable(self) -> bool:
        return self.fileno() < 0 or self._wait(0)

    def send_all(self, wire_data: bytes) -> None:
        self.send(wire_data)

    def shutdown(self, how: int = socket.SHUT_RDWR) -> None:
        if how != socket.SHUT_WR:
            self._inbox.end()
        if how != socket.SHUT_RD:
            self._outbox.end()

    def close(self) -> None:
        self._outbox.end()
        self._inbox.close()

    def _wait(self, seconds: float | None) -> bool:
        """Wait until there is something to take, or for so long; return whether there is."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
