"""Match of a sender's type with ours: all that is decided before anything is decoded."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from ..._records import ImmutableRecord
from ...errors import DecodeError
from ...schema import Opaque
from ...schema.plan import Member, Node, Op, Plan
from .. import wire
from ..source import TooLongError

__all__ = [
    "BASIC",
    "DecodePlan",
    "Pair",
    "SentField",
    "Types",
    "check_fields_in_common",
    "form_of",
    "match",
    "parts_of",
    "sent_fields",
    "spelled",
]

Types: TypeAlias = Mapping[int, wire.WireType]

BASIC: Final = {
    Op.BOOL: wire.BOOL,
    Op.INT: wire.INT,
    Op.UINT: wire.UINT,
    Op.FLOAT: wire.FLOAT,
    Op.COMPLEX: wire.COMPLEX,
    Op.STRING: wire.STRING,
    Op.BYTES: wire.BYTES,
    Op.INTERFACE: wire.INTERFACE,
    Op.DURATION: wire.INT,
}
"""The types of gob's own that values of ours without parts arrive as."""


class SentField(ImmutableRecord):
    """One field of a sender's struct.

    ``member`` is the field of ours that it becomes, None for one that is skipped; ``pair`` is
    the number of the pair of their types.
    """

    name: str
    id: int
    member: Member | None = None
    pair: int = -1


class Pair(ImmutableRecord):
    """A type of the sender's, and one of ours that its values become.

    Attributes:
        number: Its number in the plan.
        id: The id of the sender's type.
        node: The type of ours.
        parts: The numbers of the pairs that it is made of: of a pointer or a conversion that
            without it, else the element, or key and value, or the base of an enum.
        fields: All fields that the sender's struct has.
    """

    number: int
    id: int
    node: Node
    parts: tuple[int, ...] = ()
    fields: tuple[SentField, ...] = ()


class DecodePlan(ImmutableRecord):
    """Plan by which values of a sender's type become values of ours.

    Attributes:
        pairs: All pairs of types, each once.
        root: The number of the pair for the whole value.
        nodes: All types of ours.
        types: All types of the sender's, by their ids.
    """

    pairs: tuple[Pair, ...]
    root: int
    nodes: tuple[Node, ...]
    types: Types


def match(plan: Plan, types: Types, id: int, most: int = sys.maxsize) -> DecodePlan:
    """Find for each part of a sender's type which of ours it becomes.

    Args:
        plan: Our type.
        types: The types that the sender has described.
        id: The id of the sender's type.
        most: Maximum number of pairs.

    Returns:
        What becomes of each part.

    Raises:
        DecodeError: If two types do not go together.
        TooLongError: If there are more pairs than ``most``.
    """
    return _Matcher(plan.nodes, types, most).match(id, plan.nodes[plan.root])


class _Matcher:
    """Gives out numbers first, so that types may hold themselves and each other."""

    def __init__(self, nodes: tuple[Node, ...], types: Types, most: int) -> None:
        self._nodes = nodes
        self._types = types
        self._most = most
        self._numbers: dict[tuple[int, int], int] = {}
        self._waiting: list[tuple[int, int, Node]] = []

    def match(self, id: int, node: Node) -> DecodePlan:
        check_fields_in_common(self._types, id, node)
        root = self._number(id, node.number)
        pairs: dict[int, Pair] = {}
        while self._waiting:
            number, id, node = self._waiting.pop()
            pairs[number] = self._pair(number, id, node)
        in_order = tuple([pairs[number] for number in range(len(pairs))])
        return DecodePlan(in_order, root, self._nodes, self._types)

    def _number(self, id: int, node_number: int) -> int:
        node = form_of(self._nodes, self._nodes[node_number], self._types.get(id))
        number = self._numbers.get((id, node.number))
        if number is None:
            if len(self._numbers) >= self._most:
                raise TooLongError("there are more pairs of types than there may be")
            number = self._numbers[id, node.number] = len(self._numbers)
            self._waiting.append((number, id, node))
        return number

    def _pair(self, number: int, id: int, node: Node) -> Pair:
        if node.number != node.plain:
            return Pair(number, id, node, (self._number(id, node.plain),), ())
        known = self._types.get(id)
        if node.op is Op.STRUCT and isinstance(known, wire.StructType):
            fields = tuple([self._field(*each) for each in sent_fields(known, node)])
            return Pair(number, id, node, (), fields)
        parts = parts_of(self._types, id, self._nodes, node)
        return Pair(number, id, node, tuple([self._number(*part) for part in parts]), ())

    def _field(self, name: str, id: int, member: Member | None) -> SentField:
        if member is None:
            return SentField(name, id, None, -1)
        return SentField(name, id, member, self._number(id, member.node))


