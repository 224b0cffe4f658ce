"""What becomes of a call that cannot be left to the queue."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from attrs import evolve

import rpcgen
from rpcgen import Code, Method, RpcError
from rpcgen.durable.call_queue import Submission
from rpcgen.errors import CallTimeoutError, EncodeError
from rpcgen.protocol.call_options import CallSettings
from rpcgen.testing import FakeClock
from tests.support.broker import Broker, broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .queues import Api, durable_method

CHARGE = Method[int, int]("Bank.Charge", timeout=1.0, durable=True)


@pytest.fixture
def plain() -> Iterator[Broker]:
    """A broker that keeps nothing."""
    with broker() as made:
        made.start()
        yield made


def test_submission_gets_a_key_if_it_has_none() -> None:
    first, second = (Submission.of(CHARGE, 1, CallSettings()) for _ in range(2))
    assert len({first.key, second.key, ""}) == 3


def test_submission_tells_arguments_apart() -> None:
    first, same, other = (Submission.of(CHARGE, each, CallSettings(key="k")) for each in (1, 1, 2))
    assert first.arguments == same.arguments != other.arguments


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (CallSettings(), 10.0),
        (CallSettings(wait_for_ready=True), math.inf),
        (CallSettings(3.0), 3.0),
        (CallSettings(3.0, wait_for_ready=True), 3.0),
    ],
)
def test_submission_ends_in_time(settings: CallSettings, expected: float) -> None:
    with FakeClock() as clock:
        now = clock.monotonic()
        if settings.deadline is not None:
            settings = evolve(settings, deadline=now + settings.deadline)
        assert Submission.of(CHARGE, 1, settings).deadline == now + expected


@pytest.mark.parametrize("key", ["x" * 257, "\ud800"])
def test_submission_with_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key="):
        Submission.of(CHARGE, 1, CallSettings(key=key))


@needs_broker
def test_broker_without_jetstream_is_named(plain: Broker, api: Api) -> None:
    with api.dial(plain.url) as client:
        with pytest.raises(RpcError, match="start the broker with JetStream") as caught:
            client.submit(CHARGE, 1, key="k", timeout=2.0)
    assert caught.value.code == Code.UNAVAILABLE


@needs_broker
def test_call_is_not_left_to_a_broker_that_is_away(own: Broker, api: Api) -> None:
    own.stop()
    with api.dial(own.url) as client:
        with pytest.raises(RpcError, match=own.url) as caught:
            client.submit(CHARGE, 1, timeout=0.3)
    assert (caught.value.code, caught.value.started) == (Code.UNAVAILABLE, False)


@needs_broker
def test_call_waits_for_a_broker_if_it_is_told_to(own: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(own.url) as client, api.serve(own.url, method, lambda number: number):
        own.stop()
        own.start()
        ticket = client.submit(method, 3, wait_for_ready=True, timeout=TIMEOUT_S)
        assert ticket.result() == 3


@needs_broker
def test_result_is_waited_for_while_the_broker_is_away(own: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(own.url) as client:
        ticket = client.submit(method, 3)
        own.stop()
        with pytest.raises(CallTimeoutError):
            ticket.result(timeout=0.3)
        own.start()
        with api.serve(own.url, method, lambda number: number):
            assert ticket.result() == 3


@needs_broker
def test_large_call_is_an_error_that_names_the_limit(running: Broker, api: Api) -> None:
    method = Method[bytes, int]("Large.Put", durable=True)
    with api.dial(running.url) as client:
        with pytest.raises(EncodeError, match="larger than the 1048576 bytes"):
            client.submit(method, bytes(1 << 20))


@needs_broker
def test_full_queue_takes_no_more_calls(running: Broker) -> None:
    method = durable_method()
    server = rpcgen.Server()
    server.register_name(method.name.partition(".")[0], [method.handler(lambda number: number)])
    server.work(running.url, queue=rpcgen.WorkQueue(max_bytes=2000))
    with rpcgen.dial(running.url) as client:
        with server:
            client.submit(method, 1).result(TIMEOUT_S)
        with pytest.raises(RpcError, match="maximum bytes exceeded"):
            fill(client, method)


def fill(client: rpcgen.Client, method: Method[int, int]) -> None:
    for _ in range(20):
        client.submit(method, 1, timeout=0.5)


@needs_broker
def test_call_that_waited_too_long_is_known_no_more(running: Broker) -> None:
    method = durable_method()
    server = rpcgen.Server()
    server.register_name(method.name.partition(".")[0], [method.handler(lambda number: number)])
    server.work(running.url, queue=rpcgen.WorkQueue(keep_calls=0.3))
    with rpcgen.dial(running.url) as client:
        with server:
            client.submit(method, 1).result(TIMEOUT_S)
        with pytest.raises(RpcError, match="nothing is known of a call") as caught:
            client.submit(method, 1).result(TIMEOUT_S)
    assert caught.value.code == Code.NOT_FOUND
