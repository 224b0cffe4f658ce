"""Doc comments of Go as docstrings: tabs and lines that are too long."""

from __future__ import annotations

import textwrap
from typing import Final

__all__ = ["doc_text"]

# Width of a docstring, in columns; it is indented by up to eight more.
_WIDTH: Final = 88


def doc_text(comment: str) -> str:
    """Return a doc comment as a docstring.

    Args:
        comment: Text of the comment.
    """
    lines: list[str] = []
    for line in comment.expandtabs(4).splitlines():
        if len(line) <= _WIDTH:
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line,
            _WIDTH,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)
