from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import rpcgen
from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, register_arith
from rpcgen.cli import main
from rpcgen.testing.recording.file import read_recording
from rpcgen.testing.recording.traffic import calls_of
from tests.support.services import Calculator
from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address() -> Iterator[str]:
    server = rpcgen.Server()
    register_arith(server, Calculator())
    listener = server.listen("tcp://127.0.0.1:0")
    with server:
        yield listener.address


@contextmanager
def recording(
    *arguments: str, output: int = subprocess.PIPE
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command; yields the address for clients, and the process."""
    command = [sys.executable, "-m", "rpcgen", "record", "--listen", "127.0.0.1:0", *arguments]
    with subprocess.Popen(
        command, stdout=output, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline().split()[2].rstrip(","), process
        finally:
            process.kill()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> tuple[str, str]:
    process.send_signal(number)
    return process.communicate(timeout=PROGRAM_TIMEOUT_S)


def call(address: str) -> None:
    with rpcgen.dial(address) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
        with pytest.raises(rpcgen.ServerError):
            client.call(ARITH_DIVIDE, Args(1, 0))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_calls_are_printed_and_kept(address: str, tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "calls.jsonl"
    with recording("--to", address, "-o", str(file)) as (proxy, process):
        call(proxy)
        printed, told = end(process, number)
    assert process.returncode == 0
    lines = [re.sub(r"^ +\d+\.\d+ +1 | \(.* ms\)$", "", line) for line in printed.splitlines()]
    assert lines[1:5] == [
        "-> Arith.Multiply {A: 7, B: 8}",
        "<- Arith.Multiply 56",
        "-> Arith.Divide {A: 1, B: 0}",
        "<- Arith.Divide error: divide by zero",
    ]
    assert told == f"2 calls, kept in {file}\n"
    assert [each.method for each in calls_of(read_recording(file))] == [
        "Arith.Multiply",
        "Arith.Divide",
    ]


def test_recording_of_a_recorder_that_was_killed_is_readable(address: str, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    with recording("--to", address, "-o", str(file), "--quiet") as (proxy, process):
        call(proxy)
        process.kill()
        process.wait(PROGRAM_TIMEOUT_S)
    assert [each.is_over for each in calls_of(read_recording(file))] == [True, True]


def test_terminal_has_colors(address: str) -> None:
    ours, theirs = pty.openpty()
    with recording("--to", address, output=theirs) as (proxy, process):
        call(proxy)
        end(process)
    os.close(theirs)
    with open(ours, "rb", buffering=0) as terminal:
        printed = terminal.read(65536)
    assert b"\x1b[31merror: divide by zero\x1b[0m" in printed


def test_file_that_is_there_is_left(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").write_text("mine")
    arguments = ["--listen", "127.0.0.1:0", "--to", address, "-o", str(tmp_path / "there")]
    assert main(["record", *arguments]) == 1
    assert "is not written over" in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"


def test_address_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["record", "--listen", where, "--to", where]) == 1
    assert "cannot listen on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say where to --listen"),
        (["--listen", "127.0.0.1:0"], "say where to --listen"),
        (["--diff", __file__, __file__, "--to", "x"], "goes with no other option"),
    ],
)
def test_wrong_usage_says_what_to_do(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_diff_says_what_changed(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(tmp_path / name) for name in ("old", "new")]
    for number, file in enumerate(files):
        with recording("--to", address, "-o", file, "--quiet") as (proxy, process):
            with rpcgen.dial(proxy) as client:
                client.call(ARITH_MULTIPLY, Args(7, 8))
                if number:
                    client.call(ARITH_DIVIDE, Args(17, 8))
            end(process)
    assert main(["record", "--diff", *files]) == 1
    assert capsys.readouterr().out == (
        "Arith.Divide: new: (Args{A int; B int}) -> Quotient{Quo int; Rem int}\n"
    )
    assert main(["record", "--diff", files[0], files[0]]) == 0


def test_diff_of_what_is_no_recording_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--diff", __file__, __file__]) == 1
    assert "no object of JSON" in capsys.readouterr().err
