"""Doc comments: those above a declaration, and those at the end of its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["doc_above", "doc_beside", "package_doc"]

# Comments to tools, which Go's own documentation leaves out: `//go:generate`, `//nolint:all`.
_DIRECTIVE: Final = re.compile(r"//(?:[a-z]+:\S|nolint|export |line |\+build|extern )")


def doc_above(node: Node) -> str:
    """Return the comment that ends on the line above a declaration.

    Args:
        node: The declaration.
    """
    found: list[Node] = []
    line, before = node.start_point[0], node.prev_sibling
    while before is not None and before.type in ("comment", "\n", ";"):
        if before.type == "comment":
            if _last_line(before) != line - 1 or _is_beside_another(before):
                break
            found.append(before)
            line = before.start_point[0]
        before = before.prev_sibling
    return _text_of(reversed(found))


def doc_beside(node: Node) -> str:
    """Return the comment behind a declaration on its line.

    Args:
        node: The declaration.
    """
    after = node.next_sibling
    while after is not None and after.type in ("\n", ";", ","):
        after = after.next_sibling
    if after is None or after.type != "comment" or after.start_point[0] != node.end_point[0]:
        return ""
    return _text_of([after])


def package_doc(clause: Node) -> str:
    """Return the comment of a package.

    Args:
        clause: The file's ``package`` clause.
    """
    return doc_above(clause)


def _last_line(comment: Node) -> int:
    return comment.end_point[0] - (comment.end_point[1] == 0)


def _is_beside_another(comment: Node) -> bool:
    before = comment.prev_sibling
    while before is not None and before.type in ("\n", ";", ","):
        before = before.prev_sibling
    return before is not None and before.end_point[0] == comment.start_point[0]


def _text_of(comments: Iterable[Node]) -> str:
    lines: list[str] = []
    for comment in comments:
        text = (comment.text or b"").decode(errors="replace").replace("\r", "")
        if text.startswith("/*"):
            lines += [line.strip().removeprefix("* ") for line in text[2:-2].split("\n")]
        elif not _DIRECTIVE.match(text):
            line = text[2:].rstrip()
            lines.append(line.removeprefix(" "))
    return "\n".join(lines).strip()
