"""Bound on the keys of equal hash in one map.

The hashes of many Python types are the same in every process (``uuid.UUID``,
numbers, tuples and classes of these), so a peer can choose keys that all
collide, and each then costs as much as there are before it. Hashes of text,
bytes and datetimes are random for each process and need no check.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, Final

import attrs

from ..errors import DecodeError
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
    Opaque,
    Pointer,
    Schema,
    String,
    Struct,
    Uint,
    Untyped,
)

__all__ = [
    "MANY_KEYS",
    "Entries",
    "check_collisions",
    "check_merged",
    "check_probes",
    "dict_of",
    "merges_keys",
    "repeats_keys",
    "steerable",
]

MANY_KEYS: Final = 1 << 17
"""How many keys a map has at most before it is asked where they are in the table."""

# How often a place is taken, on average, before the keys are refused: twice or thrice for most,
# ten times as often for multiples of a power of two.
_PROBES: Final = 128
_ALL_BITS: Final = (1 << 64) - 1


def steerable(key: Schema[Any]) -> bool:
    """Say whether a peer can choose many keys of this type that have the same hash.

    It cannot for text, bytes, times, enums and integers of at most 64 bits: no
    more than ten of those share a hash. A union or class of a user's own is
    taken for steerable.
    """
    if isinstance(key, Pointer):
        return steerable(key.element)
    if isinstance(key, Converted):
        return steerable(key.inner)
    if isinstance(key, Opaque):
        return key.name != "time.Time"
    return not isinstance(key, Bool | Int | Uint | String | Bytes | Enum | Duration)


def merges_keys(key: Schema[Any]) -> bool:
    """Say whether keys of this type can be equal in Python that are not in Go.

    So are 0, 0.0 and False in ``map[interface{}]``, a moment in two zones, and
    values that an enum takes for one member; what a class of a user's takes for
    equal is not known.
    """
    return _merges(key, set())


def _merges(key: Schema[Any], seen: set[Schema[Any]]) -> bool:
    if isinstance(key, Interface | Opaque | Untyped):
        return not (isinstance(key, Opaque) and key.name in ("uuid.UUID", "netip.Addr"))
    if isinstance(key, Enum):
        return key.makes_members
    if isinstance(key, Pointer | Array):
        return _merges(key.element, seen)
    if not isinstance(key, Struct) or key in seen:
        return False
    seen.add(key)
    return not _compares_all(key.cls) or any(_merges(field.schema, seen) for field in key.fields)


def repeats_keys(key: Schema[Any]) -> bool:
    """Say whether keys of this type can be equal in Go that are not in Python.

    So are two that are the same as float32, and what a class of a user's does
    not take for equal though it travels alike. Interface values are not looked
    at: what is in one is not known.
    """
    inside: list[Schema[Any]] = []
    _gather(key, inside)
    if any(isinstance(each, Interface) for each in inside):
        return False
    return any(_repeats(each) for each in inside)


def _gather(key: Schema[Any], inside: list[Schema[Any]]) -> None:
    """Add the types that a key consists of."""
    if key in inside:
        return
    inside.append(key)
    if isinstance(key, Pointer | Array):
        _gather(key.element, inside)
    elif isinstance(key, Converted):
        _gather(key.inner, inside)
    elif isinstance(key, Struct):
        for field in key.fields:
            _gather(field.schema, inside)


def _repeats(schema: Schema[Any]) -> bool:
    if isinstance(schema, Float):
        return schema.bits == 32
    if isinstance(schema, Complex):
        return schema.bits == 64
    if isinstance(schema, Opaque):
        return schema.name not in ("time.Time", "uuid.UUID", "netip.Addr")
    return isinstance(schema, Struct) and not _compares_all(schema.cls)


def _compares_all(cls: type[Any]) -> bool:
    """Say whether objects of a message's class are equal where all of their fields are."""
    if attrs.has(cls):
        if not all(each.eq and each.eq_key is None for each in attrs.fields(cls)):
            return False
    elif dataclasses.is_dataclass(cls) and not all(map(_is_compared, dataclasses.fields(cls))):
        return False
    # Code of attrs and dataclasses has no file.
    code = getattr(cls.__eq__, "__code__", None)
    return code is not None and code.co_filename.startswith("<")


def _is_compared(field: dataclasses.Field[Any]) -> bool:
    return field.compare


def check_merged(merged: dict[Any, Any], count: int) -> None:
    """Refuse a map of which entries would vanish.

    Args:
        merged: Map that was made of the entries.
        count: Number of the entries.

    Raises:
        DecodeError: If it has fewer.
    """
    if len(merged) != count:
        raise DecodeError(
            f"a map of {count} entries, of which {count - len(merged)} have keys that Go keeps "
            "apart and Python takes for equal, such as 0, 0.0 and False, a moment in two zones, or "
            "values that an enum has one member for"
        )


def check_collisions(keys: Sequence[Hashable], limit: int) -> None:
    """Refuse keys of which too many have the same hash; call it before they go into a dict.

    Linear in the number of keys, whatever they are. A key that comes again
    counts again: nobody honest sends it twice.

    Args:
        keys: The keys of one map, as they came.
        limit: `Limits.collisions`, the maximum number of equal hashes.

    Raises:
        DecodeError: More than ``limit`` keys have one hash.
        TypeError: A key cannot be hashed.
    """
    if len(keys) <= limit:
        return
    if len(keys) - len(set(map(hash, keys))) < limit:
        return
    count = max(Counter(map(hash, keys)).values())
    if count > limit:
        raise DecodeError(
            f"{count} keys of a map have the same hash; the limit is {limit} (Limits.collisions)"
        )


def check_probes(keys: Sequence[Hashable]) -> None:
    """Refuse keys that different hashes lead to the same places of a dict's table.

    The hash of an int is the int, so keys can be chosen that way; up to
    `MANY_KEYS` of them do little harm. The table is filled here as CPython
    fills it, for each size that it has on its way.

    Args:
        keys: The keys of one map, as they came.

    Raises:
        DecodeError: Keys take many times as long to find as others would.
    """
    hashes = list(map(hash, keys))
    size = 2 * MANY_KEYS
    while True:
        held = min(len(hashes), size * 2 // 3)
        part = hashes[:held]
        # Where no two want the same place, which is usual and soon seen, none is taken.
        if len(set(map((size - 1).__and__, part))) < held:
            _fill([each & _ALL_BITS for each in part], size)
        if held == len(hashes):
            return
        size *= 2


def _fill(hashes: list[int], size: int) -> None:
    table, mask = bytearray(size), size - 1
    left = _PROBES * len(hashes)
    for rest in hashes:
        place = rest & mask
        while table[place]:
            rest >>= 5
            place = place * 5 + rest + 1 & mask
            left -= 1
            if left < 0:
                raise DecodeError(
                    f"{len(hashes)} keys of a map collide although their hashes differ"
                )
        table[place] = 1


class Entries:
    """The entries of a large map, kept apart until its keys were looked at."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._keys: list[Any] = []
        self._values: list[Any] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        self._keys.append(key)
        self._values.append(value)

    def checked(self) -> dict[Any, Any]:
        """Return them as a dict, after `check_probes` of the keys."""
        check_probes(self._keys)
        return dict(zip(self._keys, self._values, strict=True))


def dict_of(items: list[tuple[Any, Any]], limit: int) -> dict[Any, Any]:
    """Return the dict of pairs of key and value, after `check_collisions` of the keys."""
    keys = [key for key, _ in items]
    check_collisions(keys, limit)
    if len(keys) > MANY_KEYS:
        check_probes(keys)
    return dict(items)
