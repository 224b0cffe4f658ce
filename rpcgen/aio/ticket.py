"""`Ticket`: stands for the reply to a durable call, on asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from rpcgen.errors import ShutdownError
from rpcgen.method import Method
from rpcgen.protocol.call_options import checked_seconds

if TYPE_CHECKING:
    from rpcgen.durable.call_queue import CallQueue

__all__ = ["Ticket", "outcome"]

Res = TypeVar("Res")
T = TypeVar("T")


class Ticket(Generic[Res]):
    """A durable call, which goes on whatever becomes of this process; see `rpcgen.Ticket`.

    It may be used in any event loop.

    Attributes:
        key: Key of the call, which finds it again.
    """

    def __init__(self, queue: CallQueue, method: Method[Any, Res], key: str) -> None:
        self._queue = queue
        self._method = method
        self.key = key

    def __repr__(self) -> str:
        return f"<Ticket of {self._method.name}, key {self.key!r}>"

    async def result(self, timeout: float | None = None) -> Res:
        """Wait for the reply and return it; see `rpcgen.Ticket.result`."""
        from rpcgen.protocol.message import decode_reply  # which clients do without, as a rule

        seconds = checked_seconds("timeout", timeout)
        message = await outcome(self._queue.reply(self._method, self.key, seconds))
        return cast("Res", decode_reply(self._method, message).taken())

    async def done(self) -> bool:
        """Return True if the reply is there; see `rpcgen.Ticket.done`."""
        return await outcome(self._queue.is_over(self._method, self.key))


async def outcome(future: concurrent.futures.Future[T]) -> T:
    """Wait for what runs in a queue's thread; end it if this task is cancelled.

    Raises:
        ShutdownError: The queue is closed.
    """
    waiting = asyncio.wrap_future(future)
    try:
        return await waiting
    except asyncio.CancelledError:
        if waiting.cancelled() and not _is_cancelling():
            raise ShutdownError("the client is closed; what the queue has, goes on") from None
        raise


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
