"""From a schema to a Python function that encodes its values.

The functions are source code, written here, in straight lines: a value is
looked at once, and what the schema says is decided when the code is written.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from attrs import frozen

from ..._interrupts import reraise_interrupt
from ...errors import EncodeError
from ...schema import (
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
from .. import numbers
from ..definitions import bare_name, base_of, is_octet
from ..encoder import LARGE
from ..registry import Typed
from ..source import MisfitError, Source

if TYPE_CHECKING:
    from ..encoder import Encoder

__all__ = ["EncodeFunction", "Encoding", "encoding_of"]

# Appends the bytes of the value, as it stands at the top of a message, to the list.
EncodeFunction: TypeAlias = "Callable[[Any, list[bytes], Encoder], None]"

# Structs are encoded in place down to this many levels, and this many lines of source; beyond
# that by functions of their own.
_INLINE_DEPTH: Final = 3
_INLINE_LINES: Final = 1000
# Lists and maps likewise: Python takes no more than 20 blocks inside each other.
_INLINE_LOOPS: Final = 4

# The step to a field that follows at once.
_ONE: Final = r"b'\1'"


@frozen
class Encoding:
    """How values of a schema are encoded.

    ``flushes``: there are interface values inside, whose types may have to be
    described, which ends a message in the middle.
    """

    function: EncodeFunction
    flushes: bool


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
        self._functions: dict[Schema[Any], str] = {}
        self._waiting: list[Schema[Any]] = []
        self._inside: list[Schema[Any]] = []
        # How many loops the line that is being written is in.
        self._loops = 0
        # The statement that leaves the block, where nothing follows the value that is being
        # written: to go at once is faster than to note that all is done.
        self._leave = ""
        self._source = Source("encode")
        self._flushes = False

    def compile(self, schema: Schema[Any]) -> Encoding:
        base = base_of(schema)
        name = bare_name(base)
        root = name if isinstance(base, Struct) else ""
        title = f"encode {name or type(base).__name__}"
        source = self._source = Source(title, root, **_RUNTIME)
        self._leave = "return"
        with source.function("def encode(value, out, stream):"):
            self._top(schema, base)
        while self._waiting:
            self._function(self._waiting.pop())
        return Encoding(source.compile()["encode"], self._flushes)

    def _top(self, schema: Schema[Any], base: Schema[Any]) -> None:
        with self._source.at("", schema.go, "value"):
            if not isinstance(base, Struct | Nothing):
                # What is no struct is sent like a field with the number 0.
                self._source.line(r"out.append(b'\0')")
            self.element(schema, "value")

    # --- functions, one for each value that is not written out in place -------------------

    def _call(self, schema: Schema[Any], variable: str) -> None:
        name = self._functions.get(schema)
        if name is None:
            name = self._functions[schema] = self._source.variable(f"encode_{bare_name(schema)}_")
            self._waiting.append(schema)
        self._source.line(f"{name}({variable}, out, stream)")

    def _function(self, schema: Schema[Any]) -> None:
        self._inside, self._loops, self._leave = [], 0, "return"
        with self._source.function(f"def {self._functions[schema]}(value, out, stream):"):
            with self._source.at("", schema.go, "value"):
                self.element(schema, "value")

    # --- values that are sent whatever they are ---------------------------------------------

    def element(self, schema: Schema[Any], variable: str) -> None:
        """Write lines that append the value, zero or not."""
        schema = self.lower(schema, variable)
        octets = self.octets(schema, variable, "after_size({}, out, stream)")
        source = self._source
        if octets is not None:
            source.line(f"out.append({octets})")
            return
        match schema:
            case Pointer():
                self._pointer(schema, variable)
            case Struct():
                self._nested_struct(schema, variable)
            case Slice() | Array() | Map() if self._loops >= _INLINE_LOOPS:
                self._call(schema, variable)
            case Slice() | Array():
                self._sequence(schema, variable)
            case Map():
                self._map(schema, variable)
            case Interface():
                self._flushes = True
                constant = source.constant(schema, "interface")
                source.line(f"stream.encode_interface({variable}, out, {constant})")
            case Nothing():
                source.line(r"out.append(b'\0')")
            case _:
                raise AssertionError(f"no encoding for {schema!r}")

    def lower(self, schema: Schema[Any], variable: str) -> Schema[Any]:
        """Write a line that converts the value where its type is one that is; return the other."""
        base = base_of(schema)
        if not isinstance(base, Converted):
            return schema
        lowered = f"{self._source.constant(base.lower, 'lower')}({variable})"
        if base is schema:
            self._source.line(f"{variable} = {lowered}")
            return self.lower(base.inner, variable)
        self._source.line(f"{variable} = None if {variable} is None else {lowered}")
        return self.lower(Pointer(base.inner), variable)

    def octets(self, schema: Schema[Any], variable: str, long: str = "sized({})") -> str | None:
        """Return an expression for the bytes of the value, where there is a simple one.

        ``long`` is what becomes of strings and bytes that are not short.
        """
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
                return self._float(variable, schema.bits == 32)
            case Complex():
                real = self._float(f"{variable}.real", schema.bits == 64)
                return f"{real} + {self._float(f'{variable}.imag', schema.bits == 64)}"
            case String():
                return self._with_size(self._text(schema, variable), long)
            case Bytes():
                return self._with_size(self._octets(variable), long)
            case Slice() if is_octet(schema.element):
                return f"octet_slice({variable})"
            case Enum():
                table = source.constant(self._enum_table(schema), "members")
                cls = source.constant(schema.cls, "enum")
                # A number or text that equals a member would be found as well.
                found = f"{table}[{variable}] if {variable}.__class__ is {cls}"
                return f"({found} else {table}.__missing__({variable}))"
            case Duration():
                from ..opaque import nanoseconds_of

                return f"int_bytes({source.constant(nanoseconds_of, 'nanoseconds')}({variable}))"
            case Opaque():
                from ..opaque import marshaller

                return f"sized({source.constant(marshaller(schema), 'marshal')}({variable}))"
            case Converted():
                name = source.variable("lowered")
                octets = self.octets(schema.inner, name, long)
                lowered = f"{source.constant(schema.lower, 'lower')}({variable})"
                return octets and f"({name} := {lowered}, {octets})[1]"
        return None

    def _with_size(self, octets: str, long: str) -> str:
        name = self._source.variable("octets")
        short = f"UINT[len({name})] + {name}"
        return f"({short} if len({name} := {octets}) < 512 else {long.format(name)})"

    def _octets(self, variable: str) -> str:
        return f"{variable} if {variable}.__class__ is bytes else octets({variable})"

    def _text(self, schema: String, variable: str) -> str:
        errors = "surrogateescape" if schema.any_bytes else self._text_errors
        return (
            f"{variable}.encode()"
            if errors == "strict"
            else f"{variable}.encode('utf-8', {errors!r})"
        )

    def _float(self, value: str, narrow: bool) -> str:
        # Most floats need all of their 8 bytes.
        octets = self._source.variable("octets")
        value = f"single({value})" if narrow else value
        return f"({octets} if ({octets} := pack_float(248, {value}))[1] else float_bytes({value}))"

    def parts(self, schema: Schema[Any], variable: str, next: str = "") -> list[str] | None:
        """Return expressions for the bytes of one field among others, more than from `octets`.

        They become items of a tuple: to put bytes together once, at the end, is
        fastest. ``next``, which is ``NEXT_`` or nothing, says whether the step to the
        field is to be in front.
        """
        octets = self.octets(schema, variable)
        if octets is None:
            return None
        step = r"b'\1' + " if next else ""
        match schema:
            case Int():
                return [octets.replace("INT[", f"{next}INT[").replace("else ", f"else {step}")]
            case Uint():
                return [octets.replace("UINT[", f"{next}UINT[").replace("else ", f"else {step}")]
            case Float(bits=64) if next:
                # The step, and that 8 bytes follow, which most floats need all.
                name = self._source.variable("octets")
                whole = f"({name} := pack_step_and_float(0xF801, {variable}))[2]"
                return [f"({name} if {whole} else b'\\1' + float_bytes({variable}))"]
            case String() | Bytes():
                name = self._source.variable("octets")
                made = (
                    self._text(schema, variable)
                    if isinstance(schema, String)
                    else self._octets(variable)
                )
                size = f"len({name} := {made}) < 512"
                return [f"{next}UINT[len({name})] if {size} else {step}size({name}, stream)", name]
        return [_ONE, octets] if next else [octets]

    def _enum_table(self, schema: Enum[Any]) -> _EnumTable:
        if isinstance(schema.base, Int):
            return _EnumTable(
                {each: numbers.int_bytes(each.value) for each in schema.cls.__members__.values()},
                schema,
            )
        return _EnumTable(
            {each: _text(each.value) for each in schema.cls.__members__.values()}, schema
        )

    def _pointer(self, schema: Pointer, variable: str) -> None:
        base = base_of(schema)
        if isinstance(base, Map):
            with self._source.block(f"if {variable} is None:"):
                self._source.line(r"out.append(b'\0')")
            with self._source.block("else:"):
                self.element(base, variable)
            return
        self._refuse_none(variable)
        self.element(base, variable)

    def _refuse_none(self, variable: str) -> None:
        with self._source.block(f"if {variable} is None:"):
            self._source.line("nil()")

    def _nested_struct(self, schema: Struct[Any], variable: str) -> None:
        if (
            schema in self._inside
            or len(self._inside) >= _INLINE_DEPTH
            or len(self._source) > _INLINE_LINES
        ):
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
        octets = self.octets(schema.element, item)
        if octets is None:
            self._loop(schema, variable, item, index)
            return
        # A comprehension is fastest; after a failure the loop goes again, to find the element.
        joined = f"b''.join([{octets} for {item} in {variable}])"
        if isinstance(schema.element, Enum):
            table = source.constant(self._enum_table(schema.element), "members")
            joined = f"{table}.joined({variable})"
        with source.block("try:"):
            source.line(f"out.append({joined})")
        with source.block("except Exception as error:"):
            source.line("reraise_interrupt(error)")
            with source.block(f"for {index}, {item} in enumerate({variable}):"):
                with source.at(f"[{{{index}}}]", schema.element.go, item):
                    source.line(octets)
            source.line("raise")

    def _loop(self, schema: Slice[Any] | Array[Any], variable: str, item: str, index: str) -> None:
        """Write the loop over elements; to count them takes time, so it is done after a failure."""
        source = self._source
        self._loops += 1
        with source.block("try:"):
            with source.block(f"for {item} in {variable}:"):
                with source.at(f"[{{{index}}}]", schema.element.go, item):
                    self._last(schema.element, item)
        with source.block("except Exception:"):
            source.line(f"{index} = position({variable}, {item})")
            source.line("raise")
        self._loops -= 1

    def _map(self, schema: Map, variable: str) -> None:
        source = self._source
        key, value = source.variable("key"), source.variable("item")
        source.line(f"out.append(count({variable}))")
        if isinstance(schema.key, Float) and schema.key.bits == 32:
            source.line(f"distinct({variable})")
        self._loops += 1
        with source.block(f"for {key}, {value} in {variable}.items():"):
            with source.at(f"[{{{key}!r:.80}}]"):
                with source.at("", schema.key.go, key):
                    if isinstance(base_of(schema.key), Interface):
                        source.line(f"hashable({key})")
                    leave, self._leave = self._leave, ""
                    self.element(schema.key, key)
                    self._leave = leave
                with source.at("", schema.value.go, value):
                    self._last(schema.value, value)
        self._loops -= 1

    def _last(self, schema: Schema[Any], variable: str) -> None:
        """Write the value that is the last of a loop's body."""
        leave, self._leave = self._leave, "continue"
        self.element(schema, variable)
        self._leave = leave

    # --- structs ----------------------------------------------------------------------------

    def _struct(self, schema: Struct[Any], variable: str) -> None:
        self._inside.append(schema)
        source = self._source
        leave, self._leave = self._leave, ""
        writer = _Fields(self, source, len(schema.fields), leave)
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
        for index, field in enumerate(schema.fields):
            local = source.variable(field.attribute)
            path = f".{field.attribute}"
            if schema.described:
                path = path.replace("{", "{{").replace("}", "}}")
            with source.at(path, field.schema.go, local):
                if schema.described:
                    source.line(f"{local} = {values}[{index}]")
                else:
                    source.line(f"{local} = {variable}.{field.attribute}")
                lowered = self.lower(field.schema, local)
            writer.add(path, lowered, local)
        writer.end()
        self._leave = leave
        self._inside.pop()


