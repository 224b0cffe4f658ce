"""The README's blocks, run as a reader would run them: files are written, commands are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reader import Reader, blocks_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

BLOCKS = blocks_of(ROOT / "README.md")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


def test_blocks_do_what_they_say(reader: Reader) -> None:
    for block in BLOCKS:
        reader.follow(block)


def test_idl_of_the_tour_is_the_one_in_the_repository() -> None:
    (idl,) = [block.text for block in BLOCKS if block.text.startswith("# idl/arith.py")]
    fields = re.compile(r"^    (?:def )?\w+[:(].*$", re.M)
    ours = fields.findall((ROOT / "idl" / "arith.py").read_text())
    assert [line.removesuffix(" ...") for line in fields.findall(idl)] == ours


def test_commands_are_the_two_of_the_fresh_machine() -> None:
    commands = [block.text.strip() for block in BLOCKS if block.language == "sh"]
    assert commands == [
        "pip install . && rpcgen idl/arith.py -o generated/",
        "pip install '.[test]' && python -m pytest",
    ]


@pytest.mark.parametrize("link", re.findall(r"\]\(([^):]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
