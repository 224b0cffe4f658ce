"""Tests of `rpcgen.cli.console`; in colours, that is a terminal's part in `test_terminal`."""

from __future__ import annotations

import json

import pytest

from rpcgen.cli.console import has_terminal, json_text, say_json, say_styled


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
