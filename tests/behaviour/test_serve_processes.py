"""`serve(processes=...)` of both APIs: what operators do to such a server, and what clients see."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.request import urlopen

import pytest

import rpcgen
from rpcgen import Method, Remember, RpcError, aio, dial
from rpcgen.protocol.debug.data import DebugData
from tests.support.timeouts import TIMEOUT_S

pytestmark = [pytest.mark.slow, pytest.mark.heavy]

PID = Method[int, int]("Math.Pid")
HOLD = Method[float, int]("Math.Hold")

SCRIPT = """
import asyncio, os, sys, time
import rpcgen
from rpcgen import Method, aio
api, processes, *addresses = sys.argv[1:]
options = dict(processes=int(processes), grace=30.0)
def hold(seconds):
    print("held", flush=True)
    time.sleep(seconds)
    return os.getpid()
handlers = [
    Method[int, int]("Math.Pid").handler(lambda n: os.getpid()),
    Method[float, int]("Math.Hold").handler(hold),
]
def make(server):
    server.register_name("Math", handlers)
    server.handle_http()
    return server
async def main():
    server = make(aio.Server())
    print(*[(await server.listen(each)).address for each in addresses], flush=True)
    await server.serve(**options)
if api == "asyncio":
    asyncio.run(main())
else:
    server = make(rpcgen.Server())
    print(*[server.listen(each).address for each in addresses], flush=True)
    server.serve(**options)
