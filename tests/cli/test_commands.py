"""Tests of `rpcgen.cli` itself: which command runs, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rpcgen import cli

from .samples import MESSAGES, usage_error

ROOT = Path(__file__).parents[2]


def test_no_arguments_is_wrong_usage() -> None:
    assert usage_error() == 2


def test_help_names_both_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--help") == 0
    assert "rpcgen dump FILE|-" in capsys.readouterr().out


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--version") == 0
    assert capsys.readouterr().out.startswith("rpcgen ")


def test_an_idl_folder_called_dump_can_be_generated(project: Path) -> None:
    (project / "idl").rename(project / "dump")
    assert cli.main(["./dump", "-o", "generated"]) == 0


def test_command_runs_as_a_module(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rpcgen.cli", "idl", "-o", "generated"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [("idl/arith.py -o out", 0), ("none.py -o out", 1), ("idl/messages.py idl -o out", 0)],
)
def test_standard_stream_that_is_closed_is_done_without(
    arguments: str, status: int, stream: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "idl/messages.py").write_text(MESSAGES)
    monkeypatch.setattr(sys, stream, None)
    assert cli.main(arguments.split()) == status
