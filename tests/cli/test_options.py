"""Tests of `rpcgen.cli.options`."""

from __future__ import annotations

from pathlib import Path

import pytest

import rpcgen
from rpcgen.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder beside that of the IDL."""
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")


@pytest.mark.usefixtures("below")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("lint ../idl/arith.py", "lint: method 'double'"),
        ("serve json:JSONDecodeError --idl ../idl/arith.py", "cannot be called without"),
    ],
)
def test_root_may_be_a_folder_above(capsys: Captured, command: str, said: str) -> None:
    main([*command.split(), "--root", ".."])
    assert said in "".join(capsys.readouterr())


@pytest.mark.usefixtures("below")
@pytest.mark.parametrize("command", ["call", "bench"])
def test_root_may_be_a_folder_above_where_a_server_is_asked(capsys: Captured, command: str) -> None:
    with rpcgen.Server() as server:
        address = server.listen("127.0.0.1:0").address
        given = ["--idl", "../idl/arith.py", "--root", ".."]
        main([command, address, "Arith.Double", "1", *given])
    assert "can't find service Arith" in "".join(capsys.readouterr())
