"""Schemas that are one type to Go, whatever they are in Python."""

from __future__ import annotations

from collections.abc import Hashable

from ..schema import (
    Array,
    Converted,
    Empty,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    Struct,
    schema_of,
)

__all__ = ["strip_pointers", "type_key"]


def strip_pointers(schema: Schema[object]) -> Schema[object]:
    """Return the schema under any number of pointers, which the wire does not show.

    Args:
        schema: Any schema.
    """
    while isinstance(schema, Pointer):
        schema = schema.element
    return schema


def type_key(schema: Schema[object]) -> Hashable:
    """Return a key that is equal for schemas which are one type to Go.

    Args:
        schema: Any schema.
    """
    if schema.described:
        return schema
    match schema:
        case Struct():
            if not schema.arguments:
                return "struct", schema.cls
            return "struct", schema.cls, tuple([type_key(schema_of(a)) for a in schema.arguments])
        case Converted():
            return type_key(schema.inner)
        case Opaque():
            return "opaque", schema.name, schema.cls
        case Array():
            return "array", schema.name, schema.length, type_key(schema.element)
        case Slice():
            return "slice", schema.name, type_key(schema.element)
        case Map():
            return "map", schema.name, type_key(schema.key), type_key(schema.value)
        case Pointer():
            return "pointer", type_key(schema.element)
        case Empty():
            return "nothing"
    return schema.go
