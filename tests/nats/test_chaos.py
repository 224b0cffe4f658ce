"""A bounded form of `chaos`, in a process of its own: what others leave behind is none of its.

Every other server is drained where some are killed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broker import needs_broker
from tests.support.timeouts import PROGRAM_TIMEOUT_S

pytestmark = needs_broker

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kills", "brokers"])
def test_every_call_ends_once_and_truly(kind: str) -> None:
    command = [sys.executable, "-m", "tests.nats.chaos", "--calls", "1000", "--only", kind]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
