"""Tests of `rpcgen.gen.roots`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.gen.roots import ConfigurationError, find_root


def lay_out(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[project]\n" if name.endswith(".toml") else "")


@pytest.mark.parametrize(
    ("files", "idl", "output", "root"),
    [
        # in a project
        (["pyproject.toml"], "idl/a.py", "generated", "."),
        (["pyproject.toml"], "services/deep/a.py", "/elsewhere", "."),
        (["setup.py"], "services/deep/a.py", "/elsewhere", "."),
        (["pyproject.toml"], "src/idl/a.py", "src/generated", "src"),
        (["pyproject.toml"], "src/a.py", "generated", "src"),
        (["pyproject.toml", "src/shop/__init__.py"], "src/shop/idl/a.py", "g", "src"),
        (["pyproject.toml", "shop/__init__.py"], "shop/idl/a.py", "g", "."),
        (["pyproject.toml", "__init__.py"], "a.py", "g", ".."),
        (["pyproject.toml", "lib/shop/__init__.py"], "lib/shop/a.py", "g", "lib"),
        (["pyproject.toml", "part/pyproject.toml"], "part/idl/a.py", "g", "part"),
        (["pyproject.toml"], "case-1/a.py", "g", "case-1"),
        (["pyproject.toml"], "case-1/deep/a.py", "g", "case-1"),
        (["part/pyproject.toml", "__init__.py"], "part/idl/a.py", "g", "part"),
        # elsewhere
        ([], "idl/a.py", "generated", "."),
        ([], "idl/deep/er/a.py", "/elsewhere", "."),
        ([], "src/idl/a.py", "src/generated", "src"),
        ([], "services/a.py", "stubs", "."),
        ([], "services/a.py", "services/stubs", "services"),
        ([], "services/a.py", "build/lib/stubs", "."),
        ([], "a.py", "generated", "."),
        ([], "services/a.py", "/elsewhere", "services"),
        (["shop/__init__.py"], "shop/idl/a.py", "g", "."),
        (["shop/__init__.py", "shop/idl/__init__.py"], "shop/idl/a.py", "shop/g", "."),
    ],
)
def test_root_is_found_by_the_files_around(
    tmp_path: Path, files: list[str], idl: str, output: str, root: str
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    lay_out(base, *files, idl)
    assert find_root(base / idl, base / output) == Path((base / root).resolve())


@pytest.mark.parametrize(("root", "found"), [(".", "."), ("lib", "lib"), ("lib/deep", "lib/deep")])
def test_root_is_what_the_project_says(tmp_path: Path, root: str, found: str) -> None:
    lay_out(tmp_path, "lib/deep/shop/__init__.py", "lib/deep/shop/a.py")
    (tmp_path / "pyproject.toml").write_text(f'[tool.rpcgen]\nroot = "{root}"\n')
    assert find_root(tmp_path / "lib/deep/shop/a.py") == tmp_path / found


def test_root_of_a_project_that_says_nothing_of_it_is_found(tmp_path: Path) -> None:
    lay_out(tmp_path, "shop/__init__.py", "shop/a.py")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nroot = 'lib'\n")
    assert find_root(tmp_path / "shop" / "a.py") == tmp_path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[tool.rpcgen]\nroot = 3\n", "[tool.rpcgen] root is not a string"),
        ("[tool.rpcgen]\nroot = 'lib'\n", "is not below that"),
        ("[tool]\nrpcgen = 3\n", "root is not a string"),
        ("[tool.rpcgen]\nroto = 'lib'\n", "[tool.rpcgen] has no option 'roto'"),
        ("[tool.rpcgen\n", "cannot be read"),
    ],
)
def test_configuration_that_cannot_be_used_is_a_placed_error(
    tmp_path: Path, text: str, reason: str
) -> None:
    lay_out(tmp_path, "a.py")
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        find_root(tmp_path / "a.py")
    diagnostic = raised.value.diagnostic
    assert reason in diagnostic.reason
    assert diagnostic.location.path.endswith("pyproject.toml")