class _Plain(NamedTuple):
    """A field whose bytes expressions tell: by themselves, or as items of a tuple.

    ``next`` has the step to the field in front.
    """

    path: str
    schema: Schema[Any]
    base: Schema[Any]
    local: str
    present: str | None
    octets: str
    parts: list[str]
    next: list[str]


# So many bools in a row that may be there or not; each doubles the code.
_BOOLS: Final = 3


class _Fields:
    """Writes the fields of one struct, each after the number of steps from the one before.

    Fields that expressions tell the bytes of are written in runs. If all of a
    run are there, which is usual, one line adds them; else, or if it fails,
    they are taken one by one.
    """

    def __init__(self, compiler: _Compiler, source: Source, count: int, leave: str) -> None:
        self._compiler = compiler
        self._source = source
        self._count = count
        # The statement after which nothing more is done for the struct, if there is one.
        self._leave = leave
        self._steps = source.variable("step")
        # Whether the steps to the next field are 1, as far as known while the code is written.
        self._next = True
        self._run: list[_Plain] = []

    def add(self, path: str, schema: Schema[Any], local: str) -> None:
        base = base_of(schema)
        if isinstance(schema, Opaque):
            self._run.append(self._opaque(path, schema, local))
            return
        present = self._present(schema, base, local)
        compiler = self._compiler
        octets = compiler.octets(base, local, "after_size({}, out, stream)")
        parts, following = compiler.parts(base, local), compiler.parts(base, local, "NEXT_")
        if octets is not None and parts is not None and following is not None:
            self._run.append(_Plain(path, schema, base, local, present, octets, parts, following))
            return
        self._end_run()
        with self._source.at(path, schema.go, local):
            if isinstance(base, Slice):
                # Before it is asked whether it is empty, which a string can be as well.
                present_or_nil = "" if base is schema else f"{local} is not None and "
                with self._source.block(f"if {present_or_nil}{local}.__class__ is not list:"):
                    self._source.line(f"{local} = elements({local})")
            self._send_if(present, lambda: self._compiler.element(base, local))

    def end(self) -> None:
        self._end_run(last=True)

    def _opaque(self, path: str, schema: Opaque[Any], local: str) -> _Plain:
        """Return a field whose zero is known by its bytes: Go looks at the value itself."""
        from ..opaque import ALWAYS_SENT, marshaller

        marshal = marshaller(schema)
        with self._source.at(path, schema.go, local):
            self._source.line(f"{local} = {self._source.constant(marshal, 'marshal')}({local})")
        present: str | None = None
        if schema.name not in ALWAYS_SENT:
            # A class that cannot be made from nothing has no zero to leave out.
            with suppress(Exception):
                present = f"{local} != {marshal(schema.zero())!r}"
        octets = f"sized({local})"
        return _Plain(path, schema, schema, local, present, octets, [octets], [_ONE, octets])

    def _end_run(self, last: bool = False) -> None:
        source, run, self._run = self._source, self._run, []
        later: list[_Plain] = []
        while run and not last and isinstance(run[-1].base, Bool):
            # Whether it is there shows in the step to what follows, which is not here.
            later.insert(0, run.pop())
        conditions, items = self._together(run, last)
        if run:
            if not self._next:
                conditions.insert(0, f"{self._steps} == 1")
            leave = self._leave if last else ""
            added = source.variable("added")
            if not leave:
                source.line(f"{added} = False")
            with source.block("try:"):
                with source.block(f"if {' and '.join(conditions) or 'True'}:"):
                    source.line(f"out += ({', '.join(items)},)")
                    source.line(leave or f"{added} = True")
                    if not last:
                        source.line(f"{self._steps} = 1")
            with source.block("except Exception as error:"):
                # Taken one by one they say which it is.
                source.line("reraise_interrupt(error)")
            with nullcontext() if leave else source.block(f"if not {added}:"):
                self._one_by_one(run)
                if last:
                    source.line(r"out.append(b'\0')")
                elif self._next:
                    source.line(f"{self._steps} = 1")
            # Both branches have set the variable.
            self._next = False
        elif last:
            source.line(r"out.append(b'\0')")
        self._one_by_one(later)

    def _one_by_one(self, run: list[_Plain]) -> None:
        source = self._source
        for plain in run:
            with source.at(plain.path, plain.schema.go, plain.local):
                octets = plain.octets
                self._send_if(plain.present, lambda: source.line(f"out.append({octets})"))  # noqa: B023

    def _together(self, run: list[_Plain], last: bool) -> tuple[list[str], list[str]]:
        """Return expressions for the bytes of all of a run, and when they are right.

        All must be there but the bools, which are False as often as True.
        """
        conditions: list[str] = []
        items: list[str] = []
        bools: list[str] = []
        for plain in run:
            local = plain.local
            if isinstance(plain.base, Bool) and plain.base is plain.schema and len(bools) < _BOOLS:
                conditions.append(f"({local} is True or {local} is False)")
                bools.append(local)
                continue
            if isinstance(plain.base, Bool):
                conditions.append(f"{local} is True")
            elif plain.present:
                conditions.append(plain.present)
            if bools:
                items += [_octets_of_bools(bools, b""), *plain.parts]
                bools = []
            else:
                items += plain.next
        if last:
            items.append(_octets_of_bools(bools, b"\0"))
        return conditions, items

    def _send_if(self, present: str | None, send: Callable[[], None]) -> None:
        """Write the steps and the value, if it is to be sent."""
        source = self._source
        if present is None:
            self._send(send)
            self._next = True
            return
        if self._next:
            source.line(f"{self._steps} = 1")
        self._next = False
        with source.block(f"if {present}:"):
            self._send(send)
            source.line(f"{self._steps} = 1")
        with source.block("else:"):
            source.line(f"{self._steps} += 1")

    def _send(self, send: Callable[[], None]) -> None:
        steps = f"UINT[{self._steps}]" if self._count < 512 else f"uint_bytes({self._steps})"
        self._source.line(f"out.append({_ONE if self._next else steps})")
        send()

    def _present(self, schema: Schema[Any], base: Schema[Any], local: str) -> str | None:
        """Return the condition under which Go sends the field, None if it always does."""
        pointer = f"{local} is not None" if base is not schema else None
        condition: str | None
        match base:
            case Struct() | Nothing() | Array() | Map():
                condition = None
            case Interface():
                condition = f"{local} is not None" if base.nullable else None
            case Enum():
                zero = base.cls._value2member_map_.get(base.base.zero())
                condition = f"{local}.value"
                if zero is not None:
                    condition = f"{local} is not {self._source.constant(zero, 'zero')}"
            case Opaque():
                condition = None
            case Bool():
                condition = f"{local} is not False"
            case Float() | Int() | Uint() | Complex():
                condition = f"{local} != 0"
            case String() | Bytes():
                condition = f"{local} != {base.zero()!r}"
            case Duration():
                condition = f"{local} != {self._source.constant(base.zero(), 'zero')}"
            case _:
                condition = local
        return " and ".join(part for part in (pointer, condition) if part) or None


