"""Delve, which serves JSON-RPC by Go's package, is called through a generated client."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.delve import debug
from docs.delve.generated.delve import (
    AsyncRPCServerClient,
    DebuggerCommand,
    FindLocationIn,
    RPCServerClient,
    StacktraceIn,
    StateIn,
)
from rpcgen import DialError, ServerError
from rpcgen.gen.golang.read.written import look
from tests import golang
from tests.support.timeouts import PROGRAM_TIMEOUT_S

pytestmark = pytest.mark.skipif(
    shutil.which("dlv") is None, reason="there is no dlv: install Debian's package delve"
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def go_on_the_path() -> Iterator[None]:
    """Let ``go`` be found, as the example expects it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in golang.environment().items():
            patch.setenv(name, value)
        patch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def transcript() -> list[str]:
    """Return what the example prints, line by line."""
    done = subprocess.run(
        [sys.executable, "-m", "docs.delve.debug"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    if "operation not permitted" in done.stderr:
        pytest.skip("processes may not be traced here: allow ptrace")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def executable(transcript: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program to debug, where one can be debugged at all."""
    path = tmp_path_factory.mktemp("program") / "shop"
    debug.build(path)
    return path


def section(transcript: list[str], heading: str) -> list[str]:
    """Return the indented lines below a heading."""
    lines = transcript[transcript.index(heading) + 1 :]
    end = next(number for number, line in enumerate(lines) if not line.startswith("  "))
    return [line.strip() for line in lines[:end]]


def is_running(pid: int) -> bool:
    """Say whether a process runs, as opposed to one that has ended and that nobody asked after."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_version_is_told(transcript: list[str]) -> None:
    assert transcript[0] == "Delve's API, version 2"


def test_breakpoint_is_set(transcript: list[str]) -> None:
    assert f"breakpoint 1 in main.price, line {debug.line_of('return total')}" in transcript


def test_program_stops_at_breakpoint(transcript: list[str]) -> None:
    assert f"stopped at main.price, main.go:{debug.line_of('return total')}" in transcript


def test_stack_leads_to_breakpoint(transcript: list[str]) -> None:
    functions = [line.partition(",")[0] for line in section(transcript, "stack:")]
    assert functions[:2] == ["main.price", "main.cashier"]


def test_goroutines_are_those_of_the_filter(transcript: list[str]) -> None:
    functions = [line.partition(",")[0] for line in section(transcript, "cashiers:")]
    assert sorted(functions) == ["main.cashier", "main.cashier", "main.price"]


def test_arguments_arrive_with_all_their_parts(transcript: list[str]) -> None:
    order = 'order main.Order = {Number: 7, Customer: "Grace", Prices: [7 10 0.5]}'
    assert section(transcript, "arguments:")[:2] == [order, "discount float64 = 0.25"]


def test_local_variables_arrive(transcript: list[str]) -> None:
    variables = section(transcript, "local variables:")
    assert variables == ["sum float64 = 17.5", "total float64 = 13.125"]


def test_expressions_are_evaluated(transcript: list[str]) -> None:
    assert section(transcript, "expressions:")[:2] == ["sum * 2: 35", "order.Prices[0]: 7"]


def test_wrong_expression_is_an_error(transcript: list[str]) -> None:
    objection = "error: could not find symbol value for orders"
    assert section(transcript, "expressions:")[2] == f"len(orders): {objection}"


def test_variable_is_changed(transcript: list[str]) -> None:
    assert "total is now 100" in transcript


def test_breakpoint_is_cleared(transcript: list[str]) -> None:
    assert "breakpoints left: 0" in transcript


def test_program_runs_is_halted_and_left(transcript: list[str]) -> None:
    assert transcript[-3:] == ["running", "halted, exited: False", "detached"]


def test_idl_is_what_from_go_has_written() -> None:
    written = look(ROOT / "docs" / "delve" / "idl" / "delve.py")
    assert written is not None
    assert not written.is_edited


def test_transcript_is_that_of_the_readme(transcript: list[str]) -> None:
    readme = (ROOT / "docs" / "delve" / "README.md").read_text()
    shown = re.findall(r"^\$ python -m docs.delve.debug\n(.*?)^```$", readme, re.M | re.S)
    # Where Go's own functions are is a matter of its version.
    (lines,) = [[line for line in text.splitlines() if "runtime." not in line] for text in shown]
    assert sorted(lines) == sorted(line for line in transcript if "runtime." not in line)


def test_running_program_ends_with_the_context(executable: Path) -> None:
    with debug.delve(executable) as address, RPCServerClient.dial(address, codec="json") as client:
        client.go.command(DebuggerCommand("continue"))
        pid = debug.state_in(client.state(StateIn(non_blocking=True))).pid
    assert not is_running(pid)


def test_delve_ends_with_its_context(executable: Path) -> None:
    with debug.delve(executable) as address:
        pass
    with pytest.raises(DialError):
        RPCServerClient.dial(address, codec="json")


def test_both_clients_see_the_same_program(executable: Path) -> None:
    async def pid_of(address: str) -> int:
        async with AsyncRPCServerClient.dial(address, codec="json") as client:
            return debug.state_in(await client.state(StateIn())).pid

    with debug.delve(executable) as address:
        with RPCServerClient.dial(address, codec="json") as client:
            pid = debug.state_in(client.state(StateIn())).pid
            assert asyncio.run(pid_of(address)) == pid


def test_connection_survives_an_error(executable: Path) -> None:
    with debug.delve(executable) as address:
        with RPCServerClient.dial(address, codec="json") as client:
            with pytest.raises(ServerError, match="unknown goroutine"):
                client.stacktrace(StacktraceIn(id=12345))
            (location,) = client.find_location(FindLocationIn(debug.HERE, "main.price")).locations
    assert debug.place(location) == f"main.price, main.go:{debug.line_of('func price')}"
