"""Decoding without compilation: the types on the wire are walked for each value.

Slower than the generated functions, exact about what is wrong and where, and
bounded: nothing is kept for a type, memory is counted against
`Limits.decoded`, and nesting against `Limits.depth`. So it decodes whatever a
generated function gives up, and all types for which none is made: what nobody
asked for, and what is too large or too rare to be worth one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ...errors import DecodeError
from ...schema import Opaque, Schema, Struct, Untyped
from ...schema.plan import Node, Op, kept_by_schema, plan_of
from ...values.collisions import check_merged, merges_keys, steerable
from ...values.durations import duration_of
from ...values.types import strip_pointers
from .. import wire
from ..definitions import bare_name
from ..memory import MEMBER, SLOT, sizes
from ..streams import InterpretedStream
from .cursor import field_beyond, levels_inside
from .match import BASIC, Types, form_of, parts_of
from .records import RecordReader
from .skipper import Skipper

__all__ = ["Interpreter"]


class Interpreter(Skipper, RecordReader):
    """Decodes the values of one stream; for `Args` see `Cursor`."""

    def __init__(self, stream: InterpretedStream, types: Types, strings: str) -> None:
        super().__init__(stream, types, strings)
        # All types of what is being decoded, by their numbers, and what their values count.
        self._nodes: tuple[Node, ...] = ()
        self._sizes: tuple[int, ...] = ()
        # For types that came as messages of ours: the names that both have.
        self._shared: dict[tuple[int, Schema[Any]], set[str]] = {}

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        super().forget()
        self._shared.clear()

    def decode(
        self, id: int, schema: Schema[Any], data: bytes, pos: int, depth: int
    ) -> tuple[Any, int]:
        """Read a value as at the top of a message: return it and the position after it."""
        self._data, self.pos = data, pos
        base = strip_pointers(schema)
        if not self._path:
            self._path.append(self._root(id, base))
        if not isinstance(self._types.get(id), wire.StructType) and self._uint():
            raise DecodeError("a value that is no struct does not begin with 0")
        if isinstance(base, Untyped):
            return self._element(id, depth), self.pos
        # The value may be in an interface, inside another one.
        outer = self._nodes, self._sizes
        self._nodes, self._sizes, root = _layout(base)
        value = self._value(root, id, depth)
        self._nodes, self._sizes = outer
        return value, self.pos

    def _root(self, id: int, base: Schema[Any]) -> str:
        if isinstance(base, Untyped):
            known = self._types.get(id)
            return known.name if isinstance(known, wire.StructType) else ""
        return bare_name(base) if isinstance(base, Struct) else ""

    def _value(self, node: Node, id: int, depth: int) -> Any:
        """Read a value; ``depth`` is how many levels there may be, with its own."""
        if node.number != node.plain:
            if node.make is not None:
                self._stream.charge(self._sizes[node.number])
                return node.make(self._value(self._nodes[node.plain], id, depth))
            node = self._nodes[node.plain]
        self._stream.charge(self._sizes[node.number])
        if BASIC.get(node.op) == id:
            return _READERS[node.op](self, node, depth)
        return self._composite(node, id, depth)

    def _bool(self, node: Node, depth: int) -> bool:
        return self._uint() != 0

    def _sized_int(self, node: Node, depth: int) -> int:
        return _in_range(self._int(), node)

    def _sized_uint(self, node: Node, depth: int) -> int:
        return _in_range(self._uint(), node)

    def _sized_float(self, node: Node, depth: int) -> float:
        return self._float(node.bits == 32)

    def _sized_complex(self, node: Node, depth: int) -> complex:
        return self._complex(node.bits == 64)

    def _string(self, node: Node, depth: int) -> str:
        return self._text(node.any_bytes)

    def _bytes(self, node: Node, depth: int) -> Any:
        data = self._byte_string()
        if not node.children:
            return data
        self._stream.charge(len(data) * SLOT)
        return node.container(data)

    def _duration(self, node: Node, depth: int) -> Any:
        return duration_of(self._int())

    def _member_of_interface(self, node: Node, depth: int) -> Any:
        return self._interface(node.schema, depth)

    def _composite(self, node: Node, id: int, depth: int) -> Any:
        match node.op:
            case Op.EMPTY:
                return self._skip(id, depth)
            case Op.ENUM:
                value = self._value(self._nodes[node.children[0]], id, depth)
                members = node.schema.cls._value2member_map_
                if value in members:
                    return members[value]
                self._stream.charge(MEMBER)
                return node.schema.member(value)
        known = self._types.get(id)
        node = form_of(self._nodes, node, known)
        if node.op is Op.STRUCT and isinstance(known, wire.StructType):
            return self._struct(id, known, node, levels_inside(depth))
        parts = parts_of(self._types, id, self._nodes, node)
        if isinstance(known, wire.MapType):
            return self._map_of(node, known, levels_inside(depth))
        if isinstance(known, wire.SliceType | wire.ArrayType):
            read = partial(self._value, self._nodes[parts[0][1]])
            slot = SLOT if node.op is Op.LIST else 0
            elements = self._elements(known, read, levels_inside(depth), slot)
            return elements if node.container is list else node.container(elements)
        return self._unmarshal(node.schema, self._byte_string())

    def _unmarshal(self, schema: Opaque[Any], data: bytes) -> Any:
        """Return the value of a type that encodes itself."""
        from ..opaque import must_be_short, unmarshaller

        if must_be_short(schema):
            self._stream.short(data)
        return unmarshaller(schema)(data)

    def _map_of(self, node: Node, known: wire.MapType, depth: int) -> dict[Any, Any]:
        """Read a map of keys and values of ours."""
        key, value = (self._nodes[child] for child in node.children)
        keys, values = self._entries(
            known, partial(self._value, key), partial(self._value, value), depth
        )
        # The hashes of text and bytes nobody can choose.
        is_text = key.op in (Op.STRING, Op.BYTES) and key.make is None
        made = self._dict(keys, values, steerable(key.declared), is_text)
        if len(made) != len(keys) and merges_keys(key.declared):
            check_merged(made, len(keys))
        return made

    def _struct(self, id: int, known: wire.StructType, node: Node, depth: int) -> Any:
        ours = node.members_by_name
        values: dict[str, Any] = {}
        path, field, count = self._path, -1, len(known.fields)
        while step := self._step():
            field += step
            if field >= count:
                raise field_beyond(count)
            name, part = known.fields[field]
            match = ours.get(name)
            if match is None:
                path.append(name)
                self._skip(part, depth)
            else:
                path.append(match.field.attribute)
                values[name] = self._value(self._nodes[match.node], part, depth)
            path.pop()
        if len(values) < len(node.members):
            self._add_zeros(id, known, node, values)
        cls = node.schema.cls
        if len(values) == len(node.members) and node.is_positional:
            return cls(*[values[field.wire_name] for field, _ in node.members])
        return cls(
            **{
                field.argument: values[field.wire_name]
                for field, _ in node.members
                if field.wire_name in values
            }
        )

    def _add_zeros(
        self, id: int, known: wire.StructType, node: Node, values: dict[str, Any]
    ) -> None:
        """Add what was left out: zeros, unless the class has a default and the sender no field."""
        sent = self._shared.get((id, node.schema))
        if sent is None:
            sent = self._shared[id, node.schema] = node.members_by_name.keys() & known.names
        for field, number in node.members:
            if field.wire_name in values or (field.has_default and field.wire_name not in sent):
                continue
            self._path.append(field.attribute)
            values[field.wire_name] = self._nodes[number].zero()
            self._path.pop()


# Readers of gob's own types.
_READERS: Final[Mapping[Op, Callable[[Interpreter, Node, int], Any]]] = {
    Op.BOOL: Interpreter._bool,
    Op.INT: Interpreter._sized_int,
    Op.UINT: Interpreter._sized_uint,
    Op.FLOAT: Interpreter._sized_float,
    Op.COMPLEX: Interpreter._sized_complex,
    Op.STRING: Interpreter._string,
    Op.BYTES: Interpreter._bytes,
    Op.DURATION: Interpreter._duration,
    Op.INTERFACE: Interpreter._member_of_interface,
}


def _in_range(value: int, node: Node) -> int:
    if node.bits == 64:
        return value
    top = 1 << node.bits
    low, high = (-top >> 1, top >> 1) if node.op is Op.INT else (0, top)
    if not low <= value < high:
        raise DecodeError(f"{value} does not fit {node.go}")
    return value


@kept_by_schema
def _layout(schema: Schema[Any]) -> tuple[tuple[Node, ...], tuple[int, ...], Node]:
    """Return the types of a schema's plan, what their values count, and that of the schema.

    Bytes count where they are made, as places of their container.
    """
    nodes, root = plan_of(schema)
    counted = zip(nodes, sizes(schema), strict=True)
    return nodes, tuple([0 if node.is_byte else size for node, size in counted]), nodes[root]
