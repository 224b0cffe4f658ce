"""What commands show on a terminal, and that they show less to anybody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import rpcgen
from generated.arith import register_arith
from rpcgen import Method
from tests.support.services import Calculator

from .terminal import run_on_terminal

ARGS = '{"A": 17, "B": 8}'
QUOTIENT = '{\n  "Quo": 2,\n  "Rem": 1\n}\n'


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with rpcgen.Server(reflection=True) as server:
        register_arith(server, Calculator())
        server.register_name("Life", [Method[int, int]("Life.Hold").handler(hold)])
        yield server.listen("127.0.0.1:0").address


held = threading.Event()


def hold(number: int) -> int:
    held.set()
    rpcgen.context().wait_cancelled(60.0)
    return number


def test_reply_is_coloured(address: str) -> None:
    shown = run_on_terminal("call", address, "Arith.Divide", ARGS)
    assert (shown.status, shown.text) == (0, QUOTIENT)
    assert "\x1b[" in shown.raw


def test_reply_is_plain_where_the_user_says_so(address: str) -> None:
    plain = {"NO_COLOR": "1"}
    shown = run_on_terminal("call", address, "Arith.Divide", ARGS, environment=plain)
    assert (shown.status, shown.raw.replace("\r\n", "\n")) == (0, QUOTIENT)


def test_list_is_coloured_and_not_broken_on_a_narrow_terminal(address: str) -> None:
    shown = run_on_terminal("list", address, environment={"COLUMNS": "20"})
    line = "  Divide(arith.Args) arith.Quotient  Return the quotient and the remainder of a and b."
    assert line in shown.text.splitlines()
    assert "\x1b[1mArith" in shown.raw


def test_bench_shows_a_bar_that_is_gone_at_the_end(address: str) -> None:
    shown = run_on_terminal("bench", address, "Arith.Divide", ARGS, "--seconds", "0.5")
    assert shown.status == 0
    assert "━" in shown.raw
    assert "calls, " in shown.text
    report = shown.text[shown.text.rindex(" calls of Arith.Divide over 1 connection") :]
    assert "━" not in report
    assert "█" in report


def test_interrupt_of_a_call_is_quiet(address: str) -> None:
    shown = run_on_terminal(
        *("call", address, "Life.Hold", "1", "--types", "none"),
        interrupt_after=lambda _: held.is_set(),
    )
    assert shown.status == 130
    assert shown.text.strip() == "rpcgen: interrupted"


def test_interrupt_of_bench_shows_what_there_is(address: str) -> None:
    shown = run_on_terminal(
        *("bench", address, "Arith.Divide", ARGS, "--seconds", "60"),
        interrupt_after=lambda shown: "calls, " in shown,
    )
    assert shown.status == 130
    assert " calls of Arith.Divide over 1 connection" in shown.text
    assert "Traceback" not in shown.text
