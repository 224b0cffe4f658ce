"""Decode functions, compiled once for each pair of wire type and schema, whatever the stream."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from ..schema import Schema
from . import wire
from .compile_decode import Compiler, DecodeFunction, Types
from .compile_quick import QuickCompiler
from .source import forget

__all__ = ["decode_function"]

# A peer chooses its types, so there must be an end to what is kept for it.
_MOST: Final = 1024

_known: OrderedDict[tuple[object, ...], DecodeFunction] = OrderedDict()


def decode_function(
    types: Types, id: int, schema: Schema[Any], *, strings: str, names: str, careful: bool
) -> DecodeFunction:
    """Return the function that decodes values of the wire type ``id`` into ``schema``.

    Raises `DecodeError` if they do not go together.
    """
    key = (_structure(types, id), schema, strings, names, careful)
    function = _known.get(key)
    if function is None:
        compiler = Compiler if careful else QuickCompiler
        function = _known[key] = compiler(types, strings, names).compile(id, schema)
        if len(_known) > _MOST:
            _, oldest = _known.popitem(last=False)
            forget(oldest)
    return function


def _structure(types: Types, id: int) -> tuple[object, ...]:
    """Return what a type is made of, with ids that do not depend on the stream."""
    numbers: dict[int, int] = {}
    waiting = [id]
    parts: list[object] = []

    def number(part: int) -> int:
        if part < wire.FIRST_ID or part not in types:
            return part
        if part not in numbers:
            numbers[part] = wire.FIRST_ID + len(numbers)
            waiting.append(part)
        return numbers[part]

    parts.append(number(waiting.pop()))
    while waiting:
        known = types[waiting.pop()]
        match known:
            case wire.StructType():
                fields = tuple((name, number(field)) for name, field in known.fields)
                parts.append(("struct", known.name, fields))
            case wire.ArrayType():
                parts.append(("array", known.name, known.length, number(known.element)))
            case wire.SliceType():
                parts.append(("slice", known.name, number(known.element)))
            case wire.MapType():
                parts.append(("map", known.name, number(known.key), number(known.value)))
            case wire.OpaqueType():
                parts.append(("opaque", known.name, known.encoding))
            case _:
                parts.append(None)
    return tuple(parts)
