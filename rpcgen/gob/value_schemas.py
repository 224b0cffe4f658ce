"""Schemas of values that come without one.

That of the class, or of the type that a sender has described where the value was
decoded without a schema itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import EncodeError
from ..schema import Schema, Slice, schema_for, schema_of
from ..values.kept import Kept
from ..values.registry import Typed, uuid_schema

__all__ = ["name_of_described", "schema_in_any", "schema_of_value", "unregistered"]


def schema_of_value(value: object, annotation: object) -> Schema[Any]:
    """Return the schema by which a value is encoded.

    Args:
        value: The value.
        annotation: The annotation or schema that the caller gives; None for that of the value.

    Raises:
        EncodeError: The value has none.
        SchemaError: The annotation, or the class, has none.
    """
    if annotation is not None:
        return annotation if isinstance(annotation, Schema) else schema_of(annotation)
    if isinstance(value, Typed):
        return value.schema
    return _described_within(value) or schema_for(value)


def _described_within(value: object) -> Schema[Any] | None:
    """Return the schema of what was decoded without one, or of lists and dicts of that.

    None for any other value.
    """
    if isinstance(value, Kept) and not value.go_type and value.origin is not None:
        return value.origin.schema
    if isinstance(value, list | tuple) and value:
        element = _described_in_first(value)
        if element is not None:
            from .untyped import slice_schema

            return slice_schema(element)
    if isinstance(value, dict) and value:
        keys, items = _described_in_first(value), _described_in_first(value.values())
        if keys is not None or items is not None:
            from .untyped import map_schema

            return map_schema(keys or _element(value), items or _element(value.values()))
    return _described(value)


def _described_in_first(values: Iterable[object]) -> Schema[Any] | None:
    """Return the schema of the first one that tells its type: nil and what is empty do not."""
    for value in values:
        schema = _described_within(value)
        if schema is not None or not _is_hollow(value):
            return schema
    return None


def _is_hollow(value: object) -> bool:
    """Say whether a value is nil, or holds nothing else."""
    if isinstance(value, dict):
        return all(map(_is_hollow, value.values()))
    return value is None or (isinstance(value, list | tuple) and all(map(_is_hollow, value)))


def _element(values: Iterable[object]) -> Schema[Any]:
    """Return the schema that fits every one of the values."""
    schema = schema_for(list(values))
    assert isinstance(schema, Slice)
    return schema.element


def schema_in_any(value: Any) -> Schema[Any]:
    """Return the schema of a value in ``Any`` whose class is not registered.

    Raises:
        EncodeError: The value must be of a registered class.
    """
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):  # no NamedTuple
        # Whatever the elements are: what it is to Go must not depend on them.
        return schema_of(list[Any])
    if isinstance(value, dict):
        return schema_of(dict[str, Any])
    described = _described(value)
    if described is not None:
        return described
    from datetime import datetime, timedelta

    if isinstance(value, datetime | timedelta):  # also their subclasses, with nanoseconds
        return schema_of(datetime if isinstance(value, datetime) else timedelta)
    if type(value).__module__ == "uuid" and type(value).__name__ == "UUID":
        return uuid_schema()
    from ..types import GoTime

    if isinstance(value, GoTime):
        return schema_of(GoTime)
    raise unregistered(type(value).__name__)


def _described(value: object) -> Schema[Any] | None:
    """Return the schema of what was decoded without one, as its sender has described it.

    Raises:
        EncodeError: If it is of that kind, but nobody has described it.
    """
    if not hasattr(type(value), "rpcgen_described"):
        return None
    from ..values.record import Record, Undecoded
    from .untyped import opaque_schema

    if isinstance(value, Undecoded):
        return opaque_schema(value.type_name, value.encoding)
    if isinstance(value, Record) and value.origin is not None:
        return value.origin.schema
    raise EncodeError(
        "a Record that was not decoded has no types: make it a message, a class decorated "
        "with attrs.define"
    )


def name_of_described(value: Any) -> str:
    """Return the name, in interface values, of the type that a sender has described.

    Raises:
        EncodeError: The value did not come in an interface value, and has none.
    """
    if not value.go_type:
        raise EncodeError(
            f"a {value.type_name or type(value).__name__} that did not come in an interface value "
            "has no name for one: make it a message and register that"
        )
    name: str = value.go_type
    return name


def unregistered(what: str) -> EncodeError:
    """Return the error for a value in ``Any`` of a type without a name."""
    return EncodeError(f"{what} is not registered for interface values: call gob.register")
