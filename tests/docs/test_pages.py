"""The pages about calls and servers: their programs run, print what they say, and are typed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reader import Reader, blocks_of
from tests.support.timeouts import PROGRAM_TIMEOUT_S

DOCS = Path(__file__).parents[2] / "docs"

PAGES = (
    "calls",
    "channels",
    "cli",
    "errors",
    "from-go",
    "interceptors",
    "operating",
    "processes",
    "record",
    "reflection",
    "testing",
    "to-go",
)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


@pytest.mark.parametrize("page", PAGES)
def test_programs_of_a_page_print_what_it_says(reader: Reader, page: str) -> None:
    for block in blocks_of(DOCS / f"{page}.md"):
        reader.follow(block)


@pytest.mark.parametrize("page", [*PAGES, "durable", "nats"])
def test_programs_of_a_page_pass_mypy(reader: Reader, tmp_path: Path, page: str) -> None:
    for block in blocks_of(DOCS / f"{page}.md"):
        if not block.runs_a_program:
            reader.follow(block)
    command = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "."]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (page.name, link)
        for page in sorted(DOCS.glob("*.md"))
        for link in re.findall(r"\]\(([^):]+)\)", page.read_text())
    ],
)
def test_link_of_a_page_leads_somewhere(page: str, link: str) -> None:
    file, _, heading = link.partition("#")
    target = DOCS / file if file else DOCS / page
    assert target.exists()
    if heading and target.suffix == ".md":
        assert heading in headings(target.read_text())


def headings(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}
