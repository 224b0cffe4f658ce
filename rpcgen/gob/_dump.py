"""`dump`: a gob stream, written out for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ..errors import DecodeError
from ..escapes import escaped
from ..values.record import Undecoded
from . import wire
from .numbers import float_of, read_int, read_uint
from .opaque import guess

__all__ = ["dump", "dump_lines"]

_MAX_VALUE_CHARACTERS: Final = 64


def dump(data: bytes) -> str:
    """Return a readable account of a gob stream: messages, definitions and values.

    Each line begins with the offset in bytes. Where the stream is broken, the
    last line says so, and why; nothing is raised.

    Args:
        data: The stream.
    """
    lines, _ = dump_lines(data)
    return "".join(line + "\n" for line in lines)


def dump_lines(data: bytes) -> tuple[list[str], DecodeError | None]:
    """Return the lines of `dump`, and what breaks the stream, if anything does."""
    dumper = _Dumper(bytes(data))
    try:
        dumper.stream()
    except DecodeError as error:
        at = error.offset if error.offset >= 0 else dumper.pos
        dumper.say(at, f"broken here: {error.reason}", depth=0)
        return dumper.lines, error
    return dumper.lines, None


class _Dumper:
    def __init__(self, data: bytes) -> None:
        self.lines: list[str] = []
        self.pos = 0
        self._data = data
        self._end = len(data)
        self._types: dict[int, wire.WireType] = {}
        # True once it was said that another stream begins, before its next value.
        self._begins_again = False

    def say(self, at: int, text: str, depth: int) -> None:
        # Names in it are the sender's.
        self.lines.append(f"{at:06x}  {'  ' * depth}{escaped(text)}")

    # --- messages -----------------------------------------------------------------------------

    def stream(self) -> None:
        while self.pos < len(self._data):
            self._message(0)
            begin = self.pos
            id = self._int()
            if id < 0:
                self._begin_again(-id, begin)
                self._definition(-id, begin, 1)
                if self.pos < self._end:
                    raise DecodeError("a type definition is followed by other data", self.pos)
                continue
            self._begins_again = False
            self.say(begin, f"value of type {self._spelled(id)}", 1)
            self._top(id, 2, "")
            if self.pos < self._end:
                self.say(self.pos, f"{self._end - self.pos} more bytes, which Go ignores", 1)
            self.pos = self._end

    def _begin_again(self, id: int, begin: int) -> None:
        """Take a type that is defined already for the beginning of another stream.

        So it is in a file to which several encoders have appended. Each defines
        every type before it uses it, so what was defined before does no harm.
        """
        if id not in self._types:
            return
        if not self._begins_again:
            self.say(begin, f"another stream begins: type {id} is defined again", 1)
        self._begins_again = True
        del self._types[id]

    def _message(self, depth: int) -> None:
        """Enter the message that begins here."""
        begin, self._end = self.pos, len(self._data)
        size = self._uint()
        if size > len(self._data) - self.pos:
            there = len(self._data) - self.pos
            raise DecodeError(f"the message has {size} bytes, but only {there} are left", begin)
        self._end = self.pos + size
        self.say(begin, f"message of {size} bytes", depth)

    def _definition(self, id: int, begin: int, depth: int) -> None:
        if id < wire.FIRST_ID or id in self._types:
            raise DecodeError(f"a second definition of type {id}", begin)
        known, self.pos = wire.read_definition(self._data, self.pos, self._end)
        self._types[id] = known
        self.say(begin, f"type {id} is {_described(known)}", depth)
        if isinstance(known, wire.StructType):
            for name, field in known.fields:
                self.say(begin, f"{name} {self._spelled(field)}", depth + 1)

    # --- values -------------------------------------------------------------------------------

    def _top(self, id: int, depth: int, label: str) -> None:
        """Write a value at the top of a message, or of an interface value."""
        if not isinstance(self._types.get(id), wire.StructType):
            begin = self.pos
            if self._uint():
                raise DecodeError("a value that is no struct does not begin with 0", begin)
        self._value(id, depth, label)

    def _value(self, id: int, depth: int, label: str) -> None:
        if depth > wire.MAX_TYPE_DEPTH:
            raise DecodeError(f"more than {wire.MAX_TYPE_DEPTH} levels", self.pos)
        begin, known = self.pos, self._types.get(id)
        match known:
            case wire.StructType():
                self.say(begin, f"{label}{known.name or 'struct'}:", depth)
                self._fields(known, depth + 1)
            case wire.SliceType():
                self._elements(known.element, self._uint(), depth, label)
            case wire.ArrayType():
                count = self._uint()
                if count != known.length:
                    raise DecodeError(f"{count} elements where there are {known.length}", begin)
                self._elements(known.element, count, depth, label)
            case wire.MapType():
                self._pairs(known, self._uint(), depth, label)
            case wire.OpaqueType():
                data = self._byte_string()
                self.say(begin, f"{label}{_opaque(known, data)}", depth)
            case _ if id == wire.INTERFACE:
                self._interface(depth, label)
            case _:
                self.say(begin, f"{label}{self._scalar(id)}", depth)

    def _scalar(self, id: int) -> str:
        match id:
            case wire.BOOL:
                return "true" if self._uint() else "false"
            case wire.INT:
                return str(self._int())
            case wire.UINT:
                return str(self._uint())
            case wire.FLOAT:
                return repr(float_of(self._uint()))
            case wire.COMPLEX:
                return repr(complex(float_of(self._uint()), float_of(self._uint())))
            case wire.STRING:
                return _short(self._byte_string().decode("utf-8", "backslashreplace"))
            case wire.BYTES:
                return _short(self._byte_string())
        raise DecodeError(f"type {id} is not defined", self.pos)

    def _fields(self, known: wire.StructType, depth: int) -> None:
        index = -1
        while self.pos < self._end:
            begin = self.pos
            delta = self._uint()
            if delta == 0:
                return
            index += delta
            if index >= len(known.fields):
                count = len(known.fields)
                raise DecodeError(f"field {index} of a struct that has {count}", begin)
            name, id = known.fields[index]
            self._value(id, depth, f"{name} = ")

    def _elements(self, id: int, count: int, depth: int, label: str) -> None:
        self.say(self.pos, f"{label}{count} elements:", depth)
        for index in self._counted(count):
            self._value(id, depth + 1, f"[{index}] ")

    def _pairs(self, known: wire.MapType, count: int, depth: int, label: str) -> None:
        self.say(self.pos, f"{label}{count} pairs:", depth)
        for _ in self._counted(count):
            self._value(known.key, depth + 1, "key ")
            self._value(known.value, depth + 2, "")

    def _counted(self, count: int) -> Iterator[int]:
        for index in range(count):
            if self.pos >= self._end:
                raise DecodeError(f"the message ends after {index} of {count} elements", self.pos)
            yield index

    def _interface(self, depth: int, label: str) -> None:
        begin = self.pos
        name = self._byte_string().decode("utf-8", "backslashreplace")
        if not name:
            self.say(begin, f"{label}nil", depth)
            return
        self.say(begin, f"{label}interface value {name}:", depth)
        while True:
            at = self.pos
            id = self._int()
            if id >= 0:
                break
            self._definition(-id, at, depth + 1)
            if self.pos < self._end:
                self._uint()
            else:
                self._message(depth + 1)
        self._uint()
        self._top(id, depth + 1, "")

    # --- what they are made of ------------------------------------------------------------------

    def _uint(self) -> int:
        value, self.pos = read_uint(self._data, self.pos, self._end)
        return value

    def _int(self) -> int:
        value, self.pos = read_int(self._data, self.pos, self._end)
        return value

    def _byte_string(self) -> bytes:
        begin, size = self.pos, self._uint()
        if size > self._end - self.pos:
            raise DecodeError(f"{size} bytes do not fit the message", begin)
        start, self.pos = self.pos, self.pos + size
        return self._data[start : self.pos]

    def _spelled(self, id: int) -> str:
        known = self._types.get(id)
        if known is None:
            return wire.NAMES.get(id, f"{id}")
        return f"{id} ({known.name})" if known.name else str(id)


def _described(known: wire.WireType) -> str:
    name = f" {known.name}" if known.name else ""
    match known:
        case wire.StructType():
            return f"struct{name}"
        case wire.SliceType():
            return f"slice{name} of {_id(known.element)}"
        case wire.ArrayType():
            return f"array{name} of {known.length} {_id(known.element)}"
        case wire.MapType():
            return f"map{name} of {_id(known.key)} to {_id(known.value)}"
        case wire.OpaqueType():
            return f"self-encoding ({known.encoding}){name}"
    return "nothing that gob knows"


def _id(id: int) -> str:
    return wire.NAMES.get(id, f"type {id}")


def _opaque(known: wire.OpaqueType, data: bytes) -> str:
    """Return the value as far as its type can be guessed, else its bytes."""
    value = guess(known.name, known.encoding, data)
    if isinstance(value, Undecoded):
        value = value.data
    text = str(value) if isinstance(value, datetime) else _short(value)
    return f"{known.name or 'self-encoded'} {text}"


def _short(value: object) -> str:
    # Python refuses to write very large integers in decimal.
    text = hex(value) if isinstance(value, int) and value.bit_length() > 4096 else repr(value)
    return (
        text
        if len(text) <= _MAX_VALUE_CHARACTERS
        else f"{text[:_MAX_VALUE_CHARACTERS]}... ({len(text)} characters)"
    )
