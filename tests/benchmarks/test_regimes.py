from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from benchmarks import regimes
from benchmarks.__main__ import as_json
from benchmarks.regimes import REGIMES, Regime, main, markdown
from benchmarks.targets import judge

from .samples import results

PLAIN, PINNED = Regime("python", False), Regime("python", True)


def found(*, pinned: bool = False) -> dict[str, Any]:
    """Return what a run leaves in its results.json."""
    made = attrs.evolve(results(), pinned=pinned)
    read: dict[str, Any] = json.loads(as_json(made, judge(made)))
    return read


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_codec_is_in_both_regimes() -> None:
    assert {(each.codec, each.pinned) for each in REGIMES} == {
        (codec, pinned) for codec in ("c", "python") for pinned in (False, True)
    }
    assert len({each.name for each in REGIMES}) == len(REGIMES)


def test_table_has_the_limit_of_each_regime() -> None:
    head, _, *targets = rows(markdown({PLAIN: found(), PINNED: found(pinned=True)}))
    assert head == ["ours", "beside", "unpinned", "Python", "one core", "Python"]
    (row,) = [each for each in targets if each[:2] == ["(a) threads, latency", "Go to Go"]]
    assert (row[2], row[4]) == ("<= 0.75x", "<= 1.1x")


def test_missed_target_is_bold() -> None:
    targets = rows(markdown({PLAIN: found()}))
    (row,) = [each for each in targets if each[:2] == ["(e) first reply of a client", "grpcio"]]
    assert row[3] == "**1.00x**"


def test_target_that_no_run_has_measured_is_left_out() -> None:
    made = found()
    made["targets"][0]["measured"] = None
    assert len(rows(markdown({PLAIN: made}))) == len(rows(markdown({PLAIN: found()}))) - 1


def test_failed_peer_is_told() -> None:
    assert "- python-unpinned, grpcio-aio at call: ModuleNotFoundError" in markdown(
        {PLAIN: found()}
    )


def test_no_accelerator_is_said_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regimes, "_is_there", lambda codec: codec == "python")
    assert main([]) == 2
    assert "python native/build.py" in capsys.readouterr().err


def test_tiny_run_writes_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--only", "a", "--peers", "sockets", "rpcgen", "--codecs", "python"]
    arguments += ["--rounds", "1", "--seconds", "0.01", "--output", str(tmp_path)]
    assert main(arguments) == 0
    text = (tmp_path / "targets.md").read_text()
    assert capsys.readouterr().out == text + "\n"
    assert [row[:2] for row in rows(text)[2:]] == [["(a) threads, latency", "raw sockets"]]
    assert (tmp_path / "python-one-core" / "results.md").exists()
