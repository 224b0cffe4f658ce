"""Tests of `rpcgen.cli.init`."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rpcgen
from rpcgen import cli
from rpcgen.cli.failures import USAGE
from rpcgen.cli.init import _TEMPLATES, _project_name
from tests.support.timeouts import PROGRAM_TIMEOUT_S, TIMEOUT_S

from .serving import ROOT, Serving

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Path:
    """A new project, in which the process then is."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init", "demo"]) == 0
    capsys.readouterr()
    monkeypatch.chdir(tmp_path / "demo")
    return tmp_path / "demo"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in the project."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )


def test_project_has_all_files(demo: Path) -> None:
    found = {str(path.relative_to(demo)) for path in demo.rglob("*") if path.is_file()}
    generated = {f"generated/{name}" for name in ("__init__.py", "greeter.py", "py.typed")}
    assert found == {*_TEMPLATES, *generated}


def test_files_are_named_and_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init", "demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "wrote demo/idl/greeter.py" in lines
    assert "wrote demo/generated/greeter.py" in lines
    assert "  cd demo" in lines


def test_project_is_up_to_date(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.main(["--check"]) == 0
    monkeypatch.chdir(demo / "tests")
    assert cli.main(["--check"]) == 0


def test_project_is_named_for_its_folder(demo: Path) -> None:
    project = tomllib.loads((demo / "pyproject.toml").read_text())
    assert project["project"]["name"] == "demo"
    assert project["tool"]["rpcgen"] == {"idl": "idl", "output": "generated"}
    assert (demo / "README.md").read_text().startswith("# demo\n")


def test_no_placeholder_is_left(demo: Path) -> None:
    assert not any("{{" in path.read_text() for path in demo.rglob("*") if path.is_file())


def test_name_may_be_another_one(tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / "x"), "--name", "billing"]) == 0
    assert 'name = "billing"' in (tmp_path / "x" / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("folder", "name"),
    [("my service", "my-service"), ("-a.b_c-", "a.b_c"), ("größe", "gr-e"), ("…", "service")],
)
def test_name_is_one_that_a_project_may_have(folder: str, name: str) -> None:
    assert _project_name(Path(folder)) == name


def test_folder_may_exist_and_have_other_files(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("none")
    assert cli.main(["init", str(tmp_path)]) == 0


@pytest.mark.parametrize("name", ["server.py", "generated"])
def test_no_file_is_overwritten(tmp_path: Path, capsys: Captured, name: str) -> None:
    (tmp_path / name).write_text("mine")
    assert cli.main(["init", str(tmp_path)]) == USAGE
    assert f"has {name} already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["init", str(tmp_path / "file" / "x")]) == 1
    assert capsys.readouterr().err.startswith("rpcgen: error: ")


def test_tests_of_the_project_pass(demo: Path) -> None:
    done = run("pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_types_of_the_project_are_right(demo: Path) -> None:
    done = run("mypy", "--no-incremental", ".")
    assert done.returncode == 0, done.stdout


def test_project_is_as_ruff_has_it(demo: Path) -> None:
    rules = "B,C4,E,F,I,N,PIE,PT,RUF,SIM,UP,W"
    isort = "lint.isort.known-third-party=['rpcgen']"
    options = ["--isolated", "--no-cache", "--line-length", "100", "--config", isort]
    done = run("ruff", "check", *options, "--select", rules, ".")
    assert done.returncode == 0, done.stdout
    assert run("ruff", "format", *options[:4], "--check").returncode == 0


def test_server_and_client_of_the_project_meet(demo: Path, capsys: Captured) -> None:
    with Serving("server:Greetings", "--listen", "127.0.0.1:0", "--reflection") as serving:
        address = serving.ready()
        done = run("client", "Ada", address)
        assert (done.returncode, done.stdout) == (0, "Hello, Ada! (greeting no. 1)\n")
        call = ["call", address, "Greeter.Greet", '{"name": ""}']
        assert cli.main(call) == 1
        assert "INVALID_ARGUMENT: a greeting needs a name\n" in capsys.readouterr().err


def test_server_of_the_project_is_a_program(demo: Path) -> None:
    address = f"unix://{demo}/s"
    process = subprocess.Popen(
        [sys.executable, "server.py", address],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert f"listening on {address}" in process.stderr.readline()
        with rpcgen.ReflectionClient.dial(address, timeout=TIMEOUT_S) as reflection:
            assert reflection.services() == ["rpcgen.Reflection", "Greeter"]
        process.terminate()
        assert process.wait(TIMEOUT_S) == 0
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)
