from __future__ import annotations

import pytest

from benchmarks import startup
from benchmarks.catalogue import PEERS, Peer
from benchmarks.controller import End
from benchmarks.startup import (
    Import,
    Start,
    import_anew,
    start_anew,
    typical_import,
    typical_start,
)


def test_import_of_a_generated_module_brings_nothing_unwanted() -> None:
    found = import_anew("rpcgen, a generated module")
    assert found.error == ""
    assert found.milliseconds > 0
    assert found.unwanted == []


def test_import_of_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(startup.IMPORTS, "Missing", "no_such_module")
    found = import_anew("Missing")
    assert found.error == "ModuleNotFoundError: No module named 'no_such_module'"


def test_start() -> None:
    found = start_anew(PEERS["sockets"])
    assert found.error == ""
    assert min(found.server_start, found.first_reply) > 0
    assert min(found.server_memory, found.client_memory) > 1_000_000


def test_start_of_what_is_missing() -> None:
    end = End("no_such_peer", "sync")
    assert "no_such_peer" in start_anew(Peer("x", "X", end, end, ())).error


def test_typical_import() -> None:
    imports = [Import("rpyc", n, ["ssl"]) for n in (1, 5, 2)]
    assert typical_import(imports) == Import("rpyc", 2, ["ssl"])
    failed = Import("rpyc", 0, [], "no rpyc")
    assert typical_import([*imports, failed]) is failed


def test_typical_start() -> None:
    starts = [Start("go", n, 2 * n, 30 * n, 40 * n) for n in (1, 5, 2)]
    assert typical_start(starts) == Start("go", 2, 4, 60, 80)
    failed = Start("go", 0, 0, 0, 0, "no Go")
    assert typical_start([*starts, failed]) is failed
