"""From a type on the wire and a schema to a Python function that decodes.

The functions are source code: what they are made of is written here, how they
read in `fast`. They take for granted that the message is well-formed:
they may read past its end, which their caller notices afterwards. Where one
fails, `interpret` looks before every step, and then either says exactly what
is wrong, or finds that Go would have let it pass.
"""

from __future__ import annotations

import sys
from itertools import repeat
from typing import Any, Final

from ...errors import DecodeError
from ...schema import Schema, Struct
from ...schema.plan import Member, Node, Op, plan_of
from ...values.collisions import (
    MANY_KEYS,
    Entries,
    check_collisions,
    check_merged,
    check_probes,
    merges_keys,
    steerable,
)
from ...values.types import strip_pointers
from .. import numbers, wire
from ..definitions import bare_name
from ..memory import ENTRY, MEMBER, SLOT, sizes
from ..source import Source
from ..streams import DecodeFunction
from ..untyped import RecordStruct
from .match import Pair, SentField, Types, match

__all__ = ["Compiler"]

# Parts are decoded in place down to this many levels, and this many lines of a function's
# source; beyond that by functions of their own.
_INLINE_DEPTH: Final = 6
_INLINE_LINES: Final = 1000

# A sender's struct may have so many fields, and four for each of ours, before those that are
# not ours cost no lines any more.
_FEW_FIELDS: Final = 64


