"""Poller of sockets: epoll, or on systems without it the best that `selectors` finds."""

from __future__ import annotations

import select
import selectors
import socket
from typing import Final, Protocol

__all__ = ["READ", "WRITE", "Poller", "SelectorPoller", "make_poller"]

READ: Final = 1
"""Bytes have come, or the end: of EPOLLIN's value."""

WRITE: Final = 4
"""There is room to send: of EPOLLOUT's value."""


class Poller(Protocol):
    """The part of `select.epoll` that is needed here.

    One thread may change what is asked while another one waits. Events other
    than `READ` and `WRITE` mean that something is wrong, as reading will tell.
    """

    def register(self, fd: int, eventmask: int, /) -> None:
        """Begin to ask for the events of a file descriptor."""
        ...

    def modify(self, fd: int, eventmask: int, /) -> None:
        """Ask for other events."""
        ...

    def unregister(self, fd: int, /) -> None:
        """Ask for nothing any more."""
        ...

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """Wait for some seconds until something is ready; return descriptors and their events."""
        ...

    def close(self) -> None:
        """Give back what it takes from the system."""
        ...


def make_poller() -> Poller:
    """Return the fastest poller that the system has."""
    if hasattr(select, "epoll"):
        return select.epoll()
    return SelectorPoller(selectors.DefaultSelector())


class SelectorPoller:
    """A poller for systems without epoll."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        # Not every selector notices changes while it waits: a byte through here wakes it.
        self._woken, self._waking = socket.socketpair()
        self._woken.setblocking(False)
        self._waking.setblocking(False)
        selector.register(self._woken, selectors.EVENT_READ)

    def register(self, fd: int, eventmask: int) -> None:
        self._selector.register(fd, _selected(eventmask))
        self._wake()

    def modify(self, fd: int, eventmask: int) -> None:
        self._selector.modify(fd, _selected(eventmask))
        self._wake()

    def unregister(self, fd: int) -> None:
        self._selector.unregister(fd)
        self._wake()

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        ready = []
        for key, events in self._selector.select(timeout):
            if key.fileobj is self._woken:
                self._woken.recv(4096)
            elif events:  # none: of what was asked before a change that is just being made
                readable = READ if events & selectors.EVENT_READ else 0
                writable = WRITE if events & selectors.EVENT_WRITE else 0
                ready.append((key.fd, readable | writable))
        return ready

    def close(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waking.close()

    def _wake(self) -> None:
        try:
            self._waking.send(b"\0")
        except BlockingIOError:
            pass  # it is awake, or will be


def _selected(eventmask: int) -> int:
    readable = selectors.EVENT_READ if eventmask & READ else 0
    writable = selectors.EVENT_WRITE if eventmask & WRITE else 0
    return readable | writable
