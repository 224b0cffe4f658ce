"""`CallsInFlight`: the calls that a server has under way, on all its connections."""

from __future__ import annotations

from typing import Generic, Literal, TypeAlias, TypeVar

from rpcgen.code import Code

from .server_session import Invocation, RejectedRequest

__all__ = ["CallsInFlight", "Overload", "refusal_of_call"]

Overload: TypeAlias = Literal["wait", "refuse"]
"""Fate of a call above a limit: it waits, unread, or is refused at once."""

C = TypeVar("C")


class CallsInFlight(Generic[C]):
    """The calls under way that are counted for all connections together.

    To add, to discard and to count is atomic, so that threads need no lock: whoever waits says so
    and looks at the count afterwards, and whoever ends a call looks at who waits afterwards.

    Args:
        limit: Maximum number of calls; None: no limit, and nothing is counted.

    Attributes:
        waiting: Connections that go on when there is room.
        calls: Those that are counted.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.waiting: set[C] = set()
        self.calls: set[Invocation] = set()

    def __bool__(self) -> bool:
        """Return whether any call is counted."""
        return bool(self.calls)

    @property
    def is_full(self) -> bool:
        """True if there are as many calls as there may be."""
        return self.limit is not None and len(self.calls) >= self.limit

    def enter(self, invocation: Invocation) -> None:
        """Count a call."""
        if self.limit is not None:
            self.calls.add(invocation)

    def leave(self, invocation: Invocation) -> set[C]:
        """Count the end of a call; return the connections that have waited, to go on."""
        self.calls.discard(invocation)
        if not self.waiting:
            return set()
        woken, self.waiting = self.waiting, set()
        return woken


def refusal_of_call(invocation: Invocation, limit: int | None, name: str) -> RejectedRequest:
    """Return the answer to a call above a limit.

    Args:
        invocation: The call.
        limit: Maximum number of calls.
        name: The server's argument that has set it.
    """
    text = f"too many calls are under way: the limit is {limit} ({name})"
    return RejectedRequest(invocation.request, text, Code.RESOURCE_EXHAUSTED)
