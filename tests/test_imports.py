"""No circle of imports, be they lazy or for type checkers alone.

The contracts of import-linter let modules of one layer import each other, and do not look at what
is imported for type checkers. A circle there means that none of its modules can be read, tested
or moved without the others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rpcgen

PACKAGE = Path(rpcgen.__file__).parent

# Imports that close a circle: who imports whom. None is added.
CLOSING = {
    # The package hands on clients that its generator has made, and these are like a user's.
    ("rpcgen", "rpcgen.services.health"),
    ("rpcgen", "rpcgen.services.reflection"),
    # A message finds its fields when they are first asked for: types may refer to each other.
    ("rpcgen.schema.kinds", "rpcgen.schema.fields"),
}

Graph = dict[str, set[str]]


def imports_of(package: Path) -> Graph:
    """Return what each module of a package imports of it, anywhere in its text."""
    files = {name_of(path, package): path for path in package.glob("**/*.py")}
    return {
        module: {
            target if target in files else target.rpartition(".")[0]
            for target in imported(path, module)
            if target.partition(".")[0] == package.name
        }
        for module, path in files.items()
    }


def name_of(path: Path, package: Path) -> str:
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(
        ".__init__"
    )


def imported(path: Path, module: str) -> Iterator[str]:
    """Yield the full names that a file imports: of modules, and of what is in modules."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - statement.level]
            base = [*(above if statement.level else ()), *filter(None, [statement.module])]
            yield from (".".join([*base, alias.name]) for alias in statement.names)


def circle_in(graph: Graph) -> list[str]:
    """Return the modules of one circle in the order of its imports, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]
    return []


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    (folder / "deep").mkdir(parents=True)
    for name in ("__init__", "one", "two", "deep/__init__", "deep/three"):
        (folder / f"{name}.py").touch()
    return folder


def test_package_has_no_new_circle_of_imports() -> None:
    graph = {
        module: {target for target in targets if (module, target) not in CLOSING}
        for module, targets in imports_of(PACKAGE).items()
    }
    assert circle_in(graph) == []


@pytest.mark.parametrize(
    "statement",
    [
        "import pack.two",
        "from pack import two",
        "from pack.two import name",
        "from . import two",
        "from .two import name",
        "if TYPE_CHECKING:\n    from .two import name",
        "def lazy():\n    from .two import name",
    ],
)
def test_circle_is_found_however_it_is_closed(package: Path, statement: str) -> None:
    (package / "one.py").write_text(statement)
    (package / "two.py").write_text("from . import one")
    assert set(circle_in(imports_of(package))) == {"pack.one", "pack.two"}


@pytest.mark.parametrize("statement", ["from ..one import name", "from pack.one import name"])
def test_circle_is_found_across_folders(package: Path, statement: str) -> None:
    (package / "one.py").write_text("from .deep import name")
    (package / "deep/__init__.py").write_text("from .three import name")
    (package / "deep/three.py").write_text(statement)
    assert circle_in(imports_of(package))[:-1] in (
        ["pack.one", "pack.deep", "pack.deep.three"],
        ["pack.deep", "pack.deep.three", "pack.one"],
        ["pack.deep.three", "pack.one", "pack.deep"],
    )


def test_no_circle_where_imports_point_one_way(package: Path) -> None:
    (package / "one.py").write_text("import os\nfrom .deep.three import name\nfrom . import two")
    (package / "deep/three.py").write_text("from ..two import name")
    assert circle_in(imports_of(package)) == []
