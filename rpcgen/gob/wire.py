"""Types on the wire: what a sender says about the values that it sends.

The counterparts of ``wireType`` and its members in Go's ``encoding/gob``. A
type is known by an id; some are known from the start, the others are announced
by a definition: the negated id, then a ``wireType``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, TypeAlias

from .._records import ValueRecord
from ..errors import DecodeError
from .numbers import SIGNED, int_bytes, read_int, read_uint, uint_bytes

__all__ = [
    "BOOL",
    "BYTES",
    "COMPLEX",
    "FIRST_ID",
    "FLOAT",
    "INT",
    "INTERFACE",
    "NAMES",
    "STRING",
    "UINT",
    "ArrayType",
    "MapType",
    "OpaqueType",
    "SliceType",
    "StructType",
    "UnknownType",
    "WireType",
    "read_definition",
    "write_definition",
]

BOOL: Final = 1
INT: Final = 2
UINT: Final = 3
FLOAT: Final = 4
BYTES: Final = 5
STRING: Final = 6
COMPLEX: Final = 7
INTERFACE: Final = 8

NAMES: Final = {
    BOOL: "bool",
    INT: "int",
    UINT: "uint",
    FLOAT: "float",
    BYTES: "bytes",
    STRING: "string",
    COMPLEX: "complex",
    INTERFACE: "interface",
}

# Maximum depth of types inside each other that is followed where all of one are looked at.
MAX_TYPE_DEPTH: Final = 200

# The first id that a definition may take; those below are gob's own.
FIRST_ID: Final = 64


class ArrayType(ValueRecord):
    """Array, as a sender defines it; ``element`` is the id of its type."""

    name: str
    id: int
    element: int
    length: int


class SliceType(ValueRecord):
    """Slice, as a sender defines it; ``element`` is the id of its type."""

    name: str
    id: int
    element: int


class StructType(ValueRecord):
    """``fields`` are pairs of name and type id."""

    name: str
    id: int
    fields: tuple[tuple[str, int], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in their order."""
        return tuple([name for name, _ in self.fields])


class MapType(ValueRecord):
    """Map, as a sender defines it; ``key`` and ``value`` are ids of types."""

    name: str
    id: int
    key: int
    value: int


class OpaqueType(ValueRecord):
    """A type that encodes itself; ``encoding`` says how: ``gob``, ``binary`` or ``text``."""

    name: str
    id: int
    encoding: str


class UnknownType(ValueRecord):
    """A definition that says nothing."""

    name: str = ""
    id: int = 0


WireType: TypeAlias = ArrayType | SliceType | StructType | MapType | OpaqueType | UnknownType

_ENCODINGS: Final = {4: "gob", 5: "binary", 6: "text"}


# --- writing ---------------------------------------------------------------------------


def write_definition(id: int, wire: WireType) -> bytes:
    """Return the body of the message that announces ``wire`` as ``id``."""
    return int_bytes(-id) + _wire_type(wire)


def _wire_type(wire: WireType) -> bytes:
    if isinstance(wire, UnknownType):
        return b"\0"
    field, rest = _member(wire)
    common = b"\x01" + _string_and_int(wire.name, wire.id)
    return uint_bytes(field) + common + rest + b"\0\0"


def _member(wire: WireType) -> tuple[int, bytes]:
    """Return which field of ``wireType`` describes the type, and what follows CommonType in it."""
    match wire:
        case ArrayType():
            return 1, _numbers(int_bytes(wire.element), int_bytes(wire.length))
        case SliceType():
            return 2, _numbers(int_bytes(wire.element))
        case StructType():
            return 3, _fields(wire.fields)
        case MapType():
            return 4, _numbers(int_bytes(wire.key), int_bytes(wire.value))
        case OpaqueType():
            return {"gob": 5, "binary": 6, "text": 7}[wire.encoding], b""
    raise AssertionError(f"no definition of {wire!r}")


def _string_and_int(name: str, id: int) -> bytes:
    """Encode the struct of a name and an id, which CommonType and fieldType both are."""
    data = name.encode()
    named = uint_bytes(len(data)) + data
    return _numbers(named, int_bytes(id)) + b"\0"


def _numbers(*numbers: bytes) -> bytes:
    """Encode the fields after CommonType, zeros left out as ever."""
    data, steps = b"", 1
    for number in numbers:
        if number == b"\0":
            steps += 1
        else:
            data += uint_bytes(steps) + number
            steps = 1
    return data


