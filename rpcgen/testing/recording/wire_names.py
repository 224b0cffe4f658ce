"""Names of types that gob leaves out, found elsewhere in the traffic.

Go names a struct that is a field, but not one that is an element: that name is in the
name of the container, ``map[string]main.Stats``. A time behind a pointer has no name at
all, and is known by its bytes.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from rpcgen._names import parts_of_map
from rpcgen.gob import wire
from rpcgen.gob.opaque import guess
from rpcgen.gob.wire import WireType
from rpcgen.values.record import Record, Undecoded

__all__ = ["bare_name", "name_elements", "name_times"]

# Maximum depth of types and values that are looked at.
_MAX_DEPTH: Final = 50

_CONTAINER: Final = re.compile(r"\[\d*\](.+)", re.DOTALL)


def bare_name(text: str) -> str:
    """Return the name of a type as Go writes it, without pointers and package.

    Args:
        text: ``*main.Stats``, or anything.

    Returns:
        The name, or an empty string where the text is that of a type without one.
    """
    name = text.lstrip("*").rpartition(".")[2]
    return name if name.isidentifier() and name not in wire.NAMES.values() else ""


def name_elements(types: dict[int, WireType]) -> None:
    """Name the structs that are elements, by the names of what holds them.

    Args:
        types: The types of a stream, which are replaced.
    """
    for known in list(types.values()):
        if isinstance(known, wire.SliceType | wire.ArrayType | wire.MapType) and known.name:
            _name_parts(types, known, known.name, 0)


def _name_parts(types: dict[int, WireType], known: WireType, text: str, depth: int) -> None:
    match known:
        case wire.SliceType(element=element) | wire.ArrayType(element=element):
            found = _CONTAINER.fullmatch(text)
            if found is not None:
                _name(types, element, found[1], depth)
        case wire.MapType(key=key, value=value):
            parts = parts_of_map(text)
            if parts is not None:
                _name(types, key, parts[0], depth)
                _name(types, value, parts[1], depth)


def _name(types: dict[int, WireType], id: int, text: str, depth: int) -> None:
    known = types.get(id)
    if isinstance(known, wire.StructType):
        if not known.name and bare_name(text):
            types[id] = wire.StructType(bare_name(text), known.id, known.fields)
    elif known is not None and depth < _MAX_DEPTH:
        _name_parts(types, known, known.name or text, depth + 1)


def name_times(types: dict[int, WireType], id: int, value: object, depth: int = 0) -> None:
    """Name the types of a value that are times.

    Args:
        types: The types of the stream, which are replaced.
        id: The type of the value.
        value: The value.
        depth: How deep in another it is.
    """
    if depth > _MAX_DEPTH:
        return
    match types.get(id):
        case wire.OpaqueType(name="", encoding="gob") if isinstance(value, Undecoded):
            if isinstance(guess("Time", "gob", value.data), datetime):
                types[id] = wire.OpaqueType("Time", id, "gob")
        case wire.StructType(fields=fields) if isinstance(value, Record):
            for (_, part), item in zip(fields, value.values, strict=False):
                name_times(types, part, item, depth + 1)
        case wire.SliceType(element=part) | wire.ArrayType(element=part):
            for item in value if isinstance(value, list | tuple) else ():
                name_times(types, part, item, depth + 1)
        case wire.MapType(value=part):
            for item in value.values() if isinstance(value, dict) else ():
                name_times(types, part, item, depth + 1)
