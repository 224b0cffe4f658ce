"""Go's spelling of Python's names, ``user_id`` -> ``UserID``, and of its own."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["go_name", "is_exported", "is_identifier", "parts_of_map"]

# The initialisms that Go's own style writes in capitals.
_INITIALISMS = frozenset(
    """
    ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IP JSON LHS QPS RAM RHS RPC SLA SMTP SQL
    SSH TCP TLS TTL UDP UI UID UUID URI URL UTF8 VM XML XMPP XSRF XSS
    """.split()
)


def go_name(name: str) -> str:
    """Return the exported Go name for a Python name.

    Words are capitalised and joined, initialisms written in capitals. A name
    that begins with a capital is taken to be Go's already; a trailing
    underscore, Python's way around its keywords, is dropped.

    Args:
        name: A Python identifier.

    Returns:
        The name in Go; one that begins with an underscore stays as it is.
    """
    if name.startswith("_"):
        return name
    name = name.rstrip("_")
    if name[:1].isupper():
        return name
    return "".join(_capitalised(word) for word in name.split("_"))


def _capitalised(word: str) -> str:
    if word.upper() in _INITIALISMS:
        return word.upper()
    return word[:1].upper() + word[1:]


def is_identifier(name: str) -> bool:
    """Return True if Go takes ``name`` as an identifier: letters, digits and underscores."""
    if not name or _is_digit(name[0]):
        return False
    return all(c == "_" or unicodedata.category(c)[0] == "L" or _is_digit(c) for c in name)


def is_exported(name: str) -> bool:
    """Return True if Go exports ``name``: an identifier that begins with an upper-case letter."""
    return is_identifier(name) and unicodedata.category(name[0]) == "Lu"


def parts_of_map(name: str) -> tuple[str, str] | None:
    """Return the types of key and value in Go's name of a map, None if it is no such name.

    Args:
        name: Such as ``map[[2]int][]main.Point``.
    """
    if not name.startswith("map["):
        return None
    depth = 0
    for bracket in re.finditer(r"[][]", name):
        depth += 1 if bracket[0] == "[" else -1
        if depth == 0:
            return name[len("map[") : bracket.start()], name[bracket.end() :]
    return None


def _is_digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd"
