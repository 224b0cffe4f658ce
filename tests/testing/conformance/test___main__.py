from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import rpcgen
from rpcgen.testing.conformance.__main__ import main
from rpcgen.testing.conformance.cases import CASES
from rpcgen.testing.conformance.service import register_conformance
from rpcgen.testing.conformance.streams import STREAM_CASES
from tests.support.sockets import free_port

from .programs import ECHO, command_of


@pytest.fixture
def address() -> Iterator[str]:
    server = rpcgen.Server()
    register_conformance(server)
    listener = server.listen("tcp://127.0.0.1:0")
    with server:
        yield listener.address


def test_server_that_passes_is_status_0(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([address]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [f"ok    {case.name}" for case in CASES]
    assert lines[-1] == f"{len(CASES)} of {len(CASES)} cases passed"


def test_server_that_fails_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with rpcgen.Server() as server:
        address = server.listen("tcp://127.0.0.1:0").address
        assert main([address, "--only", "echo-int", "--only", "unknown-service"]) == 1
    printed = capsys.readouterr().out
    assert "FAIL  echo-int: Conformance.EchoInt is answered with the error" in printed
    assert printed.endswith("\n0 of 2 cases passed\n")


def test_json_is_one_object(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([address, "--json", "--only", "error"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["address"], [each["name"] for each in found["cases"]]) == (address, ["error"])


def test_list_needs_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CASES)


def test_program_that_passes_is_status_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_of(ECHO, tmp_path)
    assert main(["--program", command, "--only", "full", "--only", "cut"]) == 0
    assert capsys.readouterr().out == "ok    full\nok    cut\n2 of 2 cases passed\n"


def test_program_that_fails_is_status_1_and_told_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--program", "cat", "--only", "cut", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["program"], found["passed"], len(found["cases"])) == ("cat", False, 1)


def test_list_of_a_program_has_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--program", "cat"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(STREAM_CASES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--program", "no/such/program"], "cannot run 'no/such/program'"),
        (["--program", "'"], "cannot run"),
        (["--program", " "], "needs a command"),
        (["--program", "sleep 60", "--timeout", "0.2"], "does not end where nothing comes"),
        (["--program", "cat", "127.0.0.1:1"], "has no address"),
        (["--program", "cat", "--only", "echo-int"], "there is no case echo-int: see --list"),
        ([], "name the address of a server"),
        (["nowhere"], "host:port"),
        (["127.0.0.1:1", "--only", "nothing"], "there is no case nothing: see --list"),
        (["tls://127.0.0.1:1"], "no TLS"),
    ],
)
def test_wrong_usage_is_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_server_that_is_not_there_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"127.0.0.1:{free_port()}"]) == 2
    assert "cannot connect" in capsys.readouterr().err
