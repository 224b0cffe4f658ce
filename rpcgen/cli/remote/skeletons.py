"""JSON of a type, for a user who has to fill it in."""

from __future__ import annotations

import json
from typing import Any, Final

from ...schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Empty,
    Enum,
    Float,
    Int,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
)

__all__ = ["skeleton"]

# Depth of structs from which on nothing more is written.
_DEPTH: Final = 3


def skeleton(schema: Schema[Any]) -> str:
    """Return JSON of the type, to be filled in by a user.

    Args:
        schema: Type of the value.
    """
    return json.dumps(_example(schema, 0))


_EXAMPLES: Final[dict[type[Schema[Any]], object]] = {
    Bool: False,
    Int: 0,
    Uint: 0,
    Float: 0.0,
    Complex: "0+0i",
    String: "",
    Bytes: "",
    Slice: [],
    Map: {},
    Interface: None,
    Duration: "0s",
    Empty: None,
    Pointer: None,
}


def _example(schema: Schema[Any], depth: int) -> object:
    if isinstance(schema, Struct) and depth < _DEPTH:
        return {each.wire_name: _example(each.schema, depth + 1) for each in schema.fields}
    if isinstance(schema, Enum):
        return next(iter(schema.cls.__members__), 0)
    if isinstance(schema, Converted):
        return schema.values[0] if schema.values else _example(schema.inner, depth)
    if isinstance(schema, Array):
        return [_example(schema.element, depth + 1)] * min(schema.length, 4)
    if isinstance(schema, Opaque) and schema.name == "time.Time":
        return "2006-01-02T15:04:05Z"
    return next((each for kind, each in _EXAMPLES.items() if isinstance(schema, kind)), None)
