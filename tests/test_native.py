"""The build of the accelerator: it compiles without warnings, or leaves nothing behind."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

_WARNINGS = (
    *("-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"),
    *("-Wno-missing-field-initializers", "-Wno-cast-function-type"),
)
needs_compiler = pytest.mark.skipif(
    not shutil.which(os.environ.get("CC", "gcc")), reason="there is no C compiler"
)


def _build() -> Any:
    spec = importlib.util.spec_from_file_location("native_build", ROOT / "native" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_compiler
def test_accelerator_compiles_without_warnings_and_can_be_imported(tmp_path: Path) -> None:
    build = _build()
    target = tmp_path / build.FILE_NAME
    assert build.compile_accelerator(target, ("-O0", "-fPIC", "-std=c11", *_WARNINGS)) == ""
    code = "import _accelerator; print(_accelerator.EncodeFunction.__name__)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("EncodeFunction\n", "")


@pytest.mark.parametrize("compiler", ["/bin/false", "/no/such/compiler"])
def test_compiler_that_fails_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    monkeypatch.setenv("CC", compiler)
    build = _build()
    target = tmp_path / build.FILE_NAME
    target.write_bytes(b"of a build before")
    assert build.compile_accelerator(target) != ""
    assert list(tmp_path.iterdir()) == []


@needs_compiler
def test_option_that_a_compiler_does_not_know_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(
        '#!/bin/sh\nfor each; do [ "$each" = -flto ] && exit 1; done\nexec gcc "$@"\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    build = _build()
    target = tmp_path / "made" / build.FILE_NAME
    assert build.compile_accelerator(target, ("-O0", "-fPIC", "-std=c11", "-flto")) == ""
    assert target.exists()


def test_interpreter_without_the_stable_abi_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = _build()
    monkeypatch.setattr("sysconfig.get_config_var", lambda name: 1)
    problem = build.compile_accelerator(tmp_path / build.FILE_NAME)
    assert problem == "free-threaded builds have no stable ABI"
