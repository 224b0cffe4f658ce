"""Tests of `rpcgen.cli` itself: which command runs, and how it ends."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

import rpcgen
from rpcgen import cli, gob
from tests.support.modules import modules_after
from tests.support.timeouts import PROGRAM_TIMEOUT_S

from .samples import MESSAGES, usage_error

ROOT = Path(__file__).parents[2]


def test_no_arguments_is_wrong_usage() -> None:
    assert usage_error() == 2


def test_help_names_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    for name in (*cli._PLAIN, *cli._COMMANDS):
        assert any(re.fullmatch(rf"  {name} +[A-Z].*\.", line) for line in lines), name


@pytest.mark.parametrize("name", [*cli._PLAIN, *cli._COMMANDS])
def test_documentation_names_all_commands(name: str) -> None:
    assert f"`rpcgen {name}`" in (ROOT / "docs" / "cli.md").read_text()


def test_help_names_commands_whose_library_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "rpcgen.cli.call", raising=False)
    assert usage_error("--help") == 0
    assert "  call         (needs click: pip install 'rpcgen[cli]')\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", "generate", *cli._PLAIN, *cli._COMMANDS])
def test_help_of_a_command_fits_a_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with contextlib.suppress(SystemExit):  # of argparse
        cli.main([*name.split(), "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].lower().startswith("usage: rpcgen")
    assert len(lines) <= 24, "\n".join(lines)
    assert max(map(len, lines)) <= 80, "\n".join(lines)


def test_command_whose_library_is_missing_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    assert cli.main(["call", "x", "A.B"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "rpcgen: error: call needs click",
        "    hint: pip install 'rpcgen[cli]'",
    ]


@pytest.mark.parametrize("name", cli._COMMANDS)
def test_unknown_option_of_a_command_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main([name, "--no-such-option"]) == 2
    assert "No such option" in capsys.readouterr().err


def test_interrupt_of_a_command_is_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("rpcgen.cli.call.find_method", interrupt)
    with rpcgen.Server() as server:
        address = server.listen("127.0.0.1:0").address
        assert cli.main(["call", address, "A.B", "1"]) == 130
    # Behind the ^C that a terminal shows.
    assert capsys.readouterr() == ("", "\nrpcgen: interrupted\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["idl -o out --check", "dump stream", "completion bash"])
def test_reader_that_has_gone_is_no_error(project: Path, command: str, unbuffered: str) -> None:
    (project / "stream").write_bytes(rpcgen.gob.dumps(list(range(100_000))))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "rpcgen", *command.split()],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("name", ["call", "bench", "list", "serve"])
def test_command_imports_what_few_need_only_when_it_is_needed(name: str) -> None:
    seldom = {"jinja2", "http.client", "rpcgen.gen", "rpcgen.gojson", "rpcgen.gob.opaque"}
    assert not modules_after(f"import rpcgen.cli.{name}") & seldom


def test_generate_is_the_long_name(project: Path) -> None:
    assert cli.main(["generate", "idl", "-o", "out"]) == 0
    assert (project / "out" / "arith.py").exists()


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--version") == 0
    out = capsys.readouterr().out
    assert out.startswith("rpcgen ")
    assert out.endswith(f" (gob: {gob.implementation})\n")


def test_an_idl_folder_called_dump_can_be_generated(project: Path) -> None:
    (project / "idl").rename(project / "dump")
    assert cli.main(["./dump", "-o", "generated"]) == 0


def test_command_runs_as_a_module(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rpcgen.cli", "idl", "-o", "generated"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [("idl/arith.py -o out", 0), ("none.py -o out", 1), ("idl/messages.py idl -o out", 0)],
)
def test_standard_stream_that_is_closed_is_done_without(
    arguments: str, status: int, stream: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "idl/messages.py").write_text(MESSAGES)
    monkeypatch.setattr(sys, stream, None)
    assert cli.main(arguments.split()) == status
