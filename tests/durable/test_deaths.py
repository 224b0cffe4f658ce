"""Workers that are killed and a broker that is restarted under durable calls.

Every ticket ends exactly once, whoever asks for it; nothing that was left to the queue is lost.
What a handler does may happen more than once: that is shown, too.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

import rpcgen
from rpcgen import Code, ServerError
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .queues import APIS, Api, durable_method
from .worker_program import charge_of

pytestmark = needs_broker

CALLS = 120
KILLS = 6

# How often a call is begun with by workers that die of it, and of others.
ATTEMPTS = 3
MANY_ATTEMPTS = 50


class Workers:
    """Processes of `worker_program`."""

    def __init__(self, url: str, service: str, attempts: int, path: Path) -> None:
        path.touch()
        self._attempts = attempts
        self._url, self._service, self._path = url, service, path
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, api: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.durable.worker_program"]
        arguments = [self._url, self._service, str(self._attempts), str(self._path)]
        process = subprocess.Popen([*command, api, *arguments])
        self._running.append(process)
        return process

    def kill(self) -> None:
        """Kill the one that was started first."""
        oldest = self._running.pop(0)
        oldest.kill()
        oldest.wait(TIMEOUT_S)

    def kill_all(self) -> None:
        while self._running:
            self.kill()

    def executions(self) -> Counter[int]:
        """Return how often each number was begun with."""
        return Counter(map(int, self._path.read_text().split()))


@contextmanager
def workers(
    broker: Broker, service: str, path: Path, attempts: int = MANY_ATTEMPTS
) -> Iterator[Workers]:
    made = Workers(broker.url, service, attempts, path)
    try:
        yield made
    finally:
        made.kill_all()


def test_every_ticket_ends_once_whoever_is_killed(running: Broker, tmp_path: Path) -> None:
    charge = charge_of("Killed")
    with workers(running, "Killed", tmp_path / "begun") as some:
        with rpcgen.dial(running.url) as client, rpcgen.dial(running.url) as other:
            tickets = [client.submit(charge, number) for number in range(CALLS)]
            for turn in range(KILLS + 2):
                some.start("sync" if turn % 2 else "asyncio")
                wait_for(some, min(10 * (turn + 1), CALLS))
                if turn >= 2:
                    some.kill()
            results = [ticket.result(TIMEOUT_S) for ticket in tickets]
            again = [other.ticket(charge, ticket.key).result(TIMEOUT_S) for ticket in tickets]
        executions = some.executions()
    assert results == again
    assert [int(result.split()[0]) for result in results] == list(range(CALLS))
    assert set(executions) == set(range(CALLS))


def wait_for(some: Workers, executions: int) -> None:
    deadline = monotonic() + TIMEOUT_S
    while some.executions().total() < executions:
        assert monotonic() < deadline
        threading.Event().wait(0.01)


def test_call_that_kills_its_workers_is_given_up(running: Broker, tmp_path: Path) -> None:
    charge = charge_of("Poison")
    path = tmp_path / "begun"
    with (
        workers(running, "Poison", path, ATTEMPTS) as some,
        rpcgen.dial(running.url) as client,
    ):
        ticket = client.submit(charge, -1, key="poison")
        for _ in range(ATTEMPTS):
            assert some.start("sync").wait(TIMEOUT_S) != 0
        some.start("sync")
        with pytest.raises(ServerError, match=f"given up after {ATTEMPTS} attempts") as caught:
            ticket.result(TIMEOUT_S)
        executions = some.executions()
    assert (caught.value.code, caught.value.started) == (Code.ABORTED, None)
    assert executions == {-1: ATTEMPTS}


def test_processes_of_a_server_work_together(running: Broker, tmp_path: Path) -> None:
    charge = charge_of("Several")
    with workers(running, "Several", tmp_path / "begun") as some:
        parent = some.start("processes")
        with rpcgen.dial(running.url) as client:
            tickets = [client.submit(charge, number) for number in range(30)]
            results = [ticket.result(TIMEOUT_S) for ticket in tickets]
        parent.terminate()
        assert parent.wait(TIMEOUT_S) == 0
    assert {int(result.split()[0]) for result in results} == set(range(30))
    assert str(parent.pid) not in {result.split()[2].rstrip(",") for result in results}


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_restart_of_the_broker_under_load_loses_nothing(own: Broker, api: Api) -> None:
    method, numbers = durable_method(), queue.SimpleQueue[int]()
    done: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(60):
        numbers.put(number)

    def double(number: int) -> int:
        done.put(number)
        return 2 * number

    def submit(client: rpcgen.Client, found: dict[int, int]) -> None:
        while True:
            try:
                number = numbers.get_nowait()
            except queue.Empty:
                return
            ticket = client.submit(method, number, timeout=TIMEOUT_S)
            found[number] = ticket.result(TIMEOUT_S)

    found: dict[int, int] = {}
    with api.serve(own.url, method, double, ack_wait=1.0), rpcgen.dial(own.url) as client:
        threads = [threading.Thread(target=submit, args=(client, found)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            for _ in range(8):
                done.get(timeout=TIMEOUT_S)
            own.stop()
            own.start()
        for thread in threads:
            thread.join(TIMEOUT_S)
    assert found == {number: 2 * number for number in range(60)}


def test_calls_survive_a_restart_while_nobody_works(own: Broker, api: Api) -> None:
    method = durable_method()
    with api.dial(own.url) as client:
        keys = [client.submit(method, number).key for number in range(5)]
    own.stop()
    own.start()
    with api.serve(own.url, method, lambda number: number), api.dial(own.url) as client:
        assert [client.ticket(method, key).result() for key in keys] == list(range(5))
