"""A program that is started anew whenever a Python file of its folder changes."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from .failures import USAGE, Failure

__all__ = ["run_reloading"]

_log: Final = logging.getLogger("rpcgen.cli")


def run_reloading(
    command: Sequence[str], folder: Path, grace: float, descriptors: Sequence[int] = ()
) -> int:
    """Run a program, and again after each change, until a signal ends it.

    Args:
        command: The program and its arguments.
        folder: Folder whose Python files are watched.
        grace: Time in seconds that it has to end by itself.
        descriptors: Numbers of what it inherits, open, each time.

    Returns:
        Exit status of the last run.

    Raises:
        Failure: The package that watches is not there.
    """
    try:
        from watchfiles import PythonFilter, watch
    except ImportError as error:
        hint = "pip install 'rpcgen[cli]'"
        raise Failure("--reload needs watchfiles", hint, USAGE) from error
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = signal.signal(signal.SIGTERM, end)
    program = subprocess.Popen(command, pass_fds=descriptors)
    try:
        for changes in watch(folder, watch_filter=PythonFilter(), stop_event=stop):
            names = sorted({Path(path).name for _, path in changes})
            _log.info("%s changed: starting anew", ", ".join(names))
            _end(program, grace)
            program = subprocess.Popen(command, pass_fds=descriptors)
    except KeyboardInterrupt:
        pass  # the terminal has told the program too
    finally:
        status = _end(program, grace)
        signal.signal(signal.SIGTERM, before)
    return status


def _end(program: subprocess.Popen[bytes], grace: float) -> int:
    """Let a program end by itself, or by force once the grace is over."""
    program.terminate()
    try:
        return program.wait(grace + 5.0)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()
