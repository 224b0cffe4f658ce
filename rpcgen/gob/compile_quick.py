"""The quick functions: they take messages to be well-formed, and read past the end if not."""

from __future__ import annotations

import struct
from typing import Any, Final

from ..schema import Array, Bool, Int, Schema, Slice, Uint
from . import wire
from .compile_decode import Compiler
from .definitions import base_of
from .numbers import SIGNED

__all__ = ["QuickCompiler"]


class QuickCompiler(Compiler):
    """Writes the functions that decode what honest senders send."""

    def compile(self, id: int, schema: Schema[Any]) -> Any:
        self.runtime = {**self.runtime, **_RUNTIME}
        return super().compile(id, schema)

    def _uint(self, target: str) -> None:
        self._first(target)
        with self._source.block(f"if {target} > 127:"):
            self._rest(target)

    def _first(self, target: str) -> None:
        self._source.line(f"{target} = data[pos]")
        self._source.line("pos += 1")

    def _rest(self, target: str) -> None:
        """Read an integer of several bytes, of which the first is read already."""
        source = self._source
        after = source.variable("after")
        with source.block(f"if {target} < 248:"):
            source.line("bad('an integer of too many bytes')")
        source.line(f"{after} = pos + 256 - {target}")
        source.line(f"{target} = from_bytes(data[pos:{after}])")
        source.line(f"pos = {after}")

    def _int(self, target: str) -> None:
        self._first(target)
        with self._source.block(f"if {target} < 128:"):
            self._source.line(f"{target} = SIGNED[{target}]")
        with self._source.block("else:"):
            self._rest(target)
            self._source.line(f"{target} = {target} >> 1 ^ -({target} & 1)")

    def _float(self, target: str, narrow: bool) -> None:
        if narrow:
            super()._float(target, narrow)
            return
        source = self._source
        after = source.variable("after")
        self._first(target)
        # Most floats need all of their 8 bytes.
        with source.block(f"if {target} == 248:"):
            source.line(f"{target}, = float_at(data, pos)")
            source.line("pos += 8")
        with source.block(f"elif {target} > 248:"):
            source.line(f"{after} = pos + 256 - {target}")
            source.line(f"{target}, = float_from(data[pos:{after}].rjust(8, b'\\0'))")
            source.line(f"pos = {after}")
        with source.block(f"elif {target} < 128:"):
            source.line(f"{target} = float_of({target})")
        with source.block("else:"):
            source.line("bad('an integer of too many bytes')")

    def _octets(self, target: str, made: str = "{}") -> None:
        after = self._source.variable("after")
        self._uint(after)
        self._source.line(f"{after} += pos")
        self._source.line(f"{target} = {made.format(f'data[pos:{after}]')}")
        self._source.line(f"pos = {after}")

    def _skip_octets(self, size: str) -> None:
        self._uint(size)
        self._source.line(f"pos += {size}")

    def _more(self) -> None:
        pass  # an element that is not there is past the end

    def _next_field(self, number: str, field: int, count: int) -> None:
        if count > 126:
            self._uint(number)
            self._source.line(f"{number} += {field}")
        else:
            step = f" + {field}" if field > 0 else f" - {-field}" if field else ""
            self._source.line(f"{number} = data[pos]{step}")
            self._source.line("pos += 1")

    def _elements(self, id: int, schema: Slice[Any] | Array[Any], count: str, target: str) -> None:
        together = self._together(id, base_of(schema.element))
        if together is None or schema.element is not base_of(schema.element):
            super()._elements(id, schema, count, target)
            return
        # Small numbers are one byte each: then all are read at once.
        source = self._source
        chunk = source.variable("chunk")
        source.line(f"{chunk} = data[pos:pos + {count}]")
        with source.block(f"if len({chunk}) == {count} and {chunk}.isascii():"):
            made = together.format(chunk)
            if schema.container is not list:
                made = f"{source.constant(schema.container, 'container')}({made})"
            source.line(f"{target} = {made}")
            source.line(f"pos += {count}")
        with source.block("else:"):
            super()._elements(id, schema, count, target)

    def _together(self, id: int, element: Schema[Any]) -> str | None:
        """Return an expression for a list of elements of one byte each."""
        match element, id:
            case Int(), wire.INT:
                return "[SIGNED[octet] for octet in {}]"
            case Uint(), wire.UINT:
                return "list({})"
            case Bool(), wire.BOOL:
                return "[octet != 0 for octet in {}]"
        return None


_RUNTIME: Final[dict[str, Any]] = {
    "SIGNED": SIGNED,
    "float_at": struct.Struct("<d").unpack_from,
    "float_from": struct.Struct("<d").unpack,
    "from_bytes": int.from_bytes,
}
