"""Bound on the keys of equal hash in one map.

The hashes of many Python types are the same in every process (``uuid.UUID``,
numbers, tuples and classes of these), so a peer can choose keys that all
collide, and each then costs as much as there are before it. Hashes of text,
bytes and datetimes are random for each process and need no check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, Final

import attrs

from ..errors import DecodeError
from ..schema import Schema
from ..schema.plan import Node, Op, plan_of

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

MANY_KEYS: Final = 1 << 15
"""Maximum number of keys in a map whose places in the table are not looked at."""

# Maximum number of probes for a free place, as a mean over the keys: two or three are usual, and
# ten times as many for multiples of a power of two.
_MAX_MEAN_PROBES: Final = 128
_ALL_BITS: Final = (1 << 64) - 1


# Types whose values share a hash with ten others at most, or with none that a peer could find.
_SCATTERED: Final = frozenset(
    {Op.BOOL, Op.INT, Op.UINT, Op.STRING, Op.BYTES, Op.ENUM, Op.DURATION},
)

# Types that encode themselves, and whose values are equal in Python where they are in Go.
_EQUAL_AS_IN_GO: Final = ("uuid.UUID", "netip.Addr")


def steerable(key: Schema[Any]) -> bool:
    """Say whether a peer can choose many keys of this type that have the same hash.

    It cannot for text, bytes, times, enums and integers of at most 64 bits: no
    more than ten of those share a hash. A union or class of a user's own is
    taken for steerable.
    """
    nodes, root = plan_of(key)
    node = nodes[root]
    if node.op is Op.OPAQUE:
        return bool(node.schema.name != "time.Time")
    is_slice = node.op is Op.BYTES and bool(node.children)
    return is_slice or node.op not in _SCATTERED


def merges_keys(key: Schema[Any]) -> bool:
    """Say whether keys of this type can be equal in Python that are not in Go.

    So are 0, 0.0 and False in ``map[interface{}]``, a moment in two zones, and
    values that an enum takes for one member; the equality of a class of a user's
    own is not known.

    Args:
        key: Schema of the keys.
    """
    return any(map(_merges, _parts(key, is_converted=False)))


def _merges(node: Node) -> bool:
    match node.op:
        case Op.INTERFACE:
            return True
        case Op.OPAQUE:
            return node.schema.name not in _EQUAL_AS_IN_GO
        case Op.ENUM:
            return bool(node.schema.makes_members)
        case Op.STRUCT:
            return not _compares_all(node.schema.cls)
    return False


def repeats_keys(key: Schema[Any]) -> bool:
    """Return True if keys of this type can be equal in Go that are not in Python.

    So are two that are the same as float32, and what a class of a user's does
    not take for equal though it travels alike. Interface values are not looked
    at: what is in one is not known.

    Args:
        key: Schema of the keys.
    """
    parts = _parts(key)
    if any(part.op is Op.INTERFACE for part in parts):
        return False
    return any(map(_repeats, parts))


def _repeats(node: Node) -> bool:
    match node.op:
        case Op.FLOAT:
            return node.bits == 32
        case Op.COMPLEX:
            return node.bits == 64
        case Op.OPAQUE:
            return node.schema.name not in ("time.Time", *_EQUAL_AS_IN_GO)
        case Op.STRUCT:
            return not _compares_all(node.schema.cls)
    return False


def _parts(key: Schema[Any], *, is_converted: bool = True) -> list[Node]:
    """Return the types that a key consists of; with those that are converted, if so."""
    nodes, root = plan_of(key)
    found: dict[int, Node] = {}
    waiting = [root]
    while waiting:
        number = waiting.pop()
        node = nodes[number]
        if number in found or (node.make is not None and not is_converted):
            continue
        found[number] = node
        if node.op is Op.ARRAY:
            waiting += node.children
        waiting += [member.node for member in node.members]
    return list(found.values())


def _compares_all(cls: type[Any]) -> bool:
    """Say whether objects of a message's class are equal where all of their fields are."""
    if attrs.has(cls):
        if not all(each.eq and each.eq_key is None for each in attrs.fields(cls)):
            return False
    elif hasattr(cls, "__dataclass_fields__"):
        import dataclasses  # lazy: a program with such a class has imported it

        if not all(field.compare for field in dataclasses.fields(cls)):
            return False
    # Code of attrs and dataclasses has no file.
    code = getattr(cls.__eq__, "__code__", None)
    return code is not None and code.co_filename.startswith("<")


def check_merged(merged: dict[Any, Any], count: int) -> None:
    """Refuse a map of which entries would vanish.

    Args:
        merged: Map that was made of the entries.
        count: Number of the entries.

    Raises:
        DecodeError: The map has fewer.
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
    counts again: an honest peer does not send it twice.

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
        # Common case, quick to see: no two keys want the same place.
        if len(set(map((size - 1).__and__, part))) < held:
            _fill([each & _ALL_BITS for each in part], size)
        if held == len(hashes):
            return
        size *= 2


def _fill(hashes: list[int], size: int) -> None:
    table, mask = bytearray(size), size - 1
    left = _MAX_MEAN_PROBES * len(hashes)
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
    """Entries of a large map, kept apart until its keys have been checked."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._keys: list[Any] = []
        self._values: list[Any] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        self._keys.append(key)
        self._values.append(value)

    def checked(self) -> dict[Any, Any]:
        """Return the entries as a dict.

        Raises:
            DecodeError: The keys collide; see `check_probes`.
        """
        check_probes(self._keys)
        return dict(zip(self._keys, self._values, strict=True))


def dict_of(items: list[tuple[Any, Any]], limit: int) -> dict[Any, Any]:
    """Return the dict of some entries whose keys do not collide.

    Args:
        items: Pairs of key and value, as they came.
        limit: `Limits.collisions`, the maximum number of equal hashes.

    Raises:
        DecodeError: The keys collide; see `check_collisions` and `check_probes`.
    """
    keys = [key for key, _ in items]
    check_collisions(keys, limit)
    if len(keys) > MANY_KEYS:
        check_probes(keys)
    return dict(items)
