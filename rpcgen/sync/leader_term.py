"""`Lead`: one thread's time as the leader of the loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

if TYPE_CHECKING:
    from rpcgen.protocol import Invocation

    from .connection import ServerConnection
    from .watchdog import Watchdog

__all__ = ["Lead", "Work"]

# What the leader works on: a connection's bytes, or one of its calls.
Work: TypeAlias = "ServerConnection | Invocation"


@define(eq=False)
class Lead:
    """What a leader is at, until the watchdog ends its time; see `Watchdog`."""

    watchdog: Watchdog[Work]
    slot: list[Work]
    connection: ServerConnection | None = None
    """The connection whose turn it is, or was, when the lead was lost."""

    unsent: list[ServerConnection] = field(factory=list)
    """Those that had their turn, and whose replies are still to be sent."""

    is_busy: bool = False
    """Whether it carries out a call."""

    passed_on: threading.Event = field(factory=threading.Event)
    """Set once another thread leads and knows what this one still does."""

    def begin(self, connection: ServerConnection) -> None:
        """Begin with a connection."""
        self.connection = connection
        self.slot.append(connection)
        if self.watchdog.marked:
            self.watchdog.wipe()

    def go_over_to(self, work: Work) -> bool:
        """Say that it goes on with something else, and whether this thread still leads."""
        try:
            self.slot[0] = work
        except IndexError:
            return False
        if self.watchdog.marked:
            self.watchdog.wipe()
        return True

    def end(self) -> bool:
        """Say that it is done with the connection, and whether this thread still leads."""
        try:
            self.slot.pop()
        except IndexError:
            return False
        return True
