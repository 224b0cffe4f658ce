from __future__ import annotations

from typing import cast

import pytest

from rpcgen.protocol import Invocation
from rpcgen.sync.job import CallJob

CALL = cast("Invocation", object())


class Owner:
    """A connection that notes what becomes of its calls."""

    def __init__(self, error: Exception | None = None) -> None:
        self.events: list[tuple[object, ...]] = []
        self._error = error

    def execute(self, invocation: Invocation) -> float:
        self.events.append(("execute", invocation))
        if self._error is not None:
            raise self._error
        return 0.0

    def reject_call(self, invocation: Invocation, error: str) -> None:
        self.events.append(("reject", invocation, error))

    def on_call_done(self, invocation: Invocation) -> None:
        self.events.append(("done", invocation))


def test_run_executes_the_call_and_then_sends_the_response() -> None:
    owner = Owner()
    CallJob(owner, CALL).run()
    assert owner.events == [("execute", CALL), ("done", CALL)]


def test_run_is_done_after_a_fault_as_well() -> None:
    owner = Owner(ZeroDivisionError("a fault of ours"))
    with pytest.raises(ZeroDivisionError):
        CallJob(owner, CALL).run()
    assert owner.events == [("execute", CALL), ("done", CALL)]


def test_reject_answers_the_call() -> None:
    owner = Owner()
    CallJob(owner, CALL).reject("closed")
    assert owner.events == [("reject", CALL, "closed")]
