"""Estimates of what decoded values take in memory, for `Limits.decoded`.

All are on the high side of what CPython allocates: an object with its header,
plus its place in the container that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from ..schema import Schema, Untyped
from ..schema.plan import Node, Op, kept_by_schema, plan_of

__all__ = [
    "ENTRY",
    "KEPT",
    "MEMBER",
    "OBJECT",
    "SLOT",
    "most_per_byte",
    "size_of",
    "size_of_record",
    "sizes",
]

# The place of an element in a list, which grows by an eighth more than it needs.
SLOT: Final = 9
# The place of an entry in a dict, with the old table while it grows.
ENTRY: Final = 150

# An object of a class, and any value of which nothing is known.
OBJECT: Final = 64

# Memory that a value of `Kept` takes more than the plain one.
KEPT: Final = 440

# Memory of a member that an enum makes of a value which it does not list.
MEMBER: Final = 480

_NUMBER: Final = 32
_TEXT: Final = 56
_CONTAINER: Final = 64
# With the six places for elements that a list has too many when it grows, besides an eighth.
_LIST: Final = 104
_DICT: Final = 96
_OPAQUE: Final = 300

# The size of an interface value is counted when its type is known.
_POINTER: Final = 8


_SIZES: Final = {
    Op.BOOL: _POINTER,
    Op.INT: _NUMBER,
    Op.UINT: _NUMBER,
    Op.FLOAT: _NUMBER,
    Op.COMPLEX: _NUMBER + 8,
    Op.STRING: _TEXT,
    Op.BYTES: _TEXT,
    Op.LIST: _LIST,
    Op.MAP: _DICT,
    Op.INTERFACE: _POINTER,
    Op.OPAQUE: _OPAQUE,
    Op.EMPTY: _POINTER,
    Op.ENUM: _POINTER,
    Op.DURATION: 2 * OBJECT,
}


def size_of(schema: Schema[Any]) -> int:
    """Return the bytes that a value takes without the elements that its message must bring.

    These are elements of slices and maps, bytes of strings, and what pointers
    and interfaces hold.
    """
    if isinstance(schema, Untyped):
        return OBJECT
    nodes, root = plan_of(schema)
    return _POINTER if nodes[root].nullable else sizes(schema)[root]


@kept_by_schema
def sizes(schema: Schema[Any]) -> tuple[int, ...]:
    """Return for each type of a schema's plan what `size_of` says of it, without its pointer."""
    nodes, _ = plan_of(schema)

    @cache
    def size(number: int) -> int:
        return _size(nodes[number], size_in_place)

    def size_in_place(number: int) -> int:
        return _POINTER if nodes[number].nullable else size(number)

    return tuple(map(size, range(len(nodes))))


def _size(node: Node, size_in_place: Callable[[int], int]) -> int:
    if node.make is not None:  # both forms are there for a while
        return 2 * size_in_place(node.plain)
    match node.op:
        case Op.UINT if node.bits == 8:
            return _POINTER  # these integers are there anyway
        case Op.BYTES if node.children:
            return _CONTAINER
        case Op.ARRAY if node.container in (list, tuple):
            return _LIST + node.length * (SLOT + size_in_place(node.children[0]))
        case Op.ARRAY:  # bytes, or a UUID
            return 2 * _CONTAINER + node.length
        case Op.STRUCT:
            # With the names that each `Record` has besides.
            return OBJECT + sum([16 + size_in_place(member.node) for member in node.members])
    return _SIZES[node.op]


def size_of_record(fields: int) -> int:
    """Return the bytes that a `Record` of so many fields takes, most of them left out."""
    return 3 * OBJECT + 16 * fields


@kept_by_schema
def most_per_byte(schema: Schema[Any]) -> int | None:
    """Return how many bytes in memory one byte of a message may become at most.

    None where that depends on types that the sender describes, in interface values.
    """
    if isinstance(schema, Untyped):
        return None
    nodes, root = plan_of(schema)
    reached = _reachable(nodes, root)
    if any(node.op is Op.INTERFACE for node in reached):
        return None
    return max(1, *[_ratio(nodes, sizes(schema), node) for node in reached])


def _reachable(nodes: tuple[Node, ...], root: int) -> list[Node]:
    """Return the types that a message may have values of, but for the other form of a UUID."""
    seen, waiting = dict[int, Node](), [root]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        node = seen[number] = nodes[number]
        waiting += _parts(node)
    return list(seen.values())


def _parts(node: Node) -> Iterator[int]:
    if node.number != node.plain:
        yield node.plain
    if node.op in (Op.BYTES, Op.LIST, Op.ARRAY, Op.MAP):
        yield from node.children
    for member in node.members:
        yield member.node


def _ratio(nodes: tuple[Node, ...], sizes: tuple[int, ...], node: Node) -> int:
    """Return how many bytes in memory one byte of a value becomes at most, but for its parts."""
    if node.number != node.plain:
        return sizes[node.number]
    parts = [nodes[child] for child in node.children]
    match node.op:
        case Op.STRING:
            return 4
        case Op.ENUM if node.schema.makes_members:
            return MEMBER
        case Op.BYTES | Op.LIST | Op.ARRAY if parts:
            return (SLOT + sizes[node.children[0]]) // _least(nodes, parts[0]) + 1
        case Op.MAP:
            entry = ENTRY + sum([sizes[child] for child in node.children])
            return entry // sum([_least(nodes, part) for part in parts]) + 1
        case Op.OPAQUE:
            return _OPAQUE // 8
    return 1


def _least(nodes: tuple[Node, ...], node: Node) -> int:
    """Return how many bytes a value takes in a message at least."""
    if node.number != node.plain:
        return _least(nodes, nodes[node.plain])
    match node.op:
        case Op.COMPLEX:
            return 2
        case Op.ARRAY:
            return 1 + node.length * _least(nodes, nodes[node.children[0]])
    return 1
