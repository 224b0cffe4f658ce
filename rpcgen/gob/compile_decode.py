"""From a type on the wire and a schema to a Python function that decodes.

The functions are source code, written here. There are two of each. The quick
one takes for granted that the message is well-formed: it may read past its
end, which its caller notices afterwards. The careful one looks before every
step; it runs only where the quick one has failed, and then either says exactly
what is wrong, or finds that Go would have let it pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import DecodeError
from ..schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Enum,
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
)
from . import numbers, wire
from .definitions import bare_name, base_of, is_octet
from .record import Undecoded
from .source import Source
from .untyped import RecordStruct

if TYPE_CHECKING:
    from .decoder import Decoder

__all__ = ["Compiler", "DecodeFunction", "Types"]

# Takes the data, the position of the value in it, the stream, and how much deeper the
# value may nest; returns the value and the position after it.
DecodeFunction: TypeAlias = "Callable[[bytes, int, Decoder, int], tuple[Any, int]]"

_LARGEST_SINGLE: Final = float.fromhex("0x1.fffffep+127")

# Parts are decoded in place down to this many levels, and this many lines of a function's
# source; beyond that by functions of their own.
_INLINE_DEPTH: Final = 6
_INLINE_LINES: Final = 1000

Types: TypeAlias = Mapping[int, wire.WireType]


class Compiler:
    """Writes the careful functions."""

    def __init__(self, types: Types, strings: str) -> None:
        self.runtime = _RUNTIME
        self._types = types
        # How octets become text.
        self._text = "{}.decode()" if strings == "strict" else f"{{}}.decode('utf-8', {strings!r})"
        self._depth = 0
        # Whether the function being written is the one that others call.
        self._is_root = True
        self._functions: dict[tuple[int, Schema[Any] | None], str] = {}
        self._waiting: list[tuple[int, Schema[Any] | None, str]] = []
        self._inside: list[tuple[int, Schema[Any] | None]] = []
        self._source = Source("decode")

    def compile(self, id: int, schema: Schema[Any]) -> DecodeFunction:
        base = base_of(schema)
        name = bare_name(base)
        root = name if isinstance(base, Struct) else ""
        title = f"decode {name or type(base).__name__}"
        source = self._source = Source(title, root, **self.runtime)
        with source.function("def decode(data, pos, stream, depth):"):
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
                    f"no field of {self._spelled(id)} is one of {base.go}, which has "
                    + ", ".join(sorted(ours))
                )
        elif not isinstance(known, wire.StructType):
            # What is no struct comes like a field with the number 0.
            self._uint("value")
            with self._source.block("if value:"):
                self._source.line("bad('a value that is no struct does not begin with 0')")
        self._value(id, base, "value")

    # --- functions, for what is not written out in place ---------------------------------------

    def _call(self, id: int, schema: Schema[Any] | None, target: str) -> None:
        name = self._functions.get((id, schema))
        if name is None:
            name = self._functions[id, schema] = self._source.variable("part")
            self._waiting.append((id, schema, name))
        self._source.line(f"{target}, pos = {name}(data, pos, stream, depth - {self._depth})")

    def _function(self, id: int, schema: Schema[Any] | None, name: str) -> None:
        source, self._depth, self._is_root = self._source, 0, False
        self._inside = [(id, schema)]
        with source.function(f"def {name}(data, pos, stream, depth):"):
            with source.block("if depth < 0:"):
                source.line("bad('values are nested too deeply')")
            if schema is None:
                source.line("value = None")
                self._skip_parts(id)
            else:
                self._parts(id, schema, "value")
            source.line("return value, pos")

    # --- what every value is made of --------------------------------------------------------

    def _uint(self, target: str) -> None:
        self._source.line(f"{target}, pos = read_uint(data, pos, stream.end)")

    def _octets(self, target: str, made: str = "{}") -> None:
        """Read a size and so many bytes; ``made`` says what of them."""
        size = self._source.variable("size")
        self._uint(size)
        with self._source.block(f"if {size} > stream.end - pos:"):
            self._source.line(f"too_long({size})")
        self._source.line(f"{target} = {made.format(f'data[pos:pos + {size}]')}")
        self._source.line(f"pos += {size}")

    def _bytes(self, target: str) -> None:
        self._octets(target)

    def _loop(self, count: str, index: str) -> Any:
        return self._source.block(f"for {index} in range({count}):")

    def _more(self) -> None:
        """Check that something is left for another element, each of which takes a byte."""
        with self._source.block("if pos >= stream.end:"):
            self._source.line("ends_early()")

    def _steps(self, steps: str, count: int) -> None:
        """Read how many fields on the next one is that is there; 0 means none.

        ``count`` is how many the struct has.
        """
        self._source.line(f"{steps}, pos = next_step(data, pos, stream.end)")

    # --- values -----------------------------------------------------------------------------

    def _value(self, id: int, schema: Schema[Any], target: str) -> None:
        """Write lines that set ``target``, after checking that the types go together."""
        schema = base_of(schema)
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
                self._string(target)
            case (Bytes(), wire.BYTES):
                self._bytes(target)
            case Slice(), wire.BYTES if is_octet(schema.element):
                container = source.constant(schema.container, "container")
                self._octets(target, f"{container}({{}})")
            case Enum(), _:
                members = source.constant(dict(schema.cls._value2member_map_), "members")
                cls = source.constant(schema.cls, "enum")
                if not self._scalar(id, schema.base, target):
                    self._mismatch(id, schema)
                source.line(
                    f"{target} = {members}[{target}] if {target} in {members} else {cls}({target})"
                )
            case Duration(), wire.INT:
                self._int(target)
                from .opaque import duration_of

                source.line(f"{target} = {source.constant(duration_of, 'duration')}({target})")
            case _:
                return False
        return True

    def _composite(self, id: int, schema: Schema[Any], target: str) -> None:
        source = self._source
        known = self._types.get(id)
        match schema, known:
            case Interface(), _ if id == wire.INTERFACE:
                constant = source.constant(schema, "interface")
                source.line(
                    f"{target}, pos = stream.decode_interface("
                    f"data, pos, {constant}, depth - {self._depth})"
                )
            case Opaque(), wire.OpaqueType() if (
                known.encoding == schema.encoding or schema.cls is Undecoded
            ):
                from .opaque import unmarshaller

                unmarshal = source.constant(unmarshaller(schema), "unmarshal")
                self._octets(target, f"{unmarshal}({{}})")
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

    def _int(self, target: str) -> None:
        self._uint(target)
        self._source.line(f"{target} = {target} >> 1 ^ -({target} & 1)")

    def _float(self, target: str, narrow: bool) -> None:
        self._uint(target)
        function = "narrow_float_of" if narrow else "float_of"
        self._source.line(f"{target} = {function}({target})")

    def _string(self, target: str) -> None:
        self._octets(target, self._text)

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
        item, index = source.variable("item"), source.variable("i")
        source.line(f"{target} = []")
        with self._loop(count, index), source.at(f"[{{{index}}}]"):
            self._more()
            self._value(id, schema.element, item)
            source.line(f"{target}.append({item})")
        if schema.container is not list:
            source.line(f"{target} = {source.constant(schema.container, 'container')}({target})")

    def _map(self, known: wire.MapType, schema: Map, target: str) -> None:
        source = self._source
        count, index = source.variable("count"), source.variable("i")
        key, item = source.variable("key"), source.variable("item")
        self._uint(count)
        source.line(f"{target} = {{}}")
        with self._loop(count, index):
            self._more()
            self._value(known.key, schema.key, key)
            with source.at(f"[{{{key}!r:.80}}]"):
                self._value(known.value, schema.value, item)
            source.line(f"{target}[{key}] = {item}")

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, known: wire.StructType, schema: Struct[Any], target: str) -> None:
        source = self._source
        ours = {field.wire_name: field for field in schema.fields}
        values: dict[str, str] = {}
        count = len(known.fields)
        steps = source.variable("step")
        self._steps(steps, count)
        for name, id in known.fields:
            if not name:
                raise DecodeError(f"a field of {known.name} has no name")
            field = ours.get(name)
            if field is None:
                self._skip_field(name, id, steps, count)
                continue
            local = values[name] = source.variable(field.attribute)
            with source.at(f".{_escaped(field.attribute)}"):
                with source.block(f"if {steps} == 1:"):
                    self._field(id, field.schema, local, steps, count)
                with source.block("else:"):
                    source.line(f"{local} = {self._zero(field.schema)}")
                    source.line(f"{steps} -= 1")
        self._check_last(steps, count)
        self._make(schema, values, target)

    def _field(self, id: int, schema: Schema[Any], target: str, steps: str, count: int) -> None:
        """Write lines that read a field, and how many fields on the next one is."""
        self._value(id, schema, target)
        self._steps(steps, count)

    def _skip_field(self, name: str, id: int, steps: str, count: int) -> None:
        with self._source.block(f"if {steps} == 1:"), self._source.at(f".{_escaped(name)}"):
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
            case _:
                self._depth += 1
                self._call(id, None, ignored)
                self._depth -= 1

    def _skip_parts(self, id: int) -> None:
        known = self._types[id]
        match known:
            case wire.StructType():
                self._skip_struct(known)
            case wire.ArrayType():
                self._skip_elements(self._count_of_array(known.length), known.element)
            case wire.SliceType():
                count = self._source.variable("count")
                self._uint(count)
                self._skip_elements(count, known.element)
            case wire.MapType():
                count = self._source.variable("count")
                self._uint(count)
                self._skip_elements(count, known.key, known.value)
            case _:
                raise DecodeError(f"the definition of type {id} says nothing")

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
        self._uint(size)
        with self._source.block(f"if {size} > stream.end - pos:"):
            self._source.line(f"too_long({size})")
        self._source.line(f"pos += {size}")

    def _skip_elements(self, count: str, *ids: int) -> None:
        with self._loop(count, self._source.variable("i")):
            self._more()
            for id in ids:
                self._skip(id)

    def _skip_struct(self, known: wire.StructType) -> None:
        count = len(known.fields)
        steps = self._source.variable("step")
        self._steps(steps, count)
        for name, id in known.fields:
            self._skip_field(name, id, steps, count)
        self._check_last(steps, count)

    # --- types that do not go together --------------------------------------------------------

    def _mismatch(self, id: int, schema: Schema[Any]) -> None:
        raise DecodeError(f"{self._spelled(id)} arrives where {schema.go or 'Any'} is wanted")

    def _spelled(self, id: int) -> str:
        known = self._types.get(id)
        match known:
            case None:
                return wire.NAMES.get(id, f"undefined type {id}")
            case wire.ArrayType():
                return known.name or f"an array of {known.length}"
            case wire.SliceType():
                return known.name or "a slice"
            case wire.MapType():
                return known.name or "a map"
        return known.name or "a type without a name"


def _escaped(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")


# --- what the generated code calls ------------------------------------------------------------


def _bad(reason: str) -> None:
    raise DecodeError(reason)


def _too_long(size: int) -> None:
    raise DecodeError(f"{size} bytes do not fit the message")


def _ends_early() -> None:
    raise DecodeError("the message ends before the last element")


def _next_step(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """Return how many fields on the next one is; 0 at the end of the struct."""
    # Go takes the end of the message for the end of all structs that are open.
    return numbers.read_uint(data, pos, end) if pos < end else (0, pos)


def _narrow_float_of(bits: int) -> float:
    value = numbers.float_of(bits)
    # Go does not round what is above the largest float32, however little.
    if _LARGEST_SINGLE < abs(value) < math.inf:
        raise DecodeError(f"{value!r} does not fit float32")
    return numbers.single(value)


_RUNTIME: Final[dict[str, Any]] = {
    "bad": _bad,
    "ends_early": _ends_early,
    "float_of": numbers.float_of,
    "narrow_float_of": _narrow_float_of,
    "next_step": _next_step,
    "read_uint": numbers.read_uint,
    "too_long": _too_long,
}
