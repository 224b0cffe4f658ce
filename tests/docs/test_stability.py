"""What docs/stability.md and CONTRIBUTING.md name is there."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STABILITY = (ROOT / "docs" / "stability.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PUBLIC = re.findall(r"`(rpcgen[\w.]*)`", STABILITY.partition("Everything else is internal")[0])


@pytest.mark.parametrize("module", [name for name in PUBLIC if "." in name or name == "rpcgen"])
def test_public_module_says_what_it_exports(module: str) -> None:
    found = importlib.import_module(module)
    assert all(hasattr(found, name) for name in found.__all__)


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (page, link)
        for page in ("CONTRIBUTING.md", "docs/architecture.md", "docs/stability.md")
        for link in re.findall(r"\]\(([^):#]+)\)", (ROOT / page).read_text())
    ],
)
def test_link_leads_somewhere(page: str, link: str) -> None:
    assert ((ROOT / page).parent / link).exists()


def test_sessions_of_contributing_are_those_of_the_noxfile() -> None:
    noxfile = (ROOT / "noxfile.py").read_text()
    _, _, table = CONTRIBUTING.partition("| session | |")
    listed = set(
        re.findall(
            r"`([\w.-]+)`", re.sub(r"\|[^|]*\|$", "|", table.partition("\n\n")[0], flags=re.M)
        )
    )
    defined = set(re.findall(r'@nox\.session\(name="([\w-]+)"', noxfile))
    defined |= set(
        re.findall(r"@nox\.session(?:\(tags=.*\)|\(python=False\))?\ndef (\w+)", noxfile)
    )
    assert {name for name in listed if not name.startswith("tests-3.")} == defined


def test_markers_of_contributing_are_those_of_pytest() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    markers = {each.partition(":")[0] for each in settings["ini_options"]["markers"]}
    _, _, table = CONTRIBUTING.partition("| marker |")
    assert set(re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)) == markers
