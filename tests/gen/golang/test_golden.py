"""Whole runs of ``from-go``: a folder for each construct of Go, and the IDL that it gives.

The Go of most cases is also built, into one program, and called through what is
generated from the IDL: Go calls Python, which answers by calling Go, so that each
value is written and read by both sides. ``pytest --update`` rewrites what is expected.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

import pytest
from attrs import field, frozen

import rpcgen
from rpcgen import cli
from rpcgen.gen.load import isolated_imports
from tests.golang import run_go
from tests.support.timeouts import PROGRAM_TIMEOUT_S

GOLDEN = Path(__file__).with_name("golden")
ROOT = Path(__file__).parents[3]


Codec: TypeAlias = Literal["gob", "json"]


@frozen
class Case:
    """A folder of Go, and how it is read.

    ``codecs`` are those by which its program is called; none where it does not build.
    """

    name: str
    codecs: tuple[Codec, ...] = ("gob", "json")
    arguments: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("aliases"),
    Case("anonymous"),
    Case("arrays"),
    Case("broken"),
    Case("callbacks", (), ("--type=Server", "--name=RPCServer", "--reply=State=StateOut")),
    Case("constants"),
    Case("constraints"),
    Case("contexts", ()),
    Case("docs"),
    Case("embedded"),
    Case("enums"),
    Case("generics"),
    Case("interfaces", ("gob",)),
    Case("json_tags"),
    Case("kinds"),
    Case("left_out", ("gob",)),
    Case("library"),
    Case("missing", ()),
    Case("named_types"),
    Case("names"),
    Case("packages", ()),
    Case("plain"),
    Case("pointers"),
    Case("promoted"),
    Case("promoted_far"),
    Case("recursive"),
    Case("register_name"),
    Case("self_encoding", ("gob",)),
    Case("several_names"),
    Case("told", ()),
    Case("unicode"),
]

RUNS = [(case, codec) for case in CASES for codec in case.codecs]


def read(case: Case, output: Path) -> int:
    return cli.main(["from-go", case.name, *case.arguments, "-o", str(output)])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_go_is_read(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(GOLDEN)
    status = read(case, tmp_path / "idl.py")
    found = {"idl.py": (tmp_path / "idl.py").read_text(), "notes": capsys.readouterr().err}
    if request.config.getoption("--update"):
        for name, text in found.items():
            (GOLDEN / case.name / name).write_text(text)
    expected = {name: (GOLDEN / case.name / name).read_text() for name in found}
    assert (status, found) == (0, expected)


@pytest.mark.slow
def test_text_is_the_same_whatever_the_hashes_are() -> None:
    command = [sys.executable, "-m", "rpcgen", "from-go", "."]
    texts = {
        subprocess.run(
            command,
            cwd=GOLDEN,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_every_folder_is_a_case() -> None:
    folders = {each.name for each in GOLDEN.iterdir() if (each / "idl.py").exists()}
    assert folders == {case.name for case in CASES}


def test_program_has_every_case_that_is_called() -> None:
    table = re.findall(r'^\t"(\w+)":', (GOLDEN / "run" / "main.go").read_text(), re.MULTILINE)
    assert table == [case.name for case in CASES if case.codecs]


# The Go of the cases, called


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("golden") / "run"
    run_go("build", "-o", str(path), "./run", cwd=GOLDEN)
    return path


@pytest.fixture(scope="module")
def addresses(program: Path) -> Iterator[dict[tuple[str, str], str]]:
    """Return where the program serves each case, by name and codec."""
    served = subprocess.Popen(
        [program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert served.stdout is not None
    found = {}
    for line in iter(served.stdout.readline, "ready\n"):
        name, codec, address = line.split()
        found[name, codec] = f"tcp://{address}"
    yield found
    served.communicate(timeout=PROGRAM_TIMEOUT_S)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ModuleType]]:
    """Return what is generated from the IDL of each case that is called."""
    root = tmp_path_factory.mktemp("generated")
    for case in CASES:
        idl = root / "idl" / f"{case.name}.py"
        idl.parent.mkdir(exist_ok=True)
        idl.write_text((GOLDEN / case.name / "idl.py").read_text())
        # One by one, since most cases have a service of the same name.
        assert (
            cli.main([str(idl), "-o", str(root / f"made_{case.name}"), "--root", str(root / "idl")])
            == 0
        )
    with isolated_imports(root), isolated_imports(root / "idl"):
        yield {
            case.name: importlib.import_module(f"made_{case.name}.{case.name}") for case in CASES
        }


def clients_of(module: ModuleType) -> Iterator[tuple[Any, Any]]:
    """Yield the client of each service of a module, and the function that serves it."""
    for name, value in vars(module).items():
        if not name.startswith("register_") or name.startswith("register_async_"):
            continue
        parameter = inspect.signature(value).parameters.get("implementation")
        if parameter is not None:
            yield getattr(module, f"{parameter.annotation}Client"), value


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize(("case", "codec"), RUNS, ids=lambda each: str(each))
def test_go_calls_go_through_python(
    case: Case,
    codec: Codec,
    program: Path,
    addresses: dict[tuple[str, str], str],
    modules: dict[str, ModuleType],
) -> None:
    server = rpcgen.Server()
    with rpcgen.dial(addresses[case.name, codec], codec=codec) as go:
        for client, register in clients_of(modules[case.name]):
            register(server, client(go))
        listener = server.listen("tcp://127.0.0.1:0", codec=codec)
        with server:
            command = [str(program), "call", case.name, codec]
            done = subprocess.run(
                [*command, listener.address.removeprefix("tcp://")],
                capture_output=True,
                text=True,
                timeout=PROGRAM_TIMEOUT_S,
                check=False,
            )
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.typecheck
def test_idl_and_what_is_generated_pass_mypy(modules: dict[str, ModuleType]) -> None:
    root = Path(next(iter(modules.values())).__file__ or "").parents[1]
    command = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases"]
    paths = ["idl", *(f"made_{name}" for name in modules)]
    environment = {**os.environ, "MYPYPATH": f"{root / 'idl'}:{ROOT}"}
    done = subprocess.run(
        [*command, *paths],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, done.stdout.splitlines()[-1:])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_idl_is_formatted(case: Case) -> None:
    settings = ["--isolated", "--line-length=100", "--target-version=py311"]
    ruff = [sys.executable, "-m", "ruff", "format", "--diff", *settings]
    path = str(GOLDEN / case.name / "idl.py")
    done = subprocess.run(
        [*ruff, path], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S, check=False
    )
    assert done.stdout == ""
