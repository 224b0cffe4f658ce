"""Members that come twice in an object: Go decodes the second into what the first has left.

So messages and maps get the members of both, lists are merged element by
element, and a null leaves what is no pointer alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rpcgen.errors import DecodeError
from rpcgen.schema import (
    Array,
    Bytes,
    Converted,
    Interface,
    Map,
    Pointer,
    Schema,
    Slice,
    Struct,
    Uint,
    Untyped,
)

from .base64 import octets_of_base64
from .members import by_fold, fold, members_of

__all__ = ["merged"]

# Whether a value fits a schema.
IsValid: TypeAlias = Callable[[Schema[Any], object], bool]

# How often one member of a message may come: each time costs as much as all before it.
_MOST: Final = 100


def merged(schema: Schema[Any], value: Any, is_valid: IsValid) -> Any:
    """Return a parsed value in which each member of a message comes once."""
    match schema:
        case Pointer():
            return merged(schema.element, value, is_valid)
        case Converted():
            return merged(schema.inner, value, is_valid)
        case Struct() if value.__class__ is tuple and not hasattr(schema.cls, "unmarshal_json"):
            return _message(schema, value, is_valid)
        case Map() if value.__class__ is tuple:
            return tuple((key, merged(schema.value, item, is_valid)) for key, item in value)
        case Slice() | Array() if value.__class__ is list:
            return [merged(schema.element, item, is_valid) for item in value]
    return value


def _message(schema: Struct[Any], value: Any, is_valid: IsValid) -> Any:
    members = members_of(schema)[1]
    by_name = {member.name: member for member in members}
    folded = by_fold(members)
    found: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for key, item in value:
        member = by_name.get(key) or folded.get(fold(key))
        if member is not None:
            found[member.name].append((key, item))
    return tuple(
        _member(by_name[name].field.schema, pairs, is_valid) for name, pairs in found.items()
    )


def _member(schema: Schema[Any], pairs: list[tuple[str, Any]], is_valid: IsValid) -> Any:
    """Return one member for those of the same name."""
    if len(pairs) > _MOST and isinstance(_base(schema), Array | Bytes | Map | Slice | Struct):
        raise DecodeError(f"json: one member comes {len(pairs)} times; the limit is {_MOST}")
    joined = _joined(schema, [item for _, item in pairs], is_valid)
    # An error says the key as it was spelled.
    key = next((key for key, item in pairs if item is joined), pairs[-1][0])
    return key, merged(schema, joined, is_valid)


def _joined(schema: Schema[Any], items: list[Any], is_valid: IsValid) -> Any:
    """Return one value for those that came one after the other."""
    if len(items) == 1:
        return items[0]
    base = _base(schema)
    has_null = base is not schema or isinstance(base, Map | Slice | Bytes | Interface | Untyped)
    if has_null and base.name != "net.IP":
        items = _after_null(items)
    else:
        items = [item for item in items if item is not None]
    if not items:
        return None
    match base:
        case Struct() | Map():
            return _joined_objects(items)
        case Slice() | Array() | Bytes() if base.name != "net.IP":
            return _joined_lists(base, items, is_valid)
    # The first one that does not fit is the error; else the last one counts.
    return next((item for item in items if not is_valid(base, item)), items[-1])


def _base(schema: Schema[Any]) -> Schema[Any]:
    while isinstance(schema, Pointer | Converted):
        schema = schema.element if isinstance(schema, Pointer) else schema.inner
    return schema


def _after_null(items: list[Any]) -> list[Any]:
    """Return what comes after the last null, after which nothing is left of what was there."""
    for number in range(len(items) - 1, -1, -1):
        if items[number] is None:
            return items[number + 1 :]
    return items


def _joined_objects(items: list[Any]) -> Any:
    wrong = next((item for item in items if item.__class__ is not tuple), None)
    if wrong is not None:
        return wrong
    return tuple(pair for item in items for pair in item)


def _joined_lists(schema: Any, items: list[Any], is_valid: IsValid) -> Any:
    element = Uint("uint8") if isinstance(schema, Bytes) else schema.element
    # What is there in Go beyond the end of the list comes to light again when it grows.
    backing: list[list[Any]] = []
    count = 0
    for item in items:
        if item.__class__ is str:
            item = octets_of_base64(item)
            backing.clear()
        if item.__class__ is not list and item.__class__ is not bytes:
            return item
        if not item:
            backing.clear()
        for place, each in enumerate(item):
            if place < len(backing):
                backing[place].append(each)
            else:
                backing.append([each])
        count = len(item)
        if isinstance(schema, Array):
            del backing[count:]
    return [_joined(element, each, is_valid) for each in backing[:count]]
