"""Tests of `rpcgen.gen.docstrings`."""

from __future__ import annotations

import ast
import inspect

from hypothesis import given
from hypothesis import strategies as st

from rpcgen.gen.docstrings import docstring


@given(st.text(st.characters(codec="utf-8")).map(inspect.cleandoc).filter(str.strip))
def test_docstring_keeps_its_text(text: str) -> None:
    code = f"class A:\n    {docstring(text, 4)}\n"
    found = ast.get_docstring(ast.parse(code).body[0])  # type: ignore[arg-type]
    assert found is not None
    assert squeezed(found) == squeezed(text)


def squeezed(text: str) -> list[str]:
    """Return the words of the lines: docstrings are dedented, and stripped at line ends."""
    return "".join(c if c.isprintable() else " " for c in text).split()
