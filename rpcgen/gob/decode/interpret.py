"""Decoding without compilation: the types on the wire are walked for each value.

Slower than the generated functions, exact about what is wrong and where, and
bounded: nothing is kept for a type, memory is counted against
`Limits.decoded`, and nesting against `Limits.depth`. So it decodes whatever a
generated function gives up, and all types for which none is made: what nobody
asked for, and what is too large or too rare to be worth one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from ...errors import DecodeError
from ...schema import Interface, Opaque, Schema, Struct, Untyped
from ...schema.plan import Node, Op, plan_of
from ...values.collisions import (
    MANY_KEYS,
    check_collisions,
    check_merged,
    check_probes,
    merges_keys,
    steerable,
)
from ...values.durations import duration_of
from ...values.record import Record, Undecoded, Unmade
from ...values.registry import ANYTHING
from ...values.types import base_of
from .. import numbers, wire
from ..definitions import bare_name
from ..memory import ENTRY, OBJECT, SLOT, size_of_record, sizes
from ..streams import InterpretedStream
from ..untyped import Origin
from .match import BASIC, Types, form_of, members_by_name, parts_of

__all__ = ["Interpreter"]

# Reads a value of a type of the sender's, which may nest so many levels deep.
_Reader: TypeAlias = Callable[[int, int], Any]

# The zero values of gob's own types.
_ZEROS: Final[dict[int, Any]] = {
    wire.BOOL: False,
    wire.INT: 0,
    wire.UINT: 0,
    wire.FLOAT: 0.0,
    wire.BYTES: b"",
    wire.STRING: "",
    wire.COMPLEX: 0j,
    wire.INTERFACE: None,
}

# A name in a path is cut to so many characters.
_LONGEST_STEP: Final = 200

# Types of gob that are one unsigned integer.
_ONE_NUMBER: Final = frozenset({wire.BOOL, wire.INT, wire.UINT, wire.FLOAT})
# Types of gob that are a size and so many bytes.
_SIZED: Final = frozenset({wire.BYTES, wire.STRING})
_IS_SIZED: Final = {**dict.fromkeys(_ONE_NUMBER, False), **dict.fromkeys(_SIZED, True)}


class _Key:
    """The key of a map as a step of a path."""

    def __init__(self, key: object) -> None:
        self.key = key


def _step(step: object) -> str:
    """Return how a step of a path is written."""
    match step:
        case int():
            return f"[{step}]"
        case _Key(key=key):
            try:
                return f"[{key!r:.80}]"
            except Exception:  # a key of the user's whose repr fails
                return "[?]"
    # The sender has chosen names, and how often they come.
    name = str(step)
    return f".{name}" if len(name) <= _LONGEST_STEP else f".{name[:_LONGEST_STEP]}..."


class Interpreter:
    """Decodes the values of one stream."""

    def __init__(self, stream: InterpretedStream, types: Types, strings: str) -> None:
        self._stream = stream
        self._types = types
        self._strings = strings
        self._data = b""
        # By their ids: the types of records, and the schemas of those that were sent on.
        self._origins: dict[int, Origin] = {}
        self._schemas: dict[int, Schema[Any]] = {}
        # The position in the data, and where in the value that is: the name of the whole, then
        # names of attributes, indices, keys of maps.
        self.pos = -1
        self._path: list[object] = []
        # All types of what is being decoded, by their numbers, and what their values count.
        self._nodes: tuple[Node, ...] = ()
        self._sizes: tuple[int, ...] = ()
        # For types that came as messages of ours: the names that both have.
        self._shared: dict[tuple[int, Schema[Any]], set[str]] = {}
        # For types that came without a schema: the zeros of their fields as in `Unmade`, and how
        # many of these are containers, so that each value needs its own.
        self._zeros: dict[int, tuple[list[Any], int]] = {}

    @property
    def path(self) -> str:
        """Where in the value the last failure was."""
        return "".join([str(self._path[0]), *map(_step, self._path[1:])]) if self._path else ""

    def begin(self) -> None:
        """Forget where the last value has failed."""
        self._path.clear()
        self.pos = -1

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self._shared.clear()
        self._zeros.clear()
        # Records that came before go on with what they have.
        self._origins, self._schemas = {}, {}

    def decode(
        self, id: int, schema: Schema[Any], data: bytes, pos: int, depth: int
    ) -> tuple[Any, int]:
        """Read a value as at the top of a message: return it and the position after it."""
        self._data, self.pos = data, pos
        base = base_of(schema)
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

    def skip(self, id: int, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value that is part of another one: return the position after it."""
        self._data, self.pos = data, pos
        self._skip(id, depth)
        return self.pos

    def _root(self, id: int, base: Schema[Any]) -> str:
        if isinstance(base, Untyped):
            known = self._types.get(id)
            return known.name if isinstance(known, wire.StructType) else ""
        return bare_name(base) if isinstance(base, Struct) else ""

    # --- numbers and octets -------------------------------------------------------------------

    def _uint(self) -> int:
        pos = self.pos
        if pos < self._stream.end and (first := self._data[pos]) < 128:  # nearly all are
            self.pos = pos + 1
            return first
        value, self.pos = numbers.read_uint(self._data, self.pos, self._stream.end)
        return value

    def _int(self) -> int:
        value, self.pos = numbers.read_int(self._data, self.pos, self._stream.end)
        return value

    def _size(self) -> int:
        size = self._uint()
        if size > self._stream.end - self.pos:
            raise DecodeError(f"{size} bytes do not fit the message")
        return size

    def _octets(self) -> bytes:
        size = self._size()
        self._stream.charge(size)
        octets = self._data[self.pos : self.pos + size]
        self.pos += size
        return octets

    def _text(self, any_bytes: bool = False) -> str:
        octets = self._octets()
        self._stream.charge(0 if octets.isascii() else 3 * len(octets))
        return octets.decode("utf-8", "surrogateescape" if any_bytes else self._strings)

    def _float(self, narrow: bool) -> float:
        bits = self._uint()
        return numbers.narrow_float_of(bits) if narrow else numbers.float_of(bits)

    def _complex(self, narrow: bool) -> complex:
        return complex(self._float(narrow), self._float(narrow))

    def _step(self) -> int:
        """Read how many fields on the next one is that is there; 0 at the end of the struct."""
        # Go takes the end of the message for the end of all structs that are open.
        return self._uint() if self.pos < self._stream.end else 0

    def _more(self) -> None:
        """Check that something is left for another element, each of which takes a byte."""
        if self.pos >= self._stream.end:
            raise DecodeError("the message ends before the last element")

    def _count(self, known: wire.ArrayType | wire.SliceType) -> int:
        count = self._uint()
        if isinstance(known, wire.ArrayType) and count != known.length:
            raise DecodeError(f"{count} elements where there must be {known.length}")
        return count

    # --- values of a schema -------------------------------------------------------------------

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
        octets = self._octets()
        if not node.children:
            return octets
        self._stream.charge(len(octets) * SLOT)
        return node.container(octets)

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
                return members[value] if value in members else node.schema.member(value)
        known = self._types.get(id)
        node = form_of(self._nodes, node, known)
        if node.op is Op.STRUCT and isinstance(known, wire.StructType):
            return self._struct(id, known, node, _inner(depth))
        parts = parts_of(self._types, id, self._nodes, node)
        if isinstance(known, wire.MapType):
            return self._map_of(node, known, _inner(depth))
        if isinstance(known, wire.SliceType | wire.ArrayType):
            read = partial(self._value, self._nodes[parts[0][1]])
            slot = SLOT if node.op is Op.LIST else 0
            elements = self._elements(known, read, _inner(depth), slot)
            return elements if node.container is list else node.container(elements)
        return self._unmarshal(node.schema, self._octets())

    def _unmarshal(self, schema: Opaque[Any], octets: bytes) -> Any:
        """Return the value of a type that encodes itself."""
        from ..opaque import unmarshaller

        if schema.cls is Undecoded or schema.name == "big.Rat":
            self._stream.short(octets)
        return unmarshaller(schema)(octets)

    def _interface(self, schema: Interface, depth: int) -> Any:
        value, self.pos = self._stream.decode_interface(self._data, self.pos, schema, depth)
        return value

    def _elements(
        self, known: wire.ArrayType | wire.SliceType, read: _Reader, depth: int, slot: int
    ) -> list[Any]:
        """Read elements, of which each takes ``slot`` bytes in its container."""
        elements: list[Any] = []
        path, charge, element = self._path, self._stream.charge, known.element
        for index in range(self._count(known)):
            path.append(index)
            self._more()
            charge(slot)
            elements.append(read(element, depth))
            path.pop()
        return elements

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

    def _entries(
        self, known: wire.MapType, read_key: _Reader, read_value: _Reader, depth: int
    ) -> tuple[list[Any], list[Any]]:
        keys, values = [], []
        path, charge = self._path, self._stream.charge
        for _ in range(self._uint()):
            self._more()
            charge(ENTRY)
            key = read_key(known.key, depth)
            path.append(_Key(key))
            values.append(read_value(known.value, depth))
            path.pop()
            keys.append(key)
        return keys, values

    def _dict(
        self, keys: list[Any], values: list[Any], is_steerable: bool, is_text: bool
    ) -> dict[Any, Any]:
        """Return a dict, unless its keys were chosen to take long."""
        if is_steerable:
            check_collisions(keys, self._stream.limits.collisions)
        if len(keys) > MANY_KEYS and not is_text:
            check_probes(keys)
        return dict(zip(keys, values, strict=True))

    def _struct(self, id: int, known: wire.StructType, node: Node, depth: int) -> Any:
        ours = members_by_name(node)
        values: dict[str, Any] = {}
        path, field, count = self._path, -1, len(known.fields)
        while step := self._step():
            field += step
            if field >= count:
                raise _beyond(count)
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
        if len(values) == len(node.members) and _is_positional(node):
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
            sent = self._shared[id, node.schema] = members_by_name(node).keys() & known.names
        for field, number in node.members:
            if field.wire_name in values or (field.has_default and field.wire_name not in sent):
                continue
            self._path.append(field.attribute)
            values[field.wire_name] = self._nodes[number].zero()
            self._path.pop()

    # --- values without a schema --------------------------------------------------------------

    def _element(self, id: int, depth: int) -> Any:
        """Read a value that is the whole or an element: no field of a `Record`."""
        self._stream.charge(OBJECT)
        return self._anything(id, depth)

    def _anything(self, id: int, depth: int) -> Any:
        self._stream.charge(56)
        match id:
            case wire.BOOL:
                return self._uint() != 0
            case wire.INT:
                return self._int()
            case wire.UINT:
                return self._uint()
            case wire.FLOAT:
                return self._float(narrow=False)
            case wire.COMPLEX:
                return self._complex(narrow=False)
            case wire.STRING:
                return self._text()
            case wire.BYTES:
                return self._octets()
            case wire.INTERFACE:
                return self._interface(ANYTHING, depth)
        match self._types.get(id):
            case wire.StructType() as known:
                return self._record(id, known, _inner(depth))
            case wire.SliceType() as known:
                return self._elements(known, self._element, _inner(depth), SLOT)
            case wire.ArrayType() as known:
                # Tuples, since arrays can be the keys of a map.
                return tuple(self._elements(known, self._element, _inner(depth), SLOT))
            case wire.MapType() as known:
                return self._map_of_anything(known, _inner(depth))
            case wire.OpaqueType() as known:
                return self._guess(known, self._octets())
        raise DecodeError(f"type {id} is not defined")

    def _guess(self, known: wire.OpaqueType, octets: bytes) -> Any:
        """Return the value of a type that encodes itself, of which only the name is known."""
        from ..opaque import guess

        if known.name == "Rat":
            self._stream.short(octets)
        self._stream.charge(_OPAQUE_SIZE)
        return guess(known.name, known.encoding, octets)

    def _map_of_anything(self, known: wire.MapType, depth: int) -> dict[Any, Any]:
        keys, values = self._entries(known, self._element, self._element, depth)
        is_text = known.key in (wire.STRING, wire.BYTES)
        made = self._dict(keys, values, True, is_text)
        if len(made) != len(keys) and known.key >= wire.INTERFACE:
            check_merged(made, len(keys))
        return made

    def _record(self, id: int, known: wire.StructType, depth: int) -> Record:
        count = len(known.fields)
        self._stream.charge(size_of_record(count))
        zeros = self._zeros.get(id)
        if zeros is None:
            zeros = self._zeros[id] = self._zeros_of(known)
        values, unmade = zeros[0].copy(), zeros[1]
        path, field = self._path, -1
        while step := self._step():
            field += step
            if field >= count:
                raise _beyond(count)
            name, part = known.fields[field]
            path.append(name)
            unmade -= values[field] is list or values[field] is dict
            values[field] = self._anything(part, depth)
            path.pop()
        self._stream.charge(unmade * _EMPTY)
        return Record(
            known.name, known.names, Unmade(values) if unmade else tuple(values), self.origin(id)
        )

    def origin(self, id: int) -> Origin:
        """Return the type ``id`` of the stream, for a value to be sent on."""
        origin = self._origins.get(id)
        if origin is None:
            origin = self._origins[id] = Origin(self._types, id, self._schemas)
        return origin

    def _zeros_of(self, known: wire.StructType) -> tuple[list[Any], int]:
        """Return the zeros of the fields, and how many containers have to be made."""
        zeros = [self._zero(part) for _, part in known.fields]
        return zeros, sum(zero is list or zero is dict for zero in zeros)

    def _zero(self, id: int) -> Any:
        """Return the zero of a type, the class in the place of an empty list or dict."""
        if id in _ZEROS:
            return _ZEROS[id]
        match self._types.get(id):
            case wire.SliceType():
                return list
            case wire.MapType():
                return dict
            case wire.StructType() | wire.ArrayType() | wire.OpaqueType():
                # They are left out only where they are nil pointers.
                return None
        raise DecodeError(f"type {id} is not defined")

    # --- skipping -----------------------------------------------------------------------------

    def _skip(self, id: int, depth: int) -> None:
        """Pass over a value; ``depth`` is how many levels there may be, with its own."""
        if id in _ONE_NUMBER:
            self._skip_uint()
            return
        if id in _SIZED:
            size = self._size()
            self.pos += size
            return
        match id:
            case wire.COMPLEX:
                self._skip_uint()
                self._skip_uint()
                return
            case wire.INTERFACE:
                self.pos = self._stream.skip_interface(self._data, self.pos, depth)
                return
        match self._types.get(id):
            case wire.StructType() as known:
                self._skip_struct(known, _inner(depth))
            case wire.ArrayType() | wire.SliceType() as known:
                self._skip_elements(self._count(known), _inner(depth), known.element)
            case wire.MapType() as known:
                self._skip_elements(self._uint(), _inner(depth), known.key, known.value)
            case wire.OpaqueType():
                size = self._size()
                self.pos += size
            case wire.UnknownType():
                raise DecodeError(f"the definition of type {id} says nothing")
            case _:
                raise DecodeError(f"type {id} is not defined")

    def _skip_uint(self) -> None:
        pos, end = self.pos, self._stream.end
        if pos < end:
            first = self._data[pos]
            after = pos + 1 if first < 128 else pos + 257 - first
            if after <= end and not 128 <= first < 248:
                self.pos = after
                return
        self._uint()  # which says what is wrong

    def _skip_struct(self, known: wire.StructType, depth: int) -> None:
        field, fields, path = -1, known.fields, self._path
        data, stream, count = self._data, self._stream, len(known.fields)
        # `_step`, and the simplest values, without calls: they are most of what is skipped.
        while (pos := self.pos) < stream.end:
            step = data[pos]
            if step < 128:
                self.pos = pos = pos + 1
            else:
                step, pos = self._uint(), self.pos
            if not step:
                return
            field += step
            if field >= count:
                raise _beyond(count)
            name, id = fields[field]
            if (is_sized := _IS_SIZED.get(id)) is not None and pos < stream.end:
                first, after = data[pos], 0
                if first < 128:
                    after = pos + 1 + (first if is_sized else 0)
                elif first >= 248 and not is_sized:
                    after = pos + 257 - first
                if pos < after <= stream.end:
                    self.pos = after
                    continue
            path.append(name)
            self._skip(id, depth)
            path.pop()

    def _skip_elements(self, count: int, depth: int, *ids: int) -> None:
        if len(ids) == 1 and ids[0] in _ONE_NUMBER:
            # Small numbers are one byte each: then all are passed over at once.
            chunk = self._data[self.pos : min(self.pos + count, self._stream.end)]
            if len(chunk) == count and chunk.isascii():
                self.pos += count
                return
        stream = self._stream
        for _ in range(count):
            if self.pos >= stream.end:
                self._more()
            for id in ids:
                self._skip(id, depth)


