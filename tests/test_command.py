"""Tests of the script, `_rpcgen_command`."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.timeouts import TIMEOUT_S

ROOT = Path(__file__).parents[1]

SCRIPT = "import sys; from _rpcgen_command import main; sys.exit(main())"

INTERRUPTED_WHILE_IMPORTING = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *rest):
        if name == "rpcgen.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""

INTERRUPTED_AT_THE_END = """
import atexit, os, signal
atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""


def run(*arguments: str, before: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", before + SCRIPT, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["no_such_file.py", "-o", "generated"]])
def test_script_does_what_the_package_does(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "rpcgen", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run(*arguments) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["dump", "-"], ["idl", "-o", "out"], ["list", "127.0.0.1:1"]],
    ids=" ".join,
)
def test_implementation_that_does_not_exist_is_wrong_usage(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RPCGEN_IMPL", "nonsense")
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("rpcgen: error: RPCGEN_IMPL='nonsense' is not an implementation; there ")


@pytest.mark.parametrize("before", [INTERRUPTED_WHILE_IMPORTING, INTERRUPTED_AT_THE_END])
def test_interrupt_outside_of_the_command_is_quiet(before: str) -> None:
    status, _, err = run("--version", before=before)
    assert (status, err) == (-signal.SIGINT, "")


def test_interrupt_is_ignored_where_the_shell_ignores_it() -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    status, out, err = run("--version", before=ignoring + INTERRUPTED_WHILE_IMPORTING)
    assert (status, out[:7], err) == (0, "rpcgen ", "")


@pytest.mark.parametrize("seed", range(8))
def test_interrupt_at_any_moment_is_quiet(seed: int) -> None:
    """The seed says how many events of the interpreter the interrupt comes after."""
    moment = random.Random(seed).randrange(1, 1_600_000)
    # All of them are in the command itself: the package is imported already.
    tracing = f"""
import os, signal, sys
left = {moment}

def count(frame, event, argument):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGINT)
    return None

import rpcgen.cli
sys.setprofile(count)
"""
    status, _, err = run("idl", "-o", "generated", "--check", before=tracing)
    assert status in (0, 130, -signal.SIGINT)
    assert err in ("", "rpcgen: interrupted\n")
