"""`Job`: a call as the threads know it that carry it out."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Job"]


class Job(Protocol):
    """A call to be carried out by another thread than the leader."""

    @property
    def owner(self) -> object:
        """Client of the call: threads are shared fairly between owners."""
        ...

    def run(self) -> None:
        """Carry the call out and have the response sent."""
        ...

    def reject(self, reason: str) -> None:
        """Answer that no thread can carry the call out, and why."""
        ...
