"""Types from their spelling in Go, as the debug page has them: ``map[string][]main.Point``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from ... import types
from ..._names import parts_of_map
from ...errors import SchemaError
from ...schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Empty,
    Float,
    Int,
    Map,
    Schema,
    Slice,
    String,
    Uint,
    schema_of,
)
from ...values.registry import ANYTHING
from .literals import literal_in, merged, schema_of_json

__all__ = ["known_schema", "schema_of_go"]

_BASIC: Final[dict[str, Schema[Any]]] = {
    "bool": Bool(),
    "string": String(),
    "float32": Float(32),
    "float64": Float(64),
    "complex64": Complex(64),
    "complex128": Complex(128),
    "interface {}": ANYTHING,
    "any": ANYTHING,
    "struct {}": Empty(),
    "[]uint8": Bytes(),
    **{kind: Int(kind) for kind in ("int", "int8", "int16", "int32", "int64")},
    **{kind: Uint(kind) for kind in ("uint", "uint8", "uint16", "uint32", "uint64", "uintptr")},
}

# Types of Go's library, and what they are in Python.
_LIBRARY: Final[dict[str, object]] = {
    "time.Time": datetime,
    "time.Duration": timedelta,
    "big.Int": types.BigInt,
    "big.Float": types.BigFloat,
    "big.Rat": Fraction,
    "net.IP": types.NetIP,
    "netip.Addr": types.NetipAddr,
    "netip.AddrPort": types.NetipAddrPort,
    "netip.Prefix": types.NetipPrefix,
    "url.URL": types.URL,
}

_ARRAY: Final = re.compile(r"\[(\d+)\](.+)", re.S)


def known_schema(go: str) -> Schema[Any] | None:
    """Return the type of a spelling, None if it is made of types that only their server knows.

    Args:
        go: Go's spelling of a type.
    """
    go = go.lstrip("*")
    if go in _BASIC:
        return _BASIC[go]
    if go in _LIBRARY:
        return schema_of(_LIBRARY[go])
    if go.startswith("[]"):
        element = known_schema(go[2:])
        return None if element is None else Slice(element, list)
    if array := _ARRAY.fullmatch(go):
        element = known_schema(array[2])
        return None if element is None else Array(element, int(array[1]), tuple)
    if parts := parts_of_map(go):
        key, value = map(known_schema, parts)
        return None if key is None or value is None else Map(key, value)
    return None


def schema_of_go(go: str, value: object) -> Schema[Any]:
    """Return the type of a spelling; for types that only their server knows, what fits the JSON.

    Args:
        go: Go's spelling of a type.
        value: JSON, parsed, that is to be of the type.

    Raises:
        EncodeError: The JSON fits no type.
        SchemaError: The spelling is none of a type.
    """
    known = known_schema(go)
    if known is not None:
        return known
    go = go.lstrip("*")
    if go.startswith("[]") and isinstance(value, list):
        return Slice(_common(go[2:], value), list)
    if (array := _ARRAY.fullmatch(go)) and isinstance(value, list):
        return Array(_common(array[2], value), int(array[1]), tuple)
    if go.startswith("map[") and isinstance(value, dict):
        if (found := literal_in(value)) is not None and isinstance(found[1], dict):
            value = found[1]
        parts = parts_of_map(go)
        if not parts:
            raise SchemaError(f"{go!r} is no type of Go")
        return Map(known_schema(parts[0]) or String(), _common(parts[1], list(value.values())))
    # The name of a struct, most of the time; names that no field can have say otherwise.
    struct = isinstance(value, dict) and all(key.isidentifier() for key in value)
    return schema_of_json(value, struct=struct, name=go.rpartition(".")[2])


def _common(go: str, values: list[Any]) -> Schema[Any]:
    schemas = [schema_of_go(go, each) for each in values] or [ANYTHING]
    common = schemas[0]
    for each in schemas[1:]:
        common = merged(common, each)
    return common
