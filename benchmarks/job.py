"""One measurement: what a client is told to do, and what it answers."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import frozen

from .values import BLOB, FACTORS, PRODUCT, READ, numbers

__all__ = ["Job", "Operation", "Timing"]


@frozen
class Job:
    """``count`` calls of a method, by a scheme.

    - ``sequence``: one after the other.
    - ``futures``: a window of ``width`` calls that slides: when it is full, the oldest is waited
      for before the next is started.
    - ``threads``: ``width`` threads share the client; each calls in a closed loop.
    - ``tasks``: the same with tasks of asyncio, or goroutines.
    - ``connections``: the same with a client for each, on a connection of its own.

    ``size`` is the number of elements, for the method ``numbers``.
    """

    scheme: str
    method: str
    count: int
    width: int = 1
    size: int = 0

    @property
    def share(self) -> int:
        """How many calls each thread, task or connection makes."""
        return max(1, self.count // self.width)


@frozen
class Timing:
    """What a job took: each call's latency, and all of them together, in nanoseconds."""

    latencies: list[int]
    elapsed: int


class Operation:
    """The call that a job repeats, and what it must return."""

    def __init__(self, client: Any, job: Job) -> None:
        method = job.method
        if method == "order":
            self.call = client.order
        elif method == "blob":
            self.call, self._expected = partial(client.blob, BLOB), BLOB
        elif method == "numbers":
            values = numbers(job.size)
            self.call, self._expected = partial(client.numbers, values), values
        else:
            self.call, self._expected = partial(client.multiply, *FACTORS), PRODUCT
        self._is_order = method == "order"

    def check(self, reply: Any) -> None:
        """Raise `ValueError` unless ``reply`` is right."""
        right = abs(reply - READ) < 0.001 if self._is_order else reply == self._expected
        if not right:
            raise ValueError("the reply is not what was sent")
