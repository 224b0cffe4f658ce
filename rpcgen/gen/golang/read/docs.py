"""Doc comments of Go as docstrings: tabs and lines that are too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from ...idl_remarks import wrapped

__all__ = ["DocText", "doc_text", "no_doc_text"]

# Makes a doc comment of Go the docstring, or comment, that the IDL has of it.
DocText: TypeAlias = Callable[[str], str]

# Width of a docstring, in columns; it is indented by up to eight more.
_WIDTH: Final = 88


def doc_text(comment: str) -> str:
    """Return a doc comment as a docstring.

    Args:
        comment: Text of the comment.
    """
    lines = comment.expandtabs(4).splitlines()
    return "\n".join(part for line in lines for part in wrapped(line, _WIDTH))


def no_doc_text(comment: str) -> str:
    """Return no docstring: for an IDL that leaves the texts of another's source out.

    Args:
        comment: Text of the comment.
    """
    return ""
