"""Calls that go well, over every link."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, Quotient
from tests.support.apis import ApiClient
from tests.support.services import ARRIVED, ECHO, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

MEBIBYTE = 1 << 20


def test_call_returns_the_reply(client: ApiClient) -> None:
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_call_returns_a_message(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(quo=2, rem=1)


def test_call_returns_zeros(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(0, 8)) == Quotient(quo=0, rem=0)


def test_calls_one_after_the_other(client: ApiClient) -> None:
    products = [client.call(ARITH_MULTIPLY, Args(n, -n)) for n in range(20)]
    assert products == [-n * n for n in range(20)]


def test_calls_in_flight_get_their_own_replies(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, n + 1)) for n in range(100)]
    assert [call.result() for call in calls] == [n * (n + 1) for n in range(100)]


def test_replies_out_of_order_find_their_calls(client: ApiClient, gate: str) -> None:
    first, second = client.go(WAIT, f"{gate} a"), client.go(WAIT, f"{gate} b")
    client.call(RELEASE, f"{gate} b")
    late = second.result()
    client.call(RELEASE, f"{gate} a")
    assert (first.result(), late) == (f"{gate} a", f"{gate} b")


def test_calls_of_one_connection_run_side_by_side(client: ApiClient, gate: str) -> None:
    calls = [client.go(WAIT, gate) for _ in range(20)]
    assert client.call(ARRIVED, Arrival(gate, 20)) == 20
    client.call(RELEASE, gate)
    assert [call.result() for call in calls] == [gate] * 20


def test_done_queue_receives_calls_as_they_end(client: ApiClient, gate: str) -> None:
    done: queue.Queue[Any] = queue.Queue()
    for name in "abc":
        client.go(WAIT, f"{gate} {name}", done)
    ended = []
    for name in "cab":
        client.call(RELEASE, f"{gate} {name}")
        ended.append(done.get(timeout=TIMEOUT_S).reply)
    assert ended == [f"{gate} c", f"{gate} a", f"{gate} b"]


def test_full_done_queue_holds_up_nobody(client: ApiClient) -> None:
    done: queue.Queue[Any] = queue.Queue(1)
    calls = [client.go(ARITH_MULTIPLY, Args(n, 1), done) for n in range(3)]
    assert [call.result() for call in calls] == [0, 1, 2]


def test_many_threads_share_a_client(client: ApiClient) -> None:
    def multiply(thread: int) -> list[int]:
        return [client.call(ARITH_MULTIPLY, Args(thread, n)) for n in range(5)]

    with ThreadPoolExecutor(8) as threads:
        products = list(threads.map(multiply, range(8)))
    assert products == [[thread * n for n in range(5)] for thread in range(8)]


def test_large_payload_goes_there_and_back(client: ApiClient) -> None:
    data = bytes(range(251)) * (MEBIBYTE // 251 + 1)
    assert client.call(ECHO, data) == data


def test_large_payloads_of_many_calls_at_once(client: ApiClient) -> None:
    payloads = [bytes([n]) * (MEBIBYTE // 4) for n in range(8)]
    calls = [client.go(ECHO, payload) for payload in payloads]
    assert [call.result() for call in calls] == payloads
