"""Tests of `rpcgen.gen.diagnostics`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.errors import GenerateError
from rpcgen.gen.diagnostics import Diagnostic, Location, display_path, raise_if_any


def test_problem_is_one_line_and_a_hint() -> None:
    diagnostic = Diagnostic(Location("idl/arith.py", 12, 5), "too bad", "do better")
    assert str(diagnostic) == "idl/arith.py:12:5: error: too bad\n    hint: do better"


def test_problem_without_a_hint_is_one_line() -> None:
    assert (
        str(Diagnostic(Location("idl/arith.py"), "too bad")) == "idl/arith.py:1:1: error: too bad"
    )


def test_raise_if_any_without_problems_returns() -> None:
    raise_if_any([])


def test_raise_if_any_sorts_by_number_and_not_by_digit() -> None:
    diagnostics = [Diagnostic(Location("a.py", line), "x") for line in (10, 9, 100)]
    with pytest.raises(GenerateError) as raised:
        raise_if_any(diagnostics)
    assert [error.split(":")[1] for error in raised.value.errors] == ["9", "10", "100"]


def test_raise_if_any_reports_each_problem_once() -> None:
    with pytest.raises(GenerateError) as raised:
        raise_if_any([Diagnostic(Location("a.py"), "x")] * 2)
    assert len(raised.value.errors) == 1


def test_display_path_is_relative_below_the_working_directory(idl_folder: Path) -> None:
    assert display_path(idl_folder / "a" / "b.py") == "a/b.py"


def test_display_path_is_absolute_elsewhere(idl_folder: Path) -> None:
    assert display_path(Path("/elsewhere/b.py")) == "/elsewhere/b.py"