print("served", flush=True)
"""

apis = pytest.mark.parametrize("api", ["sync", "asyncio"])


class Fleet:
    """A server of several processes."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self.parent = parent
        assert parent.stdout is not None
        self._said = parent.stdout
        self.addresses = self._said.readline().split()

    @property
    def address(self) -> str:
        return self.addresses[0]

    def wait_until(self, text: str) -> None:
        assert self._said.readline().strip() == text

    def pids(self, count: int, known: frozenset[int] = frozenset()) -> set[int]:
        """Call until so many processes have answered that are not known."""
        found: set[int] = set()
        deadline = monotonic() + TIMEOUT_S
        while len(found) < count:
            assert monotonic() < deadline
            with suppress(RpcError), dial(self.address) as client:  # of one that is ending
                found |= {client.call(PID, 0)} - known
        return found

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal to the parent; return its status and what all said until they had ended."""
        self.parent.send_signal(number)
        said, complained = self.parent.communicate(timeout=TIMEOUT_S)  # until all have closed it
        return self.parent.returncode, said, complained


@contextmanager
def running(api: str, *addresses: str, processes: int = 2) -> Iterator[Fleet]:
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, api, str(processes), *(addresses or ("127.0.0.1:0",))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with parent:
        try:
            yield Fleet(parent)
        finally:
            parent.kill()


@apis
def test_processes_share_a_listener(api: str) -> None:
    with running(api) as fleet:
        assert len(fleet.pids(2)) == 2


@apis
def test_processes_share_a_unix_socket(api: str, tmp_path: Path) -> None:
    with running(api, f"unix://{tmp_path}/s") as fleet:
        fleet.pids(2)
        fleet.end(signal.SIGTERM)
    assert not (tmp_path / "s").exists()


@apis
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_all_processes_quietly(api: str, number: signal.Signals) -> None:
    with running(api) as fleet:
        fleet.pids(2)
        assert fleet.end(number) == (0, "served\n", "")


@apis
def test_sigterm_under_a_call_answers_it(api: str) -> None:
    with running(api) as fleet, dial(fleet.address) as client:
        call = client.go(HOLD, 0.5)
        fleet.wait_until("held")
        fleet.parent.send_signal(signal.SIGTERM)
        assert call.result(TIMEOUT_S) > 0


@apis
def test_second_signal_does_not_wait_for_the_grace(api: str) -> None:
    with running(api) as fleet, dial(fleet.address) as client:
        client.go(HOLD, 3600.0)
        fleet.wait_until("held")
        fleet.parent.send_signal(signal.SIGTERM)
        while _can_connect(fleet.address):
            pass  # it has not begun to close
        status, said, _ = fleet.end(signal.SIGTERM)
        assert (status, said) == (0, "served\n")


def _can_connect(address: str) -> bool:
    try:
        dial(address).close()
    except RpcError:
        return False
    return True


@apis
def test_process_that_dies_is_replaced(api: str) -> None:
    with running(api) as fleet:
        before = frozenset(fleet.pids(2))
        os.kill(min(before), signal.SIGKILL)
        assert len(fleet.pids(1, before)) == 1
        _, _, complained = fleet.end(signal.SIGTERM)
    assert complained == f"rpc.Serve: process {min(before)} has ended by SIGKILL\n"


@apis
def test_process_that_is_told_to_end_drains_and_is_replaced(api: str) -> None:
    with running(api) as fleet:
        before = frozenset(fleet.pids(2))
        with dial(fleet.address) as client:
            served_by = client.call(PID, 0)
            call = client.go(HOLD, 0.5)
            fleet.wait_until("held")
            os.kill(served_by, signal.SIGTERM)
            assert call.result(TIMEOUT_S) == served_by
        assert fleet.pids(1, before)


@apis
def test_no_process_outlives_its_parent(api: str) -> None:
    with running(api) as fleet:
        fleet.pids(2)
        status, said, _ = fleet.end(signal.SIGKILL)  # which waits until all have ended
    assert (status, said) == (-signal.SIGKILL, "")


@apis
def test_processes_answer_what_is_under_way_when_their_parent_is_killed(api: str) -> None:
    with running(api) as fleet, dial(fleet.address) as client:
        call = client.go(HOLD, 0.5)
        fleet.wait_until("held")
        fleet.parent.kill()
        assert call.result(TIMEOUT_S) > 0


@apis
def test_debug_page_adds_the_processes_up(api: str) -> None:
    with running(api, "127.0.0.1:0", "http://127.0.0.1:0") as fleet:
        first = min(fleet.pids(2))
        calls = 0
        with dial(fleet.address) as one, dial(fleet.address) as other:
            for client in (one, other):
                for _ in range(50):
                    client.call(PID, 0)
        before = _calls(fleet.addresses[1])
        os.kill(first, signal.SIGTERM)
        fleet.pids(2, frozenset({first}))
        deadline = monotonic() + TIMEOUT_S
        while calls < 102 and monotonic() < deadline:
            calls = _calls(fleet.addresses[1])
        assert calls >= max(102, before)


def _calls(address: str) -> int:
    with urlopen(f"{address}/debug/rpc?format=json", timeout=TIMEOUT_S) as page:
        data: DebugData = json.load(page)
    return next(m["calls"] for s in data["services"] for m in s["methods"] if m["name"] == "Pid")


def server_of(api: str, **options: Any) -> rpcgen.Server | aio.Server:
    return rpcgen.Server(**options) if api == "sync" else aio.Server(**options)


def serve(server: rpcgen.Server | aio.Server, processes: int) -> None:
    if isinstance(server, rpcgen.Server):
        server.serve(processes=processes)
    else:
        asyncio.run(server.serve(processes=processes))


@apis
def test_no_processes_are_an_error(api: str) -> None:
    with pytest.raises(ValueError, match="processes=0"):
        serve(server_of(api), 0)


@apis
def test_number_of_processes_that_is_none_is_an_error(api: str) -> None:
    with pytest.raises(TypeError, match="processes='2': write a number of processes"):
        serve(server_of(api), "2")  # type: ignore[arg-type]


@apis
def test_processes_do_not_remember_for_each_other(api: str) -> None:
    with pytest.raises(ValueError, match="processes and remember"):
        serve(server_of(api, remember=Remember()), 2)


def test_server_that_serves_here_cannot_be_served_elsewhere() -> None:
    with rpcgen.Server() as server, pytest.raises(RpcError, match="in this process already"):
        server.serve(processes=2)


def test_async_server_that_serves_here_cannot_be_served_elsewhere() -> None:
    async def main() -> None:
        async with aio.Server() as server:
            with pytest.raises(RpcError, match="in this process already"):
                await server.serve(processes=2)

    asyncio.run(main())


def test_close_waits_for_the_processes() -> None:
    script = """
import os, threading
import rpcgen
from rpcgen import Method
pid = Method[int, int]("Math.Pid")
server = rpcgen.Server()
server.register_name("Math", [pid.handler(lambda n: os.getpid())])
address = server.listen("127.0.0.1:0").address
ready, tell = os.pipe()
os.register_at_fork(after_in_child=lambda: os.write(tell, b"x"))
def close():
    os.read(ready, 1)  # nothing else is done by a thread while there is a fork
    with rpcgen.dial(address) as client:
        served_by = client.call(pid, 0)
    server.close()
    try:
        os.kill(served_by, 0)
    except ProcessLookupError:
        print("ended")
threading.Thread(target=close).start()
server.serve(processes=1)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")
