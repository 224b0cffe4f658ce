"""`Ticket`: stands for the reply to a durable call, with threads."""

from __future__ import annotations

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
    """A durable call, which goes on whatever becomes of this process.

    Made by ``client.durable``, and by ``client.tickets`` for a call that was made before, here or
    in another process. Any number of tickets may stand for the same call.

    Attributes:
        key: Key of the call, which finds it again.
    """

    def __init__(self, queue: CallQueue, method: Method[Any, Res], key: str) -> None:
        self._queue = queue
        self._method = method
        self.key = key

    def __repr__(self) -> str:
        return f"<Ticket of {self._method.name}, key {self.key!r}>"

    def result(self, timeout: float | None = None) -> Res:
        """Wait for the reply; it can be asked for again and again.

        Args:
            timeout: Maximum time in seconds to wait; None: as long as it takes.

        Returns:
            The reply.

        Raises:
            CallTimeoutError: The reply has not come in that time; the call goes on.
            DecodeError: The reply does not fit.
            RpcError: Nothing is known of the call, or not any more (`Code.NOT_FOUND`).
            ServerError: The call has failed; an exception that the method declares is raised as
                its class.
            ShutdownError: The client is closed.
        """
        from rpcgen.protocol.message import decode_reply  # which clients do without, as a rule

        seconds = checked_seconds("timeout", timeout)
        message = outcome(self._queue.reply(self._method, self.key, seconds))
        return cast("Res", decode_reply(self._method, message).taken())

    def done(self) -> bool:
        """Return True if the reply is there.

        Raises:
            RpcError: The broker does not answer, or nothing is known of the call.
            ShutdownError: The client is closed.
        """
        return outcome(self._queue.is_over(self._method, self.key))


def outcome(future: concurrent.futures.Future[T]) -> T:
    """Wait for what runs in a queue's thread; end it if this is interrupted.

    Raises:
        ShutdownError: The queue is closed.
    """
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise ShutdownError("the client is closed; what the queue has, goes on") from None
    except BaseException:
        future.cancel()
        raise
