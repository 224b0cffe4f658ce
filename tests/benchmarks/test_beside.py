from __future__ import annotations

import pytest

from benchmarks.beside import Row, main, measure, report
from benchmarks.catalogue import PEERS, WORKS
from benchmarks.controller import PeerError


def row(name: str, *rounds: tuple[float, float]) -> Row:
    return Row(PEERS[name], WORKS["call"], list(rounds))


def test_ratio_is_that_of_the_fastest_fifth_of_the_rounds() -> None:
    slow = [(9.0, 9.0)] * 8
    reference = row("rpcgen", *slow, (1.0, 2.0), (3.0, 2.0))
    other = row("rpcgen-pool", (5.0, 7.0), *slow, (6.0, 6.0))
    assert (reference.fastest, other.fastest) == ((2.0, 2.0), (5.5, 6.5))
    assert other.ratio(reference) == 3.0


def test_report_compares_with_the_first() -> None:
    rows = [row("rpcgen", (10.0, 20.0)), row("rpcgen-pool", (15.0, 30.0))]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report(rows).split("\n")]
    assert cells[0][3] == "x rpcgen, threads"
    assert cells[2:] == [
        ["rpcgen, threads", "10.0", "20.0", "1.00"],
        ["rpcgen, threads, pool of 4", "15.0", "30.0", "1.50"],
    ]


def test_measure_has_each_peer_do_what_it_can_in_every_round() -> None:
    peers = [PEERS["rpcgen"], PEERS["rpcgen-pool-asyncio"]]
    rows = measure(peers, ["tasks", "futures"], rounds=2, seconds=0.0, seed=1)
    assert [each.work.name for each in rows] == ["futures", "tasks"]
    assert all(client > 0 and server > 0 for each in rows for client, server in each.rounds)
    assert [len(each.rounds) for each in rows] == [2, 2]


def test_peer_that_can_do_none_of_the_works_is_named() -> None:
    with pytest.raises(PeerError, match="grpcio does none of tasks"):
        measure([PEERS["grpcio"]], ["tasks"], rounds=1, seconds=0.0, seed=1)


def test_server_of_several_processes_is_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rpcgen", "rpcgen-processes"])
    assert "invalid choice: 'rpcgen-processes'" in capsys.readouterr().err