def _fields(fields: tuple[tuple[str, int], ...]) -> bytes:
    if not fields:
        return b""
    return b"".join(
        [b"\x01", uint_bytes(len(fields)), *(_string_and_int(name, id) for name, id in fields)]
    )


# --- reading ---------------------------------------------------------------------------

_UNKNOWN: Final = UnknownType()


def read_definition(
    data: bytes, pos: int, end: int, fields: int | None = None
) -> tuple[WireType, int]:
    """Read the ``wireType`` at ``pos``: return it and the position after it.

    ``fields`` is how many a struct may have. Raises `DecodeError` if there is
    no definition, or one of more fields.
    """
    return _Reader(data, pos, end, fields).wire_type()


class _Reader:
    """Reads the structs that a definition is made of: they are plain gob values."""

    def __init__(self, data: bytes, pos: int, end: int, fields: int | None) -> None:
        self.data = data
        self.pos = pos
        self.end = end
        self.fields = fields

    def wire_type(self) -> tuple[WireType, int]:
        wire: WireType = _UNKNOWN

        def member(field: int) -> None:
            nonlocal wire
            wire = self._member(field)

        self._struct(7, member)
        return wire, self.pos

    def _member(self, field: int) -> WireType:
        name, id = "", 0
        numbers: dict[int, int] = {}
        fields: tuple[tuple[str, int], ...] = ()

        def part(index: int) -> None:
            nonlocal name, id, fields
            if index == 0:
                name, id = self._name_and_id()
            elif field == 2:
                fields = self._fields()
            else:
                numbers[index] = self._int()

        self._struct((3, 2, 2, 3, 1, 1, 1)[field], part)
        first, second = numbers.get(1, 0), numbers.get(2, 0)
        match field:
            case 0:
                if second < 0:
                    raise DecodeError(f"an array of {second} elements", self.pos)
                return ArrayType(name, id, first, second)
            case 1:
                return SliceType(name, id, first)
            case 2:
                return StructType(name, id, fields)
            case 3:
                return MapType(name, id, first, second)
        return OpaqueType(name, id, _ENCODINGS[field])

    def _fields(self) -> tuple[tuple[str, int], ...]:
        count = self._uint()
        if self.fields is not None and count > self.fields:
            raise DecodeError(
                f"a struct of {count} fields, which is too many (Limits.fields)", self.pos
            )
        fields = []
        for _ in range(count):
            if self.pos >= self.end:
                raise DecodeError(f"{count} fields do not fit the message", self.pos)
            fields.append(self._name_and_id())
        return tuple(fields)

    def _name_and_id(self) -> tuple[str, int]:
        """Read the struct that CommonType and fieldType both are."""
        name, id = "", 0

        def part(index: int) -> None:
            nonlocal name, id
            if index == 0:
                name = self._string()
            else:
                id = self._int()

        self._struct(2, part)
        return name, id

    def _struct(self, count: int, read: Callable[[int], None]) -> None:
        """Call ``read`` for each of the ``count`` fields that is there."""
        field = -1
        while self.pos < self.end:
            delta = self._uint()
            if delta == 0:
                return
            field += delta
            if field >= count:
                raise DecodeError("a type definition has a field that gob does not know", self.pos)
            read(field)

    def _uint(self) -> int:
        pos = self.pos
        if pos < self.end and (first := self.data[pos]) < 128:  # nearly all are
            self.pos = pos + 1
            return first
        value, self.pos = read_uint(self.data, self.pos, self.end)
        return value

    def _int(self) -> int:
        start = self.pos
        if start < self.end and (first := self.data[start]) < 128:
            self.pos = start + 1
            return SIGNED[first]
        value, self.pos = read_int(self.data, self.pos, self.end)
        if not -1 << 31 <= value < 1 << 31:
            raise DecodeError(f"{value} in a type definition is out of range", start)
        return value

    def _string(self) -> str:
        size = self._uint()
        start, self.pos = self.pos, self.pos + size
        if self.pos > self.end:
            raise DecodeError(f"a name of {size} bytes does not fit the message", start)
        # Go's names need not be UTF-8, and the definition should not fail for that.
        return self.data[start : self.pos].decode("utf-8", "surrogateescape")
