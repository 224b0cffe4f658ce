"""Values that have arrived, as JSON that people can read, and `json_reader` takes back."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from ...errors import DecodeError, RpcError
from ...schema import (
    Array,
    Bytes,
    Complex,
    Converted,
    Duration,
    Empty,
    Enum,
    Float,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    Struct,
    schema_for,
)
from ...types import GoTime
from ...values.record import Record, Undecoded
from ...values.registry import registry
from .durations import spelled_duration
from .literals import TYPE

__all__ = ["jsonable"]


def jsonable(value: object, schema: Schema[Any] | None = None) -> object:
    """Return what `json.dumps` takes for a value.

    Bytes are text where they are UTF-8 without control characters, else
    ``{"@base64": ...}``. Times are as in RFC 3339, durations as Go writes them.
    What an interface holds says its type in ``@type``, where that has fields.

    Args:
        value: The value.
        schema: Type of the value; None for one that nothing is known of.
    """
    if schema is None:
        return _untyped(value)
    for kind, write in _WRITERS.items():
        if isinstance(schema, kind):
            return write(value, schema)
    return _untyped(value)


def _struct(value: Any, schema: Struct[Any]) -> object:
    if isinstance(value, Record):
        return _record(value)
    return {
        each.wire_name: jsonable(getattr(value, each.attribute), each.schema)
        for each in schema.fields
    }


def _record(value: Record) -> dict[str, object]:
    own = {name: _untyped(each) for name, each in value.asdict().items()}
    return {TYPE: value.go_type, **own} if value.go_type else own


def _elements(value: Any, schema: Slice[Any] | Array[Any]) -> object:
    if not isinstance(value, (list, tuple)):  # bytes, or a uuid.UUID
        return _untyped(value)
    return [jsonable(each, schema.element) for each in value]


def _map(value: dict[Any, Any], schema: Map) -> object:
    return {
        _key(jsonable(key, schema.key)): jsonable(each, schema.value) for key, each in value.items()
    }


def _key(written: object) -> str:
    return written if isinstance(written, str) else json.dumps(written)


def _pointer(value: object, schema: Pointer) -> object:
    return None if value is None else jsonable(value, schema.element)


def _enum(value: Any, schema: Enum[Any]) -> object:
    if value.name is None:  # flags without a name of their own, or an open enum
        return value.value
    return value.name


def _converted(value: Any, schema: Converted) -> object:
    lowered = schema.lower(value)
    if isinstance(lowered, dict) and isinstance(value, (set, frozenset)):
        assert isinstance(schema.inner, Map)
        return [jsonable(each, schema.inner.key) for each in lowered]
    return jsonable(lowered, schema.inner)


def _opaque(value: Any, schema: Opaque[Any]) -> object:
    if isinstance(value, Undecoded):
        return _undecoded(value)
    # Lazy, as others below: Go's encoding/json takes a while to import, and most values need none.
    from ...gojson.encode import encode

    try:
        return json.loads(encode(schema, value))
    except RpcError:  # a class of the user's with no JSON of its own
        from ...gob.opaque import marshaller

        return {"@base64": base64.b64encode(marshaller(schema)(value)).decode()}


def _interface(value: object, schema: Interface) -> object:
    inner = registry.by_class(type(value))
    if isinstance(inner, Struct):
        written = jsonable(value, inner)
        assert isinstance(written, dict)
        return {TYPE: registry.name_of(inner) or inner.go, **written}
    return _untyped(value)


def _bytes(value: bytes, schema: Schema[Any] | None = None) -> object:
    data = bytes(value)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if all(character.isprintable() or character in "\n\t\r" for character in text):
        return text
    return {"@base64": base64.b64encode(data).decode()}


def _float(value: float, schema: Float | None = None) -> object:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _complex(value: complex, schema: Complex | None = None) -> str:
    return f"{value}".strip("()").replace("j", "i")


def _duration(value: timedelta, schema: Duration | None = None) -> str:
    return spelled_duration(value)


def _nothing(value: object, schema: Empty) -> None:
    return None


_WRITERS: Final[dict[type[Any], Callable[[Any, Any], object]]] = {
    Struct: _struct,
    Slice: _elements,
    Array: _elements,
    Map: _map,
    Pointer: _pointer,
    Interface: _interface,
    Enum: _enum,
    Converted: _converted,
    Opaque: _opaque,
    Bytes: _bytes,
    Float: _float,
    Complex: _complex,
    Duration: _duration,
    Empty: _nothing,
}


def _untyped(value: Any) -> object:
    match value:
        case None | bool() | str():
            return value
        case float():
            return _float(value)
        case int():
            return int(value)
        case complex():
            return _complex(value)
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case Record():
            return _record(value)
        case Undecoded():
            return _undecoded(value)
        case datetime():
            from ...gojson.stdlib import format_time

            return format_time(value)
        case GoTime():
            return str(value)
        case timedelta():
            return _duration(value)
        case list() | tuple() | set() | frozenset():
            return [_untyped(each) for each in value]
        case dict():
            return {_key(_untyped(key)): _untyped(each) for key, each in value.items()}
    return _of_class(value)


def _of_class(value: object) -> object:
    """Return JSON for a value that nothing but its class says what it is."""
    try:
        return jsonable(value, schema_for(value))
    except RpcError:
        return str(value)


def _undecoded(value: Undecoded) -> object:
    from ...gob.opaque import decode_any_time

    try:
        # A gob stream does not name the type; nothing else of this length begins so.
        moment = decode_any_time(value.data)
    except DecodeError:
        return {"@base64": base64.b64encode(value.data).decode()}
    return _untyped(moment)
