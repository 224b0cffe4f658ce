"""Costs and gains of busy waiting: calls at a pace, as most programs make them.

::

    python -m benchmarks.pace            # half a minute

A client makes so many calls a second, one after the other, and sleeps in between; the processor
time of both processes is read before and after. The peers take turns, in an order that is new in
every round; figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from attrs import frozen

from .controller import End, Pair
from .job import Cost, Job
from .tables import table

__all__ = ["PACES", "PEERS", "Pace", "main", "markdown", "pace_of", "typical"]

PACES: Final = (100, 1_000, 10_000)
"""Numbers of calls a second."""

PEERS: Final[Mapping[str, End]] = {
    "rpcgen, threads": End("rpcgen_sync", "sync"),
    "rpcgen, threads, spin=False": End("rpcgen_sync_no_spin", "sync"),
    "rpcgen, asyncio": End("rpcgen_aio", "asyncio"),
    "rpcgen, asyncio, spin=False": End("rpcgen_aio_no_spin", "asyncio"),
    "raw sockets": End("raw_sync", "sync"),
}
"""Both ends of what is measured, by name."""


@frozen
class Pace:
    """One call at a pace: what it costs each side, and its latency in microseconds."""

    cost: Cost
    latency: float


def pace_of(pair: Pair, pace: int, seconds: float) -> Pace:
    """Measure calls at a pace.

    Args:
        pair: The client and its server.
        pace: Number of calls a second.
        seconds: How long to measure.

    Raises:
        PeerError: One of them has failed.
    """
    job = Job("paced", "multiply", max(10, int(pace * seconds)), size=pace)
    timing, cost = pair.run_and_account(job)
    return Pace(cost, statistics.median(timing.latencies) / 1e3)


def typical(rounds: Iterable[Pace]) -> Pace:
    """Return the median of each figure."""
    found = [*rounds]
    cost = Cost(
        statistics.median(each.cost.client for each in found),
        statistics.median(each.cost.server for each in found),
    )
    return Pace(cost, statistics.median(each.latency for each in found))


def markdown(found: Mapping[tuple[str, int], Pace]) -> str:
    """Return the table of all that was found, by peer and pace."""
    head = ["", *(f"{pace:,}/s: {what}" for pace in PACES for what in ("client", "server", "call"))]
    rows = [
        [name, *(text for pace in PACES for text in _texts(found[name, pace]))] for name in PEERS
    ]
    return table(head, rows)


def _texts(pace: Pace) -> list[str]:
    return [f"{each:.0f}" for each in (pace.cost.client, pace.cost.server, pace.latency)]


def measure(rounds: int, seconds: float, seed: int) -> dict[tuple[str, int], Pace]:
    """Return the figures of all peers at all paces.

    Args:
        rounds: How often each is measured.
        seconds: How long each time.
        seed: Where the random order begins.
    """
    chance, turns = random.Random(seed), [*PEERS]
    found: dict[tuple[str, int], list[Pace]] = {}
    with ExitStack() as stack:
        pairs = {name: stack.enter_context(Pair(end, end)) for name, end in PEERS.items()}
        for _ in range(rounds):
            for pace in PACES:
                chance.shuffle(turns)
                for name in turns:
                    found.setdefault((name, pace), []).append(pace_of(pairs[name], pace, seconds))
    return {key: typical(paces) for key, paces in found.items()}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pace")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each peer in a round")
    parser.add_argument("--seed", type=int, default=1, help="of the random orders")
    options = parser.parse_args(arguments)
    print("Processor time of each side, and the latency, of a call at a pace, µs:\n")
    print(markdown(measure(options.rounds, options.seconds, options.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
