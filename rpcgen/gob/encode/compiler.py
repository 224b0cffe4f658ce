"""From a schema to a Python function that encodes its values.

The functions are source code, written here, in straight lines: a value is
looked at once, and what the schema says is decided when the code is written.
"""

from __future__ import annotations

from typing import Any, Final

from ...schema import Schema, Struct
from ...schema.plan import Node, Op, plan_of
from ...values.collisions import repeats_keys
from ...values.durations import nanoseconds_of
from ...values.types import strip_pointers
from ..definitions import bare_name
from ..source import Source
from ..streams import Encoding
from .runtime import RUNTIME, EnumTable
from .struct_writer import ONE_STEP, StructWriter

__all__ = ["encoding_of"]

# Structs are encoded in place down to this many levels, and this many lines of source; beyond
# that by functions of their own.
_INLINE_DEPTH: Final = 3
_INLINE_LINES: Final = 1000
# Lists and maps likewise: Python takes no more than 20 blocks inside each other.
_INLINE_LOOPS: Final = 4


_known: dict[tuple[Schema[Any], str], Encoding] = {}


def encoding_of(schema: Schema[Any], text_errors: str) -> Encoding:
    """Return how values of ``schema`` are encoded, compiled at first use.

    ``text_errors`` is how strings become bytes: ``strict`` or ``surrogateescape``.
    Raises `SchemaError` if a field's type cannot travel.
    """
    if schema.described:  # by a peer, who may describe any number: the stream keeps it
        return _Compiler(text_errors).compile(schema)
    encoding = _known.get((schema, text_errors))
    if encoding is None:
        encoding = _known[schema, text_errors] = _Compiler(text_errors).compile(schema)
    return encoding


