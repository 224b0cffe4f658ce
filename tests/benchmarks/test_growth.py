from __future__ import annotations

import pytest

from benchmarks.catalogue import PEERS
from benchmarks.controller import Pair, PeerError
from benchmarks.growth import GROWTHS, Point, Step, hold_idle, steps, typical
from benchmarks.job import Job


@pytest.mark.parametrize("quick", [False, True])
def test_steps_are_sizes_of_peers(quick: bool) -> None:
    found = {(step.growth, step.peer, step.job.size or step.job.width) for step in steps(quick)}
    assert found == {
        (name, peer, size)
        for name, growth in GROWTHS.items()
        for peer in growth.peers
        for size in (growth.quick if quick else growth.sizes)
    }


def test_steps_of_calls_in_flight_use_what_the_client_has() -> None:
    schemes = {step.peer: step.job.scheme for step in steps(True) if step.growth == "in flight"}
    assert schemes["rpcgen"] == "futures"
    assert schemes["rpcgen-asyncio"] == schemes["rpcgen-uvloop"] == schemes["go"] == "tasks"


@pytest.mark.parametrize(
    "job",
    [
        Job("sequence", "numbers", 3, size=1000),
        Job("futures", "multiply", 20, 10),
    ],
)
def test_measure(job: Job) -> None:
    peer = PEERS["rpcgen"]
    with Pair(peer.server, peer.client) as pair:
        point = Step("elements", peer.name, job).measure(pair)
    assert point.size == (1000 if job.size else 10)
    assert point.value > 0


def test_failed() -> None:
    point = Step("elements", "go", Job("tasks", "multiply", 9, 3)).failed(PeerError("no Go"))
    assert (point.size, point.error) == (3, "no Go")


def test_typical() -> None:
    points = [Point("elements", "go", 1000, value) for value in (1, 9, 2)]
    assert typical(points) == Point("elements", "go", 1000, 2)
    failed = Point("elements", "go", 1000, 0.0, "no Go")
    assert typical([*points, failed]) is failed


def test_hold_idle() -> None:
    idle = hold_idle(20)
    assert idle.error == ""
    assert idle.connections == 20
    assert idle.after > 0
