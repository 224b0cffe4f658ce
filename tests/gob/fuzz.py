"""Long runs of the fuzzers, whose short runs are part of the test suite.

::

    python -m tests.gob.fuzz differential --seconds 600
    python -m tests.gob.fuzz bytes --inputs 500000

The first draws types and values and compares this package with real Go; the
second decodes broken streams. Both stop at the first fault with the input that
shows it, and print counts at the end. ``--seed`` draws another run.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from rpcgen.schema import schema_of

from . import differential
from .mutation import Seed, Tally, feed_to_everything, mutated, seeds_of_vectors
from .oracle import Oracle
from .shapes import annotation, plain
from .strategies import evolved, top_level_shapes, values

__all__ = ["main"]

# How many examples one round draws before the clock is looked at.
_ROUND = 200


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gob.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    modes = parser.add_subparsers(dest="mode", required=True)
    compare = modes.add_parser("differential", help="compare with real Go")
    compare.add_argument("--seconds", type=float, default=60)
    broken = modes.add_parser("bytes", help="decode broken streams")
    broken.add_argument("--inputs", type=int, default=100_000)
    options = parser.parse_args(arguments)
    if options.mode == "differential":
        run_differential(options.seconds, options.seed)
    else:
        run_bytes(options.inputs, options.seed)
    return 0


# --- against Go -----------------------------------------------------------------------------------


def run_differential(seconds: float, first_seed: int) -> None:
    """Check each law in turn on fresh examples until the time is up."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    number = first_seed * 1_000_000
    while time.monotonic() < end:
        # A process of Go never forgets a type, so it does not live for ever.
        with Oracle.start() as oracle:
            for law in _LAWS:
                _examples(law, oracle, counts, number)
                number += 1
        print(f"{sum(counts.values())} cases, {_megabytes()} MB", file=sys.stderr)
    for name, count in counts.items():
        print(f"{name:32} {count:8} cases without a difference")
    print(f"{'together':32} {sum(counts.values()):8}; at most {_megabytes()} MB resident")


_Law = Callable[[Oracle, st.DataObject], None]


def _examples(law: _Law, oracle: Oracle, counts: Counter[str], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        law(oracle, data)
        counts[law.__name__.removeprefix("_")] += 1

    check()


def _drawn(data: st.DataObject, entries: int = 3) -> tuple[Any, list[Any]]:
    shape = data.draw(top_level_shapes())
    return shape, data.draw(st.lists(values(shape, entries=entries), min_size=1, max_size=3))


def _values_arrive_alike(oracle: Oracle, data: st.DataObject) -> None:
    differential.check_values(oracle, *_drawn(data))


def _same_bytes(oracle: Oracle, data: st.DataObject) -> None:
    differential.check_same_bytes(*_drawn(data, entries=1))


def _another_type(oracle: Oracle, data: st.DataObject) -> None:
    sent = plain(data.draw(top_level_shapes()))
    value = data.draw(values(sent))
    differential.check_evolution(oracle, sent, value, plain(data.draw(evolved(sent))))


def _chunks(oracle: Oracle, data: st.DataObject) -> None:
    shape, drawn = _drawn(data)
    cuts = data.draw(st.lists(st.integers(0, 1 << 16), max_size=10))
    differential.check_chunks(oracle, shape, drawn, cuts)


_LAWS: tuple[_Law, ...] = (_values_arrive_alike, _same_bytes, _another_type, _chunks)


# --- broken streams -------------------------------------------------------------------------------


def run_bytes(inputs: int, number: int) -> None:
    """Decode that many broken streams in every way."""
    choose = random.Random(number)
    seeds = seeds_of_vectors() + _drawn_seeds(number)
    tally = Tally()
    slowest = grown = 0.0
    slowest_input = grown_input = b""
    began = time.monotonic()
    resident = _megabytes()
    while tally.inputs < inputs:
        chosen = choose.choice(seeds)
        data = mutated(chosen.data, choose, seeds)
        held = _megabytes()
        start = time.monotonic()
        try:
            feed_to_everything(data, chosen, choose, tally)
        except BaseException:
            print(f"input {tally.inputs}: {data.hex()}\nschema {chosen.schema}", file=sys.stderr)
            raise
        took = time.monotonic() - start
        if took > slowest:
            slowest, slowest_input = took, data
        if _megabytes() - held > grown:
            grown, grown_input = _megabytes() - held, data
        if tally.inputs % 20_000 == 0:
            gc.collect()
            print(f"{tally.inputs} inputs, {_megabytes()} MB", file=sys.stderr)
    took = time.monotonic() - began
    print(
        f"{tally.inputs} inputs in {took:.0f} s, {tally.decodings} decodings: "
        f"{tally.values} values, {tally.errors} DecodeErrors, nothing else\n"
        f"most memory for one input {tally.peak / 1024:.0f} KiB: {tally.peak_input.hex()[:400]}\n"
        f"slowest input {slowest * 1000:.0f} ms: {slowest_input.hex()[:400]}\n"
        f"resident before {resident} MB, at most {_megabytes()} MB; "
        f"most more by one input {grown:.1f} MB: {grown_input.hex()[:400]}"
    )


def _drawn_seeds(number: int) -> tuple[Seed, ...]:
    """Draw types and values, and have Go encode them."""
    found: list[Seed] = []
    with Oracle.start() as oracle:

        @seed(number)
        @settings(
            max_examples=300,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data())
        def collect(data: st.DataObject) -> None:
            shape, drawn = _drawn(data)
            encoded = differential.encode_with_go(oracle, shape, drawn)
            if encoded and len(encoded) < 2000:
                found.append(Seed(encoded, schema_of(annotation(shape))))

        collect()
    return tuple(found)


def _megabytes() -> float:
    """Return the most memory that was resident so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())
