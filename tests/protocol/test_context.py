from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import rpcgen
from rpcgen import Code, Peer, RpcError
from rpcgen.protocol import Invocation, Registry, Request
from rpcgen.protocol.context import CallContext, current, inherited
from rpcgen.protocol.headers import ExtendedRequest
from tests.support.timeouts import TIMEOUT_S

from .messages import DOUBLE


class Connection:
    """What a context asks for."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.peer = Peer("127.0.0.1:1234")
        self.events: list[threading.Event] = []
        # Set once a thread has asked for an event.
        self.asked = threading.Event()

    def clock(self) -> float:
        return self.now

    def make_event(self) -> threading.Event:
        event = threading.Event()
        self.events.append(event)
        self.asked.set()
        return event


def made(request: Request | None = None, deadline: float | None = None) -> CallContext:
    context = CallContext(request or Request("Math.Double", 1), deadline)
    context.surroundings = Connection()
    return context


def invocation() -> Invocation:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(abs)])
    call = Invocation(Request("Math.Double", 1), registry.find("Math.Double"), 4)
    call.execution = Connection()
    return call


@pytest.fixture
def handled() -> Iterator[Invocation]:
    """A call whose handler runs here."""
    call = invocation()
    token = current.set(call)
    yield call
    current.reset(token)


def test_context_outside_of_a_handler_raises() -> None:
    with pytest.raises(RpcError, match="no call is handled here"):
        rpcgen.context()


def test_context_is_the_same_for_all_who_ask(handled: Invocation) -> None:
    assert rpcgen.context() is rpcgen.context() is handled.context


def test_context_of_a_plain_call_is_made_when_it_is_asked_for(handled: Invocation) -> None:
    assert handled.context is None
    assert rpcgen.context().method == "Math.Double"


def test_plain_call_hands_nothing_on(handled: Invocation) -> None:
    assert inherited() is None


def test_nothing_is_inherited_outside_of_a_handler() -> None:
    assert inherited() is None


def test_call_with_a_deadline_hands_it_on(handled: Invocation) -> None:
    handled.context = made(deadline=5.0)
    found = inherited()
    assert found is not None
    assert found.deadline == 5.0


def test_metadata_and_trace_are_those_of_the_request() -> None:
    metadata = {"traceparent": "00-01", "a": "b"}
    context = made(ExtendedRequest("Math.Double", 1, metadata=metadata))
    assert (context.metadata, context.traceparent) == (metadata, "00-01")


def test_plain_request_has_no_metadata() -> None:
    assert (made().metadata, made().traceparent) == ({}, "")


def test_peer_is_that_of_the_connection() -> None:
    assert made().peer == Peer("127.0.0.1:1234")


@pytest.mark.parametrize(("now", "left"), [(1.0, 4.0), (5.0, 0.0), (6.0, 0.0)])
def test_remaining_goes_down_to_zero(now: float, left: float) -> None:
    context = made(deadline=5.0)
    context.surroundings = Connection(now)
    assert context.remaining == left


def test_remaining_without_a_deadline_is_none() -> None:
    assert made().remaining is None


def test_call_past_its_deadline_is_cancelled() -> None:
    context = made(deadline=5.0)
    context.surroundings = Connection(5.0)
    assert (context.cancelled, context.reason) == (True, Code.DEADLINE_EXCEEDED)


def test_call_is_cancelled_once_it_is_told() -> None:
    context = made()
    assert (context.cancelled, context.is_told, context.reason) == (False, False, Code.OK)
    context.cancel(Code.CANCELLED)
    assert (context.cancelled, context.is_told, context.reason) == (True, True, Code.CANCELLED)


@pytest.mark.parametrize(
    ("now", "reason"), [(4.9, Code.CANCELLED), (4.995, Code.DEADLINE_EXCEEDED)]
)
def test_cancel_at_the_deadline_is_its_passing(now: float, reason: Code) -> None:
    context = made(deadline=5.0)
    context.surroundings = Connection(now)
    context.cancel(Code.CANCELLED)
    assert context.reason == reason


def test_first_reason_stays() -> None:
    context = made()
    context.cancel(Code.CANCELLED)
    context.cancel(Code.DEADLINE_EXCEEDED)
    assert context.reason == Code.CANCELLED


def test_wait_cancelled_returns_at_once_after_a_cancellation() -> None:
    context = made()
    context.cancel(Code.CANCELLED)
    assert context.wait_cancelled()


def test_wait_cancelled_returns_false_after_its_time() -> None:
    assert not made().wait_cancelled(0.001)


def test_wait_cancelled_ends_for_all_threads_that_wait() -> None:
    context, connection = made(), Connection()
    context.surroundings = connection
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(context.wait_cancelled(TIMEOUT_S)))
        for _ in range(3)
    ]
    for thread in threads:
        connection.asked.clear()
        thread.start()
        assert connection.asked.wait(TIMEOUT_S)
    context.cancel(Code.CANCELLED)
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert found == [True] * 3