class Compiler:
    """Writes the functions, but for how they read numbers and bytes."""

    def __init__(
        self, types: Types, strings: str, *, counted: bool = False, longest: int = sys.maxsize
    ) -> None:
        self.runtime = _RUNTIME
        # True if the function counts the memory that values take.
        self._counted = counted
        self._longest = longest
        self._types = types
        self._strings = strings
        self._depth = 0
        # True if the function being written is the one that others call.
        self._is_root = True
        self._pairs: tuple[Pair, ...] = ()
        self._nodes: tuple[Node, ...] = ()
        self._sizes: tuple[int, ...] = ()
        self._functions: dict[int, str] = {}
        self._waiting: list[tuple[Pair, str]] = []
        self._inside: list[int] = []
        self._source = Source("decode")

    @property
    def lines(self) -> int:
        """Number of lines that were written."""
        return len(self._source)

    def compile(self, id: int, schema: Schema[Any]) -> DecodeFunction:
        """Return the function that decodes a sender's type into a schema of ours."""
        base = strip_pointers(schema)
        name = bare_name(base)
        root = name if isinstance(base, Struct) else ""
        title = f"decode {name or type(base).__name__}"
        source = self._source = Source(title, root, **self.runtime)
        source.longest = self._longest
        # A value without a line of its own is a pointer to something that has one.
        plan = match(plan_of(base), self._types, id, 2 * self._longest)
        self._pairs, self._nodes = plan.pairs, plan.nodes
        self._sizes = sizes(base)
        with source.function("def decode(data, pos, stream, depth):"):
            if self._counted:
                # A value at the top, not one of an interface inside it.
                with source.block("if depth == stream.limits.depth:"):
                    source.line("stream.room_left = stream.limits.decoded")
            self._top(self._pairs[plan.root])
            source.line("return value, pos")
        while self._waiting:
            self._function(*self._waiting.pop())
        function: DecodeFunction = source.compile()["decode"]
        return function

    def _top(self, pair: Pair) -> None:
        if not isinstance(self._types.get(pair.id), wire.StructType):
            # A value that is not a struct comes like a field with the number 0.
            self._uint("value")
            with self._source.block("if value:"):
                self._source.line("bad('a value that is no struct does not begin with 0')")
        self._value(pair, "value")

    # --- functions, for what is not written out in place ---------------------------------------

    def _call(self, pair: Pair, target: str) -> None:
        name = self._functions.get(pair.number)
        if name is None:
            name = self._functions[pair.number] = self._source.variable("part")
            self._waiting.append((pair, name))
        self._source.line(f"{target}, pos = {name}(data, pos, stream, depth - {self._depth})")

    def _function(self, pair: Pair, name: str) -> None:
        source, self._depth, self._is_root = self._source, 0, False
        self._inside = [pair.number]
        with source.function(f"def {name}(data, pos, stream, depth):"):
            # Code that is written out in place does not look: near the limit, the interpreter does.
            with source.block(f"if depth < {_INLINE_DEPTH}:"):
                source.line("bad('values are nested too deeply')")
            self._parts(pair, "value")
            source.line("return value, pos")

    # --- what every value is made of --------------------------------------------------------

    def _uint(self, target: str) -> None:
        """Read an unsigned integer."""
        raise NotImplementedError

    def _int(self, target: str) -> None:
        """Read a signed integer."""
        raise NotImplementedError

    def _float(self, target: str, narrow: bool) -> None:
        self._uint(target)
        function = "narrow_float_of" if narrow else "float_of"
        self._source.line(f"{target} = {function}({target})")

    def _first(self, target: str) -> None:
        """Read the first byte of an integer, which is all where it is below 128."""
        self._source.line(f"{target} = data[pos]")
        self._source.line("pos += 1")

    def _byte_string(self, target: str, made: str = "{}") -> None:
        """Read a size and so many bytes; ``made`` says what of them."""
        raise NotImplementedError

    def _bytes(self, target: str) -> None:
        self._byte_string(target)

    def _loop(self, count: str) -> Any:
        # Nobody asks where in the value a function fails, so the index is not needed.
        return self._source.block(f"for _ in repeat(None, {count}):")

    def _steps(self, steps: str, count: int) -> None:
        """Read how many fields on the next one is that is there; 0 means none.

        ``count`` is how many the struct has.
        """
        raise NotImplementedError

    # --- values -----------------------------------------------------------------------------

    def _value(self, pair: Pair, target: str) -> None:
        """Write lines that set ``target``."""
        node = pair.node
        if node.nullable and self._counted:
            self._source.line(f"stream.charge({self._sizes[node.number]})")
        if node.number != node.plain:
            self._value(self._pairs[pair.parts[0]], target)
            if node.make is not None:
                made = self._source.constant(node.make, "make")
                self._source.line(f"{target} = {made}({target})")
            return
        match node.op:
            case Op.EMPTY:
                self._skip(pair.id)
                self._source.line(f"{target} = None")
            case Op.INTERFACE:
                self._interface(node, target)
            case Op.OPAQUE:
                self._opaque(node, target)
            case Op.LIST | Op.ARRAY | Op.MAP | Op.STRUCT:
                self._nested(pair, target)
            case _:
                self._scalar(pair, target)

    def _scalar(self, pair: Pair, target: str) -> None:
        source, node = self._source, pair.node
        match node.op:
            case Op.BOOL:
                self._uint(target)
                source.line(f"{target} = {target} != 0")
            case Op.INT:
                self._int(target)
                self._range(target, node)
            case Op.UINT:
                self._uint(target)
                self._range(target, node)
            case Op.FLOAT:
                self._float(target, node.bits == 32)
            case Op.COMPLEX:
                imaginary = source.variable("imag")
                self._float(target, node.bits == 64)
                self._float(imaginary, node.bits == 64)
                source.line(f"{target} = complex({target}, {imaginary})")
            case Op.STRING:
                self._byte_string(target, self._text(node))
                self._charge_text(target)
            case Op.BYTES if node.children:
                container = source.constant(node.container, "container")
                self._byte_string(target, f"{container}({{}})")
            case Op.BYTES:
                self._bytes(target)
            case Op.ENUM:
                self._enum(pair, target)
            case Op.DURATION:
                self._int(target)
                from ...values.durations import duration_of

                source.line(f"{target} = {source.constant(duration_of, 'duration')}({target})")
            case _:
                raise AssertionError(f"no decoding for {node!r}")

    def _enum(self, pair: Pair, target: str) -> None:
        source, schema = self._source, pair.node.schema
        members = source.constant(dict(schema.cls._value2member_map_), "members")
        made = f"{source.constant(schema.member, 'member')}({target})"
        if self._counted:
            made = f"stream.charge({MEMBER}) or {made}"
        self._scalar(self._pairs[pair.parts[0]], target)
        source.line(f"{target} = {members}[{target}] if {target} in {members} else {made}")

    def _interface(self, node: Node, target: str) -> None:
        constant = self._source.constant(node.schema, "interface")
        self._source.line(
            f"{target}, pos = stream.decode_interface(data, pos, {constant}, depth - {self._depth})"
        )

    def _opaque(self, node: Node, target: str) -> None:
        from ..opaque import must_be_short, unmarshaller

        unmarshal = self._source.constant(unmarshaller(node.schema), "unmarshal")
        is_checked = must_be_short(node.schema)
        self._byte_string(target, f"{unmarshal}({'stream.short({})' if is_checked else '{}'})")

    def _nested(self, pair: Pair, target: str) -> None:
        """Write what has parts in place, or a call where that would go too far."""
        self._depth += 1
        if (
            pair.number in self._inside
            or len(self._inside) >= _INLINE_DEPTH
            or len(self._source) > _INLINE_LINES
        ):
            self._call(pair, target)
        else:
            self._inside.append(pair.number)
            self._parts(pair, target)
            self._inside.pop()
        self._depth -= 1

    def _parts(self, pair: Pair, target: str) -> None:
        match pair.node.op:
            case Op.STRUCT:
                self._struct(pair, target)
            case Op.LIST:
                count = self._source.variable("count")
                self._uint(count)
                self._elements(pair, count, target)
            case Op.ARRAY:
                count = self._count_of_array(pair.node.length)
                self._elements(pair, count, target)
            case Op.MAP:
                self._map(pair, target)
            case _:
                raise AssertionError(f"no parts of {pair!r}")

    def _count_of_array(self, length: int) -> str:
        count = self._source.variable("count")
        self._uint(count)
        with self._source.block(f"if {count} != {length}:"):
            self._source.line(f"bad(f'{{{count}}} elements where there must be {length}')")
        return count

    def _text(self, node: Node) -> str:
        """Return the expression that makes text of bytes, with ``{}`` for these."""
        errors = "surrogateescape" if node.any_bytes else self._strings
        return "{}.decode()" if errors == "strict" else f"{{}}.decode('utf-8', {errors!r})"

    def _charge_text(self, target: str) -> None:
        """Count the memory of text whose characters take more than a byte each."""
        if self._counted:
            with self._source.block(f"if not {target}.isascii():"):
                self._source.line(f"stream.charge(4 * len({target}))")

    def _range(self, target: str, node: Node) -> None:
        if node.bits == 64:
            return
        top = 1 << node.bits
        fits = f"{target} < {top}"
        if node.op is Op.INT:
            fits = f"{-top >> 1} <= {target} < {top >> 1}"
        with self._source.block(f"if not {fits}:"):
            self._source.line(f"bad(f'{{{target}}} does not fit {node.go}')")

    def _elements(self, pair: Pair, count: str, target: str) -> None:
        self._charge_elements(pair, count)
        self._each_element(pair, count, target)

    def _each_element(self, pair: Pair, count: str, target: str) -> None:
        """Write a loop over elements whose memory is counted already."""
        source, container = self._source, pair.node.container
        item = source.variable("item")
        source.line(f"{target} = []")
        with self._loop(count):
            self._value(self._pairs[pair.parts[0]], item)
            source.line(f"{target}.append({item})")
        if container is not list:
            source.line(f"{target} = {source.constant(container, 'container')}({target})")

    def _charge_elements(self, pair: Pair, count: str) -> None:
        # The elements of an array are a part of its size.
        if pair.node.op is Op.LIST:
            self._charge(count, SLOT + self._sizes[pair.node.children[0]])

    def _map(self, pair: Pair, target: str) -> None:
        source = self._source
        count = source.variable("count")
        key, item = source.variable("key"), source.variable("item")
        keys, items = source.variable("keys"), source.variable("items")
        key_pair, item_pair = (self._pairs[part] for part in pair.parts)
        key_node, item_node = (self._nodes[child] for child in pair.node.children)
        is_checked = steerable(key_node.declared)
        may_probe = key_node.op not in (Op.STRING, Op.BYTES) or key_node.make is not None
        self._uint(count)
        self._charge(count, ENTRY + self._sizes[key_node.number] + self._sizes[item_node.number])
        if is_checked:
            source.line(f"{keys}, {items} = [], []")
        elif may_probe:
            source.line(f"{target} = {{}} if {count} <= {MANY_KEYS} else Entries()")
        else:
            source.line(f"{target} = {{}}")
        with self._loop(count):
            self._value(key_pair, key)
            self._value(item_pair, item)
            if is_checked:
                source.line(f"{keys}.append({key})")
                source.line(f"{items}.append({item})")
            else:
                source.line(f"{target}[{key}] = {item}")
        if is_checked:
            source.line(f"check_collisions({keys}, stream.limits.collisions)")
            if may_probe:
                with source.block(f"if {count} > {MANY_KEYS}:"):
                    source.line(f"check_probes({keys})")
            source.line(f"{target} = dict(zip({keys}, {items}))")
        elif may_probe:
            with source.block(f"if {count} > {MANY_KEYS}:"):
                source.line(f"{target} = {target}.checked()")
        if merges_keys(key_node.declared):
            source.line(f"check_merged({target}, {count})")

    def _charge(self, count: str, size: int) -> None:
        """Count the memory of so many values before they are made."""
        if self._counted:
            self._source.line(f"stream.charge_elements({count}, {size}, pos)")

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, pair: Pair, target: str) -> None:
        if len(pair.fields) > _FEW_FIELDS + 4 * len(pair.node.members):
            values = self._fields_by_number(pair)
        else:
            values = self._fields_in_turn(pair)
        self._make(pair.node, values, target)

    def _fields_in_turn(self, pair: Pair) -> dict[str, str]:
        """Write lines for each field that the sender has."""
        source = self._source
        values: dict[str, str] = {}
        count = len(pair.fields)
        steps = source.variable("step")
        self._steps(steps, count)
        for sent in pair.fields:
            if sent.member is None:
                self._skip_field(sent.id, steps, count)
                continue
            local = values[sent.name] = source.variable(sent.member.field.attribute)
            with source.block(f"if {steps} == 1:"):
                self._field(self._pairs[sent.pair], local, steps, count)
            with source.block("else:"):
                source.line(f"{local} = {self._zero(sent.member)}")
                source.line(f"{steps} -= 1")
        self._check_last(steps, count)
        return values

    def _fields_by_number(self, pair: Pair) -> dict[str, str]:
        """Write a loop over the fields that are there: the sender has many that are not ours."""
        source = self._source
        number, steps = source.variable("number"), source.variable("step")
        fields = source.constant(tuple([(sent.name, sent.id) for sent in pair.fields]), "fields")
        values: dict[str, str] = {}
        wanted: dict[int, SentField] = {}
        for index, sent in enumerate(pair.fields):
            if sent.member is not None and sent.name not in values:
                wanted[index] = sent
                values[sent.name] = source.variable(sent.member.field.attribute)
                source.line(f"{values[sent.name]} = {self._zero(sent.member)}")
        source.line(f"{number} = -1")
        with source.block("while True:"):
            self._uint(steps)
            with source.block(f"if not {steps}:"):
                source.line("break")
            source.line(f"{number} += {steps}")
            for index, sent in wanted.items():
                with source.block(f"if {number} == {index}:"):
                    self._value(self._pairs[sent.pair], values[sent.name])
                    source.line("continue")
            source.line(
                f"pos = stream.skip_value(data, pos, {fields}[{number}][1], depth - {self._depth})"
            )
        return values

    def _field(self, pair: Pair, target: str, steps: str, count: int) -> None:
        """Write lines that read a field, and how many fields on the next one is."""
        self._value(pair, target)
        self._steps(steps, count)

    def _skip_field(self, id: int, steps: str, count: int) -> None:
        with self._source.block(f"if {steps} == 1:"):
            self._skip(id)
            self._steps(steps, count)
        with self._source.block("else:"):
            self._source.line(f"{steps} -= 1")

    def _check_last(self, steps: str, count: int) -> None:
        with self._source.block(f"if {steps} > 0:"):
            self._source.line(f"bad('a field beyond the {count} that the type has')")

    def _make(self, node: Node, values: dict[str, str], target: str) -> None:
        """Write the call that makes the object."""
        source, schema = self._source, node.schema
        if isinstance(schema, RecordStruct):
            items = "".join(f"{values[member.field.wire_name]}, " for member in node.members)
            source.line(f"{target} = {source.constant(schema.make, 'record')}(({items}))")
            return
        positional = all(not member.field.keyword_only for member in node.members)
        arguments = []
        for member in node.members:
            local = values.get(member.field.wire_name)
            if local is None and member.field.has_default:
                positional = False
                continue
            argument = local or self._zero(member)
            arguments.append(argument if positional else f"{member.field.argument}={argument}")
        cls = source.constant(schema.cls, schema.cls.__name__)
        source.line(f"{target} = {cls}({', '.join(arguments)})")

    def _zero(self, member: Member) -> str:
        """Return an expression for the zero value of a field."""
        node = self._nodes[member.node]
        if node.nullable:
            return "None"
        if node.make is None and (literal := _zero_literal(node)):
            return literal
        return f"{self._source.constant(node.zero, 'zero')}()"

    # --- skipping -----------------------------------------------------------------------------

    def _skip(self, id: int) -> None:
        ignored = self._source.variable("ignored")
        match self._types.get(id):
            case None:
                self._skip_basic(id, ignored)
            case wire.OpaqueType():
                self._skip_bytes(ignored)
            case wire.StructType() as known if not known.fields:
                # So are the bodies of calls without arguments and of errors.
                self._first(ignored)
                with self._source.block(f"if {ignored}:"):
                    self._source.line("bad('a field beyond the 0 that the type has')")
            case _:
                # Nobody has asked for it, so no code is made for it.
                self._source.line(
                    f"pos = stream.skip_value(data, pos, {id}, depth - {self._depth})"
                )

    def _skip_basic(self, id: int, ignored: str) -> None:
        match id:
            case wire.BOOL | wire.INT | wire.UINT | wire.FLOAT:
                self._uint(ignored)
            case wire.COMPLEX:
                self._uint(ignored)
                self._uint(ignored)
            case wire.BYTES | wire.STRING:
                self._skip_bytes(ignored)
            case wire.INTERFACE:
                self._source.line(f"pos = stream.skip_interface(data, pos, depth - {self._depth})")
            case _:
                raise DecodeError(f"type {id} is not defined")

    def _skip_bytes(self, size: str) -> None:
        """Read a size, and pass over so many bytes."""
        raise NotImplementedError


def _zero_literal(node: Node) -> str:
    """Return the zero value as it stands in source, empty where it must be made."""
    match node.op:
        case Op.BOOL | Op.INT | Op.UINT | Op.FLOAT | Op.COMPLEX | Op.STRING:
            return repr(node.zero())
        case Op.BYTES if not node.children:
            return repr(node.zero())
        case Op.MAP:
            return "{}"
        case Op.LIST | Op.BYTES if node.container is list:
            return "[]"
    return ""


# --- what the generated code calls ------------------------------------------------------------


def _bad(reason: str) -> None:
    raise DecodeError(reason)


_RUNTIME: Final[dict[str, Any]] = {
    "Entries": Entries,
    "bad": _bad,
    "check_collisions": check_collisions,
    "check_merged": check_merged,
    "check_probes": check_probes,
    "float_of": numbers.float_of,
    "narrow_float_of": numbers.narrow_float_of,
    "repeat": repeat,
}
