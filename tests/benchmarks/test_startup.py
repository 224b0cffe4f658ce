from __future__ import annotations

import pytest

from benchmarks import startup
from benchmarks.catalogue import PEERS, Peer
from benchmarks.controller import End
from benchmarks.startup import Start, measure_import, middle, start_anew


def test_import_of_a_generated_module_brings_nothing_unwanted() -> None:
    found = measure_import("rpcgen, a generated module", 1)
    assert found.error == ""
    assert found.milliseconds > 0
    assert found.unwanted == []


def test_import_of_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(startup.IMPORTS, "Missing", "no_such_module")
    found = measure_import("Missing", 1)
    assert found.error == "ModuleNotFoundError: No module named 'no_such_module'"


def test_start() -> None:
    found = start_anew(PEERS["sockets"])
    assert found.error == ""
    assert min(found.server_start, found.first_reply) > 0
    assert min(found.server_memory, found.client_memory) > 1_000_000


def test_start_of_what_is_missing() -> None:
    end = End("no_such_peer", "sync")
    assert "no_such_peer" in start_anew(Peer("x", "X", end, end, ())).error


def test_middle() -> None:
    starts = [Start("go", n, 2 * n, 30 * n, 40 * n) for n in (1, 5, 2)]
    assert middle(starts) == Start("go", 2, 4, 60, 80)
    failed = Start("go", 0, 0, 0, 0, "no Go")
    assert middle([*starts, failed]) is failed
