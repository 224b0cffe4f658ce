"""Durable calls through a real broker, in both APIs: one result for each key, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from attrs import define

import rpcgen
from rpcgen import Code, Method, RpcError, ServerError
from rpcgen.errors import CallTimeoutError, ShutdownError
from rpcgen.types import RemoteError
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .queues import APIS, Api, durable_method

pytestmark = needs_broker


@define
class DeclinedError(RemoteError):
    code = Code.FAILED_PRECONDITION
    reason: str


class Counting:
    """Doubles numbers, and counts how often."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, number: int) -> int:
        self.calls.append(number)
        return 2 * number


def test_call_is_carried_out_once_there_is_a_worker(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        ticket = client.submit(method, 21, key="order-17")
        with api.serve(running.url, method, Counting()):
            assert (ticket.key, ticket.result()) == ("order-17", 42)


def test_result_is_had_as_often_as_it_is_asked_for(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client, api.serve(running.url, method, Counting()):
        ticket = client.submit(method, 1)
        assert [ticket.result(), ticket.result()] == [2, 2]


def test_ticket_is_made_again_from_its_key(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.serve(running.url, method, Counting()):
        with api.dial(running.url) as client:
            client.submit(method, 4, key="order 17/ä")
        with api.dial(f"{running.url}/Bank") as other:
            assert other.ticket(method, "order 17/ä").result() == 8


def test_call_without_a_key_gets_one_of_its_own(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        assert len({client.submit(method, 1).key for _ in range(3)}) == 3


def test_repeated_key_is_answered_with_the_reply_that_is_kept(running: Broker, api: Api) -> None:
    method, counting = durable_method(), Counting()
    with api.dial(running.url) as client, api.serve(running.url, method, counting):
        results = [client.submit(method, 5, key="k").result() for _ in range(3)]
    assert (results, counting.calls) == ([10, 10, 10], [5])


def test_repeated_key_makes_no_second_call_while_the_first_waits(running: Broker, api: Api) -> None:
    method, counting = durable_method(), Counting()
    with api.dial(running.url) as client:
        tickets = [client.submit(method, 5, key="k") for _ in range(3)]
        with api.serve(running.url, method, counting):
            results = [ticket.result() for ticket in tickets]
    assert (results, counting.calls) == ([10, 10, 10], [5])


@pytest.mark.parametrize("is_over", [True, False])
def test_key_of_other_arguments_is_refused(running: Broker, api: Api, is_over: bool) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        ticket = client.submit(method, 5, key="k")
        if is_over:
            with api.serve(running.url, method, Counting()):
                ticket.result()
        with pytest.raises(ServerError, match="other arguments") as caught:
            client.submit(method, 6, key="k")
    assert (caught.value.code, caught.value.started) == (Code.INVALID_ARGUMENT, False)


def test_key_counts_for_its_method_alone(running: Broker, api: Api) -> None:
    first, second = durable_method(), durable_method()
    with api.dial(running.url) as client:
        client.submit(first, 1, key="k")
        client.submit(second, 2, key="k")


def test_declared_exception_arrives_as_its_class(running: Broker, api: Api) -> None:
    method = durable_method(raises=[DeclinedError])
    with (
        api.dial(running.url) as client,
        api.serve(running.url, method, raising(DeclinedError("no"))),
    ):
        with pytest.raises(DeclinedError, match="no") as caught:
            client.submit(method, 1).result()
    assert (caught.value.reason, caught.value.code) == ("no", Code.FAILED_PRECONDITION)


def raising(error: Exception) -> Callable[[int], int]:
    def fail(_: int) -> int:
        raise error

    return fail


def test_error_of_a_handler_is_the_result(running: Broker, api: Api) -> None:
    method, error = durable_method(), ServerError("no such order", code=Code.NOT_FOUND)
    with api.dial(running.url) as client, api.serve(running.url, method, raising(error)):
        ticket = client.submit(method, 1)
        for _ in range(2):
            with pytest.raises(ServerError, match="no such order") as caught:
                ticket.result()
            assert caught.value.code == Code.NOT_FOUND


def test_result_is_waited_for_no_longer_than_it_is_told(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        ticket = client.submit(method, 1, key="k")
        with pytest.raises(CallTimeoutError, match="no reply yet for key 'k'"):
            ticket.result(timeout=0.05)
        with api.serve(running.url, method, Counting()):
            assert ticket.result() == 2


def test_reply_that_is_there_is_had_without_waiting(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client, api.serve(running.url, method, Counting()):
        ticket = client.submit(method, 1)
        ticket.result()
        assert ticket.result(timeout=0) == 2


def test_ticket_says_whether_it_is_done(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        ticket = client.submit(method, 1)
        before = ticket.done()
        with api.serve(running.url, method, Counting()):
            ticket.result()
        assert (before, ticket.done()) == (False, True)


def test_ticket_of_a_call_that_was_never_made_says_so(running: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(running.url) as client:
        ticket = client.ticket(method, "never")
        for ask in (ticket.result, ticket.done):
            with pytest.raises(RpcError, match="nothing is known of a call") as caught:
                ask()
            assert caught.value.code == Code.NOT_FOUND


def test_handler_knows_key_metadata_and_broker(running: Broker, api: Api) -> None:
    method, seen = durable_method(), list[Any]()

    def look(number: int) -> int:
        context = rpcgen.context()
        seen.append((context.key, context.metadata, context.peer.address, context.deadline))
        return number

    with api.dial(running.url) as client, api.serve(running.url, method, look):
        client.submit(method, 1, key="k", metadata={"tenant": "a"}, timeout=TIMEOUT_S).result()
    assert seen == [("k", {"tenant": "a"}, running.url, None)]


def test_worker_has_no_more_calls_in_flight_than_it_may(running: Broker, api: Api) -> None:
    method, gate = durable_method(), threading.Semaphore(0)
    lock, busy, most = threading.Lock(), 0, 0

    def work(number: int) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        if most == 2:
            gate.release(12)
        assert gate.acquire(timeout=TIMEOUT_S)
        with lock:
            busy -= 1
        return number

    with api.dial(running.url) as client, api.serve(running.url, method, work, in_flight=2):
        tickets = [client.submit(method, number) for number in range(12)]
        assert [ticket.result() for ticket in tickets] == list(range(12))
    assert most == 2


def test_call_that_was_begun_ends_before_its_server_closes(running: Broker, api: Api) -> None:
    method, begun = durable_method(), threading.Event()

    def work(number: int) -> int:
        begun.set()
        threading.Event().wait(0.1)  # longer than it takes to close a server that does nothing
        return number

    with api.dial(running.url) as client:
        with api.serve(running.url, method, work):
            ticket = client.submit(method, 1)
            assert begun.wait(TIMEOUT_S)
        assert ticket.done()


def test_closing_the_client_ends_the_wait_and_not_the_call(running: Broker, api: Api) -> None:
    method, waiting = durable_method(), threading.Event()
    caught: list[BaseException] = []

    def wait(ticket: Any) -> None:
        waiting.set()
        try:
            ticket.result()
        except BaseException as error:
            caught.append(error)

    with api.dial(running.url) as client:
        ticket = client.submit(method, 3, key="k")
        thread = threading.Thread(target=wait, args=(ticket,))
        thread.start()
        assert waiting.wait(TIMEOUT_S)
        client.close()
        thread.join(TIMEOUT_S)
    with api.serve(running.url, method, Counting()), api.dial(running.url) as other:
        assert (type(caught[0]), other.ticket(method, "k").result()) == (ShutdownError, 6)


def test_large_reply_is_an_error_that_names_the_limit(running: Broker, api: Api) -> None:
    method = Method[int, bytes]("Large.Get", durable=True)
    with api.dial(running.url) as client, api.serve(running.url, method, bytes):
        ticket = client.submit(method, 1 << 20)
        with pytest.raises(ServerError, match="larger than the 1048576 bytes") as caught:
            ticket.result()
    assert caught.value.code == Code.RESOURCE_EXHAUSTED


def test_client_whose_calls_travel_by_the_broker_makes_durable_ones(
    running: Broker, api: Api
) -> None:
    method = durable_method()
    with api.dial(running.url, via="nats") as client, api.serve(running.url, method, Counting()):
        assert client.submit(method, 4).result() == 8


def test_apis_share_a_queue(running: Broker) -> None:
    method = durable_method()
    with APIS["asyncio"].dial(running.url) as client:
        with APIS["sync"].serve(running.url, method, Counting()):
            assert client.submit(method, 1).result() == 2


def test_key_is_a_new_one_once_its_reply_is_not_kept(running: Broker, api: Api) -> None:
    # Though the broker remembers for two minutes that it has had the call.
    method, counting = durable_method(), Counting()
    queue = rpcgen.WorkQueue(keep_replies=0.5)
    with api.dial(running.url) as client, api.serve(running.url, method, counting, queue=queue):
        ticket = client.submit(method, 5, key="k")
        assert ticket.result() == 10
        until_unknown(ticket)
        assert client.submit(method, 6, key="k").result() == 12
    assert counting.calls == [5, 6]


def until_unknown(ticket: Any) -> None:
    deadline, code = monotonic() + TIMEOUT_S, None
    while code is None:
        assert monotonic() < deadline
        try:
            ticket.done()
        except RpcError as error:
            code = error.code
        threading.Event().wait(0.05)
    assert code == Code.NOT_FOUND


@define
class Order:
    cents: int


@define
class LongerOrder:
    cents: int
    note: str = ""
    level: int = 0


def test_call_of_an_older_caller_is_carried_out_by_a_newer_worker(
    running: Broker, api: Api
) -> None:
    name = durable_method().name
    old = Method[Order, int](name, durable=True)
    new = Method[LongerOrder, int](name, durable=True)
    with api.dial(running.url) as client:
        client.submit(old, Order(7), key="k")
        with api.serve(running.url, new, lambda order: order.cents + order.level):
            assert client.ticket(old, "k").result() == 7
            # Left again by a caller that is newer, too, it is the same call.
            assert client.submit(new, LongerOrder(7), key="k").result() == 7
            with pytest.raises(ServerError, match="used for other arguments"):
                client.submit(new, LongerOrder(7, level=1), key="k")
