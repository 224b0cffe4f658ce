"""Schemas for values of which nothing is known but what the sender says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from ..errors import DecodeError
from ..schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Field,
    Float,
    Int,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
)
from . import wire
from .record import Record, Undecoded
from .registry import ANYTHING

__all__ = ["RecordStruct", "untyped_schema"]

_BASIC: dict[int, Schema[Any]] = {
    wire.BOOL: Bool(),
    wire.INT: Int(),
    wire.UINT: Uint(),
    wire.FLOAT: Float(),
    wire.BYTES: Bytes(),
    wire.STRING: String(),
    wire.COMPLEX: Complex(),
    wire.INTERFACE: ANYTHING,
}


_DEEPEST = 200


class RecordStruct(Struct[Record]):
    """The schema of a struct that becomes a `Record`; whoever makes one gives it its fields."""

    def __init__(self, name: str) -> None:
        super().__init__(Record, name)

    def zero(self) -> Record:
        return self.make(tuple(field.schema.zero() for field in self.fields))

    def make(self, values: tuple[Any, ...]) -> Record:
        """Return a record of these values, in the order of the fields."""
        return Record(self.name, tuple(field.wire_name for field in self.fields), values)


def untyped_schema(types: Mapping[int, wire.WireType], id: int) -> Schema[Any]:
    """Return a schema into which every value of the wire type ``id`` decodes.

    Raises `DecodeError` if the type, or one that it is made of, is not defined.
    """
    return _Builder(types).build(id, 0)


class _Builder:
    """Makes one schema for each type, so that types may refer to themselves and each other."""

    def __init__(self, types: Mapping[int, wire.WireType]) -> None:
        self._types = types
        self._schemas: dict[int, Schema[Any]] = dict(_BASIC)

    def build(self, id: int, depth: int) -> Schema[Any]:
        schema = self._schemas.get(id)
        if schema is not None:
            return schema
        if depth > _DEEPEST:
            raise DecodeError(f"types are nested more than {_DEEPEST} levels deep")
        match self._types.get(id):
            case wire.StructType() as known:
                return self._struct(id, known, depth)
            case wire.SliceType(element=element):
                return self._with_parts(id, Slice(ANYTHING, list), depth, element=element)
            case wire.ArrayType(element=element, length=length):
                # Tuples, since arrays can be the keys of a map.
                array = Array(ANYTHING, length, tuple)
                return self._with_parts(id, array, depth, element=element)
            case wire.MapType(key=key, value=value):
                return self._with_parts(id, Map(ANYTHING, ANYTHING), depth, key=key, value=value)
            case wire.OpaqueType() as known:
                return self._schemas.setdefault(id, _opaque(known))
        raise DecodeError(f"type {id} is not defined")

    def _with_parts(self, id: int, schema: Schema[Any], depth: int, **parts: int) -> Schema[Any]:
        self._schemas[id] = schema
        for name, part in parts.items():
            # Schemas are frozen, but this one is not out of our hands yet.
            object.__setattr__(schema, name, self.build(part, depth + 1))
        return schema

    def _struct(self, id: int, known: wire.StructType, depth: int) -> RecordStruct:
        struct = self._schemas[id] = RecordStruct(known.name)
        fields = tuple(
            Field(name, name, name, self._field(field, depth + 1), False)
            for name, field in known.fields
        )
        # Where the cached property of `Struct` would put what it finds in a class.
        vars(struct)["fields"] = fields
        return struct

    def _field(self, id: int, depth: int) -> Schema[Any]:
        # Structs and arrays are left out only where they are nil pointers.
        schema = self.build(id, depth)
        return Pointer(schema) if isinstance(schema, Struct | Array | Opaque) else schema


def _opaque(known: wire.OpaqueType) -> Schema[Any]:
    name = known.name or "?"
    encoding: Literal["gob", "binary"] = "gob" if known.encoding == "gob" else "binary"
    return Opaque(Undecoded, name, partial(Undecoded, name, b""), encoding)
