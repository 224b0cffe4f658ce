"""A server that has no file descriptors left says so, and serves again once it has."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import dial
from rpcgen.protocol import CodecName
from tests.support.apis import APIS
from tests.support.sockets import connect
from tests.support.timeouts import TIMEOUT_S

DESCRIPTORS = 40

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux sets the limits of other processes"
)


@contextmanager
def poor_server(api: str, log: Path, codec: CodecName = "gob") -> Iterator[str]:
    """Run a server that may have few file descriptors; yield its address."""
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "tests.interop.serve", api, codec],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
            yield address
        finally:
            process.kill()
            process.wait(TIMEOUT_S)


def wait_until_out(log: Path) -> None:
    """Wait until a server has said that it has no file descriptors left."""
    deadline = time.monotonic() + TIMEOUT_S
    while "Too many open files" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "stderr.txt"


@pytest.mark.parametrize("api", sorted(APIS))
def test_listener_out_of_descriptors_says_so(api: str, log: Path) -> None:
    with poor_server(api, log) as address, ExitStack() as stack:
        for _ in range(DESCRIPTORS + 10):
            stack.enter_context(connect(address))
        wait_until_out(log)


@pytest.mark.parametrize("api", sorted(APIS))
def test_listener_out_of_descriptors_serves_those_it_has(api: str, log: Path) -> None:
    with poor_server(api, log) as address, dial(address) as client, ExitStack() as stack:
        client.call(ARITH_MULTIPLY, Args(7, 8))
        for _ in range(DESCRIPTORS + 10):
            stack.enter_context(connect(address))
        assert client.go(ARITH_MULTIPLY, Args(7, 8)).result(TIMEOUT_S) == 56


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize("api", sorted(APIS))
def test_listener_out_of_descriptors_carries_out_a_first_call(
    api: str, codec: CodecName, log: Path
) -> None:
    with (
        poor_server(api, log, codec) as address,
        dial(address, codec=codec) as client,
        ExitStack() as stack,
    ):
        for _ in range(DESCRIPTORS + 10):
            stack.enter_context(connect(address))
        wait_until_out(log)
        assert client.go(ARITH_MULTIPLY, Args(7, 8)).result(TIMEOUT_S) == 56


@pytest.mark.parametrize("api", sorted(APIS))
def test_listener_takes_connections_again_once_it_can(api: str, log: Path) -> None:
    with poor_server(api, log) as address:
        with ExitStack() as stack:
            for _ in range(DESCRIPTORS + 10):
                stack.enter_context(connect(address))
        with dial(address) as client:
            assert client.go(ARITH_MULTIPLY, Args(7, 8)).result(TIMEOUT_S) == 56
