"""Estimate of the memory that JSON text becomes, before it is parsed; and ways to skip it.

Python's objects are much larger than their JSON: a list of one element takes
112 bytes, and three of text. What a peer sends is counted first, since what is
too large must not be made at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from rpcgen.errors import DecodeError
from rpcgen.schema import Schema, Untyped
from rpcgen.schema.plan import Node, Op, Plan, kept_by_schema, plan_of
from rpcgen.values.limits import Limits

from .members import by_fold, fold, members_of
from .numbers import digits_limit

__all__ = ["bracket_size", "check_decoded_size", "growth", "parsed_size", "skip", "too_large"]

# Maximum size of each thing in bytes, with its place in the container that holds it.
_LIST: Final = 120
_OBJECT: Final = 112
_MEMBER: Final = 76
_DICT: Final = 216
_ELEMENT: Final = 9
_STRING: Final = 80
_NUMBER: Final = 40

# Maximum length of one match in characters, which bounds the memory that it takes.
_MAX_MATCH_CHARACTERS: Final = 1 << 16
_STRINGS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Numbers of one or two digits exist once for all.
_NUMBERS: Final = re.compile(r"[0-9.][0-9.eE+-]{2,}+")


def bracket_size(text: str) -> int:
    """Estimate what the lists and objects of a text take.

    Args:
        text: The JSON.

    Returns:
        Their size in bytes; too much where strings hold brackets.
    """
    return _LIST * text.count("[") + (_OBJECT + _MEMBER) * text.count("{")


def parsed_size(text: str) -> int:
    """Bound what the value of a text takes.

    Args:
        text: The JSON.

    Returns:
        An upper bound of its size in bytes of memory.
    """
    # One wide character makes all of a text wide, and there are the text and the value.
    size = len(text) if text.isascii() else 2 * sys.getsizeof(text)
    pos = 0
    while pos < len(text):
        end = _piece_end(text, pos)
        piece, strings = _STRINGS.subn("", text[pos:end])
        size += _STRING * strings + _NUMBER * len(_NUMBERS.findall(piece))
        size += _LIST * piece.count("[") + _OBJECT * piece.count("{")
        size += _ELEMENT * piece.count(",") + _MEMBER * piece.count(":")
        pos = end
    return size


def too_large(size: int, limits: Limits) -> DecodeError:
    """Return the error for a message that is too large.

    Args:
        size: What it takes at least, in bytes of memory.
        limits: What it may take.

    Returns:
        The error.
    """
    return DecodeError(
        f"a message that takes at least {size} bytes in memory; the limit is {limits.decoded} "
        "(Limits.decoded)"
    )


_PIECE: Final = re.compile(r'(?:[^"]|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_ONE_STRING: Final = re.compile(r'"?[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def _piece_end(text: str, pos: int) -> int:
    """Return where a piece ends that cuts no string in two."""
    match = _PIECE.match(text, pos, pos + _MAX_MATCH_CHARACTERS)
    if match is None or match.end() == pos:  # a string that is longer than the window
        match = _ONE_STRING.match(text, pos)
    return max(pos + 1, match.end() if match is not None else 0)


# --- what values become -------------------------------------------------------------------------

# Memory of a class of the user's without its fields; of a value in a field that is no number.
_INSTANCE: Final = 120
_VALUE: Final = 96
# Memory of a member that an enum makes of a value which it does not list.
_ENUM_MEMBER: Final = 480
# Maximum size, in times its JSON, of a value that holds no message and no array.
_RATIO: Final = 120
# The types whose values take more than their place in a list, and more than was parsed.
_LARGER: Final = frozenset((Op.ARRAY, Op.ENUM, Op.LIST, Op.MAP, Op.OPAQUE, Op.STRUCT))


def check_decoded_size(schema: Schema[Any], text: str, value: object, limits: Limits) -> None:
    """Refuse a message that would become too large.

    The value is looked at as a whole: no need to where the `growth` of so much
    text leaves no doubt.

    Args:
        schema: The type that it becomes.
        text: The JSON.
        value: What was parsed of it.
        limits: What it may take.

    Raises:
        DecodeError: If it takes more memory than ``limits`` say.
    """
    size = parsed_size(text)
    for part in _sizer(schema).sizes(value):
        size += part
        if size > limits.decoded:
            raise too_large(size, limits)


def growth(schema: Schema[Any]) -> int:
    """Return how many times the size of their text the values of a type are at most.

    Args:
        schema: The type.

    Returns:
        An upper bound of bytes in memory for each character.
    """
    return _sizer(schema).growth


@kept_by_schema
def _sizer(schema: Schema[Any]) -> _Sizer:
    return _Sizer(Plan((), -1) if isinstance(schema, Untyped) else plan_of(schema))


class _Sizer:
    """Sizes in memory of the values of a plan; one without types is that of an unknown value."""

    def __init__(self, plan: Plan) -> None:
        self._nodes, self._root = plan
        self._zeros: dict[int, int] = {}
        self._fields: dict[int, dict[str, int]] = {}
        # The largest value that two characters can make.
        largest = max([self._zero(node) for node in self._held()], default=_NUMBER)
        self.growth = _RATIO + largest // 2

    def _held(self) -> list[Node]:
        """Return all types that values of the plan hold."""
        seen: set[int] = set()
        waiting = [self._root] if self._nodes else []
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                waiting += self._parts(self._nodes[number])
        return [self._nodes[number] for number in seen]

    def _parts(self, node: Node) -> list[int]:
        if node.number != node.plain:
            return [node.plain]
        if node.op is Op.STRUCT:
            return [member.node for member in node.members]
        return list(node.children) if node.op in (Op.ARRAY, Op.LIST, Op.MAP) else []

    def _zero(self, node: Node) -> int:
        """Return what the zero value of a type takes, which an empty object or list makes."""
        size = self._zeros.get(node.number)
        if size is None:
            size = self._zeros[node.number] = self._zero_size(node)
        return size

    def _zero_size(self, node: Node) -> int:
        if node.nullable:
            return 0
        if node.lower is not None:  # both forms are there for a while
            return 2 * self._zero(self._nodes[node.plain])
        match node.op:
            case Op.STRUCT:
                parts = [self._zero(self._nodes[member.node]) for member in node.members]
                return _INSTANCE + 8 * len(parts) + sum(parts)
            case Op.ARRAY:
                return _LIST + node.length * (8 + self._zero(self._nodes[node.children[0]]))
            case Op.OPAQUE:
                return 2 * _VALUE + (digits_limit() // 2 if _has_exponent(node) else 0)
            case Op.LIST | Op.MAP | Op.BYTES:
                return _VALUE
            case Op.ENUM if node.schema.makes_members:
                return _ENUM_MEMBER
        return _NUMBER

    def sizes(self, value: Any) -> Iterator[int]:
        """Yield what the parts of a value become, beyond what was parsed."""
        return self._sizes(self._root, value) if self._nodes else _dict_sizes(value)

    def _sizes(self, number: int, value: Any) -> Iterator[int]:
        node = self._nodes[number]
        if node.nullable and value is None:
            return
        plain = self._nodes[node.plain]
        if node.lower is not None:
            yield 2 * self._zero(plain)
        node = plain
        match node.op:
            case Op.STRUCT:
                yield self._zero(node)
                if value.__class__ is tuple:
                    known = self._fields_of(node)
                    for key, item in value:
                        if (field := known.get(fold(key))) is not None:
                            yield from self._sizes(field, item)
            case Op.MAP if value.__class__ is tuple:
                yield _OBJECT + len(value) * _MEMBER
                key = self._nodes[node.children[0]]
                for name, item in value:
                    if key.op is Op.ENUM:
                        yield _enum_size(key, name)
                    yield from self._sizes(node.children[1], item)
            case Op.ARRAY if value.__class__ is list:
                yield self._zero(node)
                for item in value[: node.length]:
                    yield from self._sizes(node.children[0], item)
            case Op.LIST | Op.BYTES if node.children and value.__class__ is list:
                yield _LIST + _ELEMENT * len(value)
                if self._is_larger(self._nodes[node.children[0]]):
                    for item in value:
                        yield from self._sizes(node.children[0], item)
            case Op.BYTES if value.__class__ is str:
                yield _VALUE + len(value)
            case Op.ENUM:
                yield _enum_size(node, value)
            case Op.OPAQUE:
                yield 2 * _VALUE + (_digits_size(value) if _has_exponent(node) else 0)
            case Op.INTERFACE:
                yield from _dict_sizes(value)

    def _is_larger(self, node: Node) -> bool:
        is_byte_slice = node.op is Op.BYTES and bool(node.children)
        return node.op in _LARGER or is_byte_slice or node.number != node.plain

    def _fields_of(self, node: Node) -> dict[str, int]:
        """Return the types of the fields by their names in lower case."""
        fields = self._fields.get(node.number)
        if fields is None:
            found = by_fold(members_of(self._nodes, node)[1])
            fields = {name: member.node.number for name, member in found.items()}
            self._fields[node.number] = fields
        return fields


def _has_exponent(node: Node) -> bool:
    return bool(node.schema.name == "big.Rat")


def _enum_size(node: Node, value: Any) -> int:
    """Return what the member takes that is made of a value, if none is there."""
    if value.__class__ is list or value.__class__ is tuple or not node.schema.makes_members:
        return 0  # which is refused, or one that is there anyway
    return 0 if value in node.schema.cls._value2member_map_ else _ENUM_MEMBER


def _dict_sizes(value: Any) -> Iterator[int]:
    """Yield what the dicts take that are made of the objects of a value."""
    if value.__class__ is tuple:
        yield _DICT + _MEMBER * len(value)
        value = [item for _, item in value]
    if value.__class__ is list:
        for item in value:
            if item.__class__ is tuple or item.__class__ is list:
                yield from _dict_sizes(item)


def _digits_size(value: Any) -> int:
    """Return what the digits take that an exponent stands for."""
    if value.__class__ is str and not _EXPONENT_LETTERS.isdisjoint(value):
        return digits_limit() // 2
    return 0


_EXPONENT_LETTERS: Final = frozenset("eEpP")


# --- text that is passed over -------------------------------------------------------------------

_SPACE: Final = r"[ \t\n\r]*+"
_STRING_TEXT: Final = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_SCALAR: Final = (
    rf"(?:{_STRING_TEXT}|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)"
)
_KEY: Final = rf"{_STRING_TEXT}{_SPACE}:{_SPACE}"


def _shallow(value: str) -> str:
    """Return the pattern of a value, or of a container of such values."""
    several = rf"{value}(?:{_SPACE},{_SPACE}{value})*+"
    members = rf"{_KEY}{value}(?:{_SPACE},{_SPACE}{_KEY}{value})*+"
    return (
        rf"(?:{_SCALAR}|\[{_SPACE}(?:{several})?+{_SPACE}\]"
        rf"|\{{{_SPACE}(?:{members})?+{_SPACE}\}})"
    )


# Two levels at once: to go on bracket by bracket takes ten times as long.
_SHALLOW: Final = _shallow(_shallow(_SCALAR))
_ELEMENTS: Final = re.compile(rf"{_SPACE}(?:{_SHALLOW}{_SPACE},{_SPACE})*+")
_MEMBERS: Final = re.compile(rf"{_SPACE}(?:{_KEY}{_SHALLOW}{_SPACE},{_SPACE})*+")
_VALUE_END: Final = re.compile(rf"{_SHALLOW}{_SPACE}")
_SCALAR_END: Final = re.compile(rf"{_SCALAR}{_SPACE}")
_KEY_END: Final = re.compile(_KEY)
_SPACE_END: Final = re.compile(_SPACE)
_SPACE_CHARACTERS: Final = frozenset(" \t\n\r")
# Lists that are deeper than what is looked at together: their brackets are taken at once.
_DEEP_LISTS: Final = re.compile(rf"(?:\[{_SPACE}(?=\[{_SPACE}\[))++")
_CLOSING: Final = {"[": "]", "{": "}"}


def skip(text: str, pos: int, depth: int) -> int:
    """Find the end of a value, in memory that does not grow with it.

    Args:
        text: The JSON that holds the value.
        pos: Where it begins.
        depth: How deep it may be nested, but for the levels that are looked at together.

    Returns:
        Where it ends, white space behind it included.

    Raises:
        DecodeError: If it is no JSON, or nested too deeply.
    """
    # Closing brackets of the containers that are open.
    stack: list[str] = []
    while True:
        match = _DEEP_LISTS.match(text, pos, pos + _MAX_MATCH_CHARACTERS)
        if match is not None:
            stack += "]" * match[0].count("[")
            _check_depth(stack, depth)
            pos = match.end()
        match = _VALUE_END.match(text, pos, pos + _MAX_MATCH_CHARACTERS)
        if match is None or match.end() == pos + _MAX_MATCH_CHARACTERS:
            match = _SCALAR_END.match(text, pos)
        if match is not None:
            pos = match.end()
        else:
            closing = _CLOSING.get(text[pos : pos + 1])
            if closing is None:
                raise _wrong(text, pos)
            stack.append(closing)
            _check_depth(stack, depth)
            pos = _space_end(text, pos + 1)
            if not text.startswith(closing, pos):
                pos = _run(text, pos, closing)
                continue
        while stack:
            if text.startswith(",", pos):
                pos = _run(text, pos + 1, stack[-1])
                break
            if not text.startswith(stack[-1], pos):
                raise _wrong(text, pos)
            stack.pop()
            pos = _space_end(text, pos + 1)
        else:
            return pos


def _check_depth(stack: list[str], depth: int) -> None:
    if len(stack) > depth:
        raise DecodeError("values are nested too deeply")


def _space_end(text: str, pos: int) -> int:
    if text[pos : pos + 1] not in _SPACE_CHARACTERS:
        return pos
    return _end(_SPACE_END, text, pos)


def _run(text: str, pos: int, closing: str) -> int:
    """Pass over values with a comma behind them, and the key of what comes then."""
    pattern = _MEMBERS if closing == "}" else _ELEMENTS
    start = -1
    while pos != start:
        start, pos = pos, _end(pattern, text, pos, pos + _MAX_MATCH_CHARACTERS)
    return _end(_KEY_END, text, pos) if closing == "}" else pos


def _end(pattern: re.Pattern[str], text: str, pos: int, end: int | None = None) -> int:
    match = pattern.match(text, pos, len(text) if end is None else end)
    if match is None:
        raise _wrong(text, pos)
    return match.end()


def _wrong(text: str, pos: int) -> DecodeError:
    return DecodeError(f"json: {text[pos : pos + 20]!r} at character {pos} is not what comes there")
