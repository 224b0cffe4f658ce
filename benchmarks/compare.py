"""Measures this checkout beside another revision of it, in one run.

::

    python -m benchmarks.compare main~3 [--only a c] [--peers rpcgen] [--rounds 15] [--pin]

Both revisions' servers and clients are processes of their own. Every round measures each work
once with either, one right after the other, in random order, so that a machine that changes its
speed does it to both. A ratio is the median of the ratios within the rounds: above 1, this
checkout is slower. Beside the wall clock there is the processor time of server and client, which
waiting does not add to. Where the accelerator is in use here, it is compiled there, too.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
from attrs import frozen

from rpcgen.gob import implementation

from .catalogue import PEERS, SECTIONS, Peer
from .controller import ROOT, End, PeerError
from .job import Timing
from .progress import Progress
from .rounds import Session, Unit, calls_in, fewest_calls, units
from .summary import percentile
from .tables import table

__all__ = ["OURS", "Change", "Figures", "compare", "main", "revision"]

# Peers that run code of this project at one end or both, as others are the same in both revisions,
# and whose processor time is known.
OURS = {
    name: peer
    for name, peer in PEERS.items()
    if {"rpcgen_sync", "rpcgen_aio"} & {peer.server.module, peer.client.module} and not peer.forks
}

# Sections that are works of a pair of processes.
_WORKS = "abcdh"


@frozen
class Figures:
    """One round of a work: latency and processor time of a call, in microseconds."""

    latency: float
    elapsed: float
    processor: float


@frozen
class Change:
    """A peer at a work: the rounds of the other revision and of this one, or an error."""

    unit: Unit
    before: list[Figures]
    after: list[Figures]
    error: str = ""

    def ratio(self, figure: Callable[[Figures], float]) -> float:
        """Return the median of the ratios within the rounds: above 1, this one is slower."""
        pairs = zip(self.before, self.after, strict=True)
        return statistics.median(figure(new) / figure(old) for old, new in pairs)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("revision", help="of git, to compare this checkout with")
    parser.add_argument("--only", nargs="+", choices=_WORKS, default=list(_WORKS), metavar="WORK")
    parser.add_argument("--peers", nargs="+", choices=OURS, default=list(OURS), metavar="PEER")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.3, help="of a work in a round")
    parser.add_argument("--seed", type=int, default=1, help="of the random orders")
    parser.add_argument("--pin", action="store_true", help="everything on one core")
    options = parser.parse_args(arguments)
    if options.pin:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    chosen = units([PEERS[name] for name in options.peers], options.only)
    with revision(options.revision) as other:
        changes = compare(other, chosen, options.rounds, options.seconds, options.seed)
    print(report(changes))
    return 0


@contextmanager
def revision(name: str) -> Iterator[Path]:
    """Check a revision out into a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        _git("worktree", "add", "--detach", str(checkout), name)
        try:
            _compile(checkout)
            yield checkout
        finally:
            _git("worktree", "remove", "--force", str(checkout))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)


def _compile(checkout: Path) -> None:
    """Compile the accelerator of a checkout, if it has one and this one's is in use."""
    build = checkout / "native" / "build.py"
    if implementation == "c" and build.exists():
        subprocess.run([sys.executable, build], check=True, capture_output=True)


def compare(
    other: Path, chosen: list[Unit], rounds: int, seconds: float, seed: int
) -> list[Change]:
    """Measure every unit with the checkout ``other`` and with this one."""
    changes = [Change(unit, [], []) for unit in chosen]
    peers = list(dict.fromkeys(unit.peer for unit in chosen))
    shuffle = random.Random(seed).shuffle
    with Session() as session, Progress(len(peers) + rounds * len(chosen)) as progress:
        progress.part("starting")
        for peer in peers:
            session.start(peer)
            session.start(_of(other, peer))
            progress.step()
        counts = {unit: _count(session, unit, seconds) for unit in chosen}
        for number in range(1, rounds + 1):
            progress.part(f"round {number}")
            shuffle(order := list(range(len(changes))))
            for index in order:
                changes[index] = _round(session, changes[index], counts, shuffle)
                progress.step()
    return changes


def _of(other: Path, peer: Peer) -> Peer:
    """Return a peer whose processes import from another checkout."""

    def there(end: End) -> End:
        return end if end.module == "go" else attrs.evolve(end, root=other)

    return attrs.evolve(
        peer, name=_before(peer.name), server=there(peer.server), client=there(peer.client)
    )


def _before(name: str) -> str:
    return f"{name}, before"


def _count(session: Session, unit: Unit, seconds: float) -> int:
    """Find how many calls take that long; warm both up."""
    count = fewest = fewest_calls(unit.work)
    for part in (0.0, 0.25, 1.0):
        try:
            session.pair(_before(unit.peer.name)).run(unit.work.job(count))
            timing = session.pair(unit.peer.name).run(unit.work.job(count))
        except PeerError:
            return fewest  # the first round tells the error
        count = calls_in(seconds * part, unit.work, timing)
    return count


def _round(
    session: Session, change: Change, counts: dict[Unit, int], shuffle: Callable[[list[str]], None]
) -> Change:
    if change.error:
        return change
    name = change.unit.peer.name
    job = change.unit.work.job(counts[change.unit])
    found: dict[str, Figures] = {}
    shuffle(order := [name, _before(name)])
    try:
        for each in order:
            pair = session.pair(each)
            used = pair.processor
            timing = pair.run(job)
            found[each] = _figures(timing, pair.processor - used)
    except PeerError as error:
        return attrs.evolve(change, error=str(error))
    change.before.append(found[_before(name)])
    change.after.append(found[name])
    return change


def _figures(timing: Timing, processor: float) -> Figures:
    calls = len(timing.latencies)
    latency = percentile(sorted(timing.latencies), 50)
    return Figures(latency / 1e3, timing.elapsed / calls / 1e3, processor / calls * 1e6)


def report(changes: list[Change]) -> str:
    """Return a table of all changes, and what has failed below it."""
    head = ("", "median, µs", "x", "elapsed, µs", "x", "processor, µs", "x")
    rows = [_row(change) for change in changes if not change.error]
    errors = [f"{_title(change)}: {change.error}" for change in changes if change.error]
    return "\n".join([table(head, rows), *errors])


def _row(change: Change) -> list[str]:
    cells = [_title(change)]
    for name in ("latency", "elapsed", "processor"):

        def figure(of: Figures, name: str = name) -> float:
            return float(getattr(of, name))

        cells.append(f"{statistics.median(map(figure, change.after)):.1f}")
        cells.append(f"{change.ratio(figure):.3f}")
    return cells


def _title(change: Change) -> str:
    work = change.unit.work
    return f"({work.section}) {change.unit.peer.label(work)}, {work.name}: {SECTIONS[work.section]}"


if __name__ == "__main__":
    sys.exit(main())
