"""Tests of `rpcgen.cli.reloading`."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

import rpcgen
from rpcgen import cli
from rpcgen.cli.failures import UNREACHABLE, Failure
from rpcgen.cli.reloading import run_reloading
from tests.support.timeouts import TIMEOUT_S

from .serving import Serving, as_systemd
from .test_serve import LISTEN

PROGRAM = """
class Double:
    def double(self, number: int) -> int:
        return {} * number
"""

SLOW = """
import logging
import pathlib
import time


class Double:
    def double(self, number: int) -> int:
        logging.getLogger("program").info("called")
        while not pathlib.Path({1!r}).exists():
            time.sleep(0.01)
        return {0} * number
"""


def call(address: str) -> object:
    with rpcgen.dial(address, timeout=TIMEOUT_S) as client:
        return client.call("Arith.Double", 1)


@pytest.fixture
def program(project: Path) -> Path:
    path = project / "program.py"
    path.write_text(PROGRAM.format(2))
    return path


def test_changed_program_is_served_anew_at_the_same_addresses(program: Path) -> None:
    listen = ("--listen", "http://127.0.0.1:0/rpc", "--listen", f"unix://{program.parent}/s")
    with Serving("program:Double", "--idl", "idl", *LISTEN, *listen, "--reload") as serving:
        addresses = [serving.address() for _ in range(3)]
        assert [call(address) for address in addresses] == [2, 2, 2]
        program.write_text("syntax error")
        serving.wait_for("program.py changed: starting anew")
        serving.wait_for("SyntaxError")
        program.write_text(PROGRAM.format(30))
        assert [serving.address() for _ in range(3)] == addresses
        assert [call(address) for address in addresses] == [30, 30, 30]
        assert serving.stop() == 0
    assert not (program.parent / "s").exists()


def test_clients_of_a_changed_program_lose_no_call(program: Path) -> None:
    may_end = program.parent / "may_end"
    program.write_text(SLOW.format(2, str(may_end)))
    with Serving("program:Double", "--idl", "idl", *LISTEN, "--reload") as serving:
        # What the old program has not begun is handed back, for the client to make again.
        with rpcgen.dial(serving.ready(), reconnect=True, retry=rpcgen.Retry()) as client:
            under_way = client.go("Arith.Double", 1, wait_for_ready=True)
            serving.wait_for("called")
            program.write_text(PROGRAM.format(30))
            serving.wait_for("program.py changed: starting anew")
            later = client.go("Arith.Double", 1, wait_for_ready=True)
            may_end.touch()
            assert under_way.result(TIMEOUT_S) == 2
            assert later.result(TIMEOUT_S) in (2, 30)  # begun before or after the old one was told
            serving.ready()
            assert client.call("Arith.Double", 1, wait_for_ready=True) == 30


def test_sockets_of_systemd_are_handed_on(program: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = Serving(*("program:Double", "--idl", "idl", "--reload"), **as_systemd(listening))
        with serving:
            assert call(serving.ready()) == 2
            program.write_text(PROGRAM.format(30))
            assert call(serving.ready()) == 30


def test_address_that_cannot_be_had_is_explained(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = ["--listen", f"127.0.0.1:{taken.getsockname()[1]}"]
        assert cli.main(["serve", "program:Double", *listen, "--reload"]) == UNREACHABLE
    assert "another process has it" in capsys.readouterr().err


def test_reloading_needs_watchfiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(Failure, match="--reload needs watchfiles") as raised:
        run_reloading(["false"], tmp_path, 0.0)
    assert raised.value.hint == "pip install 'rpcgen[cli]'"
