"""A type checker tells right from wrong uses of generated code, at the right line.

Lines of the files in ``cases`` that are wrong end in a comment with mypy's
codes for what is wrong; all other lines are right.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).with_name("cases")
NAMES = sorted(path.name for path in CASES.glob("*.py"))

Errors = dict[int, set[str]]


@pytest.fixture(scope="module")
def found() -> dict[str, Errors]:
    """Return what mypy finds in all cases, in one run: codes by file and line."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--follow-imports=silent"]
        + ["--disable-error-code=func-returns-value", "--hide-error-context", "--no-pretty"]
        + [str(CASES / name) for name in NAMES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors: dict[str, Errors] = {name: defaultdict(set) for name in NAMES}
    for line in done.stdout.splitlines():
        if match := re.match(r"(.*?):(\d+): error: .*\[([a-z-]+)\]$", line):
            errors[Path(match[1]).name][int(match[2])].add(match[3])
    assert "checked" in done.stdout or "no issues" in done.stdout, done.stdout + done.stderr
    return errors


@pytest.mark.parametrize("name", NAMES)
def test_mypy_finds_the_errors_and_no_others(name: str, found: dict[str, Errors]) -> None:
    assert dict(found[name]) == expected(CASES / name)


def test_pyright_finds_wrong_callers_and_no_others() -> None:
    """Protocols of generic methods are where type checkers differ."""
    case = CASES / "callers.py"
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", str(case)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    lines = {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}
    assert lines == set(expected(case))


def expected(path: Path) -> Errors:
    lines = path.read_text().splitlines()
    return {
        number: set(re.findall(r"\[([a-z-]+)\]", comment))
        for number, line in enumerate(lines, start=1)
        if (comment := line.partition("# error:")[2])
    }
