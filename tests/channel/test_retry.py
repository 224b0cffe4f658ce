"""`Retry`: which calls are made again, when, and how many of them."""

from __future__ import annotations

from random import Random
from typing import TypeVar

import pytest

from rpcgen import Code, Method, Retry
from rpcgen.channel.retry import BURST, MOST_UNWRITTEN, Budget, Retries, may_pass
from rpcgen.errors import (
    DeadlineExceededError,
    DialError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.protocol.call_errors import unstarted

READ = Method[int, int]("Service.Read", idempotent=True)
WRITE = Method[int, int]("Service.Write")

E = TypeVar("E", bound=RpcError)


class Highest(Random):
    """Chance that gives the highest number that it may."""

    def uniform(self, a: float, b: float) -> float:
        return b


def retries(retry: Retry | None = None, budget: Budget | None = None) -> Retries:
    return Retries(retry or Retry(), budget or Budget(0.1), Highest())


def delay(method: Method[int, int], error: RpcError, deadline: float | None = None) -> float | None:
    return retries().delay(method, error, deadline, 1000.0)


REFUSED = ServerError("too many calls", code=Code.RESOURCE_EXHAUSTED, started=False)
NOT_BEGUN = [DialError("no server"), unstarted(ShutdownError("draining")), REFUSED]


@pytest.mark.parametrize("error", NOT_BEGUN, ids=repr)
@pytest.mark.parametrize("method", [READ, WRITE], ids=str)
def test_call_that_was_not_begun_is_made_again(error: RpcError, method: Method[int, int]) -> None:
    assert delay(method, error) is not None


UNKNOWN = [
    DisconnectedError(),
    ServerError("shutting down", code=Code.UNAVAILABLE),
    ServerError("busy", code=Code.RESOURCE_EXHAUSTED),
]


@pytest.mark.parametrize("error", UNKNOWN, ids=repr)
def test_call_that_may_have_begun_is_made_again_if_idempotent(error: RpcError) -> None:
    assert delay(READ, error) is not None


@pytest.mark.parametrize("error", UNKNOWN, ids=repr)
def test_call_that_may_have_begun_is_not_made_again_else(error: RpcError) -> None:
    assert delay(WRITE, error) is None


LASTING = [
    ServerError("no such key", code=Code.NOT_FOUND),
    ServerError("who are you", code=Code.UNAUTHENTICATED, started=False),
    unstarted(DeadlineExceededError("late")),
    EncodeError("no number"),
    RpcError("Limits.queued"),
]


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_call_is_not_made_again_after_an_error_that_lasts(error: RpcError) -> None:
    assert delay(READ, error) is None


def test_delays_grow() -> None:
    more = retries(Retry(attempts=4, backoff=0.5))
    assert [more.delay(READ, DisconnectedError(), None, 0.0) for _ in range(3)] == [0.5, 1.0, 2.0]


def test_call_that_a_server_has_handed_back_goes_to_another_at_once() -> None:
    assert delay(WRITE, unstarted(ShutdownError("draining"))) == 0.0


def test_call_without_a_connection_waits_before_it_is_made_again() -> None:
    assert delay(WRITE, DialError("no server")) == Retry().backoff


def test_call_that_a_server_has_handed_back_has_as_many_attempts_as_before() -> None:
    more = retries(Retry(attempts=2))
    handed_back = unstarted(ShutdownError("draining"))
    assert [more.delay(WRITE, handed_back, None, 0.0) for _ in range(3)] == [0.0] * 3
    assert more.delay(READ, DisconnectedError(), None, 0.0) is not None


def test_call_that_is_handed_back_for_ever_is_given_up() -> None:
    more = retries(Retry(attempts=2))
    handed_back = unstarted(ShutdownError("draining"))
    delays = [more.delay(WRITE, handed_back, None, 0.0) for _ in range(MOST_UNWRITTEN + 2)]
    assert delays.index(None) == MOST_UNWRITTEN + 1


def test_call_that_is_handed_back_is_not_made_again_where_one_attempt_is_all() -> None:
    handed_back = unstarted(ShutdownError("draining"))
    assert retries(Retry(attempts=1)).delay(WRITE, handed_back, None, 0.0) is None


def test_attempts_are_counted_with_the_first() -> None:
    more = retries(Retry(attempts=3))
    delays = [more.delay(READ, DisconnectedError(), None, 0.0) for _ in range(3)]
    assert [each is None for each in delays] == [False, False, True]


def test_one_attempt_is_no_retry() -> None:
    assert retries(Retry(attempts=1)).delay(READ, DisconnectedError(), None, 0.0) is None


def test_nothing_is_made_again_without_retry() -> None:
    none = Retries(None, Budget(0.0), Random())
    assert none.delay(READ, DialError("no server"), None, 0.0) is None


def test_call_is_not_made_again_after_its_deadline() -> None:
    assert delay(READ, DisconnectedError(), deadline=1000.05) is None
    assert delay(READ, DisconnectedError(), deadline=1000.06) is not None


def test_budget_bounds_the_retries_of_an_outage() -> None:
    budget, made = Budget(0.1), 0
    for _ in range(1000):
        made += retries(budget=budget).delay(READ, DisconnectedError(), None, 0.0) is not None
    assert made == BURST


def test_calls_that_succeed_earn_retries() -> None:
    budget = Budget(0.5)
    while budget.spend():
        pass
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()


def test_budget_is_short_until_all_that_was_spent_is_earned() -> None:
    budget = Budget(0.5)
    before = budget.is_short
    budget.spend()
    budget.earn()
    between = budget.is_short
    budget.earn()
    assert [before, between, budget.is_short] == [False, True, False]


def test_budget_is_never_more_than_at_the_beginning() -> None:
    budget = Budget(1.0)
    for _ in range(100):
        budget.earn()
    assert budget.tokens == BURST


@pytest.mark.parametrize("error", [DialError("no server"), unstarted(ShutdownError("draining"))])
def test_attempt_that_no_server_has_seen_costs_nothing(error: RpcError) -> None:
    budget = Budget(0.0)
    retries(budget=budget).delay(WRITE, error, None, 0.0)
    assert budget.tokens == BURST


def test_refusal_costs_a_retry() -> None:
    budget = Budget(0.0)
    retries(budget=budget).delay(WRITE, REFUSED, None, 0.0)
    assert budget.tokens == BURST - 1


def test_connection_that_was_found_closed_is_no_attempt() -> None:
    assert retries(Retry(attempts=1)).take_unwritten()


def test_connections_that_are_found_closed_for_ever_are_an_attempt() -> None:
    more = retries()
    assert [more.take_unwritten() for _ in range(MOST_UNWRITTEN + 1)][-1] is False


def test_error_at_last_says_that_an_attempt_before_may_have_been_begun() -> None:
    more = retries()
    more.delay(READ, DisconnectedError(), None, 0.0)
    assert more.last(DialError("no server")).started is None


def test_error_at_last_says_that_no_attempt_was_begun() -> None:
    more = retries()
    more.delay(READ, DialError("no server"), None, 0.0)
    assert more.last(DialError("no server")).started is False


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"attempts": 0}, ValueError),
        ({"attempts": 1.5}, TypeError),
        ({"attempts": True}, TypeError),
        ({"backoff": 0}, ValueError),
        ({"backoff": None}, ValueError),
        ({"backoff": "1"}, TypeError),
        ({"budget": -0.1}, ValueError),
        ({"budget": 2}, ValueError),
        ({"budget": None}, TypeError),
    ],
    ids=str,
)
def test_retry_refuses_what_it_cannot_be(options: dict[str, float], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        Retry(**options)  # type: ignore[arg-type]


def test_retry_makes_three_attempts_by_default() -> None:
    assert Retry() == Retry(attempts=3, backoff=0.05, budget=0.1)


@pytest.mark.parametrize(
    "code", [Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED, Code.DEADLINE_EXCEEDED], ids=str
)
def test_error_of_a_server_may_pass(code: Code) -> None:
    assert may_pass(ServerError("", code=code))


def test_error_of_the_call_does_not_pass() -> None:
    assert not may_pass(ServerError("", code=Code.NOT_FOUND))
