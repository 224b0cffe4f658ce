"""From a type on the wire and a schema to a Python function that decodes.

The functions are source code: what they are made of is written here, how they
read in `fast`. They take for granted that the message is well-formed:
they may read past its end, which their caller notices afterwards. Where one
fails, `interpret` looks before every step, and then either says exactly what
is wrong, or finds that Go would have let it pass.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import repeat
from typing import Any, Final, TypeAlias

from ...errors import DecodeError
from ...schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Enum,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Nothing,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
    uuid_form,
)
from .. import numbers, wire
from ..collisions import (
    MANY_KEYS,
    Entries,
    check_collisions,
    check_merged,
    check_probes,
    merges_keys,
    steerable,
)
from ..definitions import bare_name, base_of, is_octet
from ..interpret import fits, narrow_float_of, spelled
from ..memory import ENTRY, SLOT, size_of
from ..record import Undecoded
from ..source import Source
from ..streams import DecodeFunction
from ..untyped import RecordStruct

__all__ = ["Compiler", "Types"]

# Parts are decoded in place down to this many levels, and this many lines of a function's
# source; beyond that by functions of their own.
_INLINE_DEPTH: Final = 6
_INLINE_LINES: Final = 1000

# A sender's struct may have so many fields, and four for each of ours, before those that are
# not ours cost no lines any more.
_FEW_FIELDS: Final = 64

Types: TypeAlias = Mapping[int, wire.WireType]


class Compiler:
    """Writes the functions, but for how they read numbers and octets."""

    def __init__(
        self, types: Types, strings: str, *, counted: bool = False, longest: int = sys.maxsize
    ) -> None:
        self.runtime = _RUNTIME
        # Whether the function counts the memory that values take.
        self._counted = counted
        self._longest = longest
        self._types = types
        self._strings = strings
        self._depth = 0
        # Whether the function being written is the one that others call.
        self._is_root = True
        self._functions: dict[tuple[int, Schema[Any]], str] = {}
        self._waiting: list[tuple[int, Schema[Any], str]] = []
        self._inside: list[tuple[int, Schema[Any]]] = []
        self._source = Source("decode")

    @property
    def lines(self) -> int:
        """How many lines were written."""
        return len(self._source)

    def compile(self, id: int, schema: Schema[Any]) -> DecodeFunction:
        base = base_of(schema)
        name = bare_name(base)
        root = name if isinstance(base, Struct) else ""
        title = f"decode {name or type(base).__name__}"
        source = self._source = Source(title, root, **self.runtime)
        source.longest = self._longest
        with source.function("def decode(data, pos, stream, depth):"):
            if self._counted:
                # A value at the top, not one of an interface inside it.
                with source.block("if depth == stream.limits.depth:"):
                    source.line("stream.room_left = stream.limits.decoded")
            self._top(id, base)
            source.line("return value, pos")
        while self._waiting:
            self._function(*self._waiting.pop())
        function: DecodeFunction = source.compile()["decode"]
        return function

    def _top(self, id: int, base: Schema[Any]) -> None:
        known = self._types.get(id)
        if isinstance(base, Struct) and isinstance(known, wire.StructType):
            ours = {field.wire_name for field in base.fields}
            if ours and known.fields and ours.isdisjoint(name for name, _ in known.fields):
                raise DecodeError(
                    f"no field of {spelled(self._types, id)} is one of {base.go}, which has "
                    + ", ".join(sorted(ours))
                )
        elif not isinstance(known, wire.StructType):
            # What is no struct comes like a field with the number 0.
            self._uint("value")
            with self._source.block("if value:"):
                self._source.line("bad('a value that is no struct does not begin with 0')")
        self._value(id, base, "value")

    # --- functions, for what is not written out in place ---------------------------------------

    def _call(self, id: int, schema: Schema[Any], target: str) -> None:
        name = self._functions.get((id, schema))
        if name is None:
            name = self._functions[id, schema] = self._source.variable("part")
            self._waiting.append((id, schema, name))
        self._source.line(f"{target}, pos = {name}(data, pos, stream, depth - {self._depth})")

    def _function(self, id: int, schema: Schema[Any], name: str) -> None:
        source, self._depth, self._is_root = self._source, 0, False
        self._inside = [(id, schema)]
        with source.function(f"def {name}(data, pos, stream, depth):"):
            # What is written out in place does not look: near the limit, the interpreter does.
            with source.block(f"if depth < {_INLINE_DEPTH}:"):
                source.line("bad('values are nested too deeply')")
            self._parts(id, schema, "value")
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

    def _octets(self, target: str, made: str = "{}") -> None:
        """Read a size and so many bytes; ``made`` says what of them."""
        raise NotImplementedError

    def _bytes(self, target: str) -> None:
        self._octets(target)

    def _loop(self, count: str) -> Any:
        # Nobody asks where in the value a function fails, so the index is not needed.
        return self._source.block(f"for _ in repeat(None, {count}):")

    def _steps(self, steps: str, count: int) -> None:
        """Read how many fields on the next one is that is there; 0 means none.

        ``count`` is how many the struct has.
        """
        raise NotImplementedError

    # --- values -----------------------------------------------------------------------------

    def _value(self, id: int, schema: Schema[Any], target: str) -> None:
        """Write lines that set ``target``, after checking that the types go together."""
        if isinstance(schema, Pointer):
            schema = base_of(schema)
            if self._counted:
                self._source.line(f"stream.charge({size_of(schema)})")
        if isinstance(schema, Nothing):
            self._skip(id)
            self._source.line(f"{target} = None")
            return
        if isinstance(schema, Converted):
            self._value(id, schema.inner, target)
            made = self._source.constant(schema.make, "make")
            self._source.line(f"{target} = {made}({target})")
            return
        if not self._scalar(id, schema, target):
            self._composite(id, schema, target)

    def _scalar(self, id: int, schema: Schema[Any], target: str) -> bool:
        source = self._source
        match schema, id:
            case Bool(), wire.BOOL:
                self._uint(target)
                source.line(f"{target} = {target} != 0")
            case Int(), wire.INT:
                self._int(target)
                self._range(target, schema)
            case Uint(), wire.UINT:
                self._uint(target)
                self._range(target, schema)
            case Float(), wire.FLOAT:
                self._float(target, schema.bits == 32)
            case Complex(), wire.COMPLEX:
                imaginary = source.variable("imag")
                self._float(target, schema.bits == 64)
                self._float(imaginary, schema.bits == 64)
                source.line(f"{target} = complex({target}, {imaginary})")
            case String(), wire.STRING:
                self._string(target, schema)
            case (Bytes(), wire.BYTES):
                self._bytes(target)
            case Slice(), wire.BYTES if is_octet(schema.element):
                container = source.constant(schema.container, "container")
                self._octets(target, f"{container}({{}})")
            case Enum(), _:
                members = source.constant(dict(schema.cls._value2member_map_), "members")
                member = source.constant(schema.member, "member")
                if not self._scalar(id, schema.base, target):
                    self._mismatch(id, schema)
                source.line(
                    f"{target} = {members}[{target}] if {target} in {members} "
                    f"else {member}({target})"
                )
            case Duration(), wire.INT:
                self._int(target)
                from ..opaque import duration_of

                source.line(f"{target} = {source.constant(duration_of, 'duration')}({target})")
            case _:
                return False
        return True

    def _composite(self, id: int, schema: Schema[Any], target: str) -> None:
        source = self._source
        known = self._types.get(id)
        schema = uuid_form(schema, isinstance(known, wire.ArrayType))
        match schema, known:
            case Interface(), _ if id == wire.INTERFACE:
                constant = source.constant(schema, "interface")
                source.line(
                    f"{target}, pos = stream.decode_interface("
                    f"data, pos, {constant}, depth - {self._depth})"
                )
            case Opaque(), wire.OpaqueType() if fits(known, schema):
                from ..opaque import unmarshaller

                unmarshal = source.constant(unmarshaller(schema), "unmarshal")
                is_checked = schema.cls is Undecoded or schema.name == "big.Rat"
                self._octets(target, f"{unmarshal}({'stream.short({})' if is_checked else '{}'})")
            case _:
                self._nested(id, schema, target)

    def _nested(self, id: int, schema: Schema[Any], target: str) -> None:
        """Write what has parts in place, or a call where that would go too far."""
        self._depth += 1
        if (
            (id, schema) in self._inside
            or len(self._inside) >= _INLINE_DEPTH
            or len(self._source) > _INLINE_LINES
        ):
            self._call(id, schema, target)
        else:
            self._inside.append((id, schema))
            self._parts(id, schema, target)
            self._inside.pop()
        self._depth -= 1

    def _parts(self, id: int, schema: Schema[Any], target: str) -> None:
        known = self._types.get(id)
        match schema, known:
            case Struct(), wire.StructType():
                self._struct(known, schema, target)
            case Slice(), wire.SliceType() if not is_octet(schema.element):
                count = self._source.variable("count")
                self._uint(count)
                self._elements(known.element, schema, count, target)
            case Array(), wire.ArrayType() if known.length == schema.length:
                count = self._count_of_array(known.length)
                self._elements(known.element, schema, count, target)
            case Map(), wire.MapType():
                self._map(known, schema, target)
            case _:
                self._mismatch(id, schema)

    def _count_of_array(self, length: int) -> str:
        count = self._source.variable("count")
        self._uint(count)
        with self._source.block(f"if {count} != {length}:"):
            self._source.line(f"bad(f'{{{count}}} elements where there must be {length}')")
        return count

    def _string(self, target: str, schema: String) -> None:
        self._octets(target, self._text(schema))
        self._charge_text(target)

    def _text(self, schema: String) -> str:
        """Return the expression that makes text of octets, with ``{}`` for these."""
        errors = "surrogateescape" if schema.any_bytes else self._strings
        return "{}.decode()" if errors == "strict" else f"{{}}.decode('utf-8', {errors!r})"

    def _charge_text(self, target: str) -> None:
        """Count the memory of text whose characters take more than a byte each."""
        if self._counted:
            with self._source.block(f"if not {target}.isascii():"):
                self._source.line(f"stream.charge(4 * len({target}))")

    def _range(self, target: str, schema: Int | Uint) -> None:
        if schema.bits == 64:
            return
        top = 1 << schema.bits
        fits = f"{-top >> 1} <= {target} < {top >> 1}"
        with self._source.block(
            f"if not {fits if isinstance(schema, Int) else f'{target} < {top}'}:"
        ):
            self._source.line(f"bad(f'{{{target}}} does not fit {schema.go}')")

    def _elements(self, id: int, schema: Slice[Any] | Array[Any], count: str, target: str) -> None:
        source = self._source
        item = source.variable("item")
        self._charge_elements(schema, count)
        source.line(f"{target} = []")
        with self._loop(count):
            self._value(id, schema.element, item)
            source.line(f"{target}.append({item})")
        if schema.container is not list:
            source.line(f"{target} = {source.constant(schema.container, 'container')}({target})")

    def _charge_elements(self, schema: Slice[Any] | Array[Any], count: str) -> None:
        # The elements of an array are a part of its size.
        if isinstance(schema, Slice):
            self._charge(count, SLOT + size_of(base_of(schema.element)))

    def _map(self, known: wire.MapType, schema: Map, target: str) -> None:
        source = self._source
        count = source.variable("count")
        key, item = source.variable("key"), source.variable("item")
        keys, items = source.variable("keys"), source.variable("items")
        is_checked = steerable(schema.key)
        may_probe = not isinstance(base_of(schema.key), String | Bytes)
        self._uint(count)
        self._charge(count, ENTRY + size_of(base_of(schema.key)) + size_of(base_of(schema.value)))
        if is_checked:
            source.line(f"{keys}, {items} = [], []")
        elif may_probe:
            source.line(f"{target} = {{}} if {count} <= {MANY_KEYS} else Entries()")
        else:
            source.line(f"{target} = {{}}")
        with self._loop(count):
            self._value(known.key, schema.key, key)
            self._value(known.value, schema.value, item)
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
        if merges_keys(schema.key):
            source.line(f"check_merged({target}, {count})")

    def _charge(self, count: str, size: int) -> None:
        """Count the memory of so many values before they are made."""
        if self._counted:
            self._source.line(f"stream.charge_elements({count}, {size}, pos)")

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, known: wire.StructType, schema: Struct[Any], target: str) -> None:
        ours = {field.wire_name: field for field in schema.fields}
        if "" in known.names:
            raise DecodeError(f"a field of {known.name} has no name")
        if len(known.fields) > _FEW_FIELDS + 4 * len(ours):
            values = self._fields_by_number(known, ours)
        else:
            values = self._fields_in_turn(known, ours)
        self._make(schema, values, target)

    def _fields_in_turn(self, known: wire.StructType, ours: Mapping[str, Field]) -> dict[str, str]:
        """Write lines for each field that the sender has."""
        source = self._source
        values: dict[str, str] = {}
        count = len(known.fields)
        steps = source.variable("step")
        self._steps(steps, count)
        for name, id in known.fields:
            field = ours.get(name)
            if field is None:
                self._skip_field(id, steps, count)
                continue
            local = values[name] = source.variable(field.attribute)
            with source.block(f"if {steps} == 1:"):
                self._field(id, field.schema, local, steps, count)
            with source.block("else:"):
                source.line(f"{local} = {self._zero(field.schema)}")
                source.line(f"{steps} -= 1")
        self._check_last(steps, count)
        return values

    def _fields_by_number(
        self, known: wire.StructType, ours: Mapping[str, Field]
    ) -> dict[str, str]:
        """Write a loop over the fields that are there: the sender has many that are not ours."""
        source = self._source
        number, steps = source.variable("number"), source.variable("step")
        fields = source.constant(known.fields, "fields")
        values: dict[str, str] = {}
        wanted: dict[int, tuple[Field, int]] = {}
        for index, (name, id) in enumerate(known.fields):
            if name in ours and name not in values:
                values[name] = source.variable(ours[name].attribute)
                wanted[index] = ours[name], id
                source.line(f"{values[name]} = {self._zero(ours[name].schema)}")
        source.line(f"{number} = -1")
        with source.block("while True:"):
            self._uint(steps)
            with source.block(f"if not {steps}:"):
                source.line("break")
            source.line(f"{number} += {steps}")
            for index, (field, id) in wanted.items():
                with source.block(f"if {number} == {index}:"):
                    self._value(id, field.schema, values[field.wire_name])
                    source.line("continue")
            source.line(
                f"pos = stream.skip_value(data, pos, {fields}[{number}][1], depth - {self._depth})"
            )
        return values

    def _field(self, id: int, schema: Schema[Any], target: str, steps: str, count: int) -> None:
        """Write lines that read a field, and how many fields on the next one is."""
        self._value(id, schema, target)
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

    def _make(self, schema: Struct[Any], values: dict[str, str], target: str) -> None:
        """Write the call that makes the object."""
        source = self._source
        if isinstance(schema, RecordStruct):
            items = "".join(f"{values[field.wire_name]}, " for field in schema.fields)
            source.line(f"{target} = {source.constant(schema.make, 'record')}(({items}))")
            return
        positional = all(not field.keyword_only for field in schema.fields)
        arguments = []
        for field in schema.fields:
            local = values.get(field.wire_name)
            if local is None and field.has_default:
                positional = False
                continue
            argument = local or self._zero(field.schema)
            arguments.append(argument if positional else f"{field.argument}={argument}")
        cls = source.constant(schema.cls, schema.cls.__name__)
        source.line(f"{target} = {cls}({', '.join(arguments)})")

    def _zero(self, schema: Schema[Any]) -> str:
        """Return an expression for the zero value."""
        match schema:
            case Bool() | Int() | Uint() | Float() | Complex() | String() | Bytes() | Pointer():
                return repr(schema.zero())
            case Map():
                return "{}"
            case Slice() if schema.container is list:
                return "[]"
        return f"{self._source.constant(schema.zero, 'zero')}()"

    # --- skipping -----------------------------------------------------------------------------

    def _skip(self, id: int) -> None:
        ignored = self._source.variable("ignored")
        match self._types.get(id):
            case None:
                self._skip_basic(id, ignored)
            case wire.OpaqueType():
                self._skip_octets(ignored)
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
                self._skip_octets(ignored)
            case wire.INTERFACE:
                self._source.line(f"pos = stream.skip_interface(data, pos, depth - {self._depth})")
            case _:
                raise DecodeError(f"type {id} is not defined")

    def _skip_octets(self, size: str) -> None:
        """Read a size, and pass over so many bytes."""
        raise NotImplementedError

    # --- types that do not go together --------------------------------------------------------

    def _mismatch(self, id: int, schema: Schema[Any]) -> None:
        raise DecodeError(
            f"{spelled(self._types, id)} arrives where {schema.go or 'Any'} is wanted"
        )


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
    "narrow_float_of": narrow_float_of,
    "repeat": repeat,
}
