"""Generated code is what a careful person would write, as far as tools can tell.

The output of all golden cases is formatted, linted with the project's own
rules, and typed, beside the IDL files that it was generated from.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rpcgen.gen.load import isolated_imports
from rpcgen.gob import Registry
from rpcgen.method import Method

from .test_golden import GOLDEN, GOOD, contents

ROOT = Path(__file__).parents[2]

# Beginnings of the comments of a header that are for formatters and linters.
LEFT_ALONE = ("# fmt:", "# isort:", "# flake8:", "# ruff:")

PYRIGHT = f"""{{
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "extraPaths": ["{ROOT.as_posix()}"]
}}"""

MYPY = f"""[mypy]
strict = True
explicit_package_bases = True
disallow_any_unimported = True
mypy_path = {ROOT.as_posix()}

[mypy-rpcgen.*]
follow_imports = silent
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all good cases, each with its generated code."""
    folder = tmp_path_factory.mktemp("project")
    for case in GOOD:
        shutil.copytree(GOLDEN / case, folder / case)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "mypy.ini").write_text(MYPY)
    (folder / "pyrightconfig.json").write_text(PYRIGHT)
    return folder


def run(project: Path, *command: str) -> str:
    """Run a tool and return what it says if it complains."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def generated(project: Path) -> list[str]:
    return sorted(str(folder) for folder in project.glob("*/generated"))


@pytest.fixture(scope="module")
def bare(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the output of all cases, without what keeps tools away from it."""
    folder = tmp_path_factory.mktemp("bare")
    for path in project.glob("*/generated/**/*.py"):
        target = folder / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines(keepends=True)
        target.write_text("".join(line for line in lines if not line.startswith(LEFT_ALONE)))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_output_is_formatted(bare: Path) -> None:
    assert run(bare, "ruff", "format", "--diff", *generated(bare)) == ""


def test_output_passes_the_linter(bare: Path) -> None:
    """Names that the IDL has chosen are the only ones that rules about names may mind."""
    known = f"lint.isort.known-first-party = {['rpcgen', *GOOD]}"
    # Docstrings are the IDL's, too: a method that has none there has none here.
    named = (
        "lint.per-file-ignores = {'**' = ['D'],"
        " 'hostile_names/**' = ['E741', 'N802', 'N803', 'N805', 'N815']}"
    )
    command = ["ruff", "check", "--config", known, "--config", named]
    assert run(bare, *command, *generated(bare)) == ""


def test_imports_are_in_order(bare: Path) -> None:
    known = f"lint.isort.known-first-party = {['rpcgen', *GOOD]}"
    command = ["ruff", "check", "--select", "I", "--config", known]
    assert run(bare, *command, *generated(bare)) == ""


# Settings of users' projects, each a command that changes what it finds, and one that complains.
TOOLS = {
    "ruff format, short lines": (
        ["ruff", "format", "--isolated", "--line-length", "60"],
        "--check",
    ),
    "ruff format, long lines": (
        ["ruff", "format", "--isolated", "--line-length", "200"],
        "--check",
    ),
    "black, short lines": (["black", "--quiet", "--line-length", "60"], "--check"),
    "black, long lines": (["black", "--quiet", "--line-length", "200"], "--check"),
    "ruff, imports": (["ruff", "check", "--isolated", "--select", "I"], "--fix"),
    "ruff, all rules": (["ruff", "check", "--isolated", "--select", "ALL"], "--fix"),
    "ruff, all fixes": (["ruff", "check", "--isolated", "--select", "ALL"], "--unsafe-fixes"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_output_is_left_alone_by(tool: str, project: Path, tmp_path: Path) -> None:
    command, check = TOOLS[tool]
    for case in GOOD:
        shutil.copytree(GOLDEN / case / "generated", tmp_path / case)
    assert run(tmp_path, *command, check, ".") == ""
    assert run(tmp_path, *command, *(["--fix"] if command[1] == "check" else []), ".") == ""
    for case in GOOD:
        assert contents(tmp_path / case) == contents(GOLDEN / case / "generated")


def test_output_passes_mypy_strict(project: Path) -> None:
    assert run(project, "mypy", "--no-incremental", ".") == ""


def test_output_passes_pyright_strict(project: Path) -> None:
    assert run(project, "pyright", ".") == ""


@pytest.mark.parametrize("case", GOOD)
def test_output_has_schemas_for_all_its_types(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cases have messages of the same names as others that this process knows.
    monkeypatch.setattr("rpcgen.values.registry.registry", Registry())
    with isolated_imports(GOLDEN):
        for path in sorted((GOLDEN / case / "generated").rglob("*.py")):
            name = ".".join(path.relative_to(GOLDEN).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            methods = [each for each in vars(module).values() if isinstance(each, Method)]
            assert all(method.request.go and method.response.go for method in methods)
