"""`ServedCalls`: calls of a server that the accelerator takes off their stream, and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from . import native
from .encode_plan import slot_of

__all__ = ["ServedCalls"]

# The slots of a call, in the order in which the accelerator takes them.
_SLOTS: Final = (
    "request",
    "served",
    "context",
    "args",
    "is_handled",
    "execution",
    "began",
    "ended",
)


class ServedCalls:
    """Calls that have nothing beyond Go's; all else goes to the session's methods in Python.

    Args:
        session: The server's side of a connection, whose methods do the rest.
        cls: Class of its calls.
        headers: Headers of its requests.
        encoder: Stream of its replies.
        heads: Beginnings of the headers of replies, by method and the bytes that follow.

    Attributes:
        next: Does what ``next_event`` of the session does.
        reply_parts: Does what that method does.
    """

    __slots__ = ("_calls", "next", "reply_parts")

    def __init__(
        self,
        session: Any,
        cls: type[Any],
        headers: native.HeaderReader,
        encoder: native.MessageEncoder,
        heads: dict[str, list[bytes]],
    ) -> None:
        slots = tuple([slot_of(cls, name) for name in _SLOTS])
        in_python = session.next_event, session.reply_parts
        self._calls = native.ServerCalls(session, headers, encoder, heads, cls, slots, *in_python)
        self.next: Callable[[], Any] = self._calls.next
        self.reply_parts: Callable[[Any, object], Sequence[bytes]] = self._calls.reply_parts

    def steps(
        self, execution: Any, set_current: Callable[[Any], object], unanswerable: type[Any]
    ) -> native.ServerSteps:
        """Return what does as ``started`` and ``succeeded`` of an `Execution` do.

        Args:
            execution: The execution, whose statistics have locks.
            set_current: Takes note of the call that runs in this thread.
            unanswerable: Class of replies that are none.
        """
        started, succeeded = execution.started, execution.succeeded
        return native.ServerSteps(
            self._calls,
            execution,
            execution.clock,
            set_current,
            unanswerable,
            started,
            succeeded,
        )
