"""Tests of `rpcgen.cli.bench`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

import rpcgen
from generated.arith import register_arith
from rpcgen import Code, Method, ServerError, cli
from rpcgen.cli.bench import _progress
from rpcgen.cli.failures import FAILED, INTERRUPTED, UNREACHABLE, USAGE
from rpcgen.cli.load import Interrupted, Load, Outcome
from tests.interop.gopeer import GoServer
from tests.support.services import Calculator

ARGS = '{"A": 7, "B": 8}'

Captured = pytest.CaptureFixture[str]


def fail(number: int) -> int:
    raise ServerError(f"no {number}", code=Code.ABORTED)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with rpcgen.Server(reflection=True) as server:
        register_arith(server, Calculator())
        server.register_name("Life", [Method[int, int]("Life.Fail").handler(fail)])
        yield server.listen("127.0.0.1:0").address


def test_report_has_rate_percentiles_and_a_histogram(capsys: Captured, address: str) -> None:
    assert cli.main(["bench", address, "Arith.Multiply", ARGS, "-c", "2", "-n", "1200"]) == 0
    out, err = capsys.readouterr()
    first, *lines = out.splitlines()
    pattern = r"1,200 calls of Arith.Multiply over 2 connections in [\d.]+ s: [\d,]+ calls/s"
    assert re.fullmatch(pattern, first)
    named = dict(re.findall(r"^  (\w[\w.]*) +([\d.,]+ (?:µs|ms|s))$", out, re.M))
    assert list(named) == ["min", "mean", "p50", "p90", "p99", "p99.9", "max"]
    bars = [line for line in lines if "█" in line]
    assert 1 <= len(bars) <= 12
    assert err == ""


def test_thousand_calls_are_made_by_default(capsys: Captured, address: str) -> None:
    assert cli.main(["bench", address, "Arith.Multiply", ARGS]) == 0
    assert capsys.readouterr().out.startswith("1,000 calls of Arith.Multiply over 1 connection in ")


def test_failed_calls_are_counted_by_kind(capsys: Captured, address: str) -> None:
    assert cli.main(["bench", address, "Life.Fail", "7", "-n", "20"]) == FAILED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(" calls/s, 20 failed")
    assert lines[-1] == "  20  ABORTED: no 7"


def test_json_has_seconds(capsys: Captured, address: str) -> None:
    command = ["bench", address, "Arith.Multiply", ARGS, "--seconds", "0.05", "-c", "2", "--json"]
    assert cli.main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["method"], found["connections"]) == ("Arith.Multiply", 2)
    assert (found["failed"], found["errors"]) == (0, {})
    assert found["calls"] == sum(each["count"] for each in found["histogram"]) >= 2
    assert found["rate"] == pytest.approx(found["calls"] / found["seconds"])
    latency = found["latency"]
    assert list(latency) == ["min", "mean", "max", "p50", "p90", "p99", "p999"]
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"]


def test_json_without_an_answer_has_no_latency(capsys: Captured, address: str) -> None:
    assert cli.main(["bench", address, "Life.Fail", "7", "-n", "2", "--json"]) == FAILED
    found = json.loads(capsys.readouterr().out)
    assert (found["latency"]["p50"], found["histogram"]) == (None, [])
    assert found["errors"] == {"ABORTED: no 7": 2}


@pytest.mark.parametrize(
    "options", [["-n", "5", "--seconds", "1"], ["-n", "0"], ["-c", "-1"], ["--seconds", "0"]]
)
def test_options_that_make_no_sense_are_wrong_usage(
    capsys: Captured, address: str, options: list[str]
) -> None:
    assert cli.main(["bench", address, "Arith.Multiply", ARGS, *options]) == USAGE


def test_arguments_that_do_not_fit_are_wrong_usage(capsys: Captured, address: str) -> None:
    assert cli.main(["bench", address, "Arith.Multiply", '{"A": "x"}']) == USAGE
    assert "A: " in capsys.readouterr().err


def test_server_that_is_not_there_is_unreachable(capsys: Captured) -> None:
    assert cli.main(["bench", "127.0.0.1:1", "Arith.Multiply", ARGS]) == UNREACHABLE


def test_interrupt_prints_what_there_is(
    capsys: Captured, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Load.run

    def interrupted(load: Load, *arguments: object) -> Outcome:
        raise Interrupted(run(load, lambda: None))

    monkeypatch.setattr(Load, "run", interrupted)
    assert cli.main(["bench", address, "Arith.Multiply", ARGS, "-n", "10"]) == INTERRUPTED
    assert capsys.readouterr().out.startswith("10 calls of Arith.Multiply")


def test_no_bar_is_shown_without_a_terminal(capsys: Captured, address: str) -> None:
    method = Method[int, int]("A.B")
    load = Load(lambda: rpcgen.dial(address), method, 1, connections=1, calls=1)
    with _progress(load, 1, None) as watch:
        watch()
    assert capsys.readouterr() == ("", "")


@pytest.mark.go
def test_stock_go_is_measured(capsys: Captured) -> None:
    with GoServer() as go:
        for address in (go.tcp, f"http://{go.http}"):
            assert cli.main(["bench", address, "Arith.Multiply", ARGS, "-n", "50"]) == 0
            assert capsys.readouterr().out.startswith("50 calls of Arith.Multiply")
