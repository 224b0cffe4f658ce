"""Long lines of Python, broken as ``ruff format`` breaks them.

Templates write each statement on one line. `wrap_lines` breaks those that are too
long, at brackets: what is inside goes to a line of its own, or, where that is
too long again, each element does, with a comma after the last.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

__all__ = ["LINE_LENGTH", "wrap_lines"]

LINE_LENGTH = 100
_INDENT = " " * 4
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def wrap_lines(code: str) -> str:
    """Return ``code`` with its overlong lines broken; what is inside strings is untouched."""
    inside = set(_inside_strings(code))
    lines: list[str] = []
    for number, line in enumerate(code.removesuffix("\n").split("\n"), start=1):
        if len(line) <= LINE_LENGTH or number in inside:
            lines.append(line)
        elif line.endswith(","):
            lines += _broken(line[:-1], ",", inside=True)
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


def _broken(line: str, trailing: str = "", *, inside: bool = False) -> Iterator[str]:
    """Yield the lines of a statement, or of an element with the comma ``trailing`` it.

    ``inside`` says that brackets surround it, so that it may continue in another
    line wherever it likes.
    """
    operands = _operands(line)
    if len(line + trailing) <= LINE_LENGTH:
        yield line + trailing
    elif len(operands) > 1 and inside:
        margin = _margin(line)
        yield from _broken(operands[0], inside=True)
        for operand in operands[1:-1]:
            yield from _broken(f"{margin}| {operand}", inside=True)
        yield from _broken(f"{margin}| {operands[-1]}", trailing, inside=True)
    elif len(operands) > 1 and not _is_definition(line):
        yield from _broken(_parenthesised(line), trailing)
    elif (value := _parenthesised_value(line)) and not trailing:
        yield from value
    elif bracket := _breaking(line):
        yield from _broken_at(bracket, line, trailing)
    else:
        yield line + trailing


def _parenthesised_value(line: str) -> list[str]:
    """Return a field whose default goes to a line of its own, empty if it is no such line.

    That is so where what stands before the default fits, but not with the bracket of the call
    that the default is.
    """
    brackets = _brackets(line)
    if len(brackets) < 2 or _is_definition(line) or brackets[-1].end != len(line) - 1:
        return []
    before = line[: brackets[-1].start].rfind(" = ")
    if before < brackets[-2].end or brackets[-1].start < LINE_LENGTH:
        return []
    head, value = line[: before + len(" = ")], line[before + len(" = ") :]
    if len(head) + 1 > LINE_LENGTH:
        return []
    return [f"{head}(", f"{_margin(line)}{_INDENT}{value}", f"{_margin(line)})"]


def _broken_at(bracket: _Bracket, line: str, trailing: str) -> Iterator[str]:
    body, tail = line[bracket.start + 1 : bracket.end], line[bracket.end :] + trailing
    inner = _margin(line) + _INDENT
    elements = _elements(body)
    alone = len(elements) == 1
    comma = "," if not alone or _is_definition(line) else ""
    yield line[: bracket.start + 1]
    if len(inner + body) <= LINE_LENGTH and not (alone and comma):
        yield inner + body
    else:
        for element in elements:
            yield from _broken(inner + element, comma, inside=True)
    if len(_margin(line) + tail) <= LINE_LENGTH:
        yield _margin(line) + tail
    else:
        yield from _broken_result(_margin(line), tail)


def _broken_result(margin: str, tail: str) -> Iterator[str]:
    """Yield the lines of what follows the parameters of a function: ``) -> Result: ...``."""
    if len(_operands(tail)) > 1:
        tail = _parenthesised(tail)
    # The bracket that closes the parameters is not one of a pair here.
    bracket = _breaking(margin + tail)
    if bracket is None:
        yield margin + tail
    else:
        yield from _broken_at(bracket, margin + tail, "")


def _parenthesised(line: str) -> str:
    """Put the type of a field or of a function's result in brackets."""
    for before, after in (("-> ", ":"), (": ", " =")):
        start = line.find(before) + len(before)
        if start >= len(before):
            end = line.rfind(after, start)
            end = len(line) if end < 0 else end
            return f"{line[:start]}({line[start:end]}){line[end:]}"
    return line


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_definition(line: str) -> bool:
    return line.lstrip().startswith(("def ", "async def "))


def _breaking(line: str) -> _Bracket | None:
    """Return the brackets to break at: the parameters of a function, else the last that can be."""
    brackets = [each for each in _brackets(line) if each.end > each.start + 1]
    if not brackets:
        return None
    if _is_definition(line):
        return _brackets(line)[0]
    fitting = [each for each in brackets if each.start < LINE_LENGTH]
    return fitting[-1] if fitting else brackets[0]


def _operands(line: str) -> list[str]:
    """Return the types of a union, with what stands before and after it."""
    nested = [(each.start, each.end) for each in _brackets(line)]
    bars = [
        position
        for position, character in _outside_strings(line)
        if character == "|" and not any(start < position < end for start, end in nested)
    ]
    edges = [-2, *bars, len(line) + 1]
    return [line[start + 2 : end - 1] for start, end in pairwise(edges)]


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
