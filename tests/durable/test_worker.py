"""What a worker makes of calls that are odd, long, or over already."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import nats
import pytest

import rpcgen
from rpcgen import Code, RpcError, ServerError
from rpcgen.durable.jetstream import JetStream
from rpcgen.durable.names import CallName
from rpcgen.durable.worker import Work
from rpcgen.errors import DialError
from rpcgen.protocol.message import encode_call
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .queues import Api, durable_method


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"in_flight": 0}, ValueError),
        ({"attempts": -1}, ValueError),
        ({"ack_wait": "1"}, TypeError),
        ({"broker": "tcp://127.0.0.1:1"}, DialError),
    ],
)
def test_work_that_cannot_be_is_refused(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Work(**{"broker": "nats://127.0.0.1:4222", **options})


def publish(broker: Broker, name: CallName, subject: str, data: bytes) -> None:
    async def main() -> None:
        client = await nats.connect(broker.url)
        jetstream = JetStream(client)
        await jetstream.prepare(name, None)
        await jetstream.publish_once(subject, data, {})
        await client.close()

    asyncio.run(main())


@needs_broker
@pytest.mark.parametrize("data", [b"", b"hello", b"\xff" * 100])
def test_bytes_that_are_no_call_end_with_an_error(running: Broker, api: Api, data: bytes) -> None:
    method = durable_method()
    name = CallName(method.name)
    publish(running, name, name.call_subject("k"), data)
    with api.serve(running.url, method, lambda number: number), api.dial(running.url) as client:
        with pytest.raises(ServerError) as caught:
            client.ticket(method, "k").result()
    assert caught.value.code == Code.INVALID_ARGUMENT


@needs_broker
def test_call_of_another_method_is_refused(running: Broker, api: Api) -> None:
    method, other = durable_method(), durable_method()
    name = CallName(method.name)
    publish(running, name, name.call_subject("k"), encode_call(other, 1))
    with api.serve(running.url, method, lambda number: number), api.dial(running.url) as client:
        with pytest.raises(ServerError, match=f"the message calls {other.name}"):
            client.ticket(method, "k").result()


@needs_broker
def test_call_that_has_a_reply_is_not_carried_out(running: Broker, api: Api) -> None:
    method, calls = durable_method(), list[int]()
    name = CallName(method.name)

    def work(number: int) -> int:
        calls.append(number)
        return number

    # As from somebody who did not look for the reply, when the broker had forgotten the call.
    publish(running, name, name.call_subject("k"), encode_call(method, 2))
    publish(running, name, name.reply_subject("k"), b"kept")
    with api.dial(running.url) as client:
        with api.serve(running.url, method, work):
            client.submit(method, 3).result()
    assert calls == [3]


@needs_broker
def test_call_that_takes_long_is_given_to_nobody_else(running: Broker, api: Api) -> None:
    method, calls = durable_method(), list[int]()

    def work(number: int) -> int:
        calls.append(number)
        threading.Event().wait(1.2)  # three times what a worker may be silent
        return number

    with api.dial(running.url) as client, api.serve(running.url, method, work, ack_wait=0.4):
        assert client.submit(method, 1).result() == 1
    assert calls == [1]


@needs_broker
def test_service_that_is_registered_later_is_worked_for(running: Broker) -> None:
    first, second = durable_method(), durable_method()
    server = rpcgen.Server()
    server.work(running.url)
    with server, rpcgen.dial(running.url) as client:
        for method in (first, second):
            service = method.name.partition(".")[0]
            server.register_name(service, [method.handler(lambda number: number)])
            assert client.submit(method, 5).result(TIMEOUT_S) == 5


@needs_broker
def test_methods_that_are_not_durable_are_left_alone(running: Broker) -> None:
    method = rpcgen.Method[int, int]("Plain.Get")
    server = rpcgen.Server()
    server.register_name("Plain", [method.handler(lambda number: number)])
    server.work(running.url)
    assert server._durable_methods() == []
    with rpcgen.dial(running.url) as client, pytest.raises(RpcError, match="not durable"):
        client.submit(method, 1)