# --- the rules: what goes together, looked at one step at a time ----------------------------------


def form_of(nodes: tuple[Node, ...], node: Node, known: wire.WireType | None) -> Node:
    """Return the form of a type in which its values have come: a UUID has two."""
    if node.other < 0 or node.plain != node.number:
        return node
    is_array = isinstance(known, wire.ArrayType)
    return node if is_array is (node.op is Op.ARRAY) else nodes[node.other]


def check_fields_in_common(types: Types, id: int, node: Node) -> None:
    """Refuse a struct at the top of a message of which no field is one of ours.

    Raises:
        DecodeError: If so, and both have fields.
    """
    known = types.get(id)
    is_struct = node.op is Op.STRUCT and node.plain == node.number
    if not is_struct or not isinstance(known, wire.StructType) or not known.fields:
        return
    ours = node.members_by_name
    if ours and ours.keys().isdisjoint(known.names):
        raise DecodeError(
            f"no field of {spelled(types, id)} is one of {node.schema.go}, which has "
            + ", ".join(sorted(ours))
        )


def sent_fields(known: wire.StructType, node: Node) -> Iterator[tuple[str, int, Member | None]]:
    """Return the name and type of each field of a sender's struct, and which of ours it becomes.

    Raises:
        DecodeError: If one has no name.
    """
    if "" in known.names:
        raise DecodeError(f"a field of {known.name} has no name")
    ours = node.members_by_name
    return ((name, id, ours.get(name)) for name, id in known.fields)


def parts_of(
    types: Types, id: int, nodes: tuple[Node, ...], node: Node
) -> tuple[tuple[int, int], ...]:
    """Return which parts of a sender's type become which of ours.

    Args:
        types: The types that the sender has described.
        id: The id of the sender's type.
        nodes: All types of ours.
        node: Type of ours, in the form that has come, and none with fields.

    Returns:
        The id of each part, and the number of what it becomes.

    Raises:
        DecodeError: If the two types do not go together.
    """
    if BASIC.get(node.op) == id:
        return ()
    known = types.get(id)
    match node.op, known:
        case Op.EMPTY, _:
            return ()  # whatever it is, it is skipped
        case Op.LIST, wire.SliceType():
            return ((known.element, node.children[0]),)
        case Op.ARRAY, wire.ArrayType() if known.length == node.length:
            return ((known.element, node.children[0]),)
        case Op.MAP, wire.MapType():
            return ((known.key, node.children[0]), (known.value, node.children[1]))
        case Op.OPAQUE, wire.OpaqueType() if _fits(known, node.schema):
            return ()
        case Op.ENUM, _ if BASIC[nodes[node.children[0]].op] == id:
            return ((id, node.children[0]),)
    raise DecodeError(f"{spelled(types, id)} arrives where {node.go or 'Any'} is wanted")


def _fits(known: wire.OpaqueType, schema: Opaque[Any]) -> bool:
    """Say whether a type that encodes itself does so as the schema's own does."""
    return (
        known.encoding == schema.encoding
        or schema.described
        or schema.name == "uuid.UUID"  # 16 bytes, or its text
    )


def spelled(types: Types, id: int) -> str:
    """Return what to call a wire type in an error."""
    known = types.get(id)
    match known:
        case None:
            return wire.NAMES.get(id, f"undefined type {id}")
        case wire.ArrayType():
            return known.name or f"an array of {known.length}"
        case wire.SliceType():
            return known.name or "a slice"
        case wire.MapType():
            return known.name or "a map"
    return known.name or "a type without a name"
