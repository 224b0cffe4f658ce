"""Tests of `rpcgen.cli.reloading`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rpcgen
from rpcgen.cli.failures import Failure
from rpcgen.cli.reloading import run_reloading
from tests.support.timeouts import TIMEOUT_S

from .serving import Serving
from .test_serve import LISTEN

PROGRAM = """
class Double:
    def double(self, number: int) -> int:
        return {} * number
"""


def call(address: str) -> object:
    with rpcgen.dial(address, timeout=TIMEOUT_S) as client:
        return client.call("Arith.Double", 1)


def test_changed_program_is_served_anew(project: Path) -> None:
    program = project / "program.py"
    program.write_text(PROGRAM.format(2))
    with Serving("program:Double", "--idl", "idl", *LISTEN, "--reload") as serving:
        assert call(serving.ready()) == 2
        program.write_text("syntax error")
        serving.wait_for("program.py changed: starting anew")
        serving.wait_for("SyntaxError")
        program.write_text(PROGRAM.format(30))
        assert call(serving.ready()) == 30
        assert serving.stop() == 0


def test_reloading_needs_watchfiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(Failure, match="--reload needs watchfiles") as raised:
        run_reloading(["false"], tmp_path, 0.0)
    assert raised.value.hint == "pip install 'rpcgen[cli]'"
