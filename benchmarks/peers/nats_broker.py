"""A NATS broker for the peers whose calls go through one."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import time

__all__ = ["start_broker"]

_PR_SET_PDEATHSIG = 1

# Maximum time in seconds until it listens.
_START_S = 10.0


def start_broker() -> str:
    """Start ``nats-server`` on a free port, until this process ends; return ``host:port``.

    Raises:
        OSError: There is none, or it does not listen.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    libc = ctypes.CDLL(None)
    subprocess.Popen(
        ["nats-server", "-a", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # This process ends without a word, where its own input does.
        preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
    )
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return f"127.0.0.1:{port}"
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
