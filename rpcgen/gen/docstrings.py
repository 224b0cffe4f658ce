"""Docstrings of generated code: the IDL's, as source text."""

from __future__ import annotations

import textwrap

__all__ = ["docstring"]


def docstring(text: str, indent: int) -> str:
    """Return a docstring as it stands at ``indent`` columns."""
    text = text.rstrip()
    printable = all(c.isprintable() or c == "\n" for c in text)
    raw = "\\" in text and printable and '"""' not in text and not text.endswith(("\\", '"'))
    if not raw:
        text = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    text = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
    if text.startswith('"'):
        text = " " + text
    first, _, rest = text.partition("\n")
    lines = [line.rstrip() for line in [first, *textwrap.dedent(rest).splitlines()]]
    margin = " " * indent
    body = "\n".join([lines[0], *(margin + line if line else "" for line in lines[1:])])
    opening = 'r"""' if raw else '"""'
    if len(lines) > 1:
        return f'{opening}{body}\n{margin}"""'
    if body.endswith('"'):
        body += " "
    return f'{opening}{body}"""'
