from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main, parse, report
from benchmarks.catalogue import PEERS
from benchmarks.run import Plan, run

from .samples import results


def test_everything_is_the_default() -> None:
    options = parse([])
    assert options.only == ["a", "b", "c", "d", "e", "f", "g", "h"]
    assert options.peers == list(PEERS.values())


def test_peers_by_name() -> None:
    assert parse(["--peers", "go", "rpcgen"]).peers == [PEERS["go"], PEERS["rpcgen"]]


def test_unknown_peer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--peers", "go", "carrier-pigeon"])
    assert caught.value.code == 2
    assert "no peer 'carrier-pigeon': there are rpcgen, " in capsys.readouterr().err


def test_unknown_work(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "z"])
    assert "invalid choice: 'z'" in capsys.readouterr().err


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(results(), tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    tables, bars = (folder / "results.md").read_text(), (folder / "results.txt").read_text()
    assert capsys.readouterr().out.startswith(f"{tables}\n{bars}\n")
    found = json.loads((folder / "results.json").read_text())
    assert found["machine"]["cores"] == 2
    assert found["measurements"][0]["samples"][0] == {
        "median": 1,
        "p99": 3,
        "rate": 1e6,
        "cost": {"client": 0.5, "server": 0.25},
    }
    assert {target["met"] for target in found["targets"]} == {True, False, None}


def test_tiny_run() -> None:
    peers = (PEERS["rpcgen"], PEERS["go"], PEERS["sockets"])
    plan = Plan(("a", "d"), peers, rounds=2, seconds=0.0, seed=7, quick=True)
    found = run(plan)
    assert [(each.peer, each.work) for each in found.measurements] == [
        (peer.name, work) for peer in peers for work in ("call", "blob")
    ]
    assert all(len(each.samples) == 2 for each in found.measurements)
    assert not found.imports
    assert not found.growth
