"""``rpcgen serve`` in a process of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from tests.support.timeouts import TIMEOUT_S

__all__ = ["AsSystemd", "Serving", "as_systemd"]

ROOT = Path(__file__).parents[2]


class AsSystemd(TypedDict):
    """How a process begins that systemd has opened a socket for."""

    environment: Mapping[str, str]
    prefix: Sequence[str]
    pass_fds: Sequence[int]


def as_systemd(listening: socket.socket) -> AsSystemd:
    """Return how to hand a socket over: descriptors from 3 on, for the process of this number."""
    number = listening.fileno()
    script = f"import os, sys; os.dup2({number}, 3); os.environ['LISTEN_PID'] = str(os.getpid())"
    script += "; os.execv(sys.argv[1], sys.argv[1:])"
    return {
        "environment": {"LISTEN_FDS": "1"},
        "prefix": [sys.executable, "-c", script],
        "pass_fds": [number],
    }


class Serving:
    """The process, once it says where it listens; a context manager that ends it.

    Args:
        arguments: Arguments of ``rpcgen serve``.
        environment: Variables beside those of this process.
        prefix: Words of the command line before Python's.
        pass_fds: Descriptors that the process inherits.
        command: The command line's program; this Python with this package by default.
        folder: The working directory.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        pass_fds: Sequence[int] = (),
        command: Sequence[str] = (sys.executable, "-m", "rpcgen"),
        folder: Path | None = None,
    ) -> None:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [*prefix, *command, "serve", *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, **(environment or {})},
            pass_fds=pass_fds,
        )
        self.lines: list[str] = []
        self._arrived: queue.Queue[str] = queue.Queue()
        # A thread reads, so that a wait for a line can have an end.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(TIMEOUT_S)
        finally:
            self.process.kill()
            self.process.wait(TIMEOUT_S)
            self._reader.join(TIMEOUT_S)
            assert self.process.stderr is not None
            self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._arrived.put(line)
        self._arrived.put("")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the match in the next line that has one."""
        while True:
            line = self._arrived.get(timeout=TIMEOUT_S)
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
            assert line, f"the process has ended; it said:\n{''.join(self.lines)}"

    def address(self) -> str:
        """Return the next address that it listens on."""
        return self.wait_for(r"listening on (\S+)")[1]

    def ready(self) -> str:
        """Return the next address, once it is served."""
        address = self.address()
        self.wait_for("serving ")
        return address

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_S)
