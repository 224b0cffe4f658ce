"""Decode functions, compiled once for each pair of wire type and schema, whatever the stream."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from ..._interrupts import import_apart
from ...schema import Schema, Untyped
from .. import wire
from ..source import TooLongError, forget
from ..streams import DecodeFunction
from .match import Types

__all__ = ["BYTES_PER_LINE", "FREE_LINES", "FunctionCache", "Maker", "compiled", "made_once"]

BYTES_PER_LINE: Final = 32
"""Number of bytes a stream must bring for each line of code that is compiled for it.

A line costs some 600 bytes as long as it is kept, and 50 microseconds.
"""

FREE_LINES: Final = 1000
"""Number of lines that are compiled for a stream before it has brought anything."""

# A peer chooses its types, so there must be an end to what is kept for all of them: in lines
# of code, and bytes of names count, too.
_MOST_LINES: Final = 40_000
_NAME_BYTES_PER_LINE: Final = 500

# Looking at so many fields of types costs as much as compiling a line.
_FIELDS_PER_LINE: Final = 8


T = TypeVar("T")


class FunctionCache:
    """Compiled functions of all streams; those that were used last are kept."""

    def __init__(self, most_lines: int = _MOST_LINES) -> None:
        self._most = most_lines
        self._lines = 0
        self._known: OrderedDict[tuple[object, ...], tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def lines(self) -> int:
        """The number of lines that all functions have together."""
        return self._lines

    def get(self, key: tuple[object, ...]) -> Any:
        """Return a function that was added, unless it has been dropped since."""
        known = self._known.get(key)
        if known is None:
            return None
        if self._lines > self._most // 2:  # else nothing is dropped soon, and the key is large
            try:
                self._known.move_to_end(key)
            except KeyError:  # another thread has just dropped it
                pass
        return known[0]

    def add(self, key: tuple[object, ...], function: object, lines: int) -> None:
        """Keep a function of so many lines, and drop as many as must go for it."""
        self._known[key] = function, lines
        self._lines += lines
        while self._lines > self._most and self._known:
            _, (oldest, count) = self._known.popitem(last=False)
            self._lines -= count
            forget(oldest)


# Functions, and what else is made of the same two types: by how it is made, besides.
_cache = FunctionCache()


def _quick_function(
    types: Types, id: int, schema: Schema[Any], strings: str, counted: bool, longest: int
) -> tuple[DecodeFunction | None, int]:
    """Return the function in Python, and how many lines it has."""
    import_apart("rpcgen.gob.decode.fast")
    from .fast import QuickCompiler  # whom the accelerator serves does without

    compiler = QuickCompiler(types, strings, counted=counted, longest=longest)
    if isinstance(schema, Untyped):
        from ..untyped import untyped_schema

        schema = untyped_schema(types, id)
    return compiler.compile(id, schema), compiler.lines


Maker: TypeAlias = Callable[[Types, int, Schema[Any], str, bool, int], tuple[T | None, int]]
"""Makes what decodes of types, id, schema, ``strings``, ``counted`` and the maximum of lines.

Returns it, or None where that cannot be made, and how many lines it has.
"""


def compiled(
    types: Types,
    id: int,
    schema: Schema[Any],
    *,
    strings: str,
    strict_names: bool,
    counted: bool,
    lines: int,
    check: Callable[[], None],
) -> tuple[DecodeFunction | None, int]:
    """Return the function that decodes values of the wire type ``id`` into ``schema``.

    Args:
        types: The types of the stream.
        id: The type of the values.
        schema: What they are decoded into.
        strings: What becomes of text that is not UTF-8.
        strict_names: What becomes of fields whose names differ in case.
        counted: Whether the function counts memory, by `Decoder.charge`.
        lines: Maximum number of lines to compile, or what costs as much.
        check: Called before a type is compiled that was never seen with the
            schema; raises `DecodeError` if they do not go together.

    Returns:
        The function, or None where it would have more lines; and how many
        lines the attempt has cost.

    Raises:
        DecodeError: Type and schema do not go together.
    """
    kind = strings, strict_names, counted
    return made_once(types, id, schema, kind, lines=lines, check=check, make=_quick_function)


def made_once(
    types: Types,
    id: int,
    schema: Schema[Any],
    kind: tuple[str, bool, bool],
    *,
    lines: int,
    check: Callable[[], None],
    make: Maker[T],
) -> tuple[T | None, int]:
    """Return what decodes values of a type into a schema, made at first use by any stream.

    For `Args`, `Returns` and `Raises` see `compiled`; ``kind`` is ``strings``, ``strict_names`` and
    ``counted``.
    """
    strings, strict_names, counted = kind
    structure = _structure(types, id, lines * _FIELDS_PER_LINE)
    if structure is None:
        return None, lines
    parts, size, name_bytes = structure
    cost = size // _FIELDS_PER_LINE
    key = (parts, schema, strings, strict_names, counted, make)
    function: T | None = _cache.get(key)
    if function is not None:
        return function, cost
    check()
    try:
        function, length = make(types, id, schema, strings, counted, lines - cost)
    except TooLongError:
        return None, lines
    if function is not None:
        weight = length + size // 4 + name_bytes // _NAME_BYTES_PER_LINE
        _cache.add(key, function, weight)
    return function, cost + length


def _structure(types: Types, id: int, most: int) -> tuple[tuple[object, ...], int, int] | None:
    """Return what a type is made of, with ids that do not depend on the stream.

    Also how many types and fields that are, and how many bytes of names; None
    for more than ``most`` of the first.
    """
    numbers: dict[int, int] = {}
    waiting = [id]
    parts: list[object] = []
    size = name_bytes = 0

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
        size += 1
        name_bytes += len(known.name)
        if isinstance(known, wire.StructType):
            size += len(known.fields)
            if size > most:
                return None
        match known:
            case wire.StructType():
                fields = []
                for name, field in known.fields:
                    fields.append((name, number(field)))
                    name_bytes += len(name)
                parts.append(("struct", known.name, tuple(fields)))
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
        if size + name_bytes // 100 > most:
            return None
    return tuple(parts), size, name_bytes
