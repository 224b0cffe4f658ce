"""JSON that a user has written, as the values that a method takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from ...errors import DecodeError, EncodeError
from ...gob.untyped import RecordStruct
from ...schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Empty,
    Enum,
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
    Struct,
    Uint,
)
from ...values.record import Record
from ...values.registry import Typed, registry
from ...values.types import strip_pointers
from .json_scalars import (
    BYTES_LITERALS,
    decoded_bytes,
    misfit,
    read_bool,
    read_bytes,
    read_complex,
    read_duration,
    read_enum,
    read_float,
    read_int,
    read_string,
)
from .literals import LITERALS, TYPE, literal_in, schema_of_json
from .skeletons import skeleton

__all__ = ["read_json"]


def read_json(schema: Schema[Any], value: object) -> Any:
    """Return the value that some JSON stands for.

    Args:
        schema: Type of the value.
        value: JSON, parsed.

    Raises:
        EncodeError: The JSON does not fit the type; it says where.
    """
    return _read(schema, value, "")


def _read(schema: Schema[Any], value: object, path: str) -> Any:
    kind = _kind(schema)
    if kind is None:
        raise EncodeError(f"a value of {schema.go} cannot be written as JSON", path)
    found = literal_in(value)
    if found is not None and kind is not Interface:
        value = _read_literal(schema, *found, path)
    return _READERS[kind](schema, value, path)


def _kind(schema: Schema[Any]) -> type[Schema[Any]] | None:
    return next((kind for kind in _READERS if isinstance(schema, kind)), None)


def _read_literal(schema: Schema[Any], name: str, value: object, path: str) -> object:
    """Return the JSON behind ``@name``, where that is what the type takes."""
    kind = LITERALS[name]
    if not isinstance(strip_pointers(schema), kind):
        raise EncodeError(f"@{name} is no {schema.go}", path)
    if name in BYTES_LITERALS:
        return decoded_bytes(name, value, path)
    return value


def _read_slice(schema: Slice[Any], value: object, path: str) -> Any:
    return schema.container(_elements(schema, value, path))


def _read_array(schema: Array[Any], value: object, path: str) -> Any:
    if isinstance(value, bytes):
        value = list(value)
    if isinstance(value, str) and schema.length == 16:  # a uuid.UUID
        value = _read_uuid(schema, value, path)
    elements = _elements(schema, value, path)
    if len(elements) != schema.length:
        raise EncodeError(f"{len(elements)} elements where there are {schema.length}", path)
    return schema.container(elements)


def _read_uuid(schema: Schema[Any], value: str, path: str) -> list[int]:
    from uuid import UUID

    try:
        return list(UUID(value).bytes)
    except ValueError:
        raise misfit(schema, value, path) from None


def _elements(schema: Slice[Any] | Array[Any], value: object, path: str) -> list[Any]:
    if value is None and isinstance(schema, Slice):
        return []
    if not isinstance(value, list):
        raise misfit(schema, value, path)
    return [_read(schema.element, each, f"{path}[{n}]") for n, each in enumerate(value)]


def _read_map(schema: Map, value: object, path: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise misfit(schema, value, path)
    return {
        _read_key(schema.key, key, path): _read(schema.value, each, f"{path}[{key!r}]")
        for key, each in value.items()
    }


def _read_key(schema: Schema[Any], key: str, path: str) -> Any:
    where = f"{path}[{key!r}]"
    if isinstance(strip_pointers(schema), String | Enum | Opaque | Interface | Converted):
        return _read(schema, key, where)
    try:
        return _read(schema, json.loads(key), where)
    except json.JSONDecodeError:
        raise misfit(schema, key, where) from None


def _read_struct(schema: Struct[Any], value: object, path: str) -> Any:
    if not isinstance(value, dict):
        raise misfit(schema, value, path, skeleton(schema))
    known = _by_spelling(schema.fields)
    given: dict[str, object] = {}
    for key, each in value.items():
        field = known.get(key) or known.get(key.lower())
        if field is None and each is None and isinstance(schema, RecordStruct):
            continue  # a null, whose type nobody knows
        if field is None:
            names = ", ".join(each.wire_name for each in schema.fields) or "none"
            raise EncodeError(f"there is no field {key!r:.80}: there are {names}", path)
        given[field.wire_name] = each
    values = {
        field.argument: _field(field, given, path)
        for field in schema.fields
        if field.wire_name in given or not field.has_default
    }
    if isinstance(schema, RecordStruct):
        return schema.make(tuple(values.values()))
    try:
        return schema.cls(**values)
    except Exception as error:  # a validator of the user's
        raise EncodeError(f"{type(error).__name__}: {error}", path) from error


def _by_spelling(fields: tuple[Field, ...]) -> dict[str, Field]:
    """Return fields by all that a user may call them; the exact name comes first."""
    spelled = {each.attribute: each for each in reversed(fields)}
    spelled |= {each.wire_name.lower(): each for each in reversed(fields)}
    return spelled | {each.wire_name: each for each in fields}


def _field(field: Field, given: dict[str, object], path: str) -> Any:
    where = f"{path}.{field.wire_name}" if path else field.wire_name
    if field.wire_name in given:
        return _read(field.schema, given[field.wire_name], where)
    try:
        return field.schema.zero()
    except DecodeError as error:
        raise EncodeError(f"it is missing: {error}", where) from None


def _read_pointer(schema: Pointer, value: object, path: str) -> Any:
    return None if value is None else _read(schema.element, value, path)


def _read_interface(schema: Interface, value: object, path: str) -> Any:
    if isinstance(value, dict) and TYPE in value:
        return _typed(value, path)
    if schema.members and value is not None:
        if len(schema.members) == 1:
            return _read(schema.members[0], value, path)
        names = " or ".join(member.go for member in schema.members)
        raise EncodeError(f'it does not say what it is: add "{TYPE}": {names}', path)
    if value is None:
        return None
    found = literal_in(value)
    if found is None:
        inner = schema_of_json(value)
        return _read(inner, value, path)
    inner = schema_of_json(value)
    return Typed(_read(inner, value, path), inner)


def _typed(value: dict[str, object], path: str) -> Any:
    """Return a value of an interface, which says its type in ``@type``."""
    name = value[TYPE]
    if not isinstance(name, str):
        raise EncodeError(f'"{TYPE}" is no name, such as "shapes.Circle"', path)
    rest = {key: each for key, each in value.items() if key != TYPE}
    known = registry.by_name(name)
    if known is not None:
        plain = rest["value"] if rest.keys() == {"value"} else rest
        made = _read(strip_pointers(known), plain, path)
        return made if registry.by_class(type(made)) is known else Typed(made, name)
    schema = schema_of_json(rest, struct=True, name=name.rpartition(".")[2])
    record: Record = _read(schema, rest, path)
    return Record(record.type_name, record.names, record.values, record.origin, name)


def _read_opaque(schema: Opaque[Any], value: object, path: str) -> Any:
    if isinstance(value, bytes):
        return _unmarshalled(schema, value, path)
    # Lazy, as below: what knows the texts of such types takes a while to import.
    from ...gojson.decode import decode
    from ...gojson.parse import Parsed

    try:
        return decode(schema, Parsed(json.dumps(value), value))
    except (DecodeError, TypeError) as error:
        raise EncodeError(str(error), path) from None


def _unmarshalled(schema: Opaque[Any], value: bytes, path: str) -> Any:
    """Return a value that encodes itself, of its own bytes."""
    from ...gob.opaque import unmarshaller

    try:
        return unmarshaller(schema)(value)
    except Exception as error:  # of a class of the user's
        raise EncodeError(f"the bytes are no {schema.go}: {error}", path) from error


def _read_nothing(schema: Empty, value: object, path: str) -> None:
    if value not in (None, {}, []):
        raise EncodeError("the method takes no arguments", path)


def _read_converted(schema: Converted, value: object, path: str) -> Any:
    if isinstance(value, list) and isinstance(schema.inner, Map):  # a set
        value = {each if isinstance(each, str) else json.dumps(each): True for each in value}
    try:
        return schema.make(_read(schema.inner, value, path))
    except DecodeError as error:
        raise EncodeError(error.reason, path) from None


# The first kind that a schema is of counts.
_READERS: Final[dict[type[Schema[Any]], Callable[[Any, Any, str], Any]]] = {
    Bool: read_bool,
    Int: read_int,
    Uint: read_int,
    Float: read_float,
    Complex: read_complex,
    String: read_string,
    Bytes: read_bytes,
    Slice: _read_slice,
    Array: _read_array,
    Map: _read_map,
    Struct: _read_struct,
    Pointer: _read_pointer,
    Interface: _read_interface,
    Enum: read_enum,
    Duration: read_duration,
    Opaque: _read_opaque,
    Empty: _read_nothing,
    Converted: _read_converted,
}
