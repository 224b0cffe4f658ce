"""Deadlines, cancellation, metadata and typed errors, over every link."""

from __future__ import annotations

import queue
from typing import Any

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import CallCancelledError, Code, DeadlineExceededError, ServerError
from tests.support.apis import ApiClient
from tests.support.errors import error_of
from tests.support.services import WAIT
from tests.support.timeouts import TIMEOUT_S

from .life import BEGUN, DESCRIBE, ENDED, FAIL, LINGER, LOSE, TRAILER, LostError, Patience
from .links import Link

# Seconds: a deadline that passes soon, and one that does not.
SOON = 0.05
LATE = TIMEOUT_S


def test_deadline_ends_a_call(client: ApiClient, gate: str) -> None:
    error = error_of(lambda: client.call(WAIT, gate, timeout=SOON))
    assert (type(error), error.code) == (DeadlineExceededError, Code.DEADLINE_EXCEEDED)


def test_deadline_ends_a_call_that_nobody_waits_for(client: ApiClient, gate: str) -> None:
    done: queue.Queue[Any] = queue.Queue()
    client.go(WAIT, gate, done, timeout=SOON)
    assert isinstance(done.get(timeout=TIMEOUT_S).error, DeadlineExceededError)


def test_deadline_leaves_nothing_pending(client: ApiClient, gate: str) -> None:
    error_of(lambda: client.call(WAIT, gate, timeout=SOON))
    assert client.pending() == 0


def test_calls_go_on_after_a_deadline(client: ApiClient, gate: str) -> None:
    error_of(lambda: client.call(WAIT, gate, timeout=SOON))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_deadline_that_has_passed_sends_nothing(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8), timeout=0))
    assert (type(error), error.started) == (DeadlineExceededError, False)


def test_deadline_is_told_to_the_handler(client: ApiClient) -> None:
    assert 0 < client.call(DESCRIBE, "", timeout=LATE).remaining <= LATE


def test_no_deadline_is_told_to_the_handler(client: ApiClient) -> None:
    assert client.call(DESCRIBE, "").remaining == -1.0


def test_deadline_of_the_client(link: Link, address: str) -> None:
    with link.dial(address, call_timeout=LATE) as client:
        assert 0 < client.call(DESCRIBE, "").remaining <= LATE


def test_deadline_tells_the_handler(client: ApiClient, gate: str) -> None:
    for timeout in (SOON, 20 * SOON, 200 * SOON):
        client.go(LINGER, gate, timeout=timeout)
        if client.call(ENDED, Patience(gate, timeout * 2)):
            return  # else it was late before the handler had begun
    raise AssertionError("not told")


def test_calls_with_deadlines_get_their_own_replies(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, 2), timeout=LATE) for n in range(100)]
    assert [call.result() for call in calls] == [2 * n for n in range(100)]


def test_cancel_ends_a_call(client: ApiClient, gate: str) -> None:
    call = client.go(WAIT, gate)
    cancelled = call.cancel()
    error = error_of(call.result)
    assert (cancelled, type(error), error.code) == (True, CallCancelledError, Code.CANCELLED)


def test_cancel_tells_the_handler(client: ApiClient, gate: str) -> None:
    call = client.go(LINGER, gate)
    client.call(BEGUN, gate)
    call.cancel()
    assert client.call(ENDED, Patience(gate))


def test_cancel_of_one_call_leaves_the_others(client: ApiClient, gate: str) -> None:
    calls = [client.go(LINGER, f"{gate} {n}") for n in range(5)]
    client.call(BEGUN, f"{gate} 2")
    calls[2].cancel()
    client.call(ENDED, Patience(f"{gate} 2"))
    pending = client.pending()
    for call in calls:
        call.cancel()
    assert pending == 4


def test_cancel_of_a_call_that_is_over(client: ApiClient) -> None:
    call = client.go(ARITH_MULTIPLY, Args(7, 8))
    call.result()
    assert (call.cancel(), call.result()) == (False, 56)


def test_cancel_twice(client: ApiClient, gate: str) -> None:
    call = client.go(WAIT, gate)
    assert (call.cancel(), call.cancel()) == (True, False)


def test_cancel_tells_the_queue_once(client: ApiClient, gate: str) -> None:
    done: queue.Queue[Any] = queue.Queue()
    call = client.go(WAIT, gate, done)
    call.cancel()
    told = done.get(timeout=TIMEOUT_S)
    client.call(ARITH_MULTIPLY, Args(7, 8))
    assert (isinstance(told.error, CallCancelledError), done.qsize()) == (True, 0)


def test_metadata_arrives(client: ApiClient) -> None:
    sent = {"tenant": "a", "name": "Zoë"}
    assert client.call(DESCRIBE, "", metadata=sent).metadata == sent


def test_metadata_of_one_call_is_not_that_of_the_next(client: ApiClient) -> None:
    client.call(DESCRIBE, "", metadata={"tenant": "a"})
    assert client.call(DESCRIBE, "").metadata == {}


def test_metadata_of_the_client(link: Link, address: str) -> None:
    with link.dial(address, metadata={"tenant": "a", "user": "b"}) as client:
        known = client.call(DESCRIBE, "", metadata={"user": "c"})
    assert known.metadata == {"tenant": "a", "user": "c"}


def test_metadata_comes_back(client: ApiClient) -> None:
    call = client.go(TRAILER, "hello")
    assert (call.result(), call.metadata) == ("hello", {"text": "hello"})


def test_no_metadata_comes_back(client: ApiClient) -> None:
    call = client.go(ARITH_MULTIPLY, Args(7, 8))
    assert (call.result(), call.metadata) == (56, {})


def test_error_has_a_code_and_metadata(client: ApiClient) -> None:
    error = error_of(lambda: client.call(FAIL, "no"))
    assert isinstance(error, ServerError)
    assert (type(error), str(error), error.code, error.metadata) == (
        ServerError,
        "no",
        Code.FAILED_PRECONDITION,
        {"why": "no"},
    )


def test_metadata_of_an_error_is_that_of_its_call(client: ApiClient) -> None:
    call = client.go(FAIL, "no")
    error_of(call.result)
    assert call.metadata == {"why": "no"}


def test_declared_exception_arrives_as_it_was_raised(client: ApiClient) -> None:
    error = error_of(lambda: client.call(LOSE, "umbrella"))
    assert isinstance(error, LostError)
    assert (error.name, error.code) == ("umbrella", Code.NOT_FOUND)
