from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.catalogue import PEERS, WORKS, Peer
from benchmarks.compare import OURS, Change, Figures, compare, main, report, revision
from benchmarks.controller import ROOT, End
from benchmarks.rounds import Unit

CALL = Unit(PEERS["rpcgen"], WORKS["call"])

is_checkout = subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True).returncode == 0


def change(*ratios: float) -> Change:
    before = [Figures(10.0, 20.0, 40.0) for _ in ratios]
    return Change(CALL, before, [Figures(10.0 * x, 20.0 * x, 40.0 * x) for x in ratios])


def test_ours_are_the_peers_with_code_of_this_project() -> None:
    assert "rpcgen" in OURS
    assert "go-to-rpcgen-uvloop" in OURS
    assert not {"go", "grpcio", "sockets"} & set(OURS)
    assert not {"rpcgen-process", "rpcgen-processes", "go-to-rpcgen-processes"} & set(OURS)


def test_ratio_is_the_median_of_the_rounds() -> None:
    assert change(1.0, 3.0, 2.0).ratio(lambda each: each.processor) == 2.0


def test_report_shows_the_ratios() -> None:
    row = report([change(1.5)]).splitlines()[-1]
    assert [cell.strip() for cell in row.split("|")[2:-1]] == [
        *("15.0", "1.500"),
        *("30.0", "1.500"),
        *("60.0", "1.500"),
    ]


def test_report_tells_what_has_failed() -> None:
    assert "has ended" in report([Change(CALL, [], [], "has ended")]).splitlines()[-1]


def test_compare_measures_both_checkouts_in_every_round() -> None:
    (found,) = compare(ROOT, [CALL], rounds=2, seconds=0.0, seed=1)
    assert found.error == ""
    assert len(found.before) == len(found.after) == 2
    assert all(each.latency > 0 and each.processor > 0 for each in found.before + found.after)


def test_compare_tells_what_has_failed() -> None:
    end = End("no_such_peer", "sync")
    broken = Unit(Peer("broken", "Broken", end, end, ("call",)), WORKS["call"])
    (found,) = compare(ROOT, [broken], rounds=2, seconds=0.0, seed=1)
    assert "no_such_peer" in found.error


def test_unknown_peer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["main", "--peers", "grpcio"])
    assert "invalid choice: 'grpcio'" in capsys.readouterr().err


@pytest.mark.skipif(not is_checkout, reason="git knows nothing of this folder")
def test_revision_is_checked_out_and_removed() -> None:
    with revision("HEAD") as checkout:
        assert (checkout / "benchmarks" / "child.py").is_file()
    assert not Path(checkout).exists()
