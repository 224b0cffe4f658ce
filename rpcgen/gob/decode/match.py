"""Which part of a sender's type is which of ours: what is decided before anything is decoded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from ..._records import ImmutableRecord
from ...errors import DecodeError
from ...schema import Opaque
from ...schema.plan import Member, Node, Op, Plan
from ...values.record import Undecoded
from .. import wire
from ..source import TooLongError

__all__ = ["DecodePlan", "Pair", "SentField", "Types", "fits", "match", "spelled"]

Types: TypeAlias = Mapping[int, wire.WireType]

_BASIC: Final = {
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
    """How values of a sender's type become values of ours.

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
        self._check_fields_in_common(id, node)
        root = self._number(id, node.number)
        pairs: dict[int, Pair] = {}
        while self._waiting:
            number, id, node = self._waiting.pop()
            pairs[number] = self._pair(number, id, node)
        in_order = tuple([pairs[number] for number in range(len(pairs))])
        return DecodePlan(in_order, root, self._nodes, self._types)

    def _check_fields_in_common(self, id: int, node: Node) -> None:
        known = self._types.get(id)
        if node.op is not Op.STRUCT or not isinstance(known, wire.StructType):
            return
        ours = {member.field.wire_name for member in node.members}
        if ours and known.fields and ours.isdisjoint(known.names):
            raise DecodeError(
                f"no field of {spelled(self._types, id)} is one of {node.schema.go}, which has "
                + ", ".join(sorted(ours))
            )

    def _number(self, id: int, node_number: int) -> int:
        node = self._nodes[node_number]
        if node.other >= 0 and node.plain == node.number:
            is_array = isinstance(self._types.get(id), wire.ArrayType)
            if is_array is not (node.op is Op.ARRAY):
                node = self._nodes[node.other]
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
        if _BASIC.get(node.op) == id:
            return Pair(number, id, node, (), ())
        known = self._types.get(id)
        if node.op is Op.STRUCT and isinstance(known, wire.StructType):
            return Pair(number, id, node, (), self._fields(known, node))
        parts = tuple([self._number(*part) for part in self._parts(id, known, node)])
        return Pair(number, id, node, parts, ())

    def _parts(self, id: int, known: wire.WireType | None, node: Node) -> Iterable[tuple[int, int]]:
        """Return the ids and numbers of the types that must go together for these to do so."""
        match node.op, known:
            case Op.EMPTY, _:
                return ()  # whatever it is, it is skipped
            case Op.LIST, wire.SliceType():
                return [(known.element, node.children[0])]
            case Op.ARRAY, wire.ArrayType() if known.length == node.length:
                return [(known.element, node.children[0])]
            case Op.MAP, wire.MapType():
                return zip((known.key, known.value), node.children, strict=True)
            case Op.OPAQUE, wire.OpaqueType() if fits(known, node.schema):
                return ()
            case Op.ENUM, _ if _BASIC[self._nodes[node.children[0]].op] == id:
                return [(id, node.children[0])]
        raise DecodeError(f"{spelled(self._types, id)} arrives where {node.go or 'Any'} is wanted")

    def _fields(self, known: wire.StructType, node: Node) -> tuple[SentField, ...]:
        ours = {member.field.wire_name: member for member in node.members}
        if "" in known.names:
            raise DecodeError(f"a field of {known.name} has no name")
        return tuple([self._field(name, id, ours.get(name)) for name, id in known.fields])

    def _field(self, name: str, id: int, member: Member | None) -> SentField:
        if member is None:
            return SentField(name, id, None, -1)
        return SentField(name, id, member, self._number(id, member.node))


def fits(known: wire.OpaqueType, schema: Opaque[Any]) -> bool:
    """Say whether a type that encodes itself does so as the schema's own does."""
    return (
        known.encoding == schema.encoding
        or schema.cls is Undecoded
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
