"""IDL files written from descriptions: the generator takes them, and the wire is the same."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from attrs import frozen

from rpcgen.gen import generate, write
from rpcgen.gen.idl_text import write_idl
from rpcgen.gen.load import isolated_imports
from rpcgen.gob import Registry as Types
from rpcgen.gob.definitions import TypeTable
from rpcgen.protocol import Registry
from rpcgen.protocol.reflection import (
    Description,
)
from rpcgen.protocol.server_reflection import describe
from rpcgen.schema import Schema, schema_of

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden")


@frozen
class Case:
    """A generated module, by its name below a folder."""

    root: Path
    module: str

    def __str__(self) -> str:
        return self.module


def cases() -> Iterator[Case]:
    for path in sorted(GOLDEN.glob("*/generated/**/*.py")):
        if path.name != "__init__.py":
            yield Case(GOLDEN, ".".join(path.relative_to(GOLDEN).with_suffix("").parts))
    for folder in ("generated", "docs/delve/generated", "benchmarks/generated", "rpcgen/services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "__init__.py":
                yield Case(ROOT, ".".join(path.relative_to(ROOT).with_suffix("").parts))


CASES = list(cases())


class Implementation:
    """Answers every method, with nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: None


def served(module: ModuleType) -> Registry:
    """Return a registry with all services of a generated module."""
    registry = Registry()
    for name, value in vars(module).items():
        if not name.startswith("register_") or name.startswith("register_async_"):
            continue
        if "implementation" in inspect.signature(value).parameters:
            value(registry, Implementation())
    return registry


def definitions(schema: Schema[Any]) -> list[bytes]:
    return list(TypeTable().definitions(schema))


def wire_of(registry: Registry) -> dict[str, Any]:
    """Return what a peer sees of each method."""
    found = {}
    for service in registry.services:
        for name, each in service.methods.items():
            assert each.method is not None
            raised = [
                (schema_of(e.error).go, definitions(schema_of(e.error)), e.text, e.error.code)
                for e in each.method.raises
            ]
            found[f"{service.name}.{name}"] = (
                definitions(each.request),
                definitions(each.response),
                raised,
                each.method.timeout,
                each.method.idempotent,
            )
    return found


def written(description: Description, folder: Path, module: str = "idl") -> ModuleType:
    """Return the module that is generated from the IDL of a description."""
    path = folder / "rebuilt" / f"{module}.py"
    path.write_text(write_idl(description, module=module))
    write(generate([str(path)], folder / "made").files)
    return importlib.import_module(f"made.{module}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rebuilt_idl_is_the_same_on_the_wire(case: Case, tmp_path: Path) -> None:
    with mock.patch("rpcgen.values.registry.registry", Types()):
        if case.root == GOLDEN:
            with isolated_imports(case.root):
                original = served(importlib.import_module(case.module))
                description, wire = describe(original.services), wire_of(original)
        else:
            original = served(importlib.import_module(case.module))
            description, wire = describe(original.services), wire_of(original)
    for name in ("rebuilt", "made"):
        (tmp_path / name).mkdir()
    with mock.patch("rpcgen.values.registry.registry", Types()), isolated_imports(tmp_path):
        rebuilt = served(written(description, tmp_path, case.module.rpartition(".")[2]))
        assert wire_of(rebuilt) == wire


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rebuilt_idl_is_formatted(case: Case, tmp_path: Path) -> None:
    with mock.patch("rpcgen.values.registry.registry", Types()), isolated_imports(case.root):
        description = describe(served(importlib.import_module(case.module)).services)
    path = tmp_path / "idl.py"
    path.write_text(write_idl(description))
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    settings = ["--isolated", "--line-length=100", "--target-version=py311"]
    done = subprocess.run(
        [ruff, "format", "--diff", *settings, path], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
