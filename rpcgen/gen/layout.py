"""Long lines of Python, broken as ``ruff format`` breaks them.

Templates write each statement on one line. `layout` breaks those that are too
long, at brackets: what is inside goes to a line of its own, or, where that is
too long again, each element does, with a comma after the last.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

__all__ = ["LINE_LENGTH", "layout"]

LINE_LENGTH = 100
_INDENT = " " * 4
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def layout(code: str) -> str:
    """Return ``code`` with its overlong lines broken; what is inside strings is untouched."""
    inside = set(_inside_strings(code))
    lines: list[str] = []
    for number, line in enumerate(code.splitlines(), start=1):
        if len(line) <= LINE_LENGTH or number in inside:
            lines.append(line)
        elif line.endswith(","):
            lines += _broken(line[:-1], ",")
        else:
            lines += _broken(line)
    return "\n".join(lines) + "\n"


def _inside_strings(code: str) -> Iterator[int]:
    """Yield the numbers of the lines that are part of a string of several lines."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.STRING and token.end[0] > token.start[0]:
            yield from range(token.start[0], token.end[0] + 1)


@frozen
class _Bracket:
    """A pair of brackets in a line: where it opens and where it closes."""

    start: int
    end: int


def _broken(line: str, trailing: str = "") -> Iterator[str]:
    """Yield the lines of one statement, or of one element of a list that ``trailing`` ends."""
    bracket = _breaking(line)
    if len(line + trailing) <= LINE_LENGTH or bracket is None:
        yield line + trailing
        return
    head, body = line[: bracket.start + 1], line[bracket.start + 1 : bracket.end]
    tail = line[bracket.end :] + trailing
    margin = line[: len(line) - len(line.lstrip())]
    inner = margin + _INDENT
    elements = _elements(body)
    comma = "," if len(elements) > 1 or _is_definition(line) else ""
    yield head
    if len(inner + body) <= LINE_LENGTH and not (_is_definition(line) and len(elements) == 1):
        yield inner + body
    else:
        for element in elements:
            yield from _broken(inner + element, comma)
    if len(margin + tail) > LINE_LENGTH and "[" in tail:
        yield from _broken(margin + tail)
    else:
        yield margin + tail


def _is_definition(line: str) -> bool:
    return line.lstrip().startswith(("def ", "async def "))


def _breaking(line: str) -> _Bracket | None:
    """Return the brackets to break at: the parameters of a function, else the last ones."""
    brackets = [each for each in _brackets(line) if each.end > each.start + 1]
    if not brackets:
        return None
    return brackets[0] if _is_definition(line) else brackets[-1]


def _brackets(line: str) -> list[_Bracket]:
    """Return the outermost pairs of brackets."""
    found: list[_Bracket] = []
    opened: list[int] = []
    for position, character in _outside_strings(line):
        if character in _CLOSING:
            opened.append(position)
        elif character in _CLOSING.values() and opened:
            start = opened.pop()
            if not opened:
                found.append(_Bracket(start, position))
    return found


def _elements(body: str) -> list[str]:
    """Return the parts of what is inside brackets, without the commas between them."""
    nested = [(each.start, each.end) for each in _brackets(body)]
    commas = [
        position
        for position, character in _outside_strings(body)
        if character == "," and not any(start < position < end for start, end in nested)
    ]
    edges = [-1, *commas, len(body)]
    parts = (body[start + 1 : end].strip() for start, end in pairwise(edges))
    return [part for part in parts if part]


def _outside_strings(line: str) -> Iterator[tuple[int, str]]:
    quote, escaped = "", False
    for position, character in enumerate(line):
        if not quote and character in "\"'":
            quote = character
        elif not quote:
            yield position, character
        elif character == quote and not escaped:
            quote = ""
        escaped = bool(quote) and character == "\\" and not escaped
