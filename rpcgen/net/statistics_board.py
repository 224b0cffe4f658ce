"""`StatisticsBoard`: what the processes of one server have counted, in memory that they share."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator
from functools import partial
from typing import Final

from attrs import frozen

from rpcgen.protocol import Registry
from rpcgen.protocol.statistics import (
    CONNECTION_NUMBERS,
    METHOD_NUMBERS,
    ConnectionStatistics,
    MethodStatistics,
    Numbers,
)

__all__ = ["StatisticsBoard"]

_DOUBLE: Final = 8

# Times to look again at numbers that are being written. One look takes a writer out of the way;
# a writer that was killed leaves what it has written.
_LOOKS: Final = 1000


@frozen
class _Part:
    """Place of one of the statistics in the memory of each process, in numbers.

    The number before ``start`` is odd while the others are written.
    """

    statistics: MethodStatistics | ConnectionStatistics
    start: int
    count: int

    @property
    def end(self) -> int:
        return self.start + self.count


class StatisticsBoard:
    """Numbers of all processes, each of which writes its own now and then and reads the others'.

    A process counts in its own memory, as it does alone; so no call waits for another process.
    Made before the processes are forked off. Each has a place, and so have all together that have
    ended.

    Args:
        registry: What is counted.
        count: Number of processes.
    """

    def __init__(self, registry: Registry, count: int) -> None:
        self._parts = [_Part(registry.connections, 1, CONNECTION_NUMBERS)]
        for service in registry.services:
            for served in service.methods.values():
                start = self._parts[-1].end + 1
                self._parts.append(_Part(served.statistics, start, METHOD_NUMBERS))
        self._width = self._parts[-1].end
        self._ended = count
        # Not private to a process: what is written after a fork is seen on both sides.
        self._memory = mmap.mmap(-1, (count + 1) * self._width * _DOUBLE)
        self._numbers = memoryview(self._memory).cast("B").cast("d")

    def join(self, place: int) -> None:
        """Add what the other processes have counted to the statistics of this one.

        Args:
            place: That of this process, from 0 on.
        """
        for part in self._parts:
            part.statistics.beside = partial(self._others, part, place)

    def write(self, place: int) -> None:
        """Tell the others what was counted in this process."""
        for part in self._parts:
            self._put(place, part, part.statistics.numbers())

    def bury(self, place: int) -> None:
        """Keep what a process had counted, which has ended, and leave its place to another one."""
        for part in self._parts:
            statistics = part.statistics
            known, more = self._get(self._ended, part), self._get(place, part)
            self._put(self._ended, part, statistics.added(known, statistics.ended(more)))
            self._put(place, part, [0.0] * part.count)

    def _others(self, part: _Part, place: int) -> Iterator[Numbers]:
        return (self._get(other, part) for other in range(self._ended + 1) if other != place)

    def _get(self, place: int, part: _Part) -> list[float]:
        numbers, start = self._numbers, place * self._width + part.start
        found: list[float] = []
        for _ in range(_LOOKS):
            version = numbers[start - 1]
            found = list(map(float, numbers[start : start + part.count]))
            if not version % 2 and numbers[start - 1] == version:
                break
        return found

    def _put(self, place: int, part: _Part, counts: list[float]) -> None:
        numbers, start = self._numbers, place * self._width + part.start
        version = numbers[start - 1] // 2 * 2
        numbers[start - 1] = version + 1
        numbers[start : start + part.count] = memoryview(array("d", counts))
        numbers[start - 1] = version + 2
