"""Values that may be anything: as JSON has them."""

from __future__ import annotations

import sys
from typing import Any, Final

from rpcgen.schema import Interface
from rpcgen.schema.plan import Node

from ..errors import MismatchError, PlacedError
from ..structs import DecodeFunction
from .scalars import items_of

__all__ = ["interface_of", "plain"]


def interface_of(node: Node) -> DecodeFunction:
    """Return the function for an interface value.

    Args:
        node: The type; of a union, JSON does not say which member it is.

    Returns:
        The function; that for a union takes null alone.
    """
    schema: Interface = node.schema
    if not schema.members:
        return plain
    names = " | ".join(member.cls.__name__ for member in schema.members)

    def decode_nil(value: object) -> None:
        if value is None:
            return schema.zero()
        raise PlacedError(
            f"JSON does not say which of {names} this is: use one message with optional fields, "
            "or gob"
        )

    return decode_nil


_PLAIN_TYPES: Final = frozenset((str, bool, type(None)))
_NUMBER_TYPES: Final = frozenset((int, float))
_LARGEST: Final = sys.float_info.max
# From so many elements on it pays to look at the types of all of them first.
_MANY: Final = 16


def plain(value: Any) -> Any:
    """Return a parsed value with its objects as dicts, for ``Any``.

    In Go its numbers are of float64, so that what none can hold is refused.

    Args:
        value: A parsed value.

    Returns:
        The same of dicts, lists and scalars.

    Raises:
        MismatchError: If a number is larger than all of float64.
    """
    cls = value.__class__
    if cls is tuple:
        return _plain_members(value)
    if cls is list:
        return value if len(value) >= _MANY and _is_plain(value) else _plain_items(value)
    if cls not in _PLAIN_TYPES and not -_LARGEST <= value <= _LARGEST:
        raise MismatchError.of_number(value, "float64")
    return value


_plain_items: Final = items_of(plain)


def _plain_members(value: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    members = {}
    key = ""
    try:
        # The last one of those with one name counts, as in Go.
        for key, item in value:
            members[key] = item if item.__class__ is str else plain(item)
    except MismatchError as error:
        error.path.append(key)
        raise
    return members


def _is_plain(value: list[Any]) -> bool:
    """Say whether a list has scalars alone, none of them too large."""
    kinds = set(map(type, value))
    if kinds <= _NUMBER_TYPES:
        return bool(min(value) >= -_LARGEST and max(value) <= _LARGEST)
    return kinds <= _PLAIN_TYPES
