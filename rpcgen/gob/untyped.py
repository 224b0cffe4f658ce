"""Schemas for values of which nothing is known but what the sender says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache, partial
from typing import Any, Literal

from attrs import frozen

from ..errors import DecodeError, EncodeError
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
from ..values.record import Record, Undecoded
from ..values.registry import ANYTHING
from . import wire

__all__ = [
    "Known",
    "Origin",
    "RecordStruct",
    "map_schema",
    "opaque_schema",
    "slice_schema",
    "untyped_schema",
]

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


class RecordStruct(Struct[Record]):
    """The schema of a struct that becomes a `Record`; whoever makes one gives it its fields."""

    described = True

    def __init__(self, name: str) -> None:
        super().__init__(Record, name)

    def _literal(self) -> str:
        return "struct"  # its fields may lead to itself

    def zero(self) -> Record:
        """Return the record whose fields are all zero."""
        return self.make(tuple(field.schema.zero() for field in self.fields))

    @property
    def schema(self) -> RecordStruct:
        """The schema itself: it knows the type of its records."""
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.wire_name for field in self.fields)

    def make(self, values: tuple[Any, ...]) -> Record:
        """Return a record of these values, in the order of the fields."""
        return Record(self.name, self.names, values, self)

    def check(self, value: object) -> Any:
        """Return the values of a record of this type, or of one with the same fields.

        Raises:
            EncodeError: If it is none.
        """
        if not isinstance(value, Record) or value.names != self.names:
            raise EncodeError(f"{value!r:.80} is no {self.name or 'Record'} of the same fields")
        return value.values


class _DescribedSlice(Slice[list[Any]]):
    described = True

    def _literal(self) -> str:
        return "slice"  # its elements may be of its own type


class _DescribedArray(Array[tuple[Any, ...]]):
    described = True

    def _literal(self) -> str:
        return f"array of {self.length}"


class _DescribedMap(Map):
    described = True

    def _literal(self) -> str:
        return "map"


class _DescribedOpaque(Opaque[Undecoded]):
    described = True


def untyped_schema(
    types: Mapping[int, wire.WireType], id: int, known: dict[int, Schema[Any]] | None = None
) -> Schema[Any]:
    """Return a schema into which every value of the wire type ``id`` decodes.

    ``known`` holds the schemas of the types that have come before, and gets
    those that are made now: one for each type. Raises `DecodeError` if the type,
    or one that it is made of, is not defined.
    """
    known = {} if known is None else known
    count = len(known)
    try:
        return _Builder(types, known).build(id, 0)
    except BaseException:
        while len(known) > count:
            known.popitem()  # it may be unfinished
        raise


class _Builder:
    """Makes one schema for each type, so that types may refer to themselves and each other."""

    def __init__(self, types: Mapping[int, wire.WireType], schemas: dict[int, Schema[Any]]) -> None:
        self._types = types
        self._schemas = schemas

    def build(self, id: int, depth: int) -> Schema[Any]:
        schema = _BASIC.get(id) or self._schemas.get(id)
        if schema is not None:
            return schema
        if depth > wire.MAX_TYPE_DEPTH:
            raise DecodeError(f"types are nested more than {wire.MAX_TYPE_DEPTH} levels deep")
        match self._types.get(id):
            case wire.StructType() as known:
                return self._struct(id, known, depth)
            case wire.SliceType(name=name, element=element):
                slice = _DescribedSlice(ANYTHING, list, name)
                return self._with_parts(id, slice, depth, element=element)
            case wire.ArrayType(name=name, element=element, length=length):
                # Tuples, since arrays can be the keys of a map.
                array = _DescribedArray(ANYTHING, length, tuple, name)
                return self._with_parts(id, array, depth, element=element)
            case wire.MapType(name=name, key=key, value=value):
                map = _DescribedMap(ANYTHING, ANYTHING, name)
                return self._with_parts(id, map, depth, key=key, value=value)
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
    return opaque_schema(known.name, known.encoding)


def slice_schema(element: Schema[Any]) -> Schema[Any]:
    """Return the schema of a list of what a sender has described."""
    return _DescribedSlice(element, list)


def map_schema(key: Schema[Any], value: Schema[Any]) -> Schema[Any]:
    """Return the schema of a dict with keys or values that a sender has described."""
    return _DescribedMap(key, value)


@lru_cache(256)  # a peer chooses the names
def opaque_schema(name: str, encoding: str) -> Schema[Any]:
    """Return the schema of a type that encodes itself, of which no more is known than its name."""
    kind: Literal["gob", "binary", "text"] = "gob"
    if encoding == "binary":
        kind = "binary"
    elif encoding == "text":
        kind = "text"
    return _DescribedOpaque(Undecoded, name, partial(Undecoded, name, b"", kind), kind)


class Origin:
    """A type of a stream, which is looked at when a value of it is sent on."""

    __slots__ = ("_id", "_known", "_types")

    def __init__(
        self, types: Mapping[int, wire.WireType], id: int, known: dict[int, Schema[Any]]
    ) -> None:
        """Take the types of a stream, and the schemas that were made of them."""
        self._types = types
        self._id = id
        self._known = known

    @property
    def schema(self) -> Schema[Any]:
        """The type."""
        return untyped_schema(self._types, self._id, self._known)

    def __reduce__(self) -> tuple[object, ...]:
        return Known, (self.schema,)


@frozen
class Known:
    """A type that was looked at."""

    schema: Schema[Any]
