"""How connections end, over every link."""

from __future__ import annotations

import queue
from contextlib import ExitStack
from typing import Any

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DisconnectedError, ShutdownError
from tests.support.apis import ApiClient
from tests.support.errors import error_of
from tests.support.services import ARRIVED, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

from .links import LINKS, Link


def test_close_ends_pending_calls(client: ApiClient, gate: str) -> None:
    pending = [client.go(WAIT, gate) for _ in range(5)]
    client.close()
    assert {type(error_of(call.result)) for call in pending} == {ShutdownError}


def test_close_tells_each_pending_call_once(client: ApiClient, gate: str) -> None:
    done: queue.Queue[Any] = queue.Queue()
    for _ in range(5):
        client.go(WAIT, gate, done)
    client.call(ARRIVED, Arrival(gate, 5))
    client.close()
    told = [done.get(timeout=TIMEOUT_S) for _ in range(5)]
    assert (len(set(map(id, told))), done.qsize()) == (5, 0)


def test_call_after_close_raises(client: ApiClient) -> None:
    client.close()
    error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert (type(error), str(error)) == (ShutdownError, "connection is shut down")


def test_go_after_close_is_over(client: ApiClient) -> None:
    client.close()
    assert type(error_of(client.go(ARITH_MULTIPLY, Args(7, 8)).result)) is ShutdownError


def test_close_twice_raises(client: ApiClient) -> None:
    client.close()
    with pytest.raises(ShutdownError):
        client.close()


def test_client_that_leaves_does_not_disturb_others(
    link: Link, address: str, client: ApiClient, gate: str
) -> None:
    with link.dial(address) as leaving:
        leaving.go(WAIT, gate)
        client.call(ARRIVED, Arrival(gate, 1))
    client.call(RELEASE, gate)
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


# TLS as asyncio has it does not end one direction alone.
@pytest.mark.parametrize("link", [each for each in LINKS if not each.encrypted], ids=str)
def test_half_closed_client_gets_its_replies(
    link: Link, address: str, client: ApiClient, gate: str
) -> None:
    with link.dial(address) as closing:
        pending = [closing.go(WAIT, gate) for _ in range(3)]
        client.call(ARRIVED, Arrival(gate, 3))
        closing.half_close()
        client.call(RELEASE, gate)
        assert [call.result() for call in pending] == [gate] * 3


def test_server_that_closes_answers_what_is_under_way(link: Link, gate: str) -> None:
    with ExitStack() as server:
        address = server.enter_context(link.serve())
        with link.dial(address) as client:
            pending = [client.go(WAIT, gate) for _ in range(3)]
            client.call(ARRIVED, Arrival(gate, 3))
            server.close()  # which opens the gates first
            assert [call.result() for call in pending] == [gate] * 3


def test_server_that_has_closed_is_seen_by_its_clients(link: Link) -> None:
    with ExitStack() as server:
        address = server.enter_context(link.serve())
        with link.dial(address) as client:
            client.call(ARITH_MULTIPLY, Args(7, 8))
            server.close()
            error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert isinstance(error, DisconnectedError | ShutdownError)
