"""`LeaderTerm`: one thread's time as the leader of the reactor, and what it works on."""

from __future__ import annotations

import threading
from typing import Protocol, TypeAlias

from attrs import define, field

from rpcgen.protocol import Invocation

from .job import CallOwner
from .watchdog import Watchdog

__all__ = ["LeaderTerm", "Schedulable", "Work"]


class Schedulable(CallOwner, Protocol):
    """A connection, as those see it that decide which thread serves it."""

    def on_call_left(self, invocation: Invocation) -> None:
        """Take note that another thread than the leader has a call, until `on_call_done`."""
        ...

    def on_ready(self, term: LeaderTerm, events: int) -> bool:
        """Do what there is to do, and return whether this thread still leads afterwards."""
        ...

    def flush_turn(self, term: LeaderTerm) -> bool:
        """Send what there is to send, and return whether this thread still leads afterwards."""
        ...

    def pin_decoder(self, term: LeaderTerm) -> None:
        """Let nobody decode but the thread of a term, though it has lost the lead."""
        ...

    def hand_back(self, term: LeaderTerm) -> None:
        """Leave the decoding to the leader, which the thread of this term is no more."""
        ...

    def abort(self) -> None:
        """End the connection now; what is not sent yet is lost, and no call is waited for."""
        ...


Work: TypeAlias = "Schedulable | Invocation"
"""Work of the leader: a connection's bytes, or one of its calls."""


@define(eq=False)
class LeaderTerm:
    """State of one leader, until the watchdog ends its term; see `Watchdog`."""

    watchdog: Watchdog[Work]
    current: list[Work]
    """The watchdog's slot: what the thread works on, empty if nothing or if the lead is lost.

    Filled at the start of a turn, replaced for a call, and emptied at the end; where there is
    nothing to replace or to pop by then, the lead is lost. Who fills or replaces it kicks a
    watchdog that has ``seen`` it. No methods do that: a turn takes a tenth less without their
    frames, a call a twentieth.
    """

    connection: Schedulable | None = None
    """The connection whose turn it is, or was, when the lead was lost."""

    unflushed: list[Schedulable] = field(factory=list)
    """Connections that had their turn, and whose replies are still to be sent."""

    is_executing: bool = False
    """True while the thread carries out a call."""

    handed_over: threading.Event = field(factory=threading.Event)
    """Set once another thread leads and knows what this one still does."""
