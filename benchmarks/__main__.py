"""Measures rpcgen beside its peers, and prints tables and charts.

Every peer's server and client is a process of its own. In each round the peers
take turns in random order, so that a machine that changes its speed does it to
all; the tables show medians of the rounds, and ratios. Ratios under 1.3 mean
nothing. The folder of the output holds the same as results.md, results.json,
results.txt (the charts) and results.png.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import attrs

from . import charts
from .catalogue import PEERS, SECTIONS, Peer
from .growth import allow_many_files
from .results import Results
from .run import Plan, run
from .tables import markdown
from .targets import Verdict, judge

__all__ = ["main", "parse"]


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    allow_many_files()
    if options.pin:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    plan = Plan(
        tuple(options.only),
        tuple(options.peers),
        rounds=options.rounds or (3 if options.quick else 9),
        seconds=options.seconds or (0.03 if options.quick else 0.4),
        seed=options.seed,
        quick=options.quick,
        pinned=options.pin,
    )
    try:
        results = run(plan)
    except KeyboardInterrupt:
        print("interrupted: every process that was started has been ended", file=sys.stderr)
        return 130
    report(results, options.output)
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line, with peers for the names of peers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    works = ", ".join(f"{letter} {title}" for letter, title in SECTIONS.items())
    parser.add_argument("--quick", action="store_true", help="less of everything, in a minute")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=SECTIONS,
        default=list(SECTIONS),
        metavar="WORK",
        help=f"what to measure: {works}",
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        type=_peer,
        default=list(PEERS.values()),
        metavar="PEER",
        help=f"whom to measure: {', '.join(PEERS)}",
    )
    parser.add_argument("--rounds", type=int, help="9, or 3 if quick")
    parser.add_argument("--seconds", type=float, help="of a work in a round: 0.4, or 0.03 if quick")
    parser.add_argument("--seed", type=int, default=1, help="of the random orders")
    parser.add_argument("--output", type=Path, default=Path("build/benchmarks"), metavar="DIR")
    parser.add_argument(
        "--pin", action="store_true", help="everything on one core, the other regime"
    )
    return parser.parse_args(arguments)


def _peer(name: str) -> Peer:
    if name not in PEERS:
        raise argparse.ArgumentTypeError(f"no peer {name!r}: there are {', '.join(PEERS)}")
    return PEERS[name]


def report(results: Results, folder: Path) -> None:
    """Print the results, and write them to the folder."""
    verdicts = judge(results)
    tables, bars = markdown(results, verdicts), charts.text(results)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(as_json(results, verdicts))
    (folder / "results.md").write_text(tables)
    (folder / "results.txt").write_text(bars)
    print(f"{tables}\n{bars}")
    try:
        charts.draw(results, folder / "results.png")
    except ImportError:
        print("no results.png: pip install '.[bench]' brings matplotlib")
    print(f"written to {folder}")


def as_json(results: Results, verdicts: list[Verdict]) -> str:
    """Return everything, each round and each verdict, as JSON."""
    targets = [
        {
            "section": each.target.section,
            "ours": each.target.ours,
            "beside": each.target.theirs,
            "target": each.limit_text,
            "measured": each.measured,
            "text": each.text,
            "met": each.met,
        }
        for each in verdicts
    ]
    return json.dumps(attrs.asdict(results) | {"targets": targets}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
