"""Type definitions that a value of a schema needs, as Go would write them.

Ids are given out, and names inside definitions chosen, in the order and by the
rules of ``newTypeObject`` and ``sendActualType`` in Go's ``encoding/gob``, so
that a stream is the same to the byte as that of a fresh Go process.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sized
from typing import TypeAlias

from ..schema import Schema
from ..schema.plan import Node, Op, plan_of
from ..values.types import type_key
from . import wire

__all__ = ["TypeTable", "bare_name"]


def bare_name(schema: Schema[object]) -> str:
    """Return the name without its package, as Go's ``reflect.Type.Name`` does."""
    if schema.described:
        return schema.name
    plain, bracket, arguments = schema.name.partition("[")
    return plain.rpartition("/")[2].rpartition(".")[2] + bracket + arguments


# All types of a plan, which name each other by their numbers.
_Nodes: TypeAlias = tuple[Node, ...]


class _Type:
    """A type that has, or will have, an id in this stream."""

    def __init__(self, name: str, id: int = 0) -> None:
        self.name = name
        self.id = id
        self.element: _Type | None = None
        self.key: _Type | None = None
        self.fields: tuple[tuple[str, _Type], ...] = ()


_BASIC = {id: _Type(name, id) for id, name in wire.NAMES.items()}

_BASIC_IDS = {
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


class TypeTable:
    """The types of one stream: their ids, and which definitions were sent."""

    def __init__(self, first_id: int = wire.FIRST_ID) -> None:
        self._next = first_id
        self._types: dict[Hashable, _Type] = {}
        self._sent: dict[Hashable, None] = {}

    @property
    def sent(self) -> Sized:
        """The types whose definitions were sent so far."""
        return self._sent

    def mark(self) -> tuple[int, int, int]:
        """Return what `rewind` needs to forget everything that comes after."""
        return self._next, len(self._types), len(self._sent)

    def rewind(self, mark: tuple[int, int, int]) -> None:
        """Forget what was defined since a `mark` was taken."""
        self._next, types, sent = mark
        while len(self._types) > types:
            self._types.popitem()
        while len(self._sent) > sent:
            self._sent.popitem()

    def id_of(self, schema: Schema[object]) -> int:
        """Return the id of a type whose `definitions` were asked for."""
        nodes, root = plan_of(schema)
        plain = nodes[nodes[root].plain]
        return self._build(nodes, plain, bare_name(plain.schema)).id

    def definitions(self, schema: Schema[object]) -> Iterator[bytes]:
        """Yield the definitions that this stream lacks for a value of ``schema``.

        Each is the body of a message, and noted as sent.
        """
        nodes, root = plan_of(schema)
        plain = nodes[nodes[root].plain]
        if type_key(plain.schema) in self._sent:
            return
        self._build(nodes, plain, bare_name(plain.schema))
        yield from self._send(nodes, root)

    def _send(self, nodes: _Nodes, number: int) -> Iterator[bytes]:
        node = nodes[number]
        plain = nodes[node.plain]
        schema = plain.schema
        built = self._build(nodes, plain, bare_name(schema))
        if built.id < wire.FIRST_ID or type_key(schema) in self._sent:
            return
        self._sent[type_key(schema)] = None
        # Pointers to what a sender has described are in none of its definitions.
        pointer = node.nullable and not schema.described
        yield wire.write_definition(built.id, self._wire_type(built, plain, pointer))
        for part in (*[member.node for member in plain.members], *plain.children):
            yield from self._send(nodes, part)

    def _wire_type(self, built: _Type, node: Node, pointer: bool) -> wire.WireType:
        match node.op:
            case Op.ARRAY:
                assert built.element is not None
                return wire.ArrayType(built.name, built.id, built.element.id, node.length)
            case Op.LIST:
                assert built.element is not None
                return wire.SliceType(built.name, built.id, built.element.id)
            case Op.MAP:
                assert built.element is not None
                assert built.key is not None
                return wire.MapType(built.name, built.id, built.key.id, built.element.id)
            case Op.OPAQUE:
                if not pointer:
                    return wire.OpaqueType(built.name, built.id, node.schema.encoding)
                # Go describes the pointer type, which has no name and an id of its own.
                return wire.OpaqueType("", self._new_id(), node.schema.encoding)
        fields = tuple((name, field.id) for name, field in built.fields)
        return wire.StructType(built.name, built.id, fields)

    def _build(self, nodes: _Nodes, node: Node, name: str) -> _Type:
        """Return the type of a node, no pointer, under the name it was first met by."""
        # An enum is what its base is.
        basic = _BASIC_IDS.get(nodes[node.children[0]].op if node.op is Op.ENUM else node.op)
        if basic is not None:
            return _BASIC[basic]
        if node.schema.described:
            name = node.schema.name
        key = type_key(node.schema)
        built = self._types.get(key)
        if built is None:
            built = self._types[key] = _Type(name)
            self._fill(built, nodes, node)
        return built

    def _fill(self, built: _Type, nodes: _Nodes, node: Node) -> None:
        # Structs and opaque types take their id before their parts do, the others after.
        match node.op:
            case Op.STRUCT:
                built.id = self._new_id()
                built.fields = tuple(
                    (field.wire_name, self._field_type(nodes, nodes[nodes[number].plain]))
                    for field, number in node.members
                )
            case Op.ARRAY:
                built.element = self._part(nodes, node.children[0], "")
                self._give_id(built)
            case Op.MAP:
                built.key = self._part(nodes, node.children[0], "")
                built.element = self._part(nodes, node.children[1], "")
                self._give_id(built)
            case Op.LIST:
                element = nodes[node.children[0]]
                built.element = self._part(nodes, element.number, bare_name(element.declared))
                self._give_id(built)
                self._give_id(built.element)
            case _:
                built.id = self._new_id()

    def _part(self, nodes: _Nodes, number: int, name: str) -> _Type:
        return self._build(nodes, nodes[nodes[number].plain], name)

    def _field_type(self, nodes: _Nodes, plain: Node) -> _Type:
        built = self._build(nodes, plain, bare_name(plain.schema) or plain.schema.go)
        self._give_id(built)
        return built

    def _give_id(self, built: _Type) -> None:
        if not built.id:
            built.id = self._new_id()

    def _new_id(self) -> int:
        self._next += 1
        return self._next - 1
