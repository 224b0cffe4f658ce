"""One measurement: what a client is told to do, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from attrs import frozen

from .values import BLOB, FACTORS, PRODUCT, READ, numbers

__all__ = ["OPTIONS", "Cost", "Job", "Operation", "Timing"]


@frozen
class Job:
    """``count`` calls of a method, by a scheme.

    - ``sequence``: one after the other.
    - ``futures``: a window of ``width`` calls that slides: when it is full, the oldest is waited
      for before the next is started.
    - ``threads``: ``width`` threads share the client; each calls in a closed loop.
    - ``tasks``: the same with tasks of asyncio, or goroutines.
    - ``connections``: the same with a client for each, on a connection of its own.
    - ``paced``: one after the other, ``size`` of them a second, if they are that fast.

    ``size`` is the number of elements, for the method ``numbers``.
    """

    scheme: str
    method: str
    count: int
    width: int = 1
    size: int = 0

    @property
    def share(self) -> int:
        """Number of calls that each thread, task or connection makes."""
        return max(1, self.count // self.width)


@frozen
class Timing:
    """Times of a job: each call's latency, and all of them together, in nanoseconds."""

    latencies: list[int]
    elapsed: int


@frozen
class Cost:
    """Processor time of one call at either side, in microseconds.

    That of the client has what it takes to tell the latencies, some 0.3 microseconds.
    """

    client: float = 0.0
    server: float = 0.0


OPTIONS: Final = ("timeout", "metadata")
"""Methods that multiply by a client whose calls have options; see `ends.Client`."""


class Operation:
    """The call that a job repeats, and what it must return.

    ``client`` is a `Client` or an `AsyncClient` of `benchmarks.peers.ends`; of
    the latter the call returns what is to be awaited.
    """

    call: Callable[[], Any]

    def __init__(self, client: Any, job: Job) -> None:
        self._expected: object
        if job.method == "order":
            self.call, self._expected = client.order, READ
        elif job.method == "blob":
            self.call, self._expected = partial(client.blob, BLOB), BLOB
        elif job.method == "numbers":
            values = numbers(job.size)
            self.call, self._expected = partial(client.numbers, values), values
        elif job.method in OPTIONS:
            self.call, self._expected = partial(getattr(client, job.method), *FACTORS), PRODUCT
        else:
            self.call, self._expected = partial(client.multiply, *FACTORS), PRODUCT

    def check(self, reply: object) -> None:
        """Raise `ValueError` unless ``reply`` is right."""
        if reply != self._expected:
            raise ValueError("the reply is not what was sent")
