"""`DoneQueue`: what receives calls when they are over."""

from __future__ import annotations

from typing import Protocol, TypeVar

__all__ = ["DONE_CAPACITY", "DoneQueue", "check_done"]

T_contra = TypeVar("T_contra", contravariant=True)

DONE_CAPACITY = 10
"""Capacity in calls of the queue that a call makes for itself, as in Go."""


class DoneQueue(Protocol[T_contra]):
    """Receiver of calls when they are over: a `queue.Queue`, `asyncio.Queue` or the like."""

    def put_nowait(self, item: T_contra, /) -> None:
        """Take a call.

        Args:
            item: The call.

        Raises:
            queue.Full: There is no room, which may be an `asyncio.QueueFull` as well. The call is
                not told again, so the queue must be large enough.
        """
        ...


def check_done(done: object) -> None:
    """Raise `TypeError` if ``done`` cannot keep a call until somebody comes for it.

    Go panics over an unbuffered channel. Python has no such queue: even a
    ``queue.Queue()``, of size 0, has room without end.
    """
    if not callable(getattr(done, "put_nowait", None)):
        raise TypeError(f"rpc: done channel is unbuffered: {done!r} is no queue.Queue or the like")
