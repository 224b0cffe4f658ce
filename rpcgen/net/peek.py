"""`peek`: looks whether something has come on a connection that nobody reads."""

from __future__ import annotations

import select
from collections.abc import Callable

__all__ = ["peek"]


def peek(descriptor: int) -> Callable[[], object]:
    """Return what looks whether a socket is readable: data has come, or the end.

    It costs a system call and nothing else, and any thread may call it.

    Args:
        descriptor: That of the socket; below 0, there is never anything.

    Returns:
        A function whose result is true if there is something to read.
    """

    def look() -> object:
        poll = select.poll()  # one for each: no two threads may use the same at a time
        poll.register(descriptor, select.POLLIN)
        return poll.poll(0)

    return look if descriptor >= 0 else bool
