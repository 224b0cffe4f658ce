"""Look for streams that cost too much: ``python -m tests.gob.cost_fuzz --seconds 3600``.

Streams are drawn and changed; those that took the most memory or time for each
of their bytes are kept, and changed again. Stops at the first one over the
bounds, prints it, and returns 1. ``--seed`` draws another run.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import argparse
import gc
import random
import sys
import time

from .cost import (
    Cost,
    Genome,
    changed,
    drawn,
    kept_bound,
    measured,
    memory_bound,
    rendered,
    time_bound,
)

__all__ = ["Search", "main"]

# How many streams are kept by each measure.
_KEPT = 20

# Maximum number of times that a stream over a bound is measured again.
_MEASURED_AGAIN = 5


class Search:
    """The worst streams so far."""

    def __init__(self, seed: int) -> None:
        self.inputs = 0
        self.total = 0
        self.worst: dict[str, list[tuple[float, int, Genome, Cost, int]]] = {
            "memory": [],
            "kept": [],
            "time": [],
        }
        self._choose = random.Random(seed)

    def step(self) -> str | None:
        """Try one stream; return what is wrong with it, if anything is."""
        choose = self._choose
        kept = [entry for entries in self.worst.values() for entry in entries]
        if kept and choose.random() < 0.8:
            genome = changed(choose.choice(kept)[2], choose)
        else:
            genome = drawn(choose)
        data = rendered(genome, choose.choice([5_000, 20_000, 20_000, 100_000]))
        cost = measured(genome, data)
        self.inputs += 1
        self.total += len(data)
        # What a short stream takes is the same for all.
        size = len(data) + 2000
        self._keep("memory", cost.peak / size, genome, cost, len(data))
        self._keep("kept", cost.kept / size, genome, cost, len(data))
        self._keep("time", cost.seconds / size, genome, cost, len(data))
        return wrong(genome, cost, data)

    def _keep(self, measure: str, score: float, genome: Genome, cost: Cost, size: int) -> None:
        entries = self.worst[measure]
        entries.append((score, self.inputs, genome, cost, size))
        entries.sort(key=lambda entry: -entry[0])
        del entries[_KEPT:]


def wrong(genome: Genome, cost: Cost, data: bytes) -> str | None:
    """Say which bound a stream is over, if any.

    What is too much is measured again, and the least of all counts: others may have had the
    processor, and a table of the process that happens to grow is not this stream's.
    """
    fault = excess(genome, cost, len(data))
    for _ in range(_MEASURED_AGAIN):
        if fault is None:
            return None
        again = measured(genome, data)
        cost = Cost(
            min(cost.peak, again.peak),
            min(cost.kept, again.kept),
            min(cost.seconds, again.seconds),
        )
        fault = excess(genome, cost, len(data))
    return fault


def excess(genome: Genome, cost: Cost, size: int) -> str | None:
    """Say which bound a cost is over for a stream of so many bytes, if any."""
    bound = memory_bound(genome, size)
    if cost.peak > bound:
        return f"{cost.peak} bytes in memory for {size}, more than {bound}"
    if cost.kept > kept_bound(size):
        return f"{cost.kept} bytes kept for {size}, more than {kept_bound(size)}"
    if cost.seconds > time_bound(size):
        return f"{cost.seconds:.2f} s for {size} bytes, more than {time_bound(size):.2f} s"
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gob.cost_fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(arguments)
    gc.freeze()  # what is there is not looked at after each input
    search, end = Search(options.seed), time.monotonic() + options.seconds
    said = time.monotonic()
    while time.monotonic() < end:
        fault = search.step()
        if fault is not None:
            entry = max(
                (entry for entries in search.worst.values() for entry in entries),
                key=lambda entry: entry[1],
            )
            print(f"input {search.inputs}: {fault}\n{entry[2]}")
            return 1
        if time.monotonic() > said + 60:
            said = time.monotonic()
            print(f"{search.inputs} inputs, {_summary(search)}", file=sys.stderr)
    print(f"{search.inputs} inputs of {search.total} bytes together, none over the bounds")
    for measure, entries in search.worst.items():
        _, _, genome, cost, size = entries[0]
        print(f"most {measure}: {cost} for {size} bytes: {genome}"[:1500])
    return 0


def _summary(search: Search) -> str:
    return ", ".join(f"{name} {entries[0][0]:.6f}" for name, entries in search.worst.items())


if __name__ == "__main__":
    sys.exit(main())
