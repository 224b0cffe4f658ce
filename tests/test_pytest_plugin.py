"""The fixtures of `_rpcgen_pytest_plugin`, in a pytest of their own as users have it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.modules import modules_after
from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parents[1]

TESTS = """
import threading

import pytest
from generated.arith import Args, ArithClient, Quotient, register_arith
from rpcgen import DeadlineExceededError, DisconnectedError
from rpcgen.testing import Fault


class Calculator:
    def __init__(self):
        self.may_go_on = threading.Event()

    def multiply(self, args):
        self.may_go_on.wait()
        return 0

    def divide(self, args):
        return Quotient(args.a // args.b, args.a % args.b)


def test_connect(rpcgen_connect):
    arith = rpcgen_connect(ArithClient, register_arith, Calculator(), codec="json")
    assert arith.divide(Args(17, 8)) == Quotient(2, 1)


def test_serve(rpcgen_serve):
    with ArithClient.dial(rpcgen_serve(register_arith, Calculator())) as arith:
        assert arith.divide(Args(17, 8)) == Quotient(2, 1)


def test_proxy(rpcgen_serve, rpcgen_proxy):
    target = rpcgen_serve(register_arith, Calculator())
    proxy = rpcgen_proxy(target, schedule=lambda number: [Fault("close", 10)])
    with ArithClient.dial(proxy.address) as arith:
        with pytest.raises(DisconnectedError):
            arith.divide(Args(17, 8))


def test_clock(rpcgen_clock, rpcgen_connect):
    calculator = Calculator()
    arith = rpcgen_connect(ArithClient, register_arith, calculator)
    call = arith.go.multiply(Args(7, 8), timeout=3600.0)
    rpcgen_clock.advance(3601.0)
    with pytest.raises(DeadlineExceededError):
        call.result()
    calculator.may_go_on.set()


def test_mutual_tls(rpcgen_mutual_tls, rpcgen_serve):
    server, client = rpcgen_mutual_tls
    address = rpcgen_serve(register_arith, Calculator(), address="tls://127.0.0.1:0", tls=server)
    with ArithClient.dial(address, tls=client) as arith:
        assert arith.divide(Args(17, 8)) == Quotient(2, 1)
"""


def test_fixtures_work(tmp_path: Path) -> None:
    (tmp_path / "test_fixtures.py").write_text(TESTS)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "_rpcgen_pytest_plugin",
            "-p",
            "no:cacheprovider",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert "5 passed" in done.stdout, done.stdout


def test_plugin_imports_nothing_of_the_package() -> None:
    modules = modules_after("import _rpcgen_pytest_plugin")
    assert not [name for name in modules if name.partition(".")[0] == "rpcgen"]


def test_pytest_finds_the_plugin_by_itself() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # The same name twice, so that who names the module with -p does not have it twice.
    assert project["entry-points"]["pytest11"] == {"_rpcgen_pytest_plugin": "_rpcgen_pytest_plugin"}
