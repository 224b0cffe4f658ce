from __future__ import annotations

from rpcgen.code import Code
from rpcgen.protocol import Invocation, Registry, Request
from rpcgen.protocol.calls_in_flight import CallsInFlight, refusal_of_call

from .messages import DOUBLE


def invocation() -> Invocation:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(abs)])
    return Invocation(Request("Math.Double", 1), registry.find("Math.Double"), 4)


def test_calls_are_full_at_their_limit() -> None:
    calls = CallsInFlight[str](2)
    calls.enter(invocation())
    assert not calls.is_full
    calls.enter(invocation())
    assert calls.is_full


def test_call_that_leaves_makes_room() -> None:
    calls, call = CallsInFlight[str](1), invocation()
    calls.enter(call)
    calls.leave(call)
    assert not calls.is_full


def test_nothing_is_counted_without_a_limit() -> None:
    calls = CallsInFlight[str](None)
    calls.enter(invocation())
    assert (bool(calls), calls.is_full) == (False, False)


def test_call_that_leaves_wakes_who_waits_once() -> None:
    calls, call = CallsInFlight[str](1), invocation()
    calls.enter(call)
    calls.waiting.add("a connection")
    assert (calls.leave(call), calls.leave(call)) == ({"a connection"}, set())


def test_refusal_names_the_limit() -> None:
    refusal = refusal_of_call(invocation(), 3, "max_calls")
    assert refusal.code == Code.RESOURCE_EXHAUSTED
    assert refusal.error == "too many calls are under way: the limit is 3 (max_calls)"
