"""Tests of `rpcgen.gen.load`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from rpcgen.gen.discover import discover
from rpcgen.gen.load import Loader, isolated_imports


def write(folder: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_isolated_imports_puts_loaded_modules_aside(idl_folder: Path) -> None:
    write(idl_folder, "tests.py", text="X = 1")
    before = sys.modules["tests"]
    with isolated_imports(idl_folder):
        import tests as found
    assert (found.__dict__["X"], sys.modules["tests"]) == (1, before)


def test_isolated_imports_cleans_up_after_an_error(idl_folder: Path) -> None:
    write(idl_folder, "anything.py", text="import something")
    write(idl_folder, "something.py", text="1 / 0")
    path = list(sys.path)
    with pytest.raises(ZeroDivisionError), isolated_imports(idl_folder):
        importlib.import_module("anything")
    assert ("something" in sys.modules, sys.path) == (False, path)


def test_load_reports_a_cycle_once(idl_folder: Path) -> None:
    write(idl_folder, "one.py", text="import two")
    write(idl_folder, "two.py", text="import one")
    loader = Loader(idl_folder)
    loader.load(discover(["one.py", "two.py"])[0])
    assert [diagnostic.reason for diagnostic in loader.diagnostics] == [
        "cyclic import: one -> two -> one"
    ]


def test_load_allows_a_diamond_of_imports(idl_folder: Path) -> None:
    write(idl_folder, "one.py", text="import two, three")
    write(idl_folder, "two.py", "three.py", text="import four")
    write(idl_folder, "four.py")
    loader = Loader(idl_folder)
    with isolated_imports(idl_folder):
        assert len(loader.load(discover(["."])[0])) == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = '\xff'", "cannot be read|syntax error"),
        (b"# coding: klingon\n", "syntax error"),
        (b"x = 1\x00", "cannot be read|syntax error"),
    ],
)
def test_load_reports_files_that_are_no_text(idl_folder: Path, content: bytes, reason: str) -> None:
    (idl_folder / "odd.py").write_bytes(content)
    loader = Loader(idl_folder)
    loader.load(discover(["odd.py"])[0])
    (diagnostic,) = loader.diagnostics
    assert diagnostic.reason.startswith(tuple(reason.split("|")))


def test_load_heeds_the_encoding_that_a_file_declares(idl_folder: Path) -> None:
    (idl_folder / "latin.py").write_bytes("# coding: latin-1\nx = 'ä'\n".encode("latin-1"))
    loader = Loader(idl_folder)
    with isolated_imports(idl_folder):
        (source,) = loader.load(discover(["latin.py"])[0])
    assert "ä" in source.text


def test_source_of_a_module_that_is_not_python_is_none(idl_folder: Path) -> None:
    assert Loader(idl_folder).source_of("sys") is None


def test_load_reports_a_package_elsewhere_that_hides_the_file(
    idl_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(idl_folder, "here/idl/arith.py", "there/idl/__init__.py", "there/idl/arith.py")
    monkeypatch.syspath_prepend(idl_folder / "there")
    monkeypatch.chdir(idl_folder / "here")
    loader = Loader(idl_folder / "here")
    with isolated_imports(idl_folder / "here"):
        loader.load(discover(["idl/arith.py"])[0])
    (diagnostic,) = loader.diagnostics
    assert diagnostic.reason.startswith("importing idl.arith from . finds ")


@pytest.mark.parametrize("idl", ["import common", "def __getattr__(name): return {}[name]"])
def test_load_reports_a_module_that_nothing_can_be_imported_from(
    idl_folder: Path, idl: str
) -> None:
    write(idl_folder, "common.py", text="def __getattr__(name): return {}[name]")
    write(idl_folder, "idl.py", text=idl)
    loader = Loader(idl_folder)
    with isolated_imports(idl_folder):
        loader.load(discover(["idl.py"])[0])
    assert [diagnostic.reason for diagnostic in loader.diagnostics] == [
        "importing it raises KeyError: '__path__'"
    ]
