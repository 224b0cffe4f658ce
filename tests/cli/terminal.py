"""A command that is run on a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from attrs import frozen

from tests.support.timeouts import TIMEOUT_S

from .serving import ROOT

__all__ = ["Shown", "run_on_terminal"]

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@frozen
class Shown:
    """What a terminal was sent, and the exit status."""

    status: int
    raw: str

    @property
    def text(self) -> str:
        """The text without colours and moves of the cursor."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")


def run_on_terminal(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    interrupt_after: Callable[[str], bool] | None = None,
) -> Shown:
    """Run ``rpcgen`` with all its streams on a terminal of 100 columns, until it ends.

    Args:
        arguments: Arguments of the command line.
        environment: Variables beside those of this process.
        interrupt_after: Takes what was shown so far, and returns True for Ctrl-C to be typed.
    """
    main, side = pty.openpty()
    plain = {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "100"}
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rpcgen", *arguments],
        stdin=side,
        stdout=side,
        stderr=side,
        env={**kept, **plain, **(environment or {})},
        start_new_session=True,
    )
    os.close(side)
    raw = b""
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            if interrupt_after is not None and interrupt_after(raw.decode(errors="replace")):
                process.send_signal(signal.SIGINT)
                interrupt_after = None
            if not select.select([main], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(main, 65536)
            except OSError:  # what Linux says once nobody has the other side
                break
            if not data:
                break
            raw += data
        status = process.wait(TIMEOUT_S)
    finally:
        process.kill()
        process.wait(TIMEOUT_S)
        os.close(main)
    return Shown(status, raw.decode())
