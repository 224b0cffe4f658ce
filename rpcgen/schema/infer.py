"""Schemas for values that come without one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import GenericAlias
from typing import Any

from .kinds import Schema
from .resolve import schema_of

__all__ = ["schema_for"]


def schema_for(value: object) -> Schema[Any]:
    """Return the schema that fits a value which comes without one.

    Elements of different types make a list or dict of ``Any``.

    Args:
        value: The value.

    Returns:
        The schema.

    Raises:
        SchemaError: The type of the value has no counterpart on the wire.
    """
    return schema_of(_annotation_for(value))


def _annotation_for(value: object) -> Any:
    match value:
        case list():
            return GenericAlias(list, (_common_annotation(value),))
        case tuple() if not hasattr(value, "_fields"):  # no NamedTuple
            return GenericAlias(tuple, (_common_annotation(value), ...))
        case dict():
            key, item = _common_annotation(value), _common_annotation(value.values())
            return GenericAlias(dict, (key, item))
        case set() | frozenset():
            return GenericAlias(set, (_common_annotation(value),))
        case datetime() | timedelta():  # and the subclasses with nanoseconds
            return datetime if isinstance(value, datetime) else timedelta
    # A value that has kept its Go type fits as the plain value that it is.
    return getattr(type(value), "rpcgen_plain", type(value))


def _common_annotation(values: Iterable[object]) -> Any:
    annotations = set(map(_annotation_for, values))
    # None alone is a nil: a list of empty structs is never meant.
    return annotations.pop() if len(annotations) == 1 and annotations != {type(None)} else Any
