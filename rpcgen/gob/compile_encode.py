"""From a schema to a Python function that encodes its values.

The functions are source code, written here, in straight lines: a value is
looked at once, and what the schema says is decided when the code is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import EncodeError
from ..schema import (
    Array,
    Bool,
    Bytes,
    Complex,
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
)
from . import numbers
from .definitions import base_of, bare_name, is_octet
from .opaque import marshaller, nanoseconds_of
from .source import Source

if TYPE_CHECKING:
    from .encoder import Encoder

__all__ = ["EncodeFunction", "encode_function"]

# Appends the bytes of the value, as it stands at the top of a message, to the list.
EncodeFunction: TypeAlias = "Callable[[Any, list[bytes], Encoder], None]"

# Struct elements are written out inside loops down to this many levels.
_INLINE_DEPTH: Final = 3

_known: dict[tuple[Schema[Any], str], EncodeFunction] = {}


def encode_function(schema: Schema[Any], text_errors: str) -> EncodeFunction:
    """Return the function that encodes values of ``schema``, compiled at first use.

    ``text_errors`` is how strings become bytes: ``strict`` or ``surrogateescape``.
    Raises `SchemaError` if a field's type cannot travel.
    """
    function = _known.get((schema, text_errors))
    if function is None:
        function = _known[schema, text_errors] = _Compiler(text_errors).compile(schema)
    return function


class _Compiler:
    def __init__(self, text_errors: str) -> None:
        self._text_errors = text_errors
        self._functions: dict[Schema[Any], str] = {}
        self._waiting: list[Struct[Any]] = []
        self._inside: list[Schema[Any]] = []
        self._source = Source("encode")

    def compile(self, schema: Schema[Any]) -> EncodeFunction:
        source = self._source = Source(f"encode {bare_name(base_of(schema)) or type(schema).__name__}", **_RUNTIME)
        base = base_of(schema)
        with source.function("def encode(value, out, stream):"):
            with source.at(bare_name(base) if isinstance(base, Struct) else ""):
                self._top(schema, base)
        while self._waiting:
            self._function(self._waiting.pop())
        function: EncodeFunction = source.compile()["encode"]
        return function

    def _top(self, schema: Schema[Any], base: Schema[Any]) -> None:
        with self._source.at("", schema.go, "value"):
            if base is not schema:
                self._refuse_none("value")
            if not isinstance(base, Struct | Nothing):
                # What is no struct is sent like a field with the number 0.
                self._source.line(r"out.append(b'\0')")
            self._element(base, "value")

    # --- functions, one for each struct that is not written out in place -------------------

    def _call(self, schema: Struct[Any], variable: str) -> None:
        name = self._functions.get(schema)
        if name is None:
            name = self._functions[schema] = self._source.variable(f"encode_{schema.cls.__name__}_")
            self._waiting.append(schema)
        self._source.line(f"{name}({variable}, out, stream)")

    def _function(self, schema: Struct[Any]) -> None:
        self._inside = []
        with self._source.function(f"def {self._functions[schema]}(value, out, stream):"):
            self._struct(schema, "value")

    # --- values that are sent whatever they are ---------------------------------------------

    def _element(self, schema: Schema[Any], variable: str) -> None:
        """Write lines that append the value, zero or not."""
        octets = self._octets(schema, variable)
        source = self._source
        if octets is not None:
            source.line(f"out.append({octets})")
            return
        match schema:
            case Pointer():
                self._pointer(schema, variable)
            case Struct():
                self._nested_struct(schema, variable)
            case Slice() | Array():
                self._sequence(schema, variable)
            case Map():
                self._map(schema, variable)
            case Interface():
                constant = source.constant(schema, "interface")
                source.line(f"stream.encode_interface({variable}, out, {constant})")
            case Nothing():
                source.line(r"out.append(b'\0')")
            case _:
                raise AssertionError(f"no encoding for {schema!r}")

    def _octets(self, schema: Schema[Any], variable: str) -> str | None:
        """Return an expression for the bytes of the value, where there is a simple one."""
        source = self._source
        match schema:
            case Bool():
                return f"(b'\\1' if {variable} is True else boolean({variable}))"
            case Int():
                top = min(1 << schema.bits - 1, 256)
                slow = "int_bytes" if schema.bits == 64 else f"int{schema.bits}"
                return f"(INT[{variable}] if {-top} <= {variable} < {top} else {slow}({variable}))"
            case Uint():
                top = min(1 << schema.bits, 512)
                slow = "uint_bytes" if schema.bits == 64 else f"uint{schema.bits}"
                return f"(UINT[{variable}] if 0 <= {variable} < {top} else {slow}({variable}))"
            case Float():
                return f"float_bytes({_single(schema.bits == 32, variable)})"
            case Complex():
                part = "float_bytes(single({}))" if schema.bits == 64 else "float_bytes({})"
                return f"{part.format(variable + '.real')} + {part.format(variable + '.imag')}"
            case String():
                return f"{self._text_function()}({variable})"
            case Bytes():
                return f"octets({variable})"
            case Slice() if is_octet(schema.element):
                return f"octet_slice({variable})"
            case Enum():
                table = source.constant(self._enum_table(schema), "members")
                return f"{table}[{variable}]"
            case Duration():
                return f"int_bytes(nanoseconds({variable}))"
            case Opaque():
                return f"sized({source.constant(marshaller(schema), 'marshal')}({variable}))"
        return None

    def _text_function(self) -> str:
        return "text" if self._text_errors == "strict" else "escaped_text"

    def _enum_table(self, schema: Enum[Any]) -> dict[Any, bytes]:
        if isinstance(schema.base, Int):
            return _EnumTable({each: numbers.int_bytes(each.value) for each in schema.cls}, schema)
        return _EnumTable({each: _text(each.value) for each in schema.cls}, schema)

    def _pointer(self, schema: Pointer, variable: str) -> None:
        base = base_of(schema)
        if isinstance(base, Map):
            with self._source.block(f"if {variable} is None:"):
                self._source.line(r"out.append(b'\0')")
            with self._source.block("else:"):
                self._element(base, variable)
            return
        self._refuse_none(variable)
        self._element(base, variable)

    def _refuse_none(self, variable: str) -> None:
        with self._source.block(f"if {variable} is None:"):
            self._source.line("nil()")

    def _nested_struct(self, schema: Struct[Any], variable: str) -> None:
        if schema in self._inside or len(self._inside) >= _INLINE_DEPTH:
            self._call(schema, variable)
        else:
            self._struct(schema, variable)

    def _sequence(self, schema: Slice[Any] | Array[Any], variable: str) -> None:
        source = self._source
        if isinstance(schema, Array):
            if is_octet(schema.element):
                source.line(f"out.append(octet_array({variable}, {schema.length}))")
                return
            check = f"array_elements({variable}, {schema.length})"
        else:
            check = f"elements({variable})"
        with source.block(f"if {variable}.__class__ is not list or {isinstance(schema, Array)}:"):
            source.line(f"{variable} = {check}")
        source.line(f"out.append(count({variable}))")
        item, index = source.variable("item"), source.variable("i")
        octets = self._octets(schema.element, item)
        if octets is None:
            with source.block(f"for {index}, {item} in enumerate({variable}):"):
                with source.at(f"[{{{index}}}]", schema.element.go, item):
                    self._element(schema.element, item)
            return
        # A comprehension is fastest; after a failure the loop goes again, to find the element.
        with source.block("try:"):
            source.line(f"out.append(b''.join([{octets} for {item} in {variable}]))")
        with source.block("except Exception:"):
            with source.block(f"for {index}, {item} in enumerate({variable}):"):
                with source.at(f"[{{{index}}}]", schema.element.go, item):
                    source.line(octets)
            source.line("raise")

    def _map(self, schema: Map, variable: str) -> None:
        source = self._source
        key, value = source.variable("key"), source.variable("item")
        source.line(f"out.append(count({variable}))")
        with source.block(f"for {key}, {value} in {variable}.items():"):
            with source.at(f"[{{{key}!r:.80}}]"):
                with source.at("", schema.key.go, key):
                    self._element(schema.key, key)
                with source.at("", schema.value.go, value):
                    self._element(schema.value, value)

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, schema: Struct[Any], variable: str) -> None:
        self._inside.append(schema)
        source = self._source
        writer = _Fields(self, source)
        for field in schema.fields:
            local = source.variable(field.attribute)
            with source.at(f".{field.attribute}", field.schema.go, local):
                source.line(f"{local} = {variable}.{field.attribute}")
                writer.add(field, local)
        writer.end()
        self._inside.pop()


class _Fields:
    """Writes the fields of one struct, each after the number of steps from the one before."""

    def __init__(self, compiler: _Compiler, source: Source) -> None:
        self._compiler = compiler
        self._source = source
        self._steps = source.variable("step")
        # The steps to the next field, where that is known while the code is written.
        self._static: int | None = 1

    def add(self, field: Field, local: str) -> None:
        base = base_of(field.schema)
        if isinstance(field.schema, Opaque):
            self._opaque(field.schema, local)
            return
        present = self._present(field.schema, base, local)
        octets = self._compiler._octets(base, local)
        self._send_if(present, base, local, octets)

    def _opaque(self, schema: Opaque[Any], local: str) -> None:
        """Write a field whose zero is known by its bytes: Go looks at the value itself."""
        marshal = marshaller(schema)
        self._source.line(f"{local} = {self._source.constant(marshal, 'marshal')}({local})")
        try:
            present = f"{local} != {marshal(schema.zero())!r}"
        except Exception:  # a class that cannot be made from nothing has no zero to leave out
            present = None
        self._send_if(present, schema, local, f"sized({local})")

    def _send_if(
        self, present: str | None, base: Schema[Any], local: str, octets: str | None
    ) -> None:
        if present is None:
            self._send(base, local, octets)
            self._static = 1
            return
        if self._static is not None:
            self._source.line(f"{self._steps} = {self._static + 1}")
        with self._source.block(f"if {present}:"):
            self._send(base, local, octets)
            self._source.line(f"{self._steps} = 1")
        if self._static is None:
            with self._source.block("else:"):
                self._source.line(f"{self._steps} += 1")
        self._static = None

    def end(self) -> None:
        self._source.line(r"out.append(b'\0')")

    def _send(self, base: Schema[Any], local: str, octets: str | None) -> None:
        steps = f"UINT[{self._steps}]"
        if self._static is not None:
            steps = repr(numbers.uint_bytes(self._static))
        if octets is not None:
            self._source.line(f"out.append({steps} + {octets})")
            return
        self._source.line(f"out.append({steps})")
        self._compiler._element(base, local)

    def _present(self, schema: Schema[Any], base: Schema[Any], local: str) -> str | None:
        """Return the condition under which Go sends the field, None if it always does."""
        pointer = f"{local} is not None" if base is not schema else None
        condition: str | None
        match base:
            case Struct() | Nothing() | Array() | Map():
                condition = None
            case Interface():
                condition = f"{local} is not None"
            case Enum():
                condition = f"{local}.value"
            case Opaque():
                condition = None
            case Bool():
                condition = f"{local} is not False"
            case Float() | Int() | Uint() | Complex():
                condition = f"{local} != 0" if pointer is None else f"{local}"
            case _:
                condition = local
        return " and ".join(part for part in (pointer, condition) if part) or None


# --- what the generated code calls ----------------------------------------------------------


def _single(narrow: bool, variable: str) -> str:
    return f"single({variable})" if narrow else variable


def _boolean(value: object) -> bytes:
    if value is False:
        return b"\0"
    raise TypeError("not a bool")


def _sized_int(bits: int) -> Callable[[int], bytes]:
    def encode(value: int) -> bytes:
        if -1 << bits - 1 <= value < 1 << bits - 1:
            return numbers.int_bytes(value)
        raise EncodeError(f"{value} does not fit int{bits}")

    return encode


def _sized_uint(bits: int) -> Callable[[int], bytes]:
    def encode(value: int) -> bytes:
        if 0 <= value < 1 << bits:
            return numbers.uint_bytes(value)
        raise EncodeError(f"{value} does not fit uint{bits}")

    return encode


def _count(value: Any) -> bytes:
    size = len(value)
    return numbers.UINT[size] if size < 512 else numbers.uint_bytes(size)


def _sized(octets: bytes) -> bytes:
    return _count(octets) + octets


def _text(value: str) -> bytes:
    try:
        return _sized(value.encode())
    except UnicodeEncodeError:
        raise EncodeError(
            "lone surrogates are no UTF-8; if they stand for the bytes of a Go string, "
            "use strings='surrogateescape'"
        ) from None


def _escaped_text(value: str) -> bytes:
    return _sized(value.encode("utf-8", "surrogateescape"))


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("not bytes")
    return _sized(bytes(value))


def _octet_slice(value: Any) -> bytes:
    return _sized(bytes(_elements(value)))


def _octet_array(value: Any, length: int) -> bytes:
    octets = getattr(value, "bytes", None)  # of a UUID
    if octets is None:
        octets = bytes(_elements(value, octets=True))
    if len(octets) != length:
        raise EncodeError(f"{len(octets)} elements where there must be {length}")
    if not octets.isascii():
        octets = b"".join([numbers.UINT[octet] for octet in octets])
    return numbers.uint_bytes(length) + octets


def _elements(value: Any, octets: bool = False) -> Any:
    """Return ``value`` if it is a sequence: characters, keys and numbers are not its elements."""
    if isinstance(value, list | tuple) or (octets and isinstance(value, bytes | bytearray)):
        return value
    if isinstance(value, str | bytes | bytearray | dict | set | frozenset):
        raise TypeError("not a sequence")
    return list(value)


def _array_elements(value: Any, length: int) -> Any:
    value = _elements(value)
    if len(value) != length:
        raise EncodeError(f"{len(value)} elements where there must be {length}")
    return value


def _nil() -> None:
    raise EncodeError("None here, but Go cannot send a nil pointer that is no field of a struct")


class _EnumTable(dict[Any, bytes]):
    """The bytes of each member; combinations of flags are made when they are met."""

    def __init__(self, members: dict[Any, bytes], schema: Enum[Any]) -> None:
        super().__init__(members)
        self._schema = schema

    def __missing__(self, value: Any) -> bytes:
        if not isinstance(value, self._schema.cls):
            raise TypeError(f"not a {self._schema.cls.__name__}")
        if isinstance(self._schema.base, Int):
            return numbers.int_bytes(value.value)
        return _text(value.value)


_RUNTIME: Final[dict[str, Any]] = {
    "INT": numbers.INT,
    "UINT": [*numbers.UINT, *(numbers.uint_bytes(n) for n in range(512, 4096))],
    "array_elements": _array_elements,
    "boolean": _boolean,
    "count": _count,
    "elements": _elements,
    "escaped_text": _escaped_text,
    "float_bytes": numbers.float_bytes,
    "int_bytes": numbers.int_bytes,
    "nanoseconds": nanoseconds_of,
    "nil": _nil,
    "octet_array": _octet_array,
    "octet_slice": _octet_slice,
    "octets": _octets,
    "single": numbers.single,
    "sized": _sized,
    "text": _text,
    "uint_bytes": numbers.uint_bytes,
    **{f"int{bits}": _sized_int(bits) for bits in (8, 16, 32)},
    **{f"uint{bits}": _sized_uint(bits) for bits in (8, 16, 32)},
}
