"""The quick functions: they take messages to be well-formed, and read past the end if not."""

from __future__ import annotations

import struct
from typing import Any, Final

from ...schema import Schema
from ...schema.plan import Node, Op
from ..numbers import SIGNED
from .checked import Compiler
from .classes import only_stores
from .match import Pair

__all__ = ["QuickCompiler"]


class QuickCompiler(Compiler):
    """Writes the functions that decode what honest senders send."""

    def compile(self, id: int, schema: Schema[Any]) -> Any:
        """Return the function that decodes without checks what checks would let pass."""
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

    def _byte_string(self, target: str, made: str = "{}") -> None:
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

    def _skip_bytes(self, size: str) -> None:
        self._uint(size)
        self._source.line(f"pos += {size}")

    # --- structs ----------------------------------------------------------------------------

    def _steps(self, steps: str, count: int) -> None:
        if count > 126:
            self._uint(steps)
        else:
            self._first(steps)

    def _field(self, pair: Pair, target: str, steps: str, count: int) -> None:
        """Write lines that read a value together with the byte of steps after it."""
        source = self._source
        node = self._nodes[pair.node.plain]
        if count > 126 or pair.node.make is not None:
            super()._field(pair, target, steps, count)
            return
        match node.op:
            case Op.INT:
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
                self._range(target, node)
            case Op.UINT:
                source.line(f"{target} = data[pos]")
                with source.block(f"if {target} < 128:"):
                    self._step_at(1, steps)
                with source.block("else:"):
                    source.line("pos += 1")
                    self._rest(target)
                    self._first(steps)
                self._range(target, node)
            case Op.BOOL:
                source.line(f"{target} = data[pos]")
                with source.block(f"if {target} > 127:"):
                    source.line("bad('a bool of more than one byte')")
                source.line(f"{target} = {target} != 0")
                self._step_at(1, steps)
            case Op.FLOAT if node.bits == 64:
                # Most floats need all of their 8 bytes.
                with source.block("if data[pos] == 248:"):
                    source.line(f"{target}, {steps} = float_and_step(data, pos + 1)")
                    source.line("pos += 10")
                with source.block("else:"):
                    self._float(target, narrow=False)
                    self._first(steps)
            case Op.STRING:
                after = source.variable("after")
                self._uint(after)
                source.line(f"{after} += pos")
                source.line(f"{target} = {self._text(node).format(f'data[pos:{after}]')}")
                self._charge_text(target)
                source.line(f"{steps} = data[{after}]")
                source.line(f"pos = {after} + 1")
            case _:
                self._value(pair, target)
                self._first(steps)

    def _step_at(self, offset: int, steps: str) -> None:
        self._source.line(f"{steps} = data[pos + {offset}]")
        self._source.line(f"pos += {offset + 1}")

    def _make(self, node: Node, values: dict[str, str], target: str) -> None:
        """Write lines that make the object: not by ``__init__`` where it does nothing else."""
        if len(values) < len(node.members) or not only_stores(node.schema):
            super()._make(node, values, target)
            return
        source, cls = self._source, node.schema.cls
        source.line(f"{target} = new({source.constant(cls, cls.__name__)})")
        for field, _ in node.members:
            source.line(f"{target}.{field.attribute} = {values[field.wire_name]}")

    # --- lists ------------------------------------------------------------------------------

    def _elements(self, pair: Pair, count: str, target: str) -> None:
        together = self._together(self._nodes[pair.node.children[0]])
        if together is None:
            super()._elements(pair, count, target)
            return
        # Small numbers are one byte each: then all are read at once.
        source, container = self._source, pair.node.container
        self._charge_elements(pair, count)
        chunk = source.variable("chunk")
        source.line(f"{chunk} = data[pos:pos + {count}]")
        with source.block(f"if len({chunk}) == {count} and {chunk}.isascii():"):
            made = together.format(chunk)
            if container is not list:
                made = f"{source.constant(container, 'container')}({made})"
            source.line(f"{target} = {made}")
            source.line(f"pos += {count}")
        with source.block("else:"):
            self._each_element(pair, count, target)

    def _together(self, element: Node) -> str | None:
        """Return an expression for a list of elements of one byte each."""
        if element.number != element.plain:
            return None
        match element.op:
            case Op.INT:
                return "[SIGNED[byte] for byte in {}]"
            case Op.UINT:
                return "list({})"
            case Op.BOOL:
                return "[byte != 0 for byte in {}]"
        return None


_RUNTIME: Final[dict[str, Any]] = {
    "SIGNED": SIGNED,
    "float_and_step": struct.Struct("<dB").unpack_from,
    "float_at": struct.Struct("<d").unpack_from,
    "float_from": struct.Struct("<d").unpack,
    "from_bytes": int.from_bytes,
    "new": object.__new__,
}
