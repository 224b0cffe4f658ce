"""Tests of `rpcgen.cli.breaking`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rpcgen import cli

OLD = """\
from typing import Protocol

from attrs import define


@define
class Args:
    a: int
    b: int


class Arith(Protocol):
    def add(self, args: Args) -> int: ...
"""

NEW = OLD.replace("    b: int\n", "    by: str\n")

SAID = """\
new/arith.py:7:1: breaking: field 'b' of Args, 'B' on the wire, is gone: what old peers send in \
it is lost, and they get its default or zero in its place, without an error [field-removed]
    hint: leave it until no old peer is left
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with an IDL of two versions in it."""
    for name, text in (("old", OLD), ("new", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "arith.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(project: Path) -> Path:
    """Return the same, with the old version committed where the new one is."""
    (project / "new" / "arith.py").write_text(OLD)
    git("init", "-q")
    git("add", "new")
    git("commit", "-q", "-m", "first")
    (project / "new" / "arith.py").write_text(NEW)
    return project


@pytest.mark.parametrize("names", [["old/arith.py", "new/arith.py"], ["old", "new"]])
def test_change_that_breaks_is_printed(
    project: Path, capsys: pytest.CaptureFixture[str], names: list[str]
) -> None:
    assert cli.main(["breaking", *names]) == 1
    assert capsys.readouterr() == (SAID, "")


def test_nothing_that_breaks_is_status_zero(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["breaking", "old", "old"]) == 0
    assert capsys.readouterr() == ("", "")


def test_json_is_an_array_of_objects(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["breaking", "--json", "old", "new"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["path"], finding["line"], finding["rule"]) == (
        "new/arith.py",
        7,
        "field-removed",
    )
    assert cli.main(["breaking", "--json", "old", "old"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_rule_can_be_ignored(project: Path) -> None:
    assert cli.main(["breaking", "old", "new", "--ignore", "field-removed"]) == 0


def test_comment_accepts_a_finding(project: Path) -> None:
    path = project / "new" / "arith.py"
    path.write_text(NEW.replace("class Args:", "class Args:  # rpcgen: ignore[field-removed]"))
    assert cli.main(["breaking", "old", "new"]) == 0


@pytest.mark.parametrize("name", ["new", "new/arith.py"])
def test_revision_of_git_is_compared_with(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["breaking", "--against", "HEAD", name]) == 1
    assert capsys.readouterr() == (SAID, "")


def test_what_is_gone_has_its_place_in_the_revision(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = OLD.replace("class Arith", "class Other")
    (repository / "new" / "arith.py").write_text(gone.replace("add", "ping"))
    assert cli.main(["breaking", "--against", "HEAD", "new"]) == 1
    said = "HEAD:new/arith.py:12:1: breaking: service 'Arith' is gone: calls of old peers fail"
    assert capsys.readouterr().out.startswith(said)


def test_mistake_in_a_revision_is_told_by_its_name(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "new" / "arith.py").write_text("def f(:")
    git("commit", "-q", "-a", "-m", "broken")
    (repository / "new" / "arith.py").write_text(NEW)
    assert cli.main(["breaking", "--against", "HEAD", "new"]) == 2
    assert capsys.readouterr().err.startswith("HEAD:new/arith.py:1:7: error: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none", "new"], "none:1:1: error: no such file or folder"),
        (["new"], "name OLD and NEW, or --against GIT_REV"),
        (["old", "new", "new"], "name OLD and NEW, or --against GIT_REV"),
        (["--against", "no-such", "new"], "git rev-parse"),
        (["--against", "HEAD", "old"], "HEAD has none of old"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_compared_is_status_two(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.main(["breaking", *arguments]) == 2
    assert said in capsys.readouterr().err
