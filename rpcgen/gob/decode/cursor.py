"""`Cursor`: a place in a message, and in the value that is read there step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from ..._interrupts import reraise_interrupt
from ...errors import DecodeError
from ...values.record import beginning
from .. import numbers, wire
from ..memory import ENTRY
from ..streams import InterpretedStream
from .match import Types

__all__ = ["Cursor", "Reader", "field_beyond", "levels_inside"]

Reader: TypeAlias = Callable[[int, int], Any]
"""Reads a value of a type of the sender's, which may nest so many levels deep."""

# A name in a path is cut to so many characters.
_LONGEST_STEP: Final = 200


class _Key:
    """The key of a map as a step of a path."""

    def __init__(self, key: object) -> None:
        self.key = key


def _step(step: object) -> str:
    """Return how a step of a path is written."""
    match step:
        case int():
            return f"[{step}]"
        case _Key(key=key):
            try:
                return f"[{beginning(key)}]"
            except Exception as error:  # a key of the user's whose repr fails
                reraise_interrupt(error)
                return "[?]"
    # The sender has chosen names, and how often they come.
    name = str(step)
    return f".{name}" if len(name) <= _LONGEST_STEP else f".{name[:_LONGEST_STEP]}..."


class Cursor:
    """Reader of a message that checks each step before it is taken.

    Args:
        stream: The stream of the message, whose `end` is that of the message.
        types: The types that the sender has described, which grow with the stream.
        strings: What becomes of strings that are not UTF-8; see `Decoder`.
    """

    def __init__(self, stream: InterpretedStream, types: Types, strings: str) -> None:
        self._stream = stream
        self._types = types
        self._strings = strings
        self._data = b""
        # The position in the data, and where in the value that is: the name of the whole, then
        # names of attributes, indices, keys of maps.
        self.pos = -1
        self._path: list[object] = []

    @property
    def path(self) -> str:
        """Place in the value where the last failure was."""
        return "".join([str(self._path[0]), *map(_step, self._path[1:])]) if self._path else ""

    def begin(self) -> None:
        """Forget where the last value has failed."""
        self._path.clear()
        self.pos = -1

    # --- numbers and bytes -------------------------------------------------------------------

    def _uint(self) -> int:
        pos = self.pos
        if pos < self._stream.end and (first := self._data[pos]) < 128:  # nearly all are
            self.pos = pos + 1
            return first
        value, self.pos = numbers.read_uint(self._data, self.pos, self._stream.end)
        return value

    def _int(self) -> int:
        value, self.pos = numbers.read_int(self._data, self.pos, self._stream.end)
        return value

    def _size(self) -> int:
        size = self._uint()
        if size > self._stream.end - self.pos:
            raise DecodeError(f"{size} bytes do not fit the message")
        return size

    def _byte_string(self) -> bytes:
        size = self._size()
        self._stream.charge(size)
        data = self._data[self.pos : self.pos + size]
        self.pos += size
        return data

    def _text(self, any_bytes: bool = False) -> str:
        data = self._byte_string()
        self._stream.charge(0 if data.isascii() else 3 * len(data))
        return data.decode("utf-8", "surrogateescape" if any_bytes else self._strings)

    def _float(self, narrow: bool) -> float:
        bits = self._uint()
        return numbers.narrow_float_of(bits) if narrow else numbers.float_of(bits)

    def _complex(self, narrow: bool) -> complex:
        return complex(self._float(narrow), self._float(narrow))

    # --- values with parts --------------------------------------------------------------------

    def _step(self) -> int:
        """Read how many fields on the next one is that is there; 0 at the end of the struct."""
        # Go takes the end of the message for the end of all structs that are open.
        return self._uint() if self.pos < self._stream.end else 0

    def _more(self) -> None:
        """Check that something is left for another element, each of which takes a byte."""
        if self.pos >= self._stream.end:
            raise DecodeError("the message ends before the last element")

    def _count(self, known: wire.ArrayType | wire.SliceType) -> int:
        count = self._uint()
        if isinstance(known, wire.ArrayType) and count != known.length:
            raise DecodeError(f"{count} elements where there must be {known.length}")
        return count

    def _elements(
        self, known: wire.ArrayType | wire.SliceType, read: Reader, depth: int, slot: int
    ) -> list[Any]:
        """Read elements, of which each takes ``slot`` bytes in its container."""
        elements: list[Any] = []
        path, charge, element = self._path, self._stream.charge, known.element
        for index in range(self._count(known)):
            path.append(index)
            self._more()
            charge(slot)
            elements.append(read(element, depth))
            path.pop()
        return elements

    def _entries(
        self, known: wire.MapType, read_key: Reader, read_value: Reader, depth: int
    ) -> tuple[list[Any], list[Any]]:
        keys, values = [], []
        path, charge = self._path, self._stream.charge
        for _ in range(self._uint()):
            self._more()
            charge(ENTRY)
            key = read_key(known.key, depth)
            path.append(_Key(key))
            values.append(read_value(known.value, depth))
            path.pop()
            keys.append(key)
        return keys, values


def levels_inside(depth: int) -> int:
    """Return how many levels there may be inside a value with parts, which takes one itself."""
    if depth < 1:
        raise DecodeError("values are nested too deeply (Limits.depth)")
    return depth - 1


def field_beyond(count: int) -> DecodeError:
    """Return the error of a struct with a field that its type does not have."""
    return DecodeError(f"a field beyond the {count} that the type has")