class _Compiler:
    def __init__(self, text_errors: str) -> None:
        self._text_errors = text_errors
        self._nodes: tuple[Node, ...] = ()
        self._functions: dict[int, str] = {}
        self._waiting: list[Node] = []
        self._inside: list[int] = []
        # Number of loops around the line that is being written.
        self._loops = 0
        # The statement that leaves the block, where nothing follows the value that is being
        # written: to go at once is faster than to note that all is done.
        self._leave = ""
        self._source = Source("encode")
        self._flushes = False

    def compile(self, schema: Schema[Any]) -> Encoding:
        base = strip_pointers(schema)
        name = bare_name(base)
        root = name if isinstance(base, Struct) else ""
        title = f"encode {name or type(base).__name__}"
        self._nodes, number = plan_of(schema)
        source = self._source = Source(title, root, **RUNTIME)
        self._leave = "return"
        with source.function("def encode(value, out, stream):"):
            self._top(self._nodes[number])
        while self._waiting:
            self._function(self._waiting.pop())
        return Encoding(source.compile()["encode"], self._flushes)

    def _top(self, node: Node) -> None:
        with self._source.at("", node.go, "value"):
            if node.op not in (Op.STRUCT, Op.EMPTY):
                # A value that is not a struct is sent like a field with the number 0.
                self._source.line(r"out.append(b'\0')")
            self.element(node, "value")

    # --- functions, one for each value that is not written out in place -------------------

    def _call(self, node: Node, variable: str) -> None:
        name = self._functions.get(node.number)
        if name is None:
            name = self._source.variable(f"encode_{bare_name(node.schema)}_")
            self._functions[node.number] = name
            self._waiting.append(node)
        self._source.line(f"{name}({variable}, out, stream)")

    def _function(self, node: Node) -> None:
        self._inside, self._loops, self._leave = [], 0, "return"
        with self._source.function(f"def {self._functions[node.number]}(value, out, stream):"):
            with self._source.at("", node.go, "value"):
                self.element(node, "value")

    # --- values that are sent whatever they are ---------------------------------------------

    def element(self, node: Node, variable: str) -> None:
        """Write lines that append the value, zero or not."""
        node = self.lower(node, variable)
        data = self.data(node, variable, "after_size({}, out, stream)")
        source = self._source
        if data is not None:
            source.line(f"out.append({data})")
            return
        if node.nullable:
            self._pointer(node, variable)
            return
        match node.op:
            case Op.STRUCT:
                self._nested_struct(node, variable)
            case Op.LIST | Op.ARRAY | Op.MAP if self._loops >= _INLINE_LOOPS:
                self._call(node, variable)
            case Op.LIST | Op.ARRAY:
                self._sequence(node, variable)
            case Op.MAP:
                self._map(node, variable)
            case Op.INTERFACE:
                self._flushes = True
                constant = source.constant(node.schema, "interface")
                source.line(f"stream.encode_interface({variable}, out, {constant})")
            case Op.EMPTY:
                source.line(r"out.append(b'\0')")
            case _:
                raise AssertionError(f"no encoding for {node!r}")

    def lower(self, node: Node, variable: str) -> Node:
        """Write a line that converts the value where its type is one that is; return the other."""
        if node.lower is None:
            return node
        lowered = f"{self._source.constant(node.lower, 'lower')}({variable})"
        if node.nullable:
            lowered = f"None if {variable} is None else {lowered}"
        self._source.line(f"{variable} = {lowered}")
        return self._nodes[node.inner]

    def data(self, node: Node, variable: str, long: str = "sized({})") -> str | None:
        """Return an expression for the bytes of the value, where there is a simple one.

        ``long`` is what becomes of strings and bytes that are not short.
        """
        source = self._source
        if node.nullable:
            return None
        if node.lower is not None:
            name = source.variable("lowered")
            data = self.data(self._nodes[node.inner], name, long)
            lowered = f"{source.constant(node.lower, 'lower')}({variable})"
            return data and f"({name} := {lowered}, {data})[1]"
        match node.op:
            case Op.BOOL:
                return f"(b'\\1' if {variable} is True else boolean({variable}))"
            case Op.INT:
                top = min(1 << node.bits - 1, 256)
                slow = "int_bytes" if node.bits == 64 else f"int{node.bits}"
                return f"(INT[{variable}] if {-top} <= {variable} < {top} else {slow}({variable}))"
            case Op.UINT:
                top = min(1 << node.bits, 512)
                slow = "uint_bytes" if node.bits == 64 else f"uint{node.bits}"
                return f"(UINT[{variable}] if 0 <= {variable} < {top} else {slow}({variable}))"
            case Op.FLOAT:
                return self._float(variable, node.bits == 32)
            case Op.COMPLEX:
                real = self._float(f"{variable}.real", node.bits == 64)
                return f"{real} + {self._float(f'{variable}.imag', node.bits == 64)}"
            case Op.STRING:
                return self._with_size(self._text(node, variable), long)
            case Op.BYTES if node.children:
                return f"byte_slice({variable})"
            case Op.BYTES:
                return self._with_size(self._byte_string(variable), long)
            case Op.ENUM:
                table = source.constant(EnumTable(node.schema), "members")
                cls = source.constant(node.schema.cls, "enum")
                # A number or text that equals a member would be found as well.
                found = f"{table}[{variable}] if {variable}.__class__ is {cls}"
                return f"({found} else {table}.__missing__({variable}))"
            case Op.DURATION:
                return f"int_bytes({source.constant(nanoseconds_of, 'nanoseconds')}({variable}))"
            case Op.OPAQUE:
                from ..opaque import marshaller

                return f"sized({source.constant(marshaller(node.schema), 'marshal')}({variable}))"
        return None

    def _with_size(self, data: str, long: str) -> str:
        name = self._source.variable("data")
        short = f"UINT[len({name})] + {name}"
        return f"({short} if len({name} := {data}) < 512 else {long.format(name)})"

    def _byte_string(self, variable: str) -> str:
        return f"{variable} if {variable}.__class__ is bytes else byte_string({variable})"

    def _text(self, node: Node, variable: str) -> str:
        errors = "surrogateescape" if node.any_bytes else self._text_errors
        return (
            f"{variable}.encode()"
            if errors == "strict"
            else f"{variable}.encode('utf-8', {errors!r})"
        )

    def _float(self, value: str, narrow: bool) -> str:
        # Most floats need all of their 8 bytes.
        data = self._source.variable("data")
        value = f"single({value})" if narrow else value
        return f"({data} if ({data} := pack_float(248, {value}))[1] else float_bytes({value}))"

    def parts(self, node: Node, variable: str, next: str = "") -> list[str] | None:
        """Return expressions for the bytes of one field among others, more than from `data`.

        They become items of a tuple: to put bytes together once, at the end, is
        fastest. ``next``, which is ``NEXT_`` or nothing, says whether the step to the
        field is to be in front.
        """
        data = self.data(node, variable)
        if data is None:
            return None
        step = r"b'\1' + " if next else ""
        match node.op:
            case Op.INT:
                return [data.replace("INT[", f"{next}INT[").replace("else ", f"else {step}")]
            case Op.UINT:
                return [data.replace("UINT[", f"{next}UINT[").replace("else ", f"else {step}")]
            case Op.FLOAT if next and node.bits == 64:
                # The step, and that 8 bytes follow, which most floats need all.
                name = self._source.variable("data")
                whole = f"({name} := pack_step_and_float(0xF801, {variable}))[2]"
                return [f"({name} if {whole} else b'\\1' + float_bytes({variable}))"]
            case Op.STRING | Op.BYTES if not node.children:
                name = self._source.variable("data")
                is_text = node.op is Op.STRING
                made = self._text(node, variable) if is_text else self._byte_string(variable)
                size = f"len({name} := {made}) < 512"
                return [f"{next}UINT[len({name})] if {size} else {step}size({name}, stream)", name]
        return [ONE_STEP, data] if next else [data]

    def _pointer(self, node: Node, variable: str) -> None:
        plain = self._nodes[node.plain]
        if plain.op is Op.MAP:
            with self._source.block(f"if {variable} is None:"):
                self._source.line(r"out.append(b'\0')")
            with self._source.block("else:"):
                self.element(plain, variable)
            return
        self._refuse_none(variable)
        self.element(plain, variable)

    def _refuse_none(self, variable: str) -> None:
        with self._source.block(f"if {variable} is None:"):
            self._source.line("nil()")

    def _nested_struct(self, node: Node, variable: str) -> None:
        if (
            node.number in self._inside
            or len(self._inside) >= _INLINE_DEPTH
            or len(self._source) > _INLINE_LINES
        ):
            self._call(node, variable)
        else:
            self._struct(node, variable)

    def _sequence(self, node: Node, variable: str) -> None:
        source = self._source
        element = self._nodes[node.children[0]]
        is_array = node.op is Op.ARRAY
        if is_array and element.is_byte:
            source.line(f"out.append(byte_array({variable}, {node.length}))")
            return
        check = f"elements({variable})"
        if is_array:
            check = f"array_elements({variable}, {node.length})"
        with source.block(f"if {variable}.__class__ is not list or {is_array}:"):
            source.line(f"{variable} = {check}")
        source.line(f"out.append(count({variable}))")
        item, index = source.variable("item"), source.variable("i")
        data = self.data(element, item)
        if data is None:
            self._loop(element, variable, item, index)
            return
        # A comprehension is fastest; after a failure the loop goes again, to find the element.
        joined = f"b''.join([{data} for {item} in {variable}])"
        if element.op is Op.ENUM:
            table = source.constant(EnumTable(element.schema), "members")
            joined = f"{table}.joined({variable})"
        with source.block("try:"):
            source.line(f"out.append({joined})")
        with source.block("except Exception as error:"):
            source.line("reraise_interrupt(error)")
            with source.block(f"for {index}, {item} in enumerate({variable}):"):
                with source.at(f"[{{{index}}}]", element.go, item):
                    source.line(data)
            source.line("raise")

    def _loop(self, element: Node, variable: str, item: str, index: str) -> None:
        """Write the loop over elements; to count them takes time, so it is done after a failure."""
        source = self._source
        self._loops += 1
        with source.block("try:"):
            with source.block(f"for {item} in {variable}:"):
                with source.at(f"[{{{index}}}]", element.go, item):
                    self._last(element, item)
        with source.block("except Exception:"):
            source.line(f"{index} = position({variable}, {item})")
            source.line("raise")
        self._loops -= 1

    def _map(self, node: Node, variable: str) -> None:
        source = self._source
        key_node, value_node = (self._nodes[child] for child in node.children)
        key, value = source.variable("key"), source.variable("item")
        source.line(f"out.append(count({variable}))")
        start = source.variable("start") if repeats_keys(key_node.declared) else ""
        seen = source.variable("seen") if start else ""
        if seen:
            source.line(f"{seen} = set()")
        self._loops += 1
        with source.block(f"for {key}, {value} in {variable}.items():"):
            with source.at(f"[{{{key}!r:.80}}]"):
                with source.at("", key_node.go, key):
                    if key_node.op is Op.INTERFACE:
                        source.line(f"hashable({key})")
                    if start:
                        source.line(f"{start} = len(out)")
                    leave, self._leave = self._leave, ""
                    self.element(key_node, key)
                    self._leave = leave
                    if start:
                        with source.block(f"if {key} == {key}:"):  # a NaN is no other's equal
                            source.line(f"distinct(out, {start}, {seen})")
                with source.at("", value_node.go, value):
                    self._last(value_node, value)
        self._loops -= 1

    def _last(self, node: Node, variable: str) -> None:
        """Write the value that is the last of a loop's body."""
        leave, self._leave = self._leave, "continue"
        self.element(node, variable)
        self._leave = leave

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, node: Node, variable: str) -> None:
        self._inside.append(node.number)
        source, schema = self._source, node.schema
        leave, self._leave = self._leave, ""
        writer = StructWriter(self, self._nodes, source, len(node.members), leave)
        check = source.constant(schema.check, "check")
        values = source.variable("values")
        if schema.described:
            # A peer has chosen the names, which are no code.
            source.line(f"{values} = {check}({variable})")
        else:
            with source.block(
                f"if {variable}.__class__ is not {source.constant(schema.cls, 'cls')}:"
            ):
                source.line(f"{check}({variable})")
        for index, (field, number) in enumerate(node.members):
            member = self._nodes[number]
            local = source.variable(field.attribute)
            path = f".{field.attribute}"
            if schema.described:
                path = path.replace("{", "{{").replace("}", "}}")
            with source.at(path, member.go, local):
                if schema.described:
                    source.line(f"{local} = {values}[{index}]")
                else:
                    source.line(f"{local} = {variable}.{field.attribute}")
                lowered = self.lower(member, local)
            writer.add(path, lowered, local)
        writer.end()
        self._leave = leave
        self._inside.pop()
