"""Tests of `rpcgen.cli.remote.idl_modules`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rpcgen
from generated.kvstore import register_kv_store
from rpcgen.cli.remote.idl_modules import (
    generated_modules,
    methods_in,
    methods_of_description,
)
from rpcgen.errors import GenerateError
from tests.support.services import MemoryStore


def test_modules_of_an_idl_are_there_for_a_while(project: Path) -> None:
    before, path = {*sys.modules}, sys.path[:]
    with generated_modules(["idl"]) as (module,):
        assert methods_in([module]).keys() == {"Arith.Double"}
        assert module.register_arith.__name__ == "register_arith"
        assert "idl.arith" in sys.modules
    added = {name for name in {*sys.modules} - before if not name.startswith("rpcgen.")}
    assert not any("arith" in name or "_rpcgen_generated" in name for name in added)
    assert sys.path == path


def test_nothing_is_written_to_the_project(project: Path) -> None:
    before = sorted(project.rglob("*"))
    with generated_modules(["idl/arith.py"]):
        pass
    assert sorted(project.rglob("*")) == before


def test_bad_idl_is_an_error(project: Path) -> None:
    (project / "idl" / "arith.py").write_text("def f(:")
    with pytest.raises(GenerateError, match=r"idl/arith\.py:1:\d+: error: syntax error"):
        with generated_modules(["idl"]):
            pass


def test_methods_of_a_description_are_those_of_the_server() -> None:
    with rpcgen.Server(reflection=True) as server:
        register_kv_store(server, MemoryStore())
        with rpcgen.ReflectionClient.dial(server.listen("127.0.0.1:0").address) as reflection:
            description = reflection.describe("KVStore")
    with methods_of_description(description) as methods:
        assert {"KVStore.Get", "KVStore.Put", "KVStore.Scan"} <= methods.keys()
        assert methods["KVStore.Get"].response.go == "kvstore.Entry"
