"""Tests of `rpcgen.cli.console`; in colours, that is a terminal's part in `test_terminal`."""

from __future__ import annotations

import io
import json
import sys

import pytest

from rpcgen.cli.console import has_terminal, has_terminal_for_notes, json_text, say_json, say_styled


@pytest.mark.parametrize("text", ["\x9b2J", "\u202e", "\x7f", "\udc80", "\x1b[2J", "ä\u2028"])
def test_json_has_nothing_that_acts_on_a_terminal(text: str) -> None:
    written = json_text([text])
    assert written.encode().decode().isprintable()
    assert json.loads(written) == [text]


def test_json_is_written_over_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"a": "ä"})
    assert capsys.readouterr().out == '{\n  "a": "ä"\n}\n'


def test_styles_are_for_terminals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    say_styled([[("a", "bold"), (" \x1b[2J", "dim")], []])
    assert capsys.readouterr().out == "a \\x1b[2J\n\n"


def test_captured_output_is_no_terminal() -> None:
    assert not has_terminal()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "colours", "bars"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
    ],
)
def test_colours_and_bars_are_what_the_user_wants(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colours: bool, bars: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert (has_terminal(), has_terminal_for_notes()) == (colours, bars)


def test_closed_stream_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert not has_terminal()


def test_terminal_is_plain_without_rich(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rpcgen.cli.console.has_terminal", lambda: True)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    say_json(["a"])
    say_styled([[("a", "bold")]])
    assert capsys.readouterr().out == '[\n  "a"\n]\na\n'
