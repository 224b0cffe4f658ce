"""The quick functions: they take messages to be well-formed, and read past the end if not."""

from __future__ import annotations

import struct
from typing import Any, Final

import attrs

from ...schema import Array, Bool, Float, Int, Schema, Slice, String, Struct, Uint
from .. import wire
from ..definitions import base_of
from ..numbers import SIGNED
from .checked import Compiler

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
        source = self._source
        self._first(target)
        with source.block(f"if {target} < 128:"):
            source.line(f"{target} = SIGNED[{target}]")
        # A slice and a call cost more than the rest, and one byte more is the most usual.
        with source.block(f"elif {target} == 255:"):
            source.line(f"{target} = SIGNED[data[pos]]")
            source.line("pos += 1")
        with source.block("else:"):
            self._rest(target)
            source.line(f"{target} = {target} >> 1 ^ -({target} & 1)")

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

    def _bytes(self, target: str) -> None:
        if not self._is_root:
            super()._bytes(target)
            return
        source = self._source
        after = source.variable("after")
        self._uint(after)
        source.line(f"{after} += pos")
        # Only the function that others call can go on with other data than it was given.
        with source.block(f"if {after} > len(data):"):
            source.line(f"{target}, data, pos = stream.across(data, pos, {after})")
        with source.block("else:"):
            source.line(f"{target} = data[pos:{after}]")
            source.line(f"pos = {after}")

    def _skip_octets(self, size: str) -> None:
        self._uint(size)
        self._source.line(f"pos += {size}")

    # --- structs ----------------------------------------------------------------------------

    def _steps(self, steps: str, count: int) -> None:
        if count > 126:
            self._uint(steps)
        else:
            self._first(steps)

    def _field(self, id: int, schema: Schema[Any], target: str, steps: str, count: int) -> None:
        """Write lines that read a value together with the byte of steps after it."""
        source = self._source
        base = base_of(schema)
        if count > 126:
            super()._field(id, schema, target, steps, count)
            return
        match base, id:
            case Int(), wire.INT:
                source.line(f"{target} = data[pos]")
                with source.block(f"if {target} < 128:"):
                    source.line(f"{target} = SIGNED[{target}]")
                    self._step_at(1, steps)
                with source.block(f"elif {target} == 255:"):
                    source.line(f"{target} = SIGNED[data[pos + 1]]")
                    self._step_at(2, steps)
                with source.block("else:"):
                    source.line("pos += 1")
                    self._rest(target)
                    source.line(f"{target} = {target} >> 1 ^ -({target} & 1)")
                    self._first(steps)
                self._range(target, base)
            case Uint(), wire.UINT:
                source.line(f"{target} = data[pos]")
                with source.block(f"if {target} < 128:"):
                    self._step_at(1, steps)
                with source.block("else:"):
                    source.line("pos += 1")
                    self._rest(target)
                    self._first(steps)
                self._range(target, base)
            case Bool(), wire.BOOL:
                source.line(f"{target} = data[pos]")
                with source.block(f"if {target} > 127:"):
                    source.line("bad('a bool of more than one byte')")
                source.line(f"{target} = {target} != 0")
                self._step_at(1, steps)
            case Float(bits=64), wire.FLOAT:
                # Most floats need all of their 8 bytes.
                with source.block("if data[pos] == 248:"):
                    source.line(f"{target}, {steps} = float_and_step(data, pos + 1)")
                    source.line("pos += 10")
                with source.block("else:"):
                    self._float(target, narrow=False)
                    self._first(steps)
            case String(), wire.STRING:
                after = source.variable("after")
                self._uint(after)
                source.line(f"{after} += pos")
                source.line(f"{target} = {self._text(base).format(f'data[pos:{after}]')}")
                self._charge_text(target)
                source.line(f"{steps} = data[{after}]")
                source.line(f"pos = {after} + 1")
            case _:
                self._value(id, schema, target)
                self._first(steps)

    def _step_at(self, offset: int, steps: str) -> None:
        self._source.line(f"{steps} = data[pos + {offset}]")
        self._source.line(f"pos += {offset + 1}")

    def _make(self, schema: Struct[Any], values: dict[str, str], target: str) -> None:
        """Write lines that make the object: not by ``__init__`` where it does nothing else."""
        if len(values) < len(schema.fields) or not _only_stores(schema):
            super()._make(schema, values, target)
            return
        source = self._source
        source.line(f"{target} = new({source.constant(schema.cls, schema.cls.__name__)})")
        for field in schema.fields:
            source.line(f"{target}.{field.attribute} = {values[field.wire_name]}")

    # --- lists ------------------------------------------------------------------------------

    def _elements(self, id: int, schema: Slice[Any] | Array[Any], count: str, target: str) -> None:
        together = self._together(id, base_of(schema.element))
        if together is None or schema.element is not base_of(schema.element):
            super()._elements(id, schema, count, target)
            return
        # Small numbers are one byte each: then all are read at once.
        source = self._source
        self._charge_elements(schema, count)
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


def _only_stores(schema: Struct[Any]) -> bool:
    """Say whether all that making an object does is to store its fields, as they are given.

    So it is for a class of `attrs.define` without converters, validators and
    hooks: its ``__init__``, which attrs has written, names nothing but the
    attributes, and the defaults for what is not given.
    """
    cls: Any = schema.cls
    names = [field.attribute for field in schema.fields]
    code = getattr(cls.__init__, "__code__", None)
    return (
        code is not None
        and code.co_filename.startswith("<attrs generated")
        and all(
            name in names or name == "NOTHING" or name.startswith("__attr_factory_")
            for name in code.co_names
        )
        and names == [attribute.name for attribute in attrs.fields(cls)]
        and cls.__new__ is object.__new__
        and cls.__setattr__ is object.__setattr__
        and type(cls).__call__ is type.__call__
    )


_RUNTIME: Final[dict[str, Any]] = {
    "SIGNED": SIGNED,
    "float_and_step": struct.Struct("<dB").unpack_from,
    "float_at": struct.Struct("<d").unpack_from,
    "float_from": struct.Struct("<d").unpack,
    "from_bytes": int.from_bytes,
    "new": object.__new__,
}
