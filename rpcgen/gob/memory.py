"""Estimates of what decoded values take in memory, for `Limits.decoded`.

All are on the high side of what CPython allocates: an object with its header,
plus its place in the container that holds it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from ..schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Enum,
    Float,
    Int,
    Interface,
    Map,
    Nothing,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
)
from ..values.types import base_of

__all__ = ["ENTRY", "KEPT", "MEMBER", "SLOT", "most_per_byte", "size_of", "size_of_record"]

# The place of an element in a list, which grows by an eighth more than it needs.
SLOT: Final = 9
# The place of an entry in a dict, with the old table while it grows.
ENTRY: Final = 150

# What a value of `Kept` takes more than the plain one.
KEPT: Final = 440

# What a member takes that an enum makes of a value which it does not list.
MEMBER: Final = 480

_OBJECT: Final = 64
_NUMBER: Final = 32
_TEXT: Final = 56
_CONTAINER: Final = 64
_DICT: Final = 96
_OPAQUE: Final = 300

# The size of an interface value is counted when its type is known.
_POINTER: Final = 8


@lru_cache(maxsize=4096)
def size_of(schema: Schema[Any]) -> int:
    """Return the bytes that a value takes without the elements that its message must bring.

    These are elements of slices and maps, octets of strings, and what pointers
    and interfaces hold.
    """
    match schema:
        case Bool() | Nothing() | Enum() | Pointer() | Interface():
            return _POINTER
        case Uint(bits=8):
            return _POINTER  # these integers are there anyway
        case Int() | Uint() | Float():
            return _NUMBER
        case Complex():
            return _NUMBER + 8
        case String() | Bytes():
            return _TEXT
        case Duration():
            return 2 * _OBJECT
        case Opaque():
            return _OPAQUE
        case Slice():
            return _CONTAINER
        case Map():
            return _DICT
        case Converted():  # both forms are there for a while
            return 2 * size_of(schema.inner)
        case Array() if schema.container in (list, tuple):
            return _CONTAINER + schema.length * (SLOT + size_of(schema.element))
        case Array():  # bytes, or a UUID
            return 2 * _CONTAINER + schema.length
        case Struct():
            # With the names that each `Record` has besides.
            return _OBJECT + sum(16 + size_of(field.schema) for field in schema.fields)
    return _OBJECT


def size_of_record(fields: int) -> int:
    """Return the bytes that a `Record` of so many fields takes, most of them left out."""
    return 3 * _OBJECT + 16 * fields


@lru_cache(maxsize=4096)
def most_per_byte(schema: Schema[Any]) -> int | None:
    """Return how many bytes in memory one byte of a message may become at most.

    None where that depends on types that the sender describes, in interface values.
    """
    most, seen, waiting = 1, set[Schema[Any]](), [schema]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        match each:
            case Interface():
                return None
            case String():
                most = max(most, 4)
            case Enum() if each.makes_members:
                most = max(most, MEMBER)
            case Pointer():
                most = max(most, size_of(base_of(each)))
                waiting.append(each.element)
            case Slice() | Array():
                element = base_of(each.element)
                most = max(most, (SLOT + size_of(element)) // _least(element) + 1)
                waiting.append(each.element)
            case Map():
                key, value = base_of(each.key), base_of(each.value)
                entry = ENTRY + size_of(key) + size_of(value)
                most = max(most, entry // (_least(key) + _least(value)) + 1)
                waiting += each.key, each.value
            case Opaque():
                most = max(most, _OPAQUE // 8)
            case Converted():
                most = max(most, size_of(each))
                waiting.append(each.inner)
            case Struct():
                waiting += [field.schema for field in each.fields]
            case _ if type(each).__name__ == "Untyped":
                return None
    return most


def _least(schema: Schema[Any]) -> int:
    """Return how many bytes a value takes in a message at least."""
    match schema:
        case Complex():
            return 2
        case Converted():
            return _least(base_of(schema.inner))
        case Array():
            return 1 + schema.length * _least(base_of(schema.element))
    return 1
