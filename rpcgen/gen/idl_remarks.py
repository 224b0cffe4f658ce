"""Remarks: what an IDL file says beside its services and types, in comments and defaults."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from attrs import define, field

__all__ = ["Remarks", "comment_lines", "wrapped"]

# Width of a comment, in columns; the margin comes before it.
_WIDTH = 92


@define
class Remarks:
    """Remarks of the writer of an IDL file about parts of a description.

    Attributes:
        doc: Docstring of the module.
        end: Comments at the end of the file.
        zeros: True if every field that has no default of its own has Go's zero as its default.
        types: Comments by number of the type, above what is in its class.
        fields: Comments by number of the type and name of the field on the wire, or of the enum's
            member, above it.
        tails: Comments by number of the struct, at the end of its class.
        constants: Values with a name, by number of a type that is no enum.
        services: Comments by position of the service, at the end of its class.
        methods: Comments by position of the service and name of the method, above it.
    """

    doc: str = ""
    end: list[str] = field(factory=list)
    zeros: bool = False
    types: dict[int, list[str]] = field(factory=dict)
    fields: dict[tuple[int, str], list[str]] = field(factory=dict)
    tails: dict[int, list[str]] = field(factory=dict)
    constants: dict[int, list[tuple[str, bool | int | float | str]]] = field(factory=dict)
    services: dict[int, list[str]] = field(factory=dict)
    methods: dict[tuple[int, str], list[str]] = field(factory=dict)


def comment_lines(texts: Sequence[str], margin: int = 0) -> list[str]:
    """Return texts as lines of comments, wrapped.

    Args:
        texts: Texts, which may have lines of their own.
        margin: Number of columns that will stand before the lines.
    """
    found: list[str] = []
    for text in texts:
        for line in text.splitlines() or [""]:
            shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line.expandtabs(4))
            parts = wrapped(shown, _WIDTH - margin) or [""]
            found += [f"# {each}".rstrip() for each in parts]
    return found


def wrapped(line: str, width: int) -> list[str]:
    """Return a line as it is, or one that is too long as several with its indentation.

    Args:
        line: The line.
        width: Maximum length, in characters.
    """
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=line[: len(line) - len(line.lstrip())],
        break_long_words=False,
        break_on_hyphens=False,
    )
