"""The targets in both regimes, with the accelerator and without, in one go.

::

    python native/build.py               # the accelerator, beside the sources
    python -m benchmarks.regimes         # less than 15 minutes, on a machine that does nothing else

Four runs of `python -m benchmarks`, one after the other: with the codec in C and in Python, each
with the processes where the system puts them and all on one core. Each compares the peers within
its own rounds. Printed, and left in the folder of the output as targets.md, is one table of all
targets; the tables of each run are in folders of their own there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from .controller import ROOT
from .tables import NOT_THERE, table

__all__ = ["REGIMES", "Regime", "main", "markdown"]

# Sections that targets are about, but for those that take long and depend on no regime; and those
# of them that are works of two processes.
_SECTIONS: Final = ("a", "b", "c", "e", "f")
_OF_PAIRS: Final = ("a", "b", "c")

# Peers that targets compare.
_PEERS: Final = (
    *("rpcgen", "rpcgen-asyncio", "rpcgen-uvloop", "go-to-rpcgen", "go", "grpcio", "grpcio-aio"),
    *("thrift", "thriftpy2", "pyro5", "sockets", "uvloop"),
)


@frozen
class Regime:
    """A codec, ``c`` or ``python``, and True for one core."""

    codec: str
    pinned: bool

    @property
    def name(self) -> str:
        """Name of the folder of its results."""
        return f"{self.codec}-{'one-core' if self.pinned else 'unpinned'}"

    @property
    def title(self) -> str:
        """Head of its column."""
        return {"c": "C", "python": "Python"}[self.codec]


REGIMES: Final = tuple(
    Regime(codec, pinned) for pinned in (False, True) for codec in ("c", "python")
)

# Content of results.json, which one run leaves.
Found = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    regimes = [each for each in REGIMES if each.codec in options.codecs]
    missing = [codec for codec in options.codecs if not _is_there(codec)]
    if missing:
        print("no accelerator: run python native/build.py, or say --codecs python", file=sys.stderr)
        return 2
    found = {}
    for number, regime in enumerate(regimes, start=1):
        print(f"run {number} of {len(regimes)}: {regime.name}", file=sys.stderr)
        found[regime] = _run(regime, options)
    text = markdown(found)
    (options.output / "targets.md").write_text(text)
    print(text)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regimes", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_SECTIONS, default=list(_SECTIONS))
    parser.add_argument("--peers", nargs="+", choices=_PEERS, default=list(_PEERS))
    parser.add_argument("--codecs", nargs="+", choices=("c", "python"), default=["c", "python"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.25, help="of a work in a round")
    parser.add_argument("--output", type=Path, default=Path("build/benchmarks/regimes"))
    return parser.parse_args(arguments)


def _is_there(codec: str) -> bool:
    """Return whether the codec can be imported: the accelerator may not have been built."""
    command = [sys.executable, "-c", "import rpcgen.gob"]
    done = subprocess.run(command, cwd=ROOT, env=_environment(codec), check=False)
    return done.returncode == 0


def _environment(codec: str) -> dict[str, str]:
    return {**os.environ, "RPCGEN_IMPL": codec}


def _run(regime: Regime, options: argparse.Namespace) -> Found:
    """Measure in a process of its own, which chooses its codec and its core when it starts."""
    folder = options.output.absolute() / regime.name
    # A process by itself, which starts or encodes, takes the same on one core.
    sections = [each for each in options.only if not regime.pinned or each in _OF_PAIRS]
    command = [sys.executable, "-m", "benchmarks", "--only", *sections]
    command += ["--peers", *options.peers, "--rounds", str(options.rounds)]
    command += ["--seconds", str(options.seconds), "--output", str(folder)]
    command += ["--pin"] if regime.pinned else []
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("w") as log:
        subprocess.run(command, cwd=ROOT, env=_environment(regime.codec), stdout=log, check=True)
    found: Found = json.loads((folder / "results.json").read_text())
    return found


def markdown(found: dict[Regime, Found]) -> str:
    """Return one table of the targets of several runs, and what they were made on."""
    some = next(iter(found.values()))
    machine = some["machine"]
    regimes = {
        pinned: [each for each in found if each.pinned is pinned] for pinned in (False, True)
    }
    head = ["ours", "beside"]
    for pinned, columns in regimes.items():
        words = "one core" if pinned else "unpinned"
        head += [words, *(each.title for each in columns)] if columns else []
    rows = []
    for number, target in enumerate(some["targets"]):
        cells = [f"({target['section']}) {target['ours']}", target["beside"]]
        for columns in filter(None, regimes.values()):
            found_here = [found[each]["targets"][number] for each in columns]
            cells += [found_here[0]["target"], *map(_cell, found_here)]
        if any(found[each]["targets"][number]["measured"] is not None for each in found):
            rows.append(cells)
    title = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}; {some['rounds']} rounds."
    )
    return f"{title}\n\n{table(head, rows)}\n{_notes(found)}"


def _cell(target: dict[str, Any]) -> str:
    """Return a figure, and whether it misses a target."""
    if target["measured"] is None:
        return NOT_THERE
    text: str = target["text"]
    return f"**{text}**" if target["met"] is False else text


def _notes(found: dict[Regime, Found]) -> str:
    """Return what the table does not say: how to read it, and who has failed."""
    lines = ["", "Bold: the target is missed."]
    for regime, results in found.items():
        lines += _failures(regime, results["measurements"])
    return "\n".join(lines) + "\n"


def _failures(regime: Regime, measurements: Iterable[dict[str, Any]]) -> list[str]:
    return [
        f"- {regime.name}, {each['peer']} at {each['work']}: {each['error']}"
        for each in measurements
        if each["error"]
    ]


if __name__ == "__main__":
    sys.exit(main())
