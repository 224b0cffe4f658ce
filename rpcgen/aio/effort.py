"""Estimate of the work that it is to encode a value, made before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rpcgen.schema import Array, Interface, Map, Pointer, Schema, Slice, Struct, Untyped

__all__ = ["effort_of", "is_large"]

Measure: TypeAlias = Callable[[Any], int]

# Number of values inside a value from which a thread pays: some 5 ms of encoding.
_MIN_VALUES_FOR_THREAD: Final = 16384

# Levels of containers that are looked at.
_DEPTH: Final = 4

# Where a schema keeps its measure, beside its cached properties.
_KEPT: Final = "_effort"


def is_large(schema: Schema[Any], value: object) -> bool:
    """Say whether encoding takes so long that others on the event loop would notice."""
    try:
        measure: Measure | None = schema.__dict__[_KEPT]
    except KeyError:
        measure = schema.__dict__[_KEPT] = _measure(schema, _DEPTH)
    return measure is not None and _measured(measure, value) > _MIN_VALUES_FOR_THREAD


def effort_of(schema: Schema[Any], value: object) -> int:
    """Estimate how many values ``value`` holds, from some of them; 0 if it does not fit."""
    measure = _measure(schema, _DEPTH)
    return 1 if measure is None else _measured(measure, value)


def _measured(measure: Measure, value: object) -> int:
    try:
        return measure(value)
    except Exception:  # it does not fit: encoding will say what is wrong
        return 0


def _measure(schema: Schema[Any], depth: int) -> Measure | None:
    """Return what measures values, None where each is little work: strings and bytes are, too."""
    if not depth:
        return None
    match schema:
        case Slice(element=element) | Array(element=element):
            return _of_sequences(_measure(element, depth - 1), _width(element))
        case Map(key=key, value=element):
            return _of_maps(_measure(element, depth - 1), _width(key) + _width(element))
        case Struct():
            return _of_structs(schema, depth)
        case Pointer(element=element):
            inner = _measure(element, depth)
            return inner and (lambda value: 0 if value is None else inner(value))
        case Interface() | Untyped():
            return _of_anything
    return None


def _width(schema: Schema[Any]) -> int:
    return max(1, len(schema.fields)) if isinstance(schema, Struct) else 1


def _of_sequences(inner: Measure | None, width: int) -> Measure:
    if inner is None:
        return lambda values: len(values) * width

    def measure(values: Any) -> int:
        if not values:
            return 0
        # The first and the last stand for all.
        return len(values) * max(width, inner(values[0]), inner(values[-1]))

    return measure


def _of_maps(inner: Measure | None, width: int) -> Measure:
    if inner is None:
        return lambda values: len(values) * width

    def measure(values: Any) -> int:
        return len(values) * max(width, inner(next(iter(values.values())))) if values else 0

    return measure


def _of_structs(schema: Struct[Any], depth: int) -> Measure | None:
    parts = [
        (field.attribute, inner)
        for field in schema.fields
        if (inner := _measure(field.schema, depth - 1)) is not None
    ]
    if not parts:
        return None

    def measure(value: Any) -> int:
        total = 0
        for attribute, inner in parts:
            total += inner(getattr(value, attribute))
        return total

    return measure


def _of_anything(value: Any, depth: int = _DEPTH) -> int:
    if not depth or not isinstance(value, (list, tuple, dict, set, frozenset)) or not value:
        return 1
    elements = value.values() if isinstance(value, dict) else value
    return len(value) * _of_anything(next(iter(elements)), depth - 1)
