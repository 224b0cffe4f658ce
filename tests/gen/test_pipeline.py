"""Tests of `rpcgen.gen.pipeline`."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen.errors import GenerateError
from rpcgen.gen import Output, generate

ROOT = Path(__file__).parents[2]
IDL = sorted(str(path) for path in (ROOT / "idl").glob("*.py") if path.name != "common.py")
BAD = sorted(str(path) for path in Path(__file__).with_name("golden").glob("bad_*/idl.py"))
OUT = Path("/generated")

PRINT_OUTPUT = """
import sys
from pathlib import Path
from rpcgen.gen import Output, generate
for path, text in sorted(generate(sys.argv[1:], Path("/generated")).files.items()):
    print(path, text)
"""


def errors_of(arguments: list[str]) -> tuple[str, ...]:
    with pytest.raises(GenerateError) as raised:
        generate(arguments, OUT)
    return raised.value.errors


@cache
def in_order() -> Output:
    return generate(IDL, OUT)


@settings(max_examples=10, deadline=None)
@given(st.permutations([*IDL, str(ROOT / "idl"), IDL[0]]))
def test_output_does_not_depend_on_the_order_of_the_command_line(arguments: list[str]) -> None:
    assert generate(arguments, OUT) == in_order()


@settings(max_examples=10, deadline=None)
@given(st.permutations(BAD))
def test_errors_do_not_depend_on_the_order_of_the_command_line(arguments: list[str]) -> None:
    assert errors_of(arguments) == errors_of(BAD)


def test_errors_of_all_files_come_at_once_and_sorted() -> None:
    errors = errors_of(BAD)
    assert len({error.split(":")[0] for error in errors}) > 10
    assert [error.split(":")[0] for error in errors] == sorted(
        error.split(":")[0] for error in errors
    )


@pytest.mark.parametrize("folder", [ROOT, ROOT / "idl", Path("/")], ids=str)
def test_output_does_not_depend_on_hash_seed_or_working_directory(folder: Path) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_OUTPUT, *IDL],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_generating_leaves_modules_and_path_as_they_were() -> None:
    before = (dict(sys.modules), list(sys.path), sys.dont_write_bytecode)
    generate(IDL, OUT)
    after = (dict(sys.modules), list(sys.path), sys.dont_write_bytecode)
    assert after == before


def test_generating_again_sees_what_was_changed(tmp_path: Path) -> None:
    idl = tmp_path / "service.py"
    idl.write_text(SERVICE.format(name="one"))
    first = generate([str(idl)], OUT)
    idl.write_text(SERVICE.format(name="two"))
    assert generate([str(idl)], OUT) != first


def test_generating_leaves_nothing_beside_the_idl(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(SERVICE.format(name="one"))
    generate([str(tmp_path)], OUT)
    assert [path.name for path in tmp_path.iterdir()] == ["service.py"]


def test_files_of_several_roots_are_generated_together(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "common.py").write_text(COMMON)
        (tmp_path / name / f"{name}.py").write_text(
            "from common import Args\n" + SERVICE.format(name=name)
        )
    files = generate([str(tmp_path / "one"), str(tmp_path / "two")], OUT).files
    assert {OUT / "one.py", OUT / "two.py"} <= set(files)


SERVICE = """
from typing import Protocol


class {name}Service(Protocol):
    def {name}(self, number: int) -> int: ...
"""

COMMON = """
from attrs import define


@define
class Args:
    a: int
"""
