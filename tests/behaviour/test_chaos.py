"""A bounded form of `chaos`, in a process of its own: what others leave behind is none of its."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("kind", "links"), [("faults", "tcp"), ("orderly", "gob-tcp")])
def test_every_call_ends_once_and_truly(kind: str, links: str) -> None:
    command = [sys.executable, "-m", "tests.behaviour.chaos", "--calls", "800", "--seed", "1"]
    done = subprocess.run(
        [*command, "--kind", kind, "--only", links],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
