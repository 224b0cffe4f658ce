"""Tests of `rpcgen.cli.completion`, in bash and without."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rpcgen import cli
from rpcgen.cli.completion import COMPLETE, Commands, of_argparse
from rpcgen.cli.generate import make_parser
from tests.support.timeouts import PROGRAM_TIMEOUT_S

from .serving import ROOT

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with the command's script."""
    script = tmp_path / "bin" / "rpcgen"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m rpcgen "$@"\n')
    script.chmod(0o755)
    return script.parent


def completed(scripts: Path, folder: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of some words, after its script was loaded."""
    line = " ".join(map(shlex.quote, words))
    program = f"""
        eval "$(rpcgen completion bash)"
        compopt() {{ printf 'files: %s\\n' "$2"; }}
        COMP_WORDS=({line}) COMP_CWORD={len(words) - 1}
        _rpcgen_completion rpcgen
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("rpcgen ca", ["files: default", "call"]),
        ("rpcgen call localhost:1 --tim", ["--timeout"]),
    ],
)
def test_bash_completes(scripts: Path, project: Path, words: str, offered: list[str]) -> None:
    found = completed(scripts, project, *words.split())
    assert [each for each in found if each] == offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("rpcgen --che", ["plain,--check"]),
        ("rpcgen idl/arith.py --pru", ["plain,--prune"]),
        ("rpcgen idl/arith.py i", ["file,i"]),
        ("rpcgen bench --codec j", ["plain,json"]),
        ("rpcgen serve --cert ./", ["file,./"]),
        ("rpcgen dump --he", ["plain,--help"]),
    ],
)
def test_words_are_completed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, words: str, offered: list[str]
) -> None:
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert cli.main([]) == 0
    assert capsys.readouterr().out.splitlines() == offered


def test_all_commands_are_offered(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "rpcgen ")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert cli.main([]) == 0
    offered = capsys.readouterr().out.splitlines()
    names = ["generate", *cli._PLAIN, *cli._COMMANDS]
    assert offered == ["file,", *[f"plain,{name}" for name in names]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_a_shell_is_printed(capsys: Captured, shell: str) -> None:
    assert cli.main(["completion", shell]) == 0
    assert f"{COMPLETE}={shell}_complete" in capsys.readouterr().out


def test_other_shell_is_wrong_usage(capsys: Captured) -> None:
    assert cli.main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_parser_becomes_a_command() -> None:
    command = of_argparse(make_parser(), "generate")
    options = {name for each in command.params for name in each.opts}
    assert {"files", "--output", "-o", "--root", "--check", "--prune", "--watch"} <= options


def test_command_whose_library_is_missing_is_offered_all_the_same() -> None:
    def load() -> click.Command:
        raise ImportError("no such library")

    commands = Commands({"a": load}, click.Command("default"))
    found = commands.get_command(click.Context(commands), "a")
    assert found is not None
    assert found.name == "a"
    assert commands.get_command(click.Context(commands), "b") is None
