"""A bounded form of `chaos`, in a process of its own: what others leave behind is none of its."""

from __future__ import annotations

import pytest

from tests.support.programs import run_module


@pytest.mark.parametrize(("kind", "links"), [("faults", "tcp"), ("orderly", "gob-tcp")])
def test_every_call_ends_once_and_truly(kind: str, links: str) -> None:
    amount = ("--calls", "800", "--seed", "1")
    done = run_module("tests.behaviour.chaos", *amount, "--kind", kind, "--only", links)
    assert done.returncode == 0, done.stdout + done.stderr
