"""Calls by a broker, ``via="nats"``, where something is wrong: true errors, and none for others."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import cast

import pytest

import rpcgen
from rpcgen import Code, Method, Registry, RpcError, ServerError, aio
from tests.support.apis import Api, ServerOptions
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .via_nats import RETRY, SEEN, announced, dial, error_of, serving

pytestmark = needs_broker

OTHER = Method[int, str]("Seen.Other")


class Gate:
    """Handlers that wait, of however many servers."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.calls: Counter[int] = Counter()
        self._gate = threading.Event()

    def register(self, server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(self._wait), OTHER.handler(str)])

    def _wait(self, number: int) -> str:
        self.calls[number] += 1
        self.begun.release()
        self._gate.wait(TIMEOUT_S)
        return str(number)

    def wait_begun(self) -> None:
        assert self.begun.acquire(timeout=TIMEOUT_S)

    def open(self) -> None:
        self._gate.set()


@pytest.fixture
def gate() -> Gate:
    return Gate()


def giving(handler: Callable[[int], str]) -> Callable[[Registry], None]:
    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(handler)])

    return register


# --- what is larger than the broker takes --------------------------------------------------------


def test_text_of_an_error_above_max_payload_is_cut(api: Api, running: Broker, gate: Gate) -> None:
    def fail(number: int) -> str:
        raise ServerError("é" * number, code=Code.NOT_FOUND)

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(gate._wait), OTHER.handler(fail)])

    with serving(api, running.url, register), dial(api, running.url) as client:
        call = client.go(SEEN, 1)
        gate.wait_begun()
        error = error_of(client, OTHER, 1 << 20)
        assert isinstance(error, ServerError)
        assert error.code == Code.NOT_FOUND
        assert str(error).startswith("éééé")
        assert str(error).endswith("é... (cut to the broker's max_payload)")
        gate.open()
        assert call.result() == "1"


@pytest.mark.parametrize(("most", "fits"), [(4096, False), (1 << 21, True)])
def test_reply_is_measured_by_the_broker_that_is_there(
    api: Api, own: Broker, tmp_path: Path, most: int, fits: bool
) -> None:
    size = (1 << 19) if most < (1 << 19) else (1 << 20) + 1000
    with serving(api, own.url, giving(lambda number: "x" * number)):
        own.stop()
        (tmp_path / "config").write_text(f"max_payload: {most}\n")
        own.start("-c", str(tmp_path / "config"))
        with dial(api, own.url, retry=RETRY) as client:
            assert client.call(SEEN, 3) == "xxx"
            if fits:
                assert len(client.call(SEEN, size)) == size
            else:
                error = error_of(client, SEEN, size)
                assert isinstance(error, ServerError)
                assert f"the broker takes {most} at most (max_payload" in str(error)


# --- servers that have enough to do --------------------------------------------------------------


def test_call_that_all_servers_refuse_is_an_error(api: Api, running: Broker, gate: Gate) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            options = cast("ServerOptions", {"max_calls": 1})
            announce = announced(running.url)
            stack.enter_context(api.serving("127.0.0.1:0", announce, gate.register, server=options))
        client = stack.enter_context(dial(api, running.url, retry=RETRY))
        calls = [client.go(SEEN, number) for number in range(2)]
        for _ in calls:
            gate.wait_begun()
        with dial(api, running.url) as other:
            error = error_of(other, SEEN, 2)
        assert (error.code, error.started) == (Code.RESOURCE_EXHAUSTED, False)
        assert "the limit is 1" in str(error)
        gate.open()
        assert [call.result() for call in calls] == ["0", "1"]
    assert gate.calls == {0: 1, 1: 1}


def test_call_is_refused_where_direct_ones_are_under_way(
    api: Api, running: Broker, gate: Gate
) -> None:
    with serving(api, running.url, gate.register, max_calls=1) as server:
        with api.dial(server.address) as direct, dial(api, running.url) as client:
            call = direct.go(SEEN, 1)
            gate.wait_begun()
            error = error_of(client, OTHER, 2)
            gate.open()
            assert call.result() == "1"
    assert (error.code, error.started) == (Code.RESOURCE_EXHAUSTED, False)


# --- limits in time ------------------------------------------------------------------------------


def test_connection_to_a_broker_is_not_ended_for_its_age(running: Broker) -> None:
    server = rpcgen.Server(idle_timeout=0.2, max_connection_age=0.2)
    giving(str)(server)
    server.announce(running.url, version="1.0.0", via="nats")
    with server, rpcgen.dial(running.url, via="nats", retry=RETRY) as client:
        assert client.call(SEEN, 1, timeout=TIMEOUT_S) == "1"
        (before,) = server._of_brokers
        before.check(monotonic() + 1e6)
        before.check(monotonic() + 2e6)
        with rpcgen.dial(running.url, via="nats", retry=None) as other:
            assert other.call(SEEN, 2, timeout=TIMEOUT_S) == "2"
        assert set(server._of_brokers) == {before}


def test_connection_of_tasks_to_a_broker_is_not_ended_for_its_age(running: Broker) -> None:
    async def main() -> None:
        server = aio.Server(idle_timeout=0.2, max_connection_age=0.2)
        giving(str)(server)
        server.announce(running.url, version="1.0.0", via="nats")
        async with server, aio.dial(running.url, via="nats", retry=RETRY) as client:
            assert await client.call(SEEN, 1, timeout=TIMEOUT_S) == "1"
            (before,) = server._of_brokers
            before.check_time(monotonic() + 1e6)
            before.check_time(monotonic() + 2e6)
            async with aio.dial(running.url, via="nats", retry=None) as other:
                assert await other.call(SEEN, 2, timeout=TIMEOUT_S) == "2"
            assert set(server._of_brokers) == {before}

    asyncio.run(main())


# --- the end -------------------------------------------------------------------------------------


def test_call_of_a_server_that_ends_while_its_broker_was_away_is_refused(
    api: Api, own: Broker, gate: Gate
) -> None:
    with serving(api, own.url, gate.register) as server, dial(api, own.url) as client:
        call = client.go(SEEN, 1)
        gate.wait_begun()
        own.stop()
        with pytest.raises(RpcError):
            call.result()
        going_down = threading.Thread(target=server.shutdown)
        going_down.start()
        own.start()
        error = error_of(client, OTHER, 2)
        deadline = monotonic() + TIMEOUT_S
        while "begins no more calls" not in str(error):  # the server is not back yet
            assert error.code == Code.UNAVAILABLE
            assert monotonic() < deadline
            error = error_of(client, OTHER, 2)
        assert (error.code, error.started) == (Code.UNAVAILABLE, False)
        gate.open()
        going_down.join(TIMEOUT_S)
        assert not going_down.is_alive()
