"""Tests of `rpcgen.cli.dump`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from rpcgen import cli, gob

from .samples import usage_error


def test_dump_prints_a_stream(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = gob.dumps(42)
    (project / "stream").write_bytes(data)
    assert cli.main(["dump", "stream"]) == 0
    assert capsys.readouterr().out == gob.dump(data)


def test_dump_of_a_broken_stream_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "stream").write_bytes(gob.dumps(42)[:-1])
    assert cli.main(["dump", "stream"]) == 1
    assert "broken here: " in capsys.readouterr().out


def test_dump_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = gob.dumps(42)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli.main(["dump", "-"]) == 0
    assert capsys.readouterr().out == gob.dump(data)


def test_dump_of_a_missing_file_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["dump", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err


def test_dump_without_a_file_is_wrong_usage() -> None:
    assert usage_error("dump") == 2


def test_dump_of_a_closed_standard_input_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    status = cli.main(["dump", "-"])
    assert (status, capsys.readouterr().err) == (1, "rpcgen: error: standard input is closed\n")
