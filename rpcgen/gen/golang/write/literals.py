"""Texts as string literals of Go, and code that fits on a line."""

from __future__ import annotations

from typing import Final

__all__ = ["one_line", "quoted", "shown"]

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

# Maximum length of a function that gofmt certainly leaves on one line, in characters.
_MAX_LINE: Final = 90


def quoted(text: str) -> str:
    """Return a text in quotes, as Go spells it."""
    return '"' + "".join(map(_escaped, text)) + '"'


def shown(text: str) -> str:
    """Return a text for a comment: what no line of Go may hold is escaped."""
    return "".join(
        [each if each in "\n\t" or each.isprintable() else _escaped(each) for each in text]
    )


def one_line(head: str, body: str = "") -> str:
    """Return a function, on one line if it is short.

    Args:
        head: What stands before its braces.
        body: The only statement in it, if there is one.
    """
    line = f"{head} {{ {body} }}" if body else f"{head} {{}}"
    if len(line) <= _MAX_LINE:
        return line
    return f"{head} {{\n\t{body}\n}}" if body else f"{head} {{\n}}"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    if 0xD800 <= number < 0xE000:  # half of a character, which is none
        return "\\ufffd"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
