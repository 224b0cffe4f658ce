"""`FairQueue`: jobs that wait for one of a number of places, shared fairly between owners.

Owners take turns, and the jobs of one owner start in their order. An owner that
has places already gets another one as long as

- it has fewer than four times as many as are free: alone it gets four fifths;
- a sixteenth of all stays free: who comes next finds some, though there are many
  owners that would take all;
- one stays free, however few there are: two, three or four places are not one
  owner's alone. A single place goes round.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

__all__ = ["FairQueue"]

# Maximum number of an owner's places for each free one.
_PLACES_PER_FREE: Final = 4

# One of so many places is kept for owners that have none.
_PLACES_PER_RESERVED: Final = 16

J = TypeVar("J")


class FairQueue(Generic[J]):
    """Jobs that wait, by owner, and the number of those that run.

    Not thread-safe; `running` and `waiting` may be read by any thread.

    Args:
        limit: Number of places.

    Raises:
        ValueError: That is not greater than 0.

    Attributes:
        running: Number of places that are taken.
        waiting: Jobs that wait; the owner whose turn is next comes first.
    """

    __slots__ = ("_running_for", "limit", "running", "waiting")

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("workers must be greater than 0")
        self.limit: Final = limit
        self.running = 0
        self.waiting: dict[object, deque[J]] = {}
        self._running_for: dict[object, int] = {}

    @property
    def free(self) -> int:
        """Number of places that are not taken."""
        return self.limit - self.running

    def running_for(self, owner: object) -> int:
        """Return the number of places that an owner has."""
        return self._running_for.get(owner, 0)

    def may_start(self, owner: object, free: int) -> bool:
        """Return whether an owner may have another place if so many are free."""
        running = self._running_for.get(owner, 0)
        if not running:
            return free > 0
        kept = free - self.limit // _PLACES_PER_RESERVED
        return free > 1 and running < _PLACES_PER_FREE * kept

    def is_ready(self, free: int) -> bool:
        """Return whether a job that waits may start if so many places are free."""
        return free > 0 and any(self.may_start(owner, free) for owner in self.waiting)

    def started(self, owner: object) -> None:
        """Count a place that an owner has taken."""
        self.running += 1
        self._running_for[owner] = self._running_for.get(owner, 0) + 1

    def finished(self, owner: object) -> None:
        """Count a place that an owner has given back."""
        self.running -= 1
        left = self._running_for[owner] - 1
        if left:
            self._running_for[owner] = left
        else:
            del self._running_for[owner]

    def push(self, owner: object, job: J) -> None:
        """Have a job wait for a place."""
        self.waiting.setdefault(owner, deque()).append(job)

    def pop(self, free: int) -> J | None:
        """Start the next job if one may with so many free places: count it, and return it."""
        for owner in self.waiting:
            if self.may_start(owner, free):
                break
        else:
            return None
        jobs = self.waiting.pop(owner)
        job = jobs.popleft()
        if jobs:  # other owners come first
            self.waiting[owner] = jobs
        self.started(owner)
        return job

    def discard(self, owner: object, job: J) -> bool:
        """Drop a job, or one that is equal to it, and return whether it has waited."""
        jobs = self.waiting.get(owner)
        if jobs is None or job not in jobs:
            return False
        jobs.remove(job)
        if not jobs:
            del self.waiting[owner]
        return True

    def clear(self) -> list[J]:
        """Drop the jobs that wait, and return them."""
        dropped = [job for jobs in self.waiting.values() for job in jobs]
        self.waiting.clear()
        return dropped