def _octets_of_bools(bools: list[str], end: bytes, before: bytes = b"", steps: int = 1) -> str:
    """Return an expression for bools in a row, and the step to what follows, or the ``end``."""
    if not bools:
        return repr(before + (end or bytes((steps,))))
    there = _octets_of_bools(bools[1:], end, before + bytes((steps, 1)))
    absent = _octets_of_bools(bools[1:], end, before, steps + 1)
    return f"({there} if {bools[0]} is True else {absent})"


# --- what the generated code calls ----------------------------------------------------------


def _boolean(value: object) -> bytes:
    if value is False:
        return b"\0"
    raise MisfitError("not a bool")


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
    return _sized(value.encode())


def _size(octets: bytes, stream: Encoder) -> bytes:
    size = len(octets)
    if size >= LARGE:
        stream.holds_large = True
    return numbers.uint_bytes(size)


def _after_size(octets: bytes, out: list[bytes], stream: Encoder) -> bytes:
    out.append(_size(octets, stream))
    return octets


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise MisfitError("not bytes")
    return bytes(value)


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
        raise MisfitError("not a sequence")
    return list(value)


def _array_elements(value: Any, length: int) -> Any:
    value = _elements(value)
    if len(value) != length:
        raise EncodeError(f"{len(value)} elements where there must be {length}")
    return value


