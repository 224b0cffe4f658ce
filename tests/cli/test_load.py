"""Tests of `rpcgen.cli.load`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import rpcgen
from rpcgen import Client, Code, DialError, Method, ServerError
from rpcgen.cli.load import Interrupted, Load
from tests.support.timeouts import TIMEOUT_S

ECHO = Method[int, int]("Load.Echo")
FAIL = Method[int, int]("Load.Fail")
HOLD = Method[int, int]("Load.Hold")


class Counted:
    """A server, and what it was called with by which connections."""

    def __init__(self, server: rpcgen.Server) -> None:
        self.server = server
        self.address = server.listen("tcp://127.0.0.1:0").address
        self.peers: list[object] = []
        self.held = threading.Event()

    def echo(self, number: int) -> int:
        peer = rpcgen.context().peer
        self.peers.append(peer.address)
        return number

    def hold(self, number: int) -> int:
        self.held.set()
        rpcgen.context().wait_cancelled(TIMEOUT_S)
        return number

    def dial(self) -> Client:
        return rpcgen.dial(self.address, timeout=TIMEOUT_S)

    def load(self, method: Method[Any, Any], **options: Any) -> Load:
        return Load(self.dial, method, 1, **{"connections": 1, **options})


def fail(_: int) -> int:
    raise ServerError("no", code=Code.ABORTED)


@pytest.fixture
def counted() -> Iterator[Counted]:
    with rpcgen.Server() as server:
        counted = Counted(server)
        handlers = [ECHO.handler(counted.echo), FAIL.handler(fail), HOLD.handler(counted.hold)]
        server.register_name("Load", handlers)
        yield counted


def watch() -> None:
    pass


def test_calls_are_as_many_as_were_asked_for(counted: Counted) -> None:
    load = counted.load(ECHO, connections=3, calls=100)
    outcome = load.run(watch)
    assert (outcome.calls, outcome.latency.count, load.done) == (100, 100, 100)
    assert not outcome.errors
    assert len(counted.peers) == 100
    assert outcome.seconds > 0
    assert outcome.rate == pytest.approx(100 / outcome.seconds)


def test_calls_go_on_for_some_time(counted: Counted) -> None:
    load = counted.load(ECHO, seconds=0.05)
    outcome = load.run(watch)
    assert outcome.calls == len(counted.peers) >= 1
    assert load.elapsed >= 0.05


def test_errors_are_counted_by_what_they_say(counted: Counted) -> None:
    outcome = counted.load(FAIL, connections=2, calls=10).run(watch)
    assert (outcome.calls, outcome.latency.count) == (10, 0)
    assert outcome.errors == {"ABORTED: no": 10}


def test_connection_that_is_lost_is_made_anew(counted: Counted) -> None:
    dialled: list[Client] = []

    def dial() -> Client:
        dialled.append(counted.dial())
        if len(dialled) == 1:
            dialled[0].close()
        return dialled[-1]

    outcome = Load(dial, ECHO, 1, connections=1, calls=5).run(watch)
    assert (len(dialled), outcome.calls, outcome.latency.count) == (2, 5, 4)


def test_server_that_has_gone_ends_the_calls(counted: Counted) -> None:
    dialled: list[Client] = []

    def dial() -> Client:
        if dialled:
            raise DialError("gone")
        dialled.append(counted.dial())
        dialled[0].close()
        return dialled[0]

    outcome = Load(dial, ECHO, 1, connections=1, calls=1000).run(watch)
    assert outcome.errors == {"UNAVAILABLE: connection is shut down": 1, "UNAVAILABLE: gone": 1}


def test_server_that_is_not_there_is_an_error() -> None:
    def dial() -> Client:
        raise DialError("not there")

    with pytest.raises(DialError, match="not there"):
        Load(dial, ECHO, 1, connections=2, calls=1).run(watch)


def test_connections_are_closed_where_one_cannot_be_made(counted: Counted) -> None:
    dialled: list[Client] = []

    def dial() -> Client:
        if dialled:
            raise DialError("no more")
        dialled.append(counted.dial())
        return dialled[0]

    with pytest.raises(DialError, match="no more"):
        Load(dial, ECHO, 1, connections=2, calls=1).run(watch)
    assert dialled[0].closed


def test_interrupt_ends_it_with_what_there_is(counted: Counted) -> None:
    def interrupt() -> None:
        if counted.held.wait(TIMEOUT_S):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as raised:
        counted.load(HOLD, calls=5).run(interrupt, interval=0.01)
    assert raised.value.outcome.latency.count == 0
    assert raised.value.outcome.errors
    assert not any(each.name == "rpcgen-bench" for each in threading.enumerate())


def test_stop_lets_no_more_calls_begin(counted: Counted) -> None:
    load = counted.load(ECHO, seconds=TIMEOUT_S)

    def stop() -> None:
        load.stop()

    assert load.run(stop, interval=0.01).calls == len(counted.peers)
