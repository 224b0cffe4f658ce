"""How much memory JSON text becomes, before it is parsed; and how to pass over it.

Python's objects are much larger than their JSON: a list of one element takes
112 bytes, and three of text. What a peer sends is counted first, since what is
too large must not be made at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from rpcgen.errors import DecodeError
from rpcgen.schema import (
    Array,
    Bytes,
    Converted,
    Enum,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    Struct,
    Untyped,
)
from rpcgen.values.limits import Limits

from .members import by_fold, fold, members_of
from .numbers import digits_limit

__all__ = ["bracket_size", "check_decoded_size", "growth", "parsed_size", "skip", "too_large"]

# What each thing takes at most, in bytes, with its place in the container that holds it.
_LIST: Final = 120
_OBJECT: Final = 112
_MEMBER: Final = 76
_DICT: Final = 216
_ELEMENT: Final = 9
_STRING: Final = 80
_NUMBER: Final = 40

# How far one match may go, in characters, which bounds the memory that it takes.
_WINDOW: Final = 1 << 16
_STRINGS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Numbers of one or two digits exist once for all.
_NUMBERS: Final = re.compile(r"[0-9.][0-9.eE+-]{2,}+")


def bracket_size(text: str) -> int:
    """Return what lists and objects take, in bytes; more where strings hold brackets."""
    return _LIST * text.count("[") + (_OBJECT + _MEMBER) * text.count("{")


def parsed_size(text: str) -> int:
    """Return an upper bound of the bytes of memory that the value of ``text`` takes."""
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
    """Return the error for a message that would take ``size`` bytes of memory."""
    return DecodeError(
        f"a message that takes at least {size} bytes in memory; the limit is {limits.decoded} "
        "(Limits.decoded)"
    )


_PIECE: Final = re.compile(r'(?:[^"]|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_ONE_STRING: Final = re.compile(r'"?[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def _piece_end(text: str, pos: int) -> int:
    """Return where a piece ends that cuts no string in two."""
    match = _PIECE.match(text, pos, pos + _WINDOW)
    if match is None or match.end() == pos:  # a string that is longer than the window
        match = _ONE_STRING.match(text, pos)
    return max(pos + 1, match.end() if match is not None else 0)


# --- what values become -------------------------------------------------------------------------

# What a class of the user's takes without its fields; a value in a field that is no number.
_INSTANCE: Final = 120
_VALUE: Final = 96
# What a member takes that an enum makes of a value which it does not list.
_ENUM_MEMBER: Final = 480
# How many times its JSON a value is at most that holds no message and no array.
_RATIO: Final = 120


def check_decoded_size(schema: Schema[Any], text: str, value: object, limits: Limits) -> None:
    """Raise `DecodeError` if what ``text`` becomes takes more memory than ``limits`` say.

    ``value`` is what was parsed of it, and is looked at as a whole: no need to
    where the `growth` of so much text leaves no doubt.
    """
    size = parsed_size(text)
    for part in _sizes(schema, value):
        size += part
        if size > limits.decoded:
            raise too_large(size, limits)


@lru_cache(1024)
def growth(schema: Schema[Any]) -> int:
    """Return how many times the size of their text the values of a type are at most."""
    seen: set[Schema[Any]] = set()
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += _inner(each)
    # The largest value that two characters can make.
    return _RATIO + max(map(_zero_size, seen)) // 2


def _inner(schema: Schema[Any]) -> list[Schema[Any]]:
    match schema:
        case Struct():
            return [field.schema for field in schema.fields]
        case Map():
            return [schema.key, schema.value]
        case Slice() | Array() | Pointer():
            return [schema.element]
        case Converted():
            return [schema.inner]
    return []


@lru_cache(1024)
def _zero_size(schema: Schema[Any]) -> int:
    """Return what the zero value of a type takes, which an empty object or list makes."""
    match schema:
        case Struct():
            return _INSTANCE + sum(8 + _zero_size(field.schema) for field in schema.fields)
        case Array():
            return _LIST + schema.length * (8 + _zero_size(schema.element))
        case Pointer():
            return 0
        case Opaque():
            return 2 * _VALUE + (digits_limit() // 2 if schema.name == "big.Rat" else 0)
        case Slice() | Map() | Bytes():
            return _VALUE
        case Enum() if schema.makes_members:
            return _ENUM_MEMBER
        case Converted():  # both forms are there for a while
            return 2 * _zero_size(schema.inner)
    return _NUMBER


def _sizes(schema: Schema[Any], value: Any) -> Iterator[int]:
    """Yield what the parts of a value become, beyond what was parsed."""
    match schema:
        case Pointer() if value is not None:
            yield from _sizes(schema.element, value)
        case Struct():
            yield _zero_size(schema)
            if value.__class__ is tuple:
                known = _fields(schema)
                for key, item in value:
                    if (field := known.get(fold(key))) is not None:
                        yield from _sizes(field, item)
        case Map() if value.__class__ is tuple:
            yield _OBJECT + len(value) * _MEMBER
            for key, item in value:
                if isinstance(schema.key, Enum):
                    yield _enum_size(schema.key, key)
                yield from _sizes(schema.value, item)
        case Array() if value.__class__ is list:
            yield _zero_size(schema)
            for item in value[: schema.length]:
                yield from _sizes(schema.element, item)
        case Slice() if value.__class__ is list:
            yield _LIST + _ELEMENT * len(value)
            if isinstance(
                schema.element, Array | Converted | Enum | Map | Opaque | Pointer | Slice | Struct
            ):
                for item in value:
                    yield from _sizes(schema.element, item)
        case Bytes() | Slice() if value.__class__ is str:
            yield _VALUE + len(value)
        case Enum():
            yield _enum_size(schema, value)
        case Opaque():
            yield 2 * _VALUE + (_digits_size(value) if schema.name == "big.Rat" else 0)
        case Interface() | Untyped():
            yield from _dict_sizes(value)
        case Converted():
            yield _zero_size(schema)
            yield from _sizes(schema.inner, value)


def _enum_size(schema: Enum[Any], value: Any) -> int:
    """Return what the member takes that is made of a value, if none is there."""
    if value.__class__ is list or value.__class__ is tuple or not schema.makes_members:
        return 0  # which is refused, or one that is there anyway
    return 0 if value in schema.cls._value2member_map_ else _ENUM_MEMBER


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


@lru_cache(1024)
def _fields(schema: Struct[Any]) -> dict[str, Schema[Any]]:
    return {name: member.field.schema for name, member in by_fold(members_of(schema)[1]).items()}


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
_CLOSING: Final = {"[": "]", "{": "}"}


def skip(text: str, pos: int, depth: int) -> int:
    """Return where the value ends that begins at ``pos``, in memory that does not grow with it.

    White space behind it belongs to it. Raises `DecodeError` where it is no
    JSON, or nested deeper than ``depth`` by more than the levels that are
    looked at together.
    """
    # What closes each container that is open.
    stack: list[str] = []
    while True:
        match = _VALUE_END.match(text, pos, pos + _WINDOW)
        if match is None or match.end() == pos + _WINDOW:
            match = _SCALAR_END.match(text, pos)
        if match is not None:
            pos = match.end()
        else:
            closing = _CLOSING.get(text[pos : pos + 1])
            if closing is None:
                raise _wrong(text, pos)
            stack.append(closing)
            if len(stack) > depth:
                raise DecodeError("values are nested too deeply")
            pos = _end(_SPACE_END, text, pos + 1)
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
            pos = _end(_SPACE_END, text, pos + 1)
        else:
            return pos


def _run(text: str, pos: int, closing: str) -> int:
    """Pass over values with a comma behind them, and the key of what comes then."""
    pattern = _MEMBERS if closing == "}" else _ELEMENTS
    start = -1
    while pos != start:
        start, pos = pos, _end(pattern, text, pos, pos + _WINDOW)
    return _end(_KEY_END, text, pos) if closing == "}" else pos


def _end(pattern: re.Pattern[str], text: str, pos: int, end: int | None = None) -> int:
    match = pattern.match(text, pos, len(text) if end is None else end)
    if match is None:
        raise _wrong(text, pos)
    return match.end()


def _wrong(text: str, pos: int) -> DecodeError:
    return DecodeError(f"json: {text[pos : pos + 20]!r} at character {pos} is not what comes there")
