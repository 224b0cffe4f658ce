"""Programs of the tests that are run by their tests, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .timeouts import PROGRAM_TIMEOUT_S

__all__ = ["run_module"]

ROOT = Path(__file__).parents[2]


def run_module(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module as a program, to its end.

    Args:
        name: Name of the module.
        *arguments: Arguments of its command line.
    """
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
