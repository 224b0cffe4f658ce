"""Bound on the keys of equal hash in one map.

The hashes of many Python types are the same in every process (``uuid.UUID``,
numbers, tuples and classes of these), so a peer can choose keys that all
collide, and each then costs as much as there are before it. Hashes of text,
bytes and datetimes are random for each process and need no check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from ..errors import DecodeError
from ..schema import Bool, Bytes, Duration, Enum, Int, Opaque, Pointer, Schema, String, Uint

__all__ = ["check_collisions", "dict_of", "steerable"]


def steerable(key: Schema[Any]) -> bool:
    """Say whether a peer can choose many keys of this type that have the same hash.

    It cannot for text, bytes, times, enums and integers of at most 64 bits: no
    more than ten of those share a hash. A union or class of a user's own is
    taken for steerable.
    """
    if isinstance(key, Pointer):
        return steerable(key.element)
    if isinstance(key, Opaque):
        return key.name != "time.Time"
    return not isinstance(key, Bool | Int | Uint | String | Bytes | Enum | Duration)


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


def dict_of(items: list[tuple[Any, Any]], limit: int) -> dict[Any, Any]:
    """Return the dict of pairs of key and value, after `check_collisions` of the keys."""
    check_collisions([key for key, _ in items], limit)
    return dict(items)
