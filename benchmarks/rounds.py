"""Rounds of works: the peers of each take turns, in an order that is new in every round."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from attrs import frozen

from .catalogue import TABLES, WORKS, Peer, Work
from .controller import Pair, PeerError
from .job import Cost, Timing
from .summary import Measurement, Sample, sample

__all__ = ["Rounds", "Session", "Unit", "calls_in", "fewest_calls", "units"]

# Fewer calls say nothing, more take memory.
FEWEST, MOST = 10, 20_000


@frozen
class Unit:
    """A peer at a work."""

    peer: Peer
    work: Work


def units(peers: Iterable[Peer], sections: Iterable[str]) -> list[Unit]:
    """Return what is to be measured."""
    wanted = set(sections)
    return [
        Unit(peer, WORKS[name])
        for peer in peers
        for name in peer.works
        if WORKS[name].section in wanted
    ]


class Session:
    """The pairs of processes of peers; a context manager that ends them.

    A pair that is not being measured waits for its next line of input.
    """

    def __init__(self) -> None:
        self._pairs: dict[str, Pair] = {}
        self._failures: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def start(self, peer: Peer) -> None:
        """Start the server and the client of a peer; a failure is kept."""
        try:
            self._pairs[peer.name] = self._stack.enter_context(Pair(peer.server, peer.client))
        except PeerError as error:
            self._failures[peer.name] = str(error)

    def pair(self, name: str) -> Pair:
        """Return the pair of a peer that was started. Raises `PeerError` if that failed."""
        if name in self._failures:
            raise PeerError(self._failures[name])
        return self._pairs[name]


class Rounds:
    """Measures units, each for about ``seconds`` a round."""

    def __init__(self, session: Session, units: Iterable[Unit], seconds: float, seed: int) -> None:
        self._session = session
        self._units = list(units)
        self._seconds = seconds
        self._random = random.Random(seed)
        self._counts: dict[Unit, int] = {}
        self._samples: dict[Unit, list[Sample]] = {unit: [] for unit in self._units}
        self._errors: dict[Unit, str] = {}

    def warm_up(self, done: Callable[[Unit], object]) -> None:
        """Find how many calls each unit makes in its time."""
        for unit in self._units:
            if found := self._try(unit, fewest_calls(unit.work)):
                second = calls_in(self._seconds / 4, unit.work, found[0])
                timing, _ = self._try(unit, second) or found
                self._counts[unit] = calls_in(self._seconds, unit.work, timing)
            done(unit)

    def measure(self, done: Callable[[Unit], object]) -> None:
        """Measure one round: table by table, the peers of each in random order."""
        for table in TABLES:
            turn = [unit for unit in self._units if unit.work.table == table]
            self._random.shuffle(turn)
            for unit in turn:
                if found := self._try(unit, self._counts.get(unit, 0)):
                    self._samples[unit].append(sample(*found))
                done(unit)

    def results(self) -> list[Measurement]:
        """Return what was measured; a unit that has failed has no samples, but an error."""
        return [
            Measurement(
                unit.peer.name,
                unit.work.name,
                [] if unit in self._errors else self._samples[unit],
                self._errors.get(unit, ""),
            )
            for unit in self._units
        ]

    def _try(self, unit: Unit, count: int) -> tuple[Timing, Cost] | None:
        if unit in self._errors:
            return None
        try:
            return self._session.pair(unit.peer.name).run_and_account(unit.work.job(count))
        except PeerError as error:
            self._errors[unit] = str(error)
            return None


def fewest_calls(work: Work) -> int:
    """Return the least number of calls that says something of a work."""
    return max(FEWEST, 2 * work.width)


def calls_in(seconds: float, work: Work, timing: Timing) -> int:
    """Return how many calls of a work take that long, by what some have taken."""
    rate = len(timing.latencies) / timing.elapsed * 1e9
    return max(fewest_calls(work), min(MOST, int(rate * seconds)))
