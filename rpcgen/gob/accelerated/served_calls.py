"""`ServedCalls`: calls of a server that the accelerator takes off their stream, and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ...schema.classes import slots_of
from . import native

__all__ = ["ServedCalls", "ServedSteps"]

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
        slots = slots_of(cls, _SLOTS)
        in_python = session.next_event, session.reply_parts
        self._calls = native.ServerCalls(session, headers, encoder, heads, cls, slots, *in_python)
        self.next: Callable[[], Any] = self._calls.next
        self.reply_parts: Callable[[Any, object], Sequence[bytes]] = self._calls.reply_parts

    def steps(
        self, execution: Any, set_current: Callable[[Any], object], unanswerable: type[Any]
    ) -> ServedSteps:
        """Return what does as ``started`` and ``succeeded`` of an `Execution` do.

        Args:
            execution: The execution, whose statistics have locks.
            set_current: Takes note of the call that runs in this thread.
            unanswerable: Class of replies that are none.
        """
        in_python = execution.started, execution.succeeded
        steps = native.ServerSteps(
            self._calls, execution, execution.clock, set_current, unanswerable, *in_python
        )
        return ServedSteps(steps)


class ServedSteps:
    """Steps of such calls.

    Attributes:
        started: Does what that method of the execution does.
        succeeded: Does what that method of the execution does.
    """

    __slots__ = ("_steps", "started", "succeeded")

    def __init__(self, steps: native.ServerSteps) -> None:
        self._steps = steps
        self.started: Callable[[Any], None] = steps.started
        self.succeeded: Callable[[Any, object], Sequence[bytes]] = steps.succeeded

    def executor(
        self, connection: Any, encoding: object, lock: object, send_buffer: object
    ) -> Callable[[Any], float]:
        """Return what does as ``execute`` of a connection does.

        Args:
            connection: The connection, whose methods do the rest.
            encoding: Its lock over encoding and what is to be sent.
            lock: Its lock over what is to be sent.
            send_buffer: What is to be sent.
        """
        execute = connection.execute
        executor = native.ServerExecutor(
            self._steps, connection, encoding, lock, send_buffer, execute
        )
        return executor.execute
