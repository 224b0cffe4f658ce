"""A client that finds a server on another host by a broker, and calls it directly."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broker import needs_broker
from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parents[2]
TRIED = ["unshare", "-n", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there"]


def has_namespaces() -> bool:
    """Return whether this machine allows network namespaces, with a cable between them."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(TRIED, capture_output=True, timeout=PROGRAM_TIMEOUT_S).returncode == 0


@needs_broker
@pytest.mark.skipif(not has_namespaces(), reason="no network namespaces on this machine")
def test_client_calls_a_server_on_another_host_directly() -> None:
    command = ["unshare", "-n", sys.executable, "-m", "tests.behaviour.two_hosts"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S
    )
    assert done.returncode == 0, done.stderr
    directly, by_broker = done.stdout.splitlines()
    assert directly.startswith("[::ffff:10.77.0.1]:")
    assert by_broker == "nats://10.77.0.1:4222"
