"""What is of threads in calls by a broker; the calls themselves are in tests/behaviour."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

import rpcgen
from rpcgen import Method, Retry
from tests.support.broker import Broker, broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker

NAME = Method[int, str]("Name.Get")
RETRY = Retry(attempts=60, backoff=0.1, budget=1.0)
THREADS = ("rpcgen-nats", "rpcgen-worker-nats")


@pytest.fixture
def server(running: Broker) -> Iterator[rpcgen.Server]:
    made = rpcgen.Server()
    made.register_name("Name", [NAME.handler(str)])
    made.announce(running.url, version="1.0.0", via="nats")
    with made:
        yield made


def own_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name in THREADS]


def test_server_without_a_listener_takes_calls(running: Broker, server: rpcgen.Server) -> None:
    with rpcgen.dial(running.url, via="nats", retry=RETRY) as client:
        assert client.call(NAME, 7, timeout=TIMEOUT_S) == "7"


def test_threads_share_a_client(running: Broker, server: rpcgen.Server) -> None:
    replies: list[str] = []
    with rpcgen.dial(running.url, via="nats", retry=RETRY) as client:

        def call(number: int) -> None:
            replies.extend(client.call(NAME, number, timeout=TIMEOUT_S) for _ in range(20))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT_S)
    assert sorted(replies) == sorted(str(number) for number in range(4) for _ in range(20))


def test_no_thread_is_left(running: Broker) -> None:
    with rpcgen.Server() as server:
        server.register_name("Name", [NAME.handler(str)])
        server.announce(running.url, version="1.0.0", via="nats")
        with rpcgen.dial(running.url, via="nats", retry=RETRY) as client:
            client.call(NAME, 7, timeout=TIMEOUT_S)
            assert own_threads()
    deadline = monotonic() + TIMEOUT_S
    while own_threads():
        assert monotonic() < deadline


def test_no_thread_is_left_where_there_is_no_broker() -> None:
    with broker() as none, rpcgen.dial(none.url, via="nats") as client:
        with pytest.raises(rpcgen.DialError):
            client.call(NAME, 7, timeout=TIMEOUT_S)
    deadline = monotonic() + TIMEOUT_S
    while own_threads():
        assert monotonic() < deadline


def test_child_process_has_a_connection_of_its_own(running: Broker, server: rpcgen.Server) -> None:
    with rpcgen.dial(running.url, via="nats", retry=RETRY) as client:
        client.call(NAME, 1, timeout=TIMEOUT_S)
        child = os.fork()
        if child == 0:
            os._exit(0 if client.call(NAME, 2, timeout=TIMEOUT_S) == "2" else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert client.call(NAME, 3, timeout=TIMEOUT_S) == "3"


def test_child_process_that_lives_on_keeps_no_client_open(
    running: Broker, server: rpcgen.Server
) -> None:
    read, write = os.pipe()
    client = rpcgen.dial(running.url, via="nats", retry=RETRY)
    client.call(NAME, 1, timeout=TIMEOUT_S)
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent has ended
        os._exit(0)
    client.close()
    assert client.closed
    os.close(write)
    os.close(read)
    os.waitpid(child, 0)
