"""Tests of `python -m rpcgen`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        [],
        ["idl", "-o", "generated", "--check"],
        ["no_such_file.py", "-o", "generated"],
        ["dump", "no_such_file"],
    ],
    ids=" ".join,
)
def test_module_does_what_the_script_does(arguments: list[str]) -> None:
    script = ["-c", "import sys; from rpcgen.cli import main; sys.exit(main())"]
    assert run("-m", "rpcgen", *arguments) == run(*script, *arguments)


def test_module_takes_no_argument_of_python_for_its_name() -> None:
    assert run("-m", "rpcgen")[2].startswith("usage: rpcgen ")
