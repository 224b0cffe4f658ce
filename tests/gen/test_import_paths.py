"""Wherever IDL and output lie, generated modules import at once, in Python and in mypy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import field, frozen

import rpcgen
from rpcgen import cli

ARITH = """
from typing import Protocol

from attrs import define


@define
class Args:
    a: int


class Arith(Protocol):
    def double(self, args: Args) -> int: ...
"""


@frozen
class Layout:
    """Files that lie somewhere, a command line, and what users import afterwards.

    ``run_in`` is where the command runs, ``path`` what users have in their
    ``PYTHONPATH``, both below the project's folder.
    """

    idl: str
    command: str
    imported: str
    output: str
    packages: list[str] = field(factory=list)
    run_in: str = "."
    path: str = "."


LAYOUTS = {
    "idl beside generated": Layout(
        "idl/arith.py", "idl/arith.py -o generated", "generated.arith", "generated/arith.py"
    ),
    "idl as a package": Layout(
        "idl/arith.py", "idl -o generated", "generated.arith", "generated/arith.py", ["idl"]
    ),
    "both inside a package": Layout(
        "shop/idl/arith.py",
        "shop/idl/arith.py -o shop/generated",
        "shop.generated.arith",
        "shop/generated/arith.py",
        ["shop", "shop/idl"],
    ),
    "a folder inside a package": Layout(
        "shop/idl/arith.py",
        "shop/idl -o shop/generated",
        "shop.generated.arith",
        "shop/generated/arith.py",
        ["shop"],
    ),
    "run inside a package": Layout(
        "shop/idl/arith.py",
        "idl/arith.py -o generated",
        "shop.generated.arith",
        "shop/generated/arith.py",
        ["shop", "shop/idl"],
        run_in="shop",
    ),
    "src with a package": Layout(
        "src/shop/idl/arith.py",
        "src/shop/idl/arith.py -o src/shop/generated",
        "shop.generated.arith",
        "src/shop/generated/arith.py",
        ["src/shop"],
        path="src",
    ),
    "src without a package": Layout(
        "src/idl/arith.py",
        "src/idl -o src/generated",
        "generated.arith",
        "src/generated/arith.py",
        path="src",
    ),
    "nested folders, by folder": Layout(
        "idl/shop/deep/arith.py",
        "idl -o generated",
        "generated.shop.deep.arith",
        "generated/shop/deep/arith.py",
    ),
    "nested folders, by file": Layout(
        "idl/shop/arith.py",
        "idl/shop/arith.py -o generated",
        "generated.shop.arith",
        "generated/shop/arith.py",
    ),
    "a folder of another name": Layout(
        "services/shop/arith.py",
        "services -o stubs",
        "stubs.shop.arith",
        "stubs/shop/arith.py",
    ),
    "a single file": Layout(
        "arith.py", "arith.py -o generated", "generated.arith", "generated/arith.py"
    ),
    "a single file elsewhere": Layout(
        "far/away/arith.py",
        "../far/away/arith.py -o ../far/away/generated",
        "generated.arith",
        "far/away/generated/arith.py",
        run_in="here",
        path="far/away",
    ),
    "a folder elsewhere": Layout(
        "far/idl/arith.py",
        "../far/idl -o ../far/generated",
        "generated.arith",
        "far/generated/arith.py",
        run_in="here",
        path="far",
    ),
    "a folder that cannot be imported": Layout(
        "case-1/arith.py",
        "case-1/arith.py -o case-1/generated",
        "generated.arith",
        "case-1/generated/arith.py",
        path="case-1",
    ),
    "a root of its own": Layout(
        "lib/idl/arith.py",
        "lib/idl/arith.py -o lib/generated --root lib",
        "generated.arith",
        "lib/generated/arith.py",
        path="lib",
    ),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds rpcgen and nothing else, as if it were installed."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "rpcgen").symlink_to(Path(rpcgen.__file__).parent)
    return folder


@pytest.fixture(params=list(LAYOUTS.values()), ids=list(LAYOUTS))
def wrap_lines(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Layout:
    """Lay out a project in ``tmp_path`` and generate its code."""
    wrap_lines: Layout = request.param
    for name, text in [
        (wrap_lines.idl, ARITH),
        *((f"{package}/__init__.py", "") for package in wrap_lines.packages),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / wrap_lines.run_in).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / wrap_lines.run_in)
    assert cli.main(wrap_lines.command.split()) == 0
    return wrap_lines


def test_output_lies_where_it_is_looked_for(wrap_lines: Layout, tmp_path: Path) -> None:
    assert (tmp_path / wrap_lines.output).is_file()


def test_every_output_folder_is_a_typed_package(wrap_lines: Layout, tmp_path: Path) -> None:
    folder = (tmp_path / wrap_lines.output).parent
    assert (folder / "__init__.py").is_file()


def test_python_imports_it(wrap_lines: Layout, tmp_path: Path, library: Path) -> None:
    code = f"from {wrap_lines.imported} import Args, ArithClient; print(Args.__module__)"
    assert run(tmp_path / wrap_lines.path, library, "-c", code) == (
        0,
        layout_module(wrap_lines) + "\n",
    )


def test_mypy_imports_it(wrap_lines: Layout, tmp_path: Path, library: Path) -> None:
    user = tmp_path / wrap_lines.path / "user.py"
    user.write_text(
        f"from {wrap_lines.imported} import Args, ArithClient\n\n"
        "def double(client: ArithClient) -> int:\n"
        "    return client.double(Args(1))\n"
    )
    cache = f"--cache-dir={library / 'cache'}"
    status, output = run(
        user.parent, library, "-m", "mypy", "--strict", "--follow-imports=silent", cache, user.name
    )
    assert status == 0, output


def layout_module(wrap_lines: Layout) -> str:
    """Return the name of the IDL module as users import it."""
    path = Path(wrap_lines.idl).relative_to(wrap_lines.path)
    return ".".join(path.with_suffix("").parts)


def run(folder: Path, library: Path, *arguments: str) -> tuple[int, str]:
    """Run Python in ``folder`` as a user of the project does."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(library)]),
            "MYPYPATH": str(library),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


