"""What docs/architecture.md names is there."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import rpcgen

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()

NAMES = sorted(set(re.findall(r"\brpcgen(?:\.\w+)+", PAGE)))
FILES = sorted(set(re.findall(r"`((?:tests|docs|rpcgen)/[\w./]+)`", PAGE)))


@pytest.mark.parametrize("name", NAMES)
def test_name_in_architecture_exists(name: str) -> None:
    resolve_name(name)


@pytest.mark.parametrize("file", FILES)
def test_file_in_architecture_exists(file: str) -> None:
    # The package is not beside the tests where it is installed.
    root = Path(rpcgen.__file__).parents[1] if file.startswith("rpcgen/") else ROOT
    assert (root / file).exists()


def test_architecture_names_enough_to_be_checked() -> None:
    assert len(NAMES) > 30
    assert FILES


def test_every_term_of_the_glossary_names_its_class() -> None:
    _, _, glossary = PAGE.partition("\n## Glossary\n")
    rows = [line for line in glossary.splitlines() if line.startswith("| ")][1:]
    assert rows
    assert [row for row in rows if not re.search(r"`rpcgen(\.\w+)+`", row)] == []
