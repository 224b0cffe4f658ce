"""Types of JSON that stands for itself: where nobody has said what a method takes.

Numbers are ``int`` and ``float64`` as they are written, objects are structs, or
maps where their keys cannot be names of Go's fields. What JSON cannot say, an
object with one key says: ``{"@uint": 7}``, ``{"@hex": "dead"}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from ..._names import go_name
from ...errors import EncodeError
from ...gob.untyped import RecordStruct
from ...schema import (
    Array,
    Bool,
    Bytes,
    Duration,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Uint,
    schema_of,
)
from ...values.registry import ANYTHING

__all__ = ["LITERALS", "TYPE", "literal_in", "merged", "record_struct", "schema_of_json"]

TYPE: Final = "@type"
"""Key of an object that says of which type a value of an interface is."""

LITERALS: Final[dict[str, type[Any] | tuple[type[Any], ...]]] = {
    "int": Int,
    "uint": Uint,
    "float": Float,
    "bytes": (Bytes, Array, Opaque),
    "base64": (Bytes, Array, Opaque),
    "hex": (Bytes, Array, Opaque),
    "time": Opaque,
    "duration": Duration,
    "map": Map,
    "struct": RecordStruct,
}
"""Kinds of types that ``{"@name": ...}`` may stand for, by the name."""

_SCHEMAS: Final[dict[str, Schema[Any]]] = {
    "int": Int(),
    "uint": Uint(),
    "float": Float(),
    "bytes": Bytes(),
    "base64": Bytes(),
    "hex": Bytes(),
    "time": schema_of(datetime),
    "duration": Duration(),
}


def literal_in(value: object) -> tuple[str, object] | None:
    """Return the name and the content of ``{"@name": content}``, None for anything else.

    Args:
        value: JSON, parsed.
    """
    if not isinstance(value, dict) or len(value) != 1:
        return None
    key, content = next(iter(value.items()))
    name = key.removeprefix("@")
    return (name, content) if name != key and name in LITERALS else None


def schema_of_json(value: object, *, struct: bool = False, name: str = "") -> Schema[Any]:
    """Return the type that fits some JSON best.

    Args:
        value: JSON, parsed.
        struct: True if an object is a struct, whatever its keys are.
        name: Go's name of the struct.

    Raises:
        EncodeError: The JSON has no type: a list of things that do not go together.
    """
    found = literal_in(value)
    if found is not None:
        return _of_literal(*found)
    match value:
        case None:
            return ANYTHING
        case bool():
            return Bool()
        case int():
            return Int()
        case float():
            return Float()
        case str():
            return String()
        case list():
            return Slice(_common(value), list)
        case dict():
            return _of_object(value, struct, name)
    raise EncodeError(f"{value!r:.80} is no JSON")


def _of_literal(name: str, content: object) -> Schema[Any]:
    if name == "map":
        return _map_of(content)
    if name == "struct":
        return schema_of_json(content, struct=True)
    return _SCHEMAS[name]


def _map_of(content: object) -> Schema[Any]:
    if not isinstance(content, dict):
        raise EncodeError("@map takes an object")
    return Map(String(), _common(content.values()))


def _of_object(value: dict[str, object], struct: bool, name: str) -> Schema[Any]:
    if TYPE in value:
        return ANYTHING
    if not struct and any(not _is_exported(key) for key in value):
        return _map_of(value)
    # A null says nothing of its type; left out, the field is nil all the same.
    fields = {key: schema_of_json(each) for key, each in value.items() if each is not None}
    return record_struct(name, fields)


def _is_exported(name: str) -> bool:
    return name.isidentifier() and name[0].isupper()


def record_struct(name: str, fields: dict[str, Schema[Any]]) -> RecordStruct:
    """Return the type of a struct of which no more is known than its fields.

    Args:
        name: Go's name, without the package; it may be empty.
        fields: Types of the fields, by their names as a user writes them: ``user_id`` is
            ``UserID`` to Go.
    """
    struct = RecordStruct(name)
    # Where the cached property of `Struct` would put what it finds in a class.
    vars(struct)["fields"] = tuple(
        Field(each, go_name(each), go_name(each), schema, False) for each, schema in fields.items()
    )
    return struct


def _common(values: Iterable[object]) -> Schema[Any]:
    schemas = [schema_of_json(each) for each in values]
    common = schemas[0] if schemas else ANYTHING
    for each in schemas[1:]:
        common = merged(common, each)
    return common


def merged(first: Schema[Any], second: Schema[Any]) -> Schema[Any]:
    """Return the type of a list that has elements of both types.

    Args:
        first: A type that `schema_of_json` has found.
        second: Another one.

    Raises:
        EncodeError: There is none.
    """
    match first, second:
        case (Int(), Float()) | (Float(), Int()):
            return Float()
        case Slice(), Slice():
            return Slice(merged(first.element, second.element), list)
        case Map(), Map():
            return Map(first.key, merged(first.value, second.value))
        case RecordStruct(), RecordStruct():
            return _merged_structs(first, second)
        case Interface(), _:
            return _nullable(second)
        case _, Interface():
            return _nullable(first)
    if first.go == second.go:
        return first
    raise EncodeError(f"a list of {first.go} and {second.go}: write elements of one type")


def _merged_structs(first: RecordStruct, second: RecordStruct) -> RecordStruct:
    fields = {each.attribute: each.schema for each in first.fields}
    for each in second.fields:
        known = fields.get(each.attribute)
        fields[each.attribute] = each.schema if known is None else merged(known, each.schema)
    return record_struct(first.name or second.name, fields)


def _nullable(schema: Schema[Any]) -> Schema[Any]:
    # A null beside others: a nil pointer.
    return schema if isinstance(schema, Pointer | Interface) else Pointer(schema)