# How values of gob's own types are read.
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

# What a value of a type of which only the name is known counts.
_OPAQUE_SIZE: Final = 300
# The size of an empty list or dict.
_EMPTY: Final = 64


def _inner(depth: int) -> int:
    """Return how many levels there may be inside a value with parts, which takes one itself."""
    if depth < 1:
        raise DecodeError("values are nested too deeply (Limits.depth)")
    return depth - 1


def _beyond(count: int) -> DecodeError:
    return DecodeError(f"a field beyond the {count} that the type has")


def _in_range(value: int, node: Node) -> int:
    if node.bits == 64:
        return value
    top = 1 << node.bits
    low, high = (-top >> 1, top >> 1) if node.op is Op.INT else (0, top)
    if not low <= value < high:
        raise DecodeError(f"{value} does not fit {node.go}")
    return value


@lru_cache(maxsize=1024)
def _is_positional(node: Node) -> bool:
    """Say whether the class takes its fields in their order."""
    return not any(field.keyword_only for field, _ in node.members)


@lru_cache(maxsize=1024)
def _layout(schema: Schema[Any]) -> tuple[tuple[Node, ...], tuple[int, ...], Node]:
    """Return the types of a schema's plan, what their values count, and that of the schema.

    Octets count where they are made, as places of their container.
    """
    nodes, root = plan_of(schema)
    counted = zip(nodes, sizes(schema), strict=True)
    return nodes, tuple([0 if node.is_byte else size for node, size in counted]), nodes[root]