# --- the layout of the README, with the tools that its users have ---------------------------------

README_TOOLS = {
    "mypy, told in pyproject.toml": (
        "[tool.mypy]\nstrict = true\nexplicit_package_bases = true\n",
        ["-m", "mypy", "--follow-imports=silent", "."],
    ),
    "mypy, told on the command line": (
        "",
        ["-m", "mypy", "--strict", "--follow-imports=silent", "--explicit-package-bases", "."],
    ),
    "pytest, told in pyproject.toml": (
        '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        ["-c", "import sys, pytest; sys.path.remove(''); sys.exit(pytest.main(['-q', 'tests']))"],
    ),
    "python -m pytest": ("", ["-m", "pytest", "-q", "tests"]),
}


@pytest.mark.parametrize("tool", README_TOOLS)
def test_tools_work_on_the_layout_of_the_readme(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: Path
) -> None:
    settings, command = README_TOOLS[tool]
    project = tmp_path / "project"
    (project / "idl").mkdir(parents=True)
    (project / "tests").mkdir()
    (project / "idl" / "arith.py").write_text(ARITH)
    (project / "pyproject.toml").write_text(settings)
    (project / "tests" / "test_arith.py").write_text(
        "from generated.arith import Args\n\n\n"
        "def test_args() -> None:\n    assert Args(1).a == 1\n"
    )
    monkeypatch.chdir(project)
    assert cli.main(["idl/arith.py", "-o", "generated/"]) == 0
    # Not with the project's folder in PYTHONPATH, as no user has it.
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(library), "MYPYPATH": str(library)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
