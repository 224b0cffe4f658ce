"""`Skipper`: passing over values that nobody has asked for, or that did not decode."""

from __future__ import annotations

from typing import Final

from ...errors import DecodeError
from .. import wire
from .cursor import Cursor, field_beyond, levels_inside

__all__ = ["Skipper"]

# Types of gob that are one unsigned integer.
_ONE_NUMBER: Final = frozenset({wire.BOOL, wire.INT, wire.UINT, wire.FLOAT})
# Types of gob that are a size and so many bytes.
_SIZED: Final = frozenset({wire.BYTES, wire.STRING})
_IS_SIZED: Final = {**dict.fromkeys(_ONE_NUMBER, False), **dict.fromkeys(_SIZED, True)}


class Skipper(Cursor):
    """A cursor that can pass over a value of any type."""

    def skip(self, id: int, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value that is part of another one: return the position after it."""
        self._data, self.pos = data, pos
        self._skip(id, depth)
        return self.pos

    def _skip(self, id: int, depth: int) -> None:
        """Pass over a value; ``depth`` is how many levels there may be, with its own."""
        if id in _ONE_NUMBER:
            self._skip_uint()
            return
        if id in _SIZED:
            size = self._size()
            self.pos += size
            return
        match id:
            case wire.COMPLEX:
                self._skip_uint()
                self._skip_uint()
                return
            case wire.INTERFACE:
                self.pos = self._stream.skip_interface(self._data, self.pos, depth)
                return
        match self._types.get(id):
            case wire.StructType() as known:
                self._skip_struct(known, levels_inside(depth))
            case wire.ArrayType() | wire.SliceType() as known:
                self._skip_elements(self._count(known), levels_inside(depth), known.element)
            case wire.MapType() as known:
                self._skip_elements(self._uint(), levels_inside(depth), known.key, known.value)
            case wire.OpaqueType():
                size = self._size()
                self.pos += size
            case wire.UnknownType():
                raise DecodeError(f"the definition of type {id} says nothing")
            case _:
                raise DecodeError(f"type {id} is not defined")

    def _skip_uint(self) -> None:
        pos, end = self.pos, self._stream.end
        if pos < end:
            first = self._data[pos]
            after = pos + 1 if first < 128 else pos + 257 - first
            if after <= end and not 128 <= first < 248:
                self.pos = after
                return
        self._uint()  # which says what is wrong

    def _skip_struct(self, known: wire.StructType, depth: int) -> None:
        field, fields, path = -1, known.fields, self._path
        data, stream, count = self._data, self._stream, len(known.fields)
        # `_step`, and the simplest values, without calls: they are most of what is skipped.
        while (pos := self.pos) < stream.end:
            step = data[pos]
            if step < 128:
                self.pos = pos = pos + 1
            else:
                step, pos = self._uint(), self.pos
            if not step:
                return
            field += step
            if field >= count:
                raise field_beyond(count)
            name, id = fields[field]
            if (is_sized := _IS_SIZED.get(id)) is not None and pos < stream.end:
                first, after = data[pos], 0
                if first < 128:
                    after = pos + 1 + (first if is_sized else 0)
                elif first >= 248 and not is_sized:
                    after = pos + 257 - first
                if pos < after <= stream.end:
                    self.pos = after
                    continue
            path.append(name)
            self._skip(id, depth)
            path.pop()

    def _skip_elements(self, count: int, depth: int, *ids: int) -> None:
        if len(ids) == 1 and ids[0] in _ONE_NUMBER:
            # Small numbers are one byte each: then all are passed over at once.
            chunk = self._data[self.pos : min(self.pos + count, self._stream.end)]
            if len(chunk) == count and chunk.isascii():
                self.pos += count
                return
        stream = self._stream
        for _ in range(count):
            if self.pos >= stream.end:
                self._more()
            for id in ids:
                self._skip(id, depth)
