"""Docstrings of the package begin with the noun that they are about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import rpcgen

_PACKAGE = Path(rpcgen.__file__).parent

# Words that begin a question instead.
_QUESTION = re.compile(r"(What|Whether|How|Who|Whose|Which|So many|Stands for)\b")


def docstrings(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and first line of each text that is a statement of its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield str(path.relative_to(_PACKAGE)), node.lineno, text.partition("\n")[0]


def test_docstrings_begin_with_their_noun() -> None:
    found = [each for path in _PACKAGE.rglob("*.py") for each in docstrings(path)]
    assert len(found) > 1000
    assert [each for each in found if _QUESTION.match(each[2])] == []
