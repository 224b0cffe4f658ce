"""Python's spelling of Go's names: ``UserID`` -> ``user_id``."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Final

from ...names import distinct, joined_words

__all__ = ["attribute_name", "class_name", "member_names", "upper_name", "words_of"]

# Words of the shape of a Go name: initialisms with a plural's s, capitals before a capitalised
# word, words with the digits that follow them.
_WORD: Final = re.compile(
    r"""
      A{2,}s(?![as])        # IDs
    | A+(?![as])0*          # HTTP, UTF8
    | A?[as]+0*             # Server, v2
    | 0+
    """,
    re.VERBOSE,
)


def words_of(name: str) -> list[str]:
    """Return the words of a Go name, in lower case.

    Args:
        name: A Go identifier.
    """
    name = name.replace("IPv", "Ipv")  # one word, as Go spells it
    shape = "".join(map(_shape, name))
    found = [name[each.start() : each.end()].lower() for each in _WORD.finditer(shape)]
    return found or [name.lower()]


def _shape(character: str) -> str:
    """Return what a character is: ``A`` for a capital, ``a``, ``s`` for s itself, ``0``, ``_``."""
    if character == "s":
        return "s"
    if character.isdigit():
        return "0"
    if not character.isalpha():
        return "_"
    return "A" if character.isupper() else "a"


# Names that an IDL uses itself: a member called so would hide them in the body of its class.
_USED: Final = frozenset(
    """
    bool bytes complex datetime define dict embedded field float frozen int interface json_tag
    length list self str struct_args timedelta tuple wire
    """.split()
)


def attribute_name(name: str) -> str:
    """Return the name of a field, method or parameter in Python.

    Args:
        name: The name in Go.
    """
    lower = "_".join(words_of(name)).strip("_")
    if not lower.isidentifier():
        lower = f"x{lower}"
    return f"{lower}_" if keyword.iskeyword(lower) or lower in _USED else lower


def upper_name(name: str) -> str:
    """Return the name of a constant in Python.

    Args:
        name: The name in Go.
    """
    return "_".join(words_of(name)).upper()


def class_name(name: str) -> str:
    """Return the name of a class in Python.

    Args:
        name: The name in Go, or any text with words in it.
    """
    joined = joined_words(re.findall(r"[^\W_]+", name))
    if not joined.isidentifier():
        return f"X{joined}"
    return f"{joined}_" if keyword.iskeyword(joined) else joined


def member_names(type_name: str, names: Sequence[str]) -> list[str]:
    """Return the names of an enum's members: without the type's name where all have it.

    ``ColorRed`` of ``Color`` is ``RED``.

    Args:
        type_name: Name of the type in Go.
        names: Names of its constants.

    Returns:
        Names, each another, in the order of the constants.
    """
    words = [words_of(name) for name in names]
    prefix = _common_prefix(words_of(type_name), words)
    found = ["_".join(each[prefix:]).upper() for each in words]
    if not all(_is_member(each) for each in found):
        found = ["_".join(each).upper() for each in words]
    return distinct(found)


def _common_prefix(of_type: list[str], words: list[list[str]]) -> int:
    """Return how many words that are the type's as well begin all names."""
    size = 0
    for position in range(min(map(len, words), default=1) - 1):
        first = words[0][position]
        if first not in of_type or any(each[position] != first for each in words):
            break
        size += 1
    return size


def _is_member(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)
