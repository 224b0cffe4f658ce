"""A bounded form of `chaos`, in a process of its own: what others leave behind is none of its.

Every other server is drained where some are killed.
"""

from __future__ import annotations

import pytest

from tests.support.broker import needs_broker
from tests.support.programs import run_module

pytestmark = needs_broker


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kills", "brokers"])
def test_every_call_ends_once_and_truly(kind: str) -> None:
    done = run_module("tests.nats.chaos", "--calls", "1000", "--only", kind)
    assert done.returncode == 0, done.stdout + done.stderr