def _position(values: Any, item: object) -> int:
    """Return where the element is that has failed: no equal one before it would have gone well."""
    return next(index for index, each in enumerate(values) if each is item)


def _distinct(keys: Iterable[float]) -> None:
    """Check that keys are still different as float32."""
    singles = list(map(numbers.single, keys))
    if len(set(singles)) != len(singles):
        raise EncodeError("keys that are the same as float32: entries would vanish")


def _hashable(key: object) -> None:
    """Check a key of ``map[interface{}]``: Go panics at one that cannot be compared."""
    if isinstance(key, Typed):
        key = key.value
    if isinstance(key, bytes | tuple):
        raise EncodeError(f"a {type(key).__name__} is a slice, which Go does not take for a key")


def _nil() -> None:
    raise EncodeError("None here, but Go cannot send a nil pointer that is no field of a struct")


class _EnumTable(dict[Any, bytes]):
    """The bytes of each member; combinations of flags are made when they are met."""

    def __init__(self, members: dict[Any, bytes], schema: Enum[Any]) -> None:
        super().__init__(members)
        self._schema = schema
        self._is_member = schema.cls.__instancecheck__

    def joined(self, values: Collection[Any]) -> bytes:
        """Return the bytes of all values in a row, without a step of Python's for each."""
        if not all(map(self._is_member, values)):
            raise MisfitError(f"not all are {self._schema.cls.__name__}")
        return b"".join(map(self.__getitem__, values))

    def __missing__(self, value: Any) -> bytes:
        if not isinstance(value, self._schema.cls):
            raise MisfitError(f"not a {self._schema.cls.__name__}")
        if isinstance(self._schema.base, Int):
            return numbers.int_bytes(value.value)
        return _text(value.value)


_RUNTIME: Final[dict[str, Any]] = {
    "INT": numbers.INT,
    "NEXT_INT": [b"\1" + octets for octets in numbers.INT],
    "NEXT_UINT": [b"\1" + octets for octets in numbers.UINT],
    "UINT": numbers.UINT,
    "after_size": _after_size,
    "array_elements": _array_elements,
    "boolean": _boolean,
    "count": _count,
    "distinct": _distinct,
    "elements": _elements,
    "float_bytes": numbers.float_bytes,
    "hashable": _hashable,
    "reraise_interrupt": reraise_interrupt,
    "int_bytes": numbers.int_bytes,
    "nil": _nil,
    "octet_array": _octet_array,
    "octet_slice": _octet_slice,
    "octets": _octets,
    "position": _position,
    "pack_float": struct.Struct("<Bd").pack,
    "pack_step_and_float": struct.Struct("<Hd").pack,
    "single": numbers.single,
    "size": _size,
    "sized": _sized,
    "uint_bytes": numbers.uint_bytes,
    **{f"int{bits}": _sized_int(bits) for bits in (8, 16, 32)},
    **{f"uint{bits}": _sized_uint(bits) for bits in (8, 16, 32)},
}
