"""`guessed`: a type that values of JSON may have been of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rpcgen.protocol.reflection import FieldDescription, Kind, TypeDescription

__all__ = ["guessed"]

_PLAIN = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT64, str: Kind.STRING}


def guessed(
    values: Sequence[Any], name: str, add: Callable[[TypeDescription], int], depth: int = 0
) -> int:
    """Return the number of a type that all values fit.

    An object is a struct named for its place, whose fields are all those that were seen; whole
    numbers and others together are floats; what does not go together is anything.

    Args:
        values: Values as `json` reads them, at least one.
        name: What a struct is called.
        add: Adds a type to the table, and returns its number.
        depth: How deep in another the values are.
    """
    given = [value for value in values if value is not None]
    kinds = {type(value) for value in given}
    if len(given) < len(values) and kinds:
        element = guessed(given, name, add, depth)
        return add(TypeDescription(Kind.POINTER, element=element))
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) != 1 or depth > 50:
        return add(TypeDescription(Kind.INTERFACE))
    (kind,) = kinds
    if kind is dict:
        return _struct(given, name, add, depth)
    if kind is list:
        items = [item for value in given for item in value]
        element = (
            guessed(items, name, add, depth + 1) if items else add(TypeDescription(Kind.INTERFACE))
        )
        return add(TypeDescription(Kind.SLICE, element=element))
    return add(TypeDescription(_PLAIN[kind]))


def _struct(
    values: Sequence[dict[str, Any]], name: str, add: Callable[[TypeDescription], int], depth: int
) -> int:
    members = {member: None for value in values for member in value if member}
    if not members:
        return add(TypeDescription(Kind.NOTHING))
    fields = [
        FieldDescription(
            name=member,
            type=guessed(
                [value[member] for value in values if member in value],
                name + member[:1].upper() + member[1:],
                add,
                depth + 1,
            ),
        )
        for member in members
    ]
    return add(TypeDescription(Kind.STRUCT, name, fields=fields))
