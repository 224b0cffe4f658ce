"""Doc comments of Go as docstrings: tabs and lines that are too long."""

from __future__ import annotations

from typing import Final

from ...idl_remarks import wrapped

__all__ = ["doc_text"]

# Width of a docstring, in columns; it is indented by up to eight more.
_WIDTH: Final = 88


def doc_text(comment: str) -> str:
    """Return a doc comment as a docstring.

    Args:
        comment: Text of the comment.
    """
    lines = comment.expandtabs(4).splitlines()
    return "\n".join(part for line in lines for part in wrapped(line, _WIDTH))
