"""Tests of `rpcgen.cli.serve`."""

from __future__ import annotations

import re
import signal
import socket
import urllib.request
from pathlib import Path

import pytest
import trustme

import rpcgen
from rpcgen import cli
from rpcgen.cli.failures import UNREACHABLE, USAGE
from tests.support.timeouts import TIMEOUT_S

from .serving import Serving, as_systemd

PROGRAM = """
import rpcgen


class Double:
    def double(self, number: int) -> int:
        if number < 0:
            print("held", flush=True)
            rpcgen.context().wait_cancelled(0.2)
        return 2 * number


class AsyncDouble:
    async def double(self, number: int) -> int:
        return 2 * number
"""

LISTEN = ("--listen", "tcp://127.0.0.1:0")

Captured = pytest.CaptureFixture[str]

TERMINATED = """
import logging, os, signal


class Terminating(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("serving"):
            os.kill(os.getpid(), signal.SIGTERM)


logging.getLogger("rpcgen.cli").addHandler(Terminating())
"""


@pytest.fixture
def program(project: Path) -> Path:
    (project / "program.py").write_text(PROGRAM)
    return project / "program.py"


def double(address: str, number: int = 21) -> object:
    with rpcgen.dial(address, timeout=TIMEOUT_S) as client:
        return client.call("Arith.Double", number)


@pytest.mark.parametrize("name", ["Double", "AsyncDouble"])
def test_implementation_is_served_until_sigterm(program: Path, name: str) -> None:
    with Serving(f"program:{name}", "--idl", "idl", *LISTEN) as serving:
        address = serving.address()
        assert serving.wait_for(r"serving (\w+)")[1] == "Arith"
        assert double(address) == 42
        assert serving.stop() == 0
        serving.wait_for("INFO rpcgen.cli: ended")
        assert not any("Traceback" in line for line in serving.lines)


@pytest.mark.parametrize("name", ["Double", "AsyncDouble"])
def test_several_processes_serve(program: Path, name: str) -> None:
    options = ("--idl", "idl", *LISTEN, "--processes", "2")
    with Serving(f"program:{name}", *options) as serving:
        address = serving.ready()
        # The program itself serves nothing, so an answer is of another process.
        assert double(address) == 42
        children = Path(f"/proc/{serving.process.pid}/task/{serving.process.pid}/children")
        if children.exists():
            assert len(children.read_text().split()) == 2
        assert serving.stop() == 0


def test_call_under_way_is_answered_after_sigterm(program: Path) -> None:
    with Serving("program:Double", "--idl", "idl", *LISTEN) as serving:
        with rpcgen.dial(serving.ready(), timeout=TIMEOUT_S) as client:
            call = client.go("Arith.Double", -1)
            client.call("Arith.Double", 1)  # by now the server has begun the first
            serving.process.terminate()
            assert call.result(TIMEOUT_S) == -2
        assert serving.process.wait(TIMEOUT_S) == 0


def test_interrupt_ends_it_quietly(program: Path) -> None:
    with Serving("program:Double", "--idl", "idl", *LISTEN) as serving:
        assert double(serving.ready()) == 42
        assert serving.stop(signal.SIGINT) == 0
        serving.wait_for("ended")
        assert not any("Traceback" in line for line in serving.lines)


def test_server_is_described_and_has_a_page(program: Path) -> None:
    options = ("--reflection", "--health", "--debug-page", "--listen", "http://127.0.0.1:0")
    with Serving("program:Double", "--idl", "idl", *LISTEN, *options) as serving:
        tcp, http = serving.address(), serving.ready()
        with rpcgen.ReflectionClient.dial(tcp, timeout=TIMEOUT_S) as reflection:
            assert reflection.services() == ["rpcgen.Health", "rpcgen.Reflection", "Arith"]
        with urllib.request.urlopen(f"{http}/debug/rpc", timeout=TIMEOUT_S) as page:
            assert b"Arith" in page.read()


def test_sockets_of_systemd_are_taken(program: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = Serving("program:Double", "--idl", "idl", **as_systemd(listening))
        with serving:
            address = serving.ready()
            assert address == f"tcp://127.0.0.1:{listening.getsockname()[1]}"
            assert double(address) == 42


@pytest.mark.parametrize("name", ["Double", "AsyncDouble"])
def test_signal_that_comes_as_soon_as_it_serves_drains(program: Path, name: str) -> None:
    program.write_text(PROGRAM + TERMINATED)
    with Serving(f"program:{name}", "--idl", "idl", *LISTEN) as serving:
        serving.wait_for("serving")
        serving.wait_for("ended")
        assert serving.process.wait(TIMEOUT_S) == 0


def test_certificates_encrypt(program: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    for name, issued in (("own", "127.0.0.1"), ("client", "client@example.org")):
        certificate = authority.issue_cert(issued)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    options = ("--listen", "tls://127.0.0.1:0", "--cert", "own.pem", "--ca", "ca.pem")
    with Serving("program:Double", "--idl", "idl", *options) as serving:
        call = ["call", serving.ready(), "Arith.Double", "21", "--ca", "ca.pem"]
        assert cli.main([*call, "--cert", "client.pem"]) == 0
        assert cli.main(call) == UNREACHABLE


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        ("program:Double --idl idl", "nothing to listen on", "--listen 127.0.0.1:1234"),
        ("program:Double --idl idl --listen :0 --debug-page", "no address to be at", "http://"),
        ("program:Double --listen :0 --key program.py", "belong to --cert", ""),
        ("program:Double --listen :0 --cert program.py", "cannot read the certificate", ""),
        (
            "program:Double --listen :0 --cert program.py --ca program.py",
            "cannot read the certificate",
            "",
        ),
        ("program:Nothing --idl idl --listen :0", "has no Nothing", "there are Double"),
    ],
)
def test_wrong_usage_is_explained(
    program: Path, capsys: Captured, arguments: str, said: str, hint: str
) -> None:
    assert cli.main(["serve", *arguments.split()]) == USAGE
    err = capsys.readouterr().err
    assert (said in err, hint in err) == (True, True)


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:{}", "another process has it"), ("tls://127.0.0.1:0", "--cert FILE")],
)
def test_address_that_cannot_be_had_is_explained(
    program: Path, capsys: Captured, address: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = address.format(taken.getsockname()[1])
        status = cli.main(["serve", "program:Double", "--idl", "idl", "--listen", place])
    assert (status, said in capsys.readouterr().err) == (UNREACHABLE, True)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named", "program.py, line 1;"),
        ("def f(:", "SyntaxError: invalid syntax (program.py, line 1)", "--log-level debug"),
        ("def Double():\n    raise KeyError(7)", "KeyError: 7", "program.py, line 2;"),
    ],
)
def test_exception_of_the_program_is_told_with_its_place(
    program: Path, capsys: Captured, text: str, said: str, hint: str
) -> None:
    program.write_text(text)
    with Serving("program:Double", *LISTEN) as serving:
        serving.wait_for(re.escape(f"rpcgen: error: program:Double: {said}"))
        serving.wait_for(re.escape(hint))
        assert serving.process.wait(TIMEOUT_S) == 1


def test_bad_idl_is_a_placed_error(program: Path, capsys: Captured) -> None:
    (program.parent / "idl" / "arith.py").write_text("def f(:")
    assert cli.main(["serve", "program:Double", "--idl", "idl", *LISTEN]) == 1
    assert capsys.readouterr().err.startswith("idl/arith.py:1:7: error: ")
