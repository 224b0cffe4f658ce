"""Modules of the package, and those that a fresh Python imports."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import rpcgen

__all__ = ["modules_after", "package_modules"]

ROOT = Path(__file__).parents[2]


def package_modules() -> list[str]:
    """Return the names of all modules, less the accelerator's where it was not compiled."""
    names = sorted(info.name for info in pkgutil.walk_packages(rpcgen.__path__, "rpcgen."))
    if importlib.util.find_spec("rpcgen._accelerator") is not None:
        return names
    accelerated = ("rpcgen.gob.accelerated.", "rpcgen.gojson.accelerated")
    return [name for name in names if not name.startswith(accelerated)]


def modules_after(statement: str, **environment: str) -> set[str]:
    """Return the names of all modules that a fresh Python has after a statement.

    Args:
        statement: The statement, on one line.
        **environment: Variables beside those of this process.
    """
    # Not measured: coverage imports much of Python.
    unmeasured = {name: text for name, text in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=ROOT,
        env=unmeasured | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
