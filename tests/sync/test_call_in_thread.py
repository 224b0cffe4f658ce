from __future__ import annotations

import contextvars
import threading
from typing import Any

import pytest

from rpcgen.errors import CallCancelledError, CallTimeoutError, RpcError
from rpcgen.sync.call import Call
from rpcgen.sync.call_in_thread import CallInThread
from tests.support.timeouts import TIMEOUT_S

WHO = contextvars.ContextVar("who", default="nobody")


class Later(CallInThread):
    """Ends its call with the context's name once it is told to."""

    def __init__(self) -> None:
        super().__init__("Math.Sum", None, None)
        self.may_end = threading.Event()

    def start(self) -> None:
        self._start_thread(self._run, "later", "this test")

    def _run(self) -> None:
        self.may_end.wait(TIMEOUT_S)
        self.call._finish(WHO.get(), None)


def test_result_is_that_of_the_thread_in_the_context_of_the_caller() -> None:
    later = Later()
    WHO.set("gopher")
    later.start()
    later.may_end.set()
    assert later.call.result(TIMEOUT_S) == "gopher"


def test_result_that_does_not_come_in_time() -> None:
    with pytest.raises(CallTimeoutError):
        Later().call.result(0.001)


def test_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    later = Later()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    later.start()
    with pytest.raises(RpcError, match="no thread for this test: can't start new thread"):
        later.call.result(TIMEOUT_S)


def test_call_that_was_begun_is_cancelled_with_it() -> None:
    outer, inner = Later(), Later()
    outer._begun(inner.call)
    outer.call.cancel()
    assert_cancelled(inner.call)


def test_call_that_is_begun_too_late_is_cancelled_at_once() -> None:
    outer, inner = Later(), Later()
    outer.call.cancel()
    outer._begun(inner.call)
    assert_cancelled(inner.call)


def assert_cancelled(call: Call[Any]) -> None:
    with pytest.raises(CallCancelledError):
        call.result(0.0)
