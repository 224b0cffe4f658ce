"""A whole run, part by part."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable

from attrs import frozen

from . import growth, startup
from .catalogue import PEERS, Peer
from .codec import Row
from .controller import ROOT, PeerError
from .progress import Progress
from .results import Machine, Results
from .rounds import Rounds, Session, units

__all__ = ["Plan", "run"]


@frozen
class Plan:
    """Choice of measurements, and how thorough they are. ``seconds``: for a unit in a round."""

    sections: tuple[str, ...]
    peers: tuple[Peer, ...]
    rounds: int
    seconds: float
    seed: int
    quick: bool = False
    pinned: bool = False

    @property
    def imports(self) -> int:
        return 3 if self.quick else 15

    @property
    def starts(self) -> int:
        """Number of starts of each pair, for the start alone."""
        return 1 if self.quick else 5

    @property
    def growths(self) -> int:
        """Number of times that each point of growth is measured."""
        return 1 if self.quick else 3


def run(plan: Plan) -> Results:
    """Measure everything that the plan asks for. What fails is in the results."""
    results = Results(Machine.here(), plan.rounds, plan.seed, plan.quick, plan.pinned)
    parts: list[tuple[str, int, Callable[[Plan, Results, Progress], None]]] = []
    chosen = units(plan.peers, plan.sections)
    if "e" in plan.sections:
        parts.append(("imports", (1 + plan.imports) * len(startup.IMPORTS), _imports))
        parts.append(("starting", plan.starts * len(plan.peers), _starts))
    if "f" in plan.sections:
        parts.append(("codec", 1, _codec))
    if "g" in plan.sections:
        parts.append(("growth", plan.growths * len(_steps(plan)) + 1, _growth))
    if chosen:
        total = len({unit.peer for unit in chosen}) + len(chosen) * (1 + plan.rounds)
        parts.append(("rounds", total, _rounds))
    with Progress(sum(total for _, total, _ in parts)) as progress:
        for name, _, part in parts:
            progress.part(name)
            part(plan, results, progress)
    return results


def _imports(plan: Plan, results: Results, progress: Progress) -> None:
    order = list(startup.IMPORTS)
    shuffle = random.Random(plan.seed).shuffle
    imports: dict[str, list[startup.Import]] = {title: [] for title in order}
    for number in range(1 + plan.imports):
        shuffle(order)
        for title in order:
            imported = startup.import_anew(title)
            if number:  # the first may have compiled
                imports[title].append(imported)
            progress.step()
    results.imports = [startup.typical_import(imports[title]) for title in startup.IMPORTS]


def _starts(plan: Plan, results: Results, progress: Progress) -> None:
    order = list(plan.peers)
    shuffle = random.Random(plan.seed).shuffle
    starts: dict[str, list[startup.Start]] = {peer.name: [] for peer in order}
    for _ in range(plan.starts):
        shuffle(order)
        for peer in order:
            starts[peer.name].append(startup.start_anew(peer))
            progress.step()
    results.starts = [startup.typical_start(starts[peer.name]) for peer in plan.peers]


def _codec(plan: Plan, results: Results, progress: Progress) -> None:
    """Measure in a process of its own, without the objects that have gathered in this one."""
    rounds = "5" if plan.quick else "21"
    command = [sys.executable, "-m", "benchmarks.codec", "--json", "--rounds", rounds]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        results.codec_error = done.stderr.splitlines()[-1]
    else:
        results.codec = [Row(**row) for row in json.loads(done.stdout)]
    progress.step()


def _steps(plan: Plan) -> list[growth.Step]:
    """Return the points of growth for the peers that were asked for."""
    wanted = {peer.name for peer in plan.peers}
    return [step for step in growth.steps(plan.quick) if step.peer in wanted]


def _growth(plan: Plan, results: Results, progress: Progress) -> None:
    steps = _steps(plan)
    points: dict[growth.Step, list[growth.Point]] = {step: [] for step in steps}
    with Session() as session:
        for name in sorted({step.peer for step in steps}):
            session.start(PEERS[name])
        for _ in range(plan.growths):
            for step in steps:
                points[step].append(_point(session, step))
                progress.step()
    results.growth = [growth.typical(found) for found in points.values()]
    if "rpcgen-asyncio" in {peer.name for peer in plan.peers}:
        results.idle = growth.hold_idle(10_000)
    progress.step()


def _point(session: Session, step: growth.Step) -> growth.Point:
    try:
        return step.measure(session.pair(step.peer))
    except PeerError as error:
        return step.failed(error)


def _rounds(plan: Plan, results: Results, progress: Progress) -> None:
    chosen = units(plan.peers, plan.sections)
    with Session() as session:
        for peer in dict.fromkeys(unit.peer for unit in chosen):
            session.start(peer)
            progress.step()
        rounds = Rounds(session, chosen, plan.seconds, plan.seed)
        rounds.warm_up(lambda unit: progress.step())
        for number in range(1, plan.rounds + 1):
            progress.part(f"round {number}")
            rounds.measure(lambda unit: progress.step())
        results.measurements = rounds.results()
