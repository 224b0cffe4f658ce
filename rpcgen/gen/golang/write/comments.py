"""Docstrings as Go's doc comments, as gofmt leaves them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

from .literals import shown

__all__ = ["doc_comment"]

# Maximum length of a line of a comment, in characters.
_WIDTH = 77

# Beginning of an item of a list, which goes on in lines that are indented.
_ITEM = re.compile(r"\s*([-*+•]|\d+[.)])\s+(?=\S)")

# Beginning of a line that gofmt would take for a heading, a link or a directive.
_SPECIAL = re.compile(r"^(?=#|\[|\+build|//)")


def doc_comment(text: str, otherwise: str = "") -> tuple[str, ...]:
    """Return the lines of a comment.

    Paragraphs are filled anew, and each item of a list is a line. What is
    indented stays as it is, behind a tab, by which gofmt knows an example.

    Args:
        text: A docstring; the lines behind the first are not indented.
        otherwise: What is said where there is none.
    """
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", _go_quotes(shown(text)).strip() or otherwise):
        if lines and lines[-1]:
            lines.append("")
        lines += _paragraph([line.rstrip() for line in paragraph.split("\n") if line.strip()])
    return tuple([f"//{line}" if line[:1] == "\t" else f"// {line}".rstrip() for line in lines])


def _paragraph(given: list[str]) -> Iterator[str]:
    """Yield the lines of a paragraph; an example has an empty line on either side."""
    lines = list(given)
    while lines:
        if _ITEM.match(lines[0]):
            item = _take(lines, lambda line: line[0].isspace() and not _ITEM.match(line))
            yield " ".join(line.strip() for line in item)
        elif lines[0][0].isspace():
            if len(lines) < len(given):
                yield ""
            example = _take(lines, lambda line: line[0].isspace())
            yield from [f"\t{line}" for line in textwrap.dedent("\n".join(example)).split("\n")]
            if lines:
                yield ""
        else:
            text = _take(lines, lambda line: not line[0].isspace() and not _ITEM.match(line))
            for line in _filled(" ".join(text)):
                yield _SPECIAL.sub("'", line)


def _take(lines: list[str], belongs: Callable[[str], bool]) -> list[str]:
    """Remove and return the first line, and those behind it that belong to it."""
    end = 1
    while end < len(lines) and belongs(lines[end]):
        end += 1
    taken, lines[:] = lines[:end], lines[end:]
    return taken


def _filled(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _go_quotes(text: str) -> str:
    """Return a text without the quotes of reStructuredText, which Go takes for typography."""
    text = re.sub(r"``(.+?)``", r"\1", text, flags=re.DOTALL)
    return text.replace("``", '"').replace("''", '""').replace("\t", "    ")
