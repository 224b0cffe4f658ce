"""Which type definitions a value of a schema needs, as Go would write them.

Ids are given out, and names inside definitions chosen, in the order and by the
rules of ``newTypeObject`` and ``sendActualType`` in Go's ``encoding/gob``, so
that a stream is the same to the byte as that of a fresh Go process.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sized

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
from ..values.types import base_of, type_key
from . import wire

__all__ = ["TypeTable", "bare_name", "base_of", "is_octet", "type_key"]


def _underlying(schema: Schema[object]) -> Schema[object]:
    """Return the schema under pointers and conversions, neither of which the wire shows."""
    while True:
        if isinstance(schema, Pointer):
            schema = schema.element
        elif isinstance(schema, Converted):
            schema = schema.inner
        else:
            return schema


def bare_name(schema: Schema[object]) -> str:
    """Return the name without its package, as Go's ``reflect.Type.Name`` does."""
    if schema.described:
        return schema.name
    plain, bracket, arguments = schema.name.partition("[")
    return plain.rpartition("/")[2].rpartition(".")[2] + bracket + arguments


def is_octet(schema: Schema[object]) -> bool:
    """Say whether the type is an unsigned integer of 8 bits, of which a slice is ``[]byte``."""
    return isinstance(schema, Uint) and schema.bits == 8


class _Type:
    """A type that has, or will have, an id in this stream."""

    def __init__(self, schema: Schema[object], name: str, id: int = 0) -> None:
        self.schema = schema
        self.name = name
        self.id = id
        self.element: _Type | None = None
        self.key: _Type | None = None
        self.fields: tuple[tuple[str, _Type], ...] = ()


_BASIC = {id: _Type(Nothing(), name, id) for id, name in wire.NAMES.items()}


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
        self._next, types, sent = mark
        while len(self._types) > types:
            self._types.popitem()
        while len(self._sent) > sent:
            self._sent.popitem()

    def id_of(self, schema: Schema[object]) -> int:
        """Return the id of a type whose `definitions` were asked for."""
        base = _underlying(schema)
        return self._build(base, bare_name(base)).id

    def definitions(self, schema: Schema[object]) -> Iterator[bytes]:
        """Yield the definitions that this stream lacks for a value of ``schema``.

        Each is the body of a message, and noted as sent.
        """
        base = _underlying(schema)
        if type_key(base) in self._sent:
            return
        self._build(base, bare_name(base))
        yield from self._send(schema)

    def _send(self, schema: Schema[object]) -> Iterator[bytes]:
        base = _underlying(schema)
        built = self._build(base, bare_name(base))
        if built.id < wire.FIRST_ID or type_key(base) in self._sent:
            return
        self._sent[type_key(base)] = None
        # Pointers to what a sender has described are in none of its definitions.
        pointer = base is not schema and not base.described
        yield wire.write_definition(built.id, self._wire_type(built, pointer))
        match base:
            case Struct():
                for field in base.fields:
                    yield from self._send(field.schema)
            case Array() | Slice():
                yield from self._send(base.element)
            case Map():
                yield from self._send(base.key)
                yield from self._send(base.value)
            case Opaque():
                for exposed in base.exposed:
                    yield from self._send(exposed)

    def _wire_type(self, built: _Type, pointer: bool) -> wire.WireType:
        schema = built.schema
        match schema:
            case Array():
                assert built.element is not None
                return wire.ArrayType(built.name, built.id, built.element.id, schema.length)
            case Slice():
                assert built.element is not None
                return wire.SliceType(built.name, built.id, built.element.id)
            case Map():
                assert built.element is not None
                assert built.key is not None
                return wire.MapType(built.name, built.id, built.key.id, built.element.id)
            case Opaque():
                if not pointer:
                    return wire.OpaqueType(built.name, built.id, schema.encoding)
                # Go describes the pointer type, which has no name and an id of its own.
                return wire.OpaqueType("", self._new_id(), schema.encoding)
        fields = tuple((name, field.id) for name, field in built.fields)
        return wire.StructType(built.name, built.id, fields)

    def _build(self, schema: Schema[object], name: str) -> _Type:
        """Return the type of ``schema``, no pointer, under the name it was first met by."""
        basic = _basic_id(schema)
        if basic is not None:
            return _BASIC[basic]
        if schema.described:
            name = schema.name
        key = type_key(schema)
        built = self._types.get(key)
        if built is None:
            built = self._types[key] = _Type(schema, name)
            self._fill(built)
        return built

    def _fill(self, built: _Type) -> None:
        # Structs and opaque types take their id before their parts do, the others after.
        schema = built.schema
        match schema:
            case Struct():
                built.id = self._new_id()
                built.fields = tuple(
                    (field.wire_name, self._field_type(field.schema)) for field in schema.fields
                )
            case Array():
                built.element = self._build(_underlying(schema.element), "")
                self._give_id(built)
            case Map():
                built.key = self._build(_underlying(schema.key), "")
                built.element = self._build(_underlying(schema.value), "")
                self._give_id(built)
            case Slice():
                built.element = self._build(_underlying(schema.element), bare_name(schema.element))
                self._give_id(built)
                self._give_id(built.element)
            case _:
                built.id = self._new_id()

    def _field_type(self, schema: Schema[object]) -> _Type:
        base = _underlying(schema)
        built = self._build(base, bare_name(base) or base.go)
        self._give_id(built)
        return built

    def _give_id(self, built: _Type) -> None:
        if not built.id:
            built.id = self._new_id()

    def _new_id(self) -> int:
        self._next += 1
        return self._next - 1


def _basic_id(schema: Schema[object]) -> int | None:
    match schema:
        case Bool():
            return wire.BOOL
        case Int() | Duration():
            return wire.INT
        case Uint():
            return wire.UINT
        case Float():
            return wire.FLOAT
        case Complex():
            return wire.COMPLEX
        case String():
            return wire.STRING
        case Bytes():
            return wire.BYTES
        case Slice() if is_octet(schema.element):
            return wire.BYTES
        case Interface():
            return wire.INTERFACE
        case Enum():
            return _basic_id(schema.base)
        case Converted():
            return _basic_id(schema.inner)
    return None
