"""A bounded form of `chaos`, in a process of its own: what others leave behind is none of its."""

from __future__ import annotations

import pytest

from tests.support.programs import run_module


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drains-gob", "kills-json"])
def test_every_call_ends_once_and_truly(kind: str) -> None:
    done = run_module("tests.channel.chaos", "--calls", "2000", "--only", kind)
    assert done.returncode == 0, done.stdout + done.stderr
