"""Tests of `rpcgen.cli.lint`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rpcgen import cli

IDL = """\
from typing import Protocol

from attrs import define


@define
class User:
    guid: str


class Users(Protocol):
    def add(self, user: User) -> None: ...
"""

SAID = """\
users.py:8:5: lint: field 'guid' of User is 'GUID' on the wire: where a Go program has 'Guid', \
gob loses it without an error [ambiguous-name; gob only]
    hint: say which: guid: Annotated[..., wire("GUID")] or wire("Guid")
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with an IDL in it."""
    (tmp_path / "users.py").write_text(IDL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_found_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "users.py"]) == 1
    assert capsys.readouterr() == (SAID, "")


def test_json_is_an_array_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "users.py", "--json"]) == 1
    assert [each["rule"] for each in json.loads(capsys.readouterr().out)] == ["ambiguous-name"]


def test_rule_can_be_ignored() -> None:
    assert cli.main(["lint", "users.py", "--ignore", "ambiguous-name"]) == 0


def test_comment_accepts_a_finding(project: Path) -> None:
    comment = "guid: str  # rpcgen: ignore[ambiguous-name]"
    (project / "users.py").write_text(IDL.replace("guid: str", comment))
    assert cli.main(["lint", "."]) == 0


@pytest.mark.parametrize("arguments", [["none.py"], []])
def test_idl_that_cannot_be_read_is_status_two(arguments: list[str]) -> None:
    assert cli.main(["lint", *arguments]) == 2
