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

from rpcgen.gen.load import imports_from
from rpcgen.gob import Registry
from rpcgen.method import Method

from .test_golden import GOLDEN, GOOD

ROOT = Path(__file__).parents[2]

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


def test_output_is_formatted(project: Path) -> None:
    assert run(project, "ruff", "format", "--diff", *generated(project)) == ""


def test_output_passes_the_linter(project: Path) -> None:
    assert run(project, "ruff", "check", *generated(project)) == ""


def test_imports_are_in_order(project: Path) -> None:
    """The comment that tells ruff not to look at imports is for other projects' settings."""
    shown = project / "imports"
    for path in project.glob("*/generated/**/*.py"):
        target = shown / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text().replace("# isort: skip_file\n", ""))
    (shown / "ruff.toml").write_text(
        "line-length = 100\n[lint]\nselect = ['I']\n[lint.isort]\n"
        f"known-first-party = {['rpcgen', *GOOD]}\n"
    )
    assert run(shown, "ruff", "check", ".") == ""


def test_output_passes_mypy_strict(project: Path) -> None:
    assert run(project, "mypy", "--no-incremental", ".") == ""


def test_output_passes_pyright_strict(project: Path) -> None:
    assert run(project, "pyright", ".") == ""


@pytest.mark.parametrize("case", GOOD)
def test_output_has_schemas_for_all_its_types(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cases have messages of the same names as others that this process knows.
    monkeypatch.setattr("rpcgen.values.registry.registry", Registry())
    with imports_from(GOLDEN):
        for path in sorted((GOLDEN / case / "generated").rglob("*.py")):
            name = ".".join(path.relative_to(GOLDEN).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            methods = [each for each in vars(module).values() if isinstance(each, Method)]
            assert all(method.request.go and method.response.go for method in methods)
