from __future__ import annotations

import pytest

from benchmarks.controller import Pair
from benchmarks.job import Cost, Job
from benchmarks.pace import PACES, PEERS, Pace, main, markdown, pace_of, typical


@pytest.mark.parametrize("name", PEERS)
def test_cost_has_both_sides(name: str) -> None:
    with Pair(PEERS[name], PEERS[name]) as pair:
        found = pace_of(pair, 1_000, 0.01)
    assert found.cost.client > 0
    assert found.cost.server > 0
    assert found.latency > 0


def test_calls_are_no_faster_than_their_pace() -> None:
    end = PEERS["raw sockets"]
    with Pair(end, end) as pair:
        timing = pair.run(Job("paced", "multiply", 11, size=1_000))
    assert len(timing.latencies) == 11
    assert timing.elapsed >= 10_000_000


def test_typical_is_the_median_of_each_figure() -> None:
    rounds = [Pace(Cost(1, 9), 4), Pace(Cost(3, 7), 5), Pace(Cost(2, 8), 90)]
    assert typical(rounds) == Pace(Cost(2, 8), 5)


def test_table_has_a_row_for_each_peer() -> None:
    costs = {(name, pace): Pace(Cost(1.4, 20.6), 100) for name in PEERS for pace in PACES}
    lines = markdown(costs).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [*PEERS]
    assert "1,000/s: client" in lines[0]
    assert [each.strip() for each in lines[2].split("|")[2:5]] == ["1", "21", "100"]


def test_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "1", "--seconds", "0.001"]) == 0
    assert "rpcgen, threads, spin=False" in capsys.readouterr().out
