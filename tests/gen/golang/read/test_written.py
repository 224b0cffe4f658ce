"""Tests of `rpcgen.gen.golang.read.written`."""

from __future__ import annotations

from pathlib import Path

from rpcgen.gen.golang.read.written import Written, digest_in, look, with_header

TEXT = with_header("from typing import Protocol\n", "service/")


def test_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert look(tmp_path / "idl.py") is None


def test_file_as_it_was_written_is_not_edited(tmp_path: Path) -> None:
    (tmp_path / "idl.py").write_text(TEXT)
    assert look(tmp_path / "idl.py") == Written(digest_in(TEXT), is_edited=False)


def test_file_with_one_more_line_is_edited(tmp_path: Path) -> None:
    (tmp_path / "idl.py").write_text(f"{TEXT}x = 1\n")
    assert look(tmp_path / "idl.py") == Written(digest_in(TEXT), is_edited=True)


def test_file_without_the_header_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "idl.py").write_text("x = 1\n")
    assert look(tmp_path / "idl.py") == Written("", is_edited=True)


def test_digest_is_that_of_the_body_alone() -> None:
    assert digest_in(TEXT) == digest_in(with_header("from typing import Protocol\n", "other/"))
