"""Tests of `rpcgen.gen.header`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.gen.header import MARK, generated_for, header, is_generated

from .test_golden import GOLDEN


def test_generated_modules_are_recognised() -> None:
    assert is_generated(GOLDEN / "plain" / "generated" / "idl.py")


def test_generated_packages_are_recognised() -> None:
    assert is_generated(GOLDEN / "plain" / "generated" / "__init__.py")


def test_idl_files_are_not_taken_for_generated_ones() -> None:
    assert not is_generated(GOLDEN / "plain" / "idl.py")


def test_a_file_that_is_missing_is_not_generated(tmp_path: Path) -> None:
    assert not is_generated(tmp_path / "missing.py")


def test_a_file_that_is_no_text_is_not_generated(tmp_path: Path) -> None:
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    assert not is_generated(tmp_path / "binary.py")


def test_generated_for_names_the_idl_module() -> None:
    assert generated_for(GOLDEN / "plain" / "generated" / "idl.py") == "plain.idl"


@pytest.mark.parametrize("text", ["", f"# {MARK} from x.py", f'"""About ``it``.\n\n{MARK}."""'])
def test_generated_for_other_files_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert generated_for(tmp_path / "mine.py") is None


def test_generated_for_an_earlier_form_of_the_header(tmp_path: Path) -> None:
    text = f'"""Typed clients for ``idl.old``.\n\n{MARK} from old.py: change the IDL.\n"""\n'
    (tmp_path / "old.py").write_text(text)
    assert generated_for(tmp_path / "old.py") == "idl.old"


def test_header_names_the_idl_and_says_not_to_edit() -> None:
    assert header("idl/arith.py").startswith(f"# {MARK} from idl/arith.py. DO NOT EDIT.\n")


def test_header_is_nothing_but_comments() -> None:
    assert {line[:2] for line in header("idl/arith.py").splitlines()} == {"# "}
