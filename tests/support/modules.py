"""What a fresh Python imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["modules_after"]

ROOT = Path(__file__).parents[2]


def modules_after(statement: str) -> set[str]:
    """Return the names of all modules that a fresh Python has after a statement."""
    # Not measured: coverage imports much of Python.
    unmeasured = {name: text for name, text in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=ROOT,
        env=unmeasured,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
