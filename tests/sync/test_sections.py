from __future__ import annotations

import gc
import sys
import threading
import time

import pytest

from rpcgen.errors import RpcError
from rpcgen.method import Method
from rpcgen.protocol import GobServerCodec, Invocation, Registry, Request, ServerProtocol
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.registry import ServedMethod
from rpcgen.sync.sections import Sections, Token, check_replies_to_nobody, new_token
from tests.support.timeouts import TIMEOUT_S

LIST = Method[list[int], list[int]]("Math.List")


class Recorder:
    """What is to be done when a section is torn."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.is_closed = False
        self.sections = Sections(self.errors.append, self._close)

    def _close(self) -> None:
        assert not self.sections.claims
        self.is_closed = True


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    # The frames that make claims are those of the tests.
    monkeypatch.setattr("rpcgen.sync.sections._PACKAGE", __package__)
    return Recorder()


def test_enter_claims_what_nobody_has(recorder: Recorder) -> None:
    token = new_token()
    recorder.sections.enter("send", token)
    assert recorder.sections.claims == {"send": token}


def test_enter_waits_for_another_thread(recorder: Recorder) -> None:
    claims = recorder.sections.claims
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        token = claims["send"] = new_token()
        entered.set()
        leave.wait(TIMEOUT_S)
        assert claims.pop("send") is token

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(TIMEOUT_S)
    waiter = threading.Thread(target=lambda: recorder.sections.enter("send", new_token()))
    waiter.start()
    leave.set()
    holder.join(TIMEOUT_S)
    waiter.join(TIMEOUT_S)
    assert not waiter.is_alive()
    assert claims["send"][0] == waiter.ident


def test_enter_from_inside_fails(recorder: Recorder) -> None:
    token = new_token()
    recorder.sections.enter("send", token)
    with pytest.raises(RpcError, match="in the same thread"):
        recorder.sections.enter("send", new_token())


def test_leave_ends_and_closes(recorder: Recorder) -> None:
    token, error = new_token(), ValueError()
    recorder.sections.enter("send", token)
    recorder.sections.leave("send", token, error)
    assert (recorder.errors, recorder.is_closed) == ([error], True)


def test_leave_without_a_claim_does_nothing(recorder: Recorder) -> None:
    other = new_token()
    recorder.sections.enter("send", other)
    recorder.sections.leave("send", new_token(), ValueError())
    assert (recorder.errors, recorder.sections.claims) == ([], {"send": other})


def claim(sections: Sections) -> Token:
    """Claim a part in a frame that ends without giving it up."""
    token = new_token()
    sections.enter("send", token)
    return [*token]


def test_check_gives_up_a_claim_that_was_lost(recorder: Recorder) -> None:
    claim(recorder.sections)
    recorder.sections.check(thorough=False)
    assert (len(recorder.errors), recorder.sections.claims) == (1, {})


def test_check_gives_up_a_claim_of_a_thread_that_is_gone(recorder: Recorder) -> None:
    thread = threading.Thread(target=claim, args=(recorder.sections,))
    thread.start()
    thread.join(TIMEOUT_S)
    recorder.sections.check(thorough=False)
    assert recorder.sections.claims
    recorder.sections.check(thorough=True)
    assert not recorder.sections.claims


def test_check_leaves_a_connection_that_is_closed_alone(recorder: Recorder) -> None:
    recorder.sections.claims["send"] = [0]
    recorder.sections.check(thorough=True)
    assert recorder.sections.claims == {"send": [0]}


class Cyclic:
    """Garbage that looks after a claim when it is collected."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.me = self

    def __del__(self) -> None:
        self.recorder.sections.check(thorough=True)


def test_check_does_not_wait_for_itself_in_a_finalizer(recorder: Recorder) -> None:
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            Cyclic(recorder)
            recorder.sections.claims["send"] = [threading.get_ident() + 1]
            recorder.sections.check(thorough=True)
    finally:
        gc.set_threshold(*threshold)
    assert gc.isenabled()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="collects no garbage there by itself")
def test_check_collects_no_garbage_while_it_reads_stacks(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def current_frames() -> dict[int, object]:
        seen.append(gc.isenabled())
        return {}

    monkeypatch.setattr(sys, "_current_frames", current_frames)
    recorder.sections.claims["send"] = [threading.get_ident() + 1]
    recorder.sections.check(thorough=True)
    assert (seen, gc.isenabled()) == ([False], True)


def test_check_of_a_thread_that_encodes_a_reply_says_what_to_do() -> None:
    errors: list[str] = []

    class Listing(list[int]):
        def __len__(self) -> int:
            try:
                check_replies_to_nobody()
            except RpcError as error:  # as in a finalizer, which none gets out of
                errors.append(str(error))
            return super().__len__()

    server = ServerProtocol(Registry(), GobServerCodec())
    execution = Execution(server, time.perf_counter, lambda invocation, error: None)
    served = ServedMethod(LIST.request, LIST.response, lambda numbers: numbers)
    execution.encode(Invocation(Request("Math.List", 1), served, []), Listing([1]))
    assert "use `go` there, or call from another thread" in errors[0]


def test_check_of_a_thread_that_encodes_no_reply_is_content() -> None:
    check_replies_to_nobody()
