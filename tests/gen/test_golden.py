"""Whole runs of the generator: a folder for each case, with what goes in and what must come out.

A case whose name begins with ``bad_`` holds the expected ``stderr``, any other
the expected ``generated`` folder. The command line names ``idl.py``, or what
the file ``args`` says. ``pytest --update`` rewrites what is expected.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rpcgen import cli

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(case.name for case in GOLDEN.iterdir() if case.is_dir())
BAD = [case for case in CASES if case.startswith("bad_")]
GOOD = [case for case in CASES if not case.startswith("bad_")]


@pytest.fixture(autouse=True)
def working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_met_with_errors(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], update: bool
) -> None:
    status = cli.main([*arguments(case), "-o", str(tmp_path / "generated")])
    captured = capsys.readouterr()
    expect(GOLDEN / case / "stderr", captured.err, update)
    assert (status, captured.out) == (1, "")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_changes_nothing_on_disk(case: str, tmp_path: Path) -> None:
    before = contents(GOLDEN / case)
    cli.main([*arguments(case), "-o", str(tmp_path / "generated")])
    assert (contents(GOLDEN / case), list(tmp_path.iterdir())) == (before, [])


@pytest.mark.parametrize("case", GOOD)
def test_good_input_is_generated(case: str, tmp_path: Path, update: bool) -> None:
    status = cli.main([*arguments(case), "-o", str(tmp_path)])
    expected = GOLDEN / case / "generated"
    if update and contents(tmp_path) != contents(expected):
        shutil.rmtree(expected, ignore_errors=True)
        shutil.copytree(tmp_path, expected)
        pytest.fail(f"{case} was updated: read the diff")
    assert (status, contents(tmp_path)) == (0, contents(expected))


def arguments(case: str) -> list[str]:
    args = GOLDEN / case / "args"
    return args.read_text().split() if args.exists() else [f"{case}/idl.py"]


def expect(path: Path, text: str, update: bool) -> None:
    expected = path.read_text() if path.exists() else ""
    if update and text != expected:
        path.write_text(text)
        pytest.fail(f"{path} was updated: read the diff")
    assert text == expected


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
