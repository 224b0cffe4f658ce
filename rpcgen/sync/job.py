"""`Job`: work for a thread of the worker pool; `CallJob`: a call as such work."""

from __future__ import annotations

from typing import Protocol

from attrs import define

from rpcgen.protocol import Invocation

__all__ = ["CallJob", "CallOwner", "Job"]


class Job(Protocol):
    """Work to be done by another thread than the leader."""

    @property
    def owner(self) -> object:
        """Client that the work is for: threads are shared fairly between owners."""
        ...

    def run(self) -> None:
        """Do the work, and have the response sent."""
        ...

    def reject(self, reason: str) -> None:
        """Answer that no thread can do the work, and why."""
        ...


class CallOwner(Protocol):
    """A connection, as its calls know it."""

    def execute(self, invocation: Invocation) -> float:
        """Carry out a call and leave the response to be sent; return the time it ended."""
        ...

    def reject_call(self, invocation: Invocation, error: str) -> None:
        """Answer a call that no thread can carry out."""
        ...

    def on_call_done(self, invocation: Invocation) -> None:
        """Send the response of a call that another thread than the leader has carried out."""
        ...


@define
class CallJob:
    """A call of a connection, for a thread other than the leader's; it equals one of its call."""

    owner: CallOwner
    _invocation: Invocation

    def run(self) -> None:
        """Carry the call out and have the response sent."""
        try:
            self.owner.execute(self._invocation)
        finally:
            self.owner.on_call_done(self._invocation)

    def reject(self, reason: str) -> None:
        """Answer that no thread can carry the call out, and why."""
        self.owner.reject_call(self._invocation, reason)
