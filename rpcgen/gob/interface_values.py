"""Values of interfaces, which bring the names of their types along, and definitions if need be."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .._interrupts import import_apart
from ..errors import DecodeError
from ..schema import UNTYPED, Empty, Interface, Schema, Struct, schema_of
from ..values.kept import PLAIN, keep
from ..values.limits import Limits
from ..values.registry import ANYTHING, Registry
from .decode.received_types import ReceivedTypes
from .framing import MessageBuffer
from .memory import KEPT, size_of
from .numbers import SIGNED, read_int, read_uint

if TYPE_CHECKING:
    from .decode.interpret import Interpreter
    from .decode.stream_functions import StreamFunctions
    from .streams import DecodeFunction

__all__ = ["SHALLOW", "TooLargeError", "ValueStream"]

_NOTHING: Final = Empty()
_TIME: Final = schema_of(datetime)

# Go's own limit.
_LONGEST_NAME: Final = 1024

SHALLOW: Final = 8
"""Below this limit of nesting there is no code that is fast but not exact about it."""

_BITS_PER_DIGIT: Final = 3.33


class TooLargeError(DecodeError):
    """A value that would take too much memory: to look at it again would not help."""


class ValueStream(MessageBuffer):
    """A stream with the types that its sender has described: what decode functions work for.

    It has all that `DecodeStream` and `InterpretedStream` name: values of
    interfaces, and the account of the memory that the value of a message takes.

    Args:
        data: The first bytes of the stream.
        limits: See `Decoder`, as for the others.
        strings: What becomes of strings that are not UTF-8.
        strict_names: What becomes of fields whose names differ in case only.
        registry: What the names of types in interface values stand for.
    """

    def __init__(
        self, data: bytes, limits: Limits, strings: str, strict_names: bool, registry: Registry
    ) -> None:
        super().__init__(data, limits.message)
        self.limits = limits
        self._strings = strings
        self._strict_names = strict_names
        self._registry = registry
        self._received = ReceivedTypes(limits)
        self._types = self._received.types
        self._functions_made: StreamFunctions | None = None
        self._interpreter_made: Interpreter | None = None
        # Needs of interface values of a type: the function, what a value counts, and whether it
        # may have to remember its Go type, which a message of ours has not.
        self._in_interfaces: dict[tuple[int, Schema[Any]], tuple[DecodeFunction, int, bool]] = {}
        # Memory that may still be taken for the value that is being decoded.
        self.room_left = 0
        # True while every step is looked at before it is taken, to tell what is wrong.
        self._checks_steps = False

    # Lazy: the modules that decode are imported when the first value has come.

    @property
    def functions(self) -> StreamFunctions:
        """The functions that decode values of the stream."""
        if self._functions_made is None:
            make = _stream_functions()
            self._functions_made = make(self._types, self._strings, self._strict_names, self.limits)
        return self._functions_made

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter of the stream."""
        if self._interpreter_made is None:
            import_apart("rpcgen.gob.decode.interpret")
            from .decode.interpret import Interpreter

            self._interpreter_made = Interpreter(self, self._types, self._strings)
        return self._interpreter_made

    def _function(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction:
        """Return the function for a type; it looks before every step in a careful attempt.

        Raises `DecodeError` if the type does not go into the schema.
        """
        if self._checks_steps:
            return self.functions.interpreted(id, schema)
        return self.functions.get(id, schema, is_counted)

    def _rollback_types(self, count: int) -> None:
        """Drop all types but the first ``count``, which a failed attempt has brought."""
        if len(self._types) <= count:
            return
        self._received.drop(count)
        self._in_interfaces.clear()
        if self._functions_made is not None:
            self._functions_made.forget()
        if self._interpreter_made is not None:
            self._interpreter_made.forget()

    # --- memory -------------------------------------------------------------------------------

    def charge(self, size: int) -> None:
        """Count memory that a value is about to take.

        Args:
            size: Number of bytes.

        Raises:
            DecodeError: It is too much.
        """
        self.room_left -= size
        if self.room_left < 0:
            raise TooLargeError(
                f"a value of more than {self.limits.decoded} bytes in memory (Limits.decoded)"
            )

    def charge_elements(self, count: int, size: int, pos: int) -> None:
        """Count the memory of elements: the generated code calls this.

        Args:
            count: Number of elements.
            size: Bytes that each of them takes.
            pos: Position of the first one.

        Raises:
            DecodeError: It is too much.
            IndexError: The message has not so many bytes left.
        """
        if count > self.end - pos:
            raise IndexError("more elements than bytes")
        self.charge(count * size)

    def short(self, data: bytes) -> bytes:
        """Return the bytes of a number that is short enough to be decoded.

        Args:
            data: The bytes.

        Raises:
            DecodeError: It has more than `Limits.digits` digits.
        """
        # Numerator and denominator, which must be divided by what they have in common.
        if len(data) > 5 + 2 * self.limits.digits * _BITS_PER_DIGIT / 8:
            raise DecodeError(
                f"a number of {len(data)} bytes, "
                f"which has more than {self.limits.digits} digits (Limits.digits)"
            )
        return data

    # --- values -------------------------------------------------------------------------------

    def skip_value(self, data: bytes, pos: int, id: int, depth: int) -> int:
        """Pass over a value that nobody has asked for: the generated code calls this.

        Args:
            data: The data.
            pos: Position of the value in it.
            id: Id of its type.
            depth: Number of levels that it may nest.

        Returns:
            The position after it.

        Raises:
            DecodeError: The bytes are not such a value.
        """
        return self.interpreter.skip(id, data, pos, depth)

    def decode_interface(
        self, data: bytes, pos: int, interface: Interface, depth: int
    ) -> tuple[Any, int]:
        """Read a value with the name of its type: the generated code calls this.

        Args:
            data: The data.
            pos: Position of the name in it.
            interface: Schema of the interface.
            depth: Number of levels that the value may nest.

        Returns:
            The value, and the position after it.

        Raises:
            DecodeError: The bytes are not such a value, or of a type that the interface does not
                hold.
        """
        self._check_data(data)
        name, pos = self._interface_name(pos, depth)
        if not name:
            interface.zero()  # which fails where nil is not allowed
            return None, pos
        id, pos = self._interface_type(pos)
        schema = self._interface_schema(name, id, interface)
        known = self._in_interfaces.get((id, schema))
        if known is None or self._checks_steps or depth < SHALLOW:
            known = self._for_interfaces(id, schema, depth)
        function, size, may_be_kept = known
        self.room_left -= size
        if self.room_left < 0:  # as `charge` would find, but the call takes time
            self.charge(0)
        value, pos = function(data, pos, self, depth - 1)
        if may_be_kept and name not in PLAIN and not interface.members:
            value = self._kept(value, name, id, schema)
        return value, pos

    def _for_interfaces(
        self, id: int, schema: Schema[Any], depth: int
    ) -> tuple[DecodeFunction, int, bool]:
        if depth < SHALLOW and not self._checks_steps:
            raise IndexError("so near the limit of nesting, there must be care")
        self.charge(0)
        known = self._function(id, schema, True), size_of(schema), not isinstance(schema, Struct)
        if known[0] is self.functions.compiled(id, schema, True):
            self._in_interfaces[id, schema] = known
        return known

    def _kept(self, value: Any, name: str, id: int, schema: Schema[Any]) -> Any:
        """Return the value of an interface as one that can be sent on as the same type."""
        if schema is not UNTYPED:
            kept = keep(value, name)
        elif hasattr(type(value), "rpcgen_described"):  # new, and in nobody's hands yet
            object.__setattr__(value, "go_type", name)
            return value
        else:
            kept = keep(value, name, self.interpreter.origin(id))
        if kept is not value:
            self.charge(KEPT)
        return kept

    def skip_interface(self, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value with the name of its type: the generated code calls this.

        Args:
            data: The data.
            pos: Position of the name in it.
            depth: Number of levels that the value may nest.

        Returns:
            The position after it.

        Raises:
            DecodeError: The bytes are not such a value.
        """
        self._check_data(data)
        name, pos = self._interface_name(pos, depth)
        if name:
            id, pos = self._interface_type(pos)
            _, pos = self.interpreter.decode(id, _NOTHING, data, pos, depth - 1)
        return pos

    def _check_data(self, data: bytes) -> None:
        # Bytes after `across` are not where this looks for further messages.
        if data is not self._data:
            raise IndexError("interface values are not read from chunks")

    def _interface_name(self, pos: int, depth: int) -> tuple[str, int]:
        if depth < 1:
            raise DecodeError("values are nested too deeply (Limits.depth)", pos)
        if pos < self.end and (size := self._data[pos]) < 128:  # without a call
            start = pos + 1
        else:
            size, start = read_uint(self._data, pos, self.end)
        after = start + size
        if after > self.end:
            raise DecodeError(f"a type name of {size} bytes does not fit the message", pos)
        if size > _LONGEST_NAME:
            raise DecodeError(f"a type name of {size} bytes", pos)
        return self._data[start:after].decode("utf-8", "surrogateescape"), after

    def _interface_type(self, pos: int) -> tuple[int, int]:
        """Read definitions up to the value in an interface: return its type id and position."""
        while True:
            if pos < self.end and (id := SIGNED[self._data[pos]]) >= 0 and self._data[pos] < 128:
                pos += 1
                break
            id, pos = read_int(self._data, pos, self.end)
            if id >= 0:
                break
            pos = self._received.define(-id, self._data, pos, self.end)
            # A definition ends a message. The next one follows in the message that this one
            # is part of, else in the stream; either way its length comes first.
            if pos < self.end:
                _, pos = read_uint(self._data, pos, self.end)
            else:
                pos = self._message(pos)
        # The size of the value helps those who cannot tell its structure.
        if pos < self.end and self._data[pos] < 128:
            return id, pos + 1
        _, pos = read_uint(self._data, pos, self.end)
        return id, pos

    def _interface_schema(self, name: str, id: int, interface: Interface) -> Schema[Any]:
        if interface is ANYTHING:
            return UNTYPED
        if not interface.members:
            schema = self._registry.by_name(name)
            if schema is None:
                raise DecodeError(f"{name!r} is not registered; call rpcgen.gob.register")
            if schema is _TIME:
                from .opaque import ANY_TIME

                return ANY_TIME
            return schema
        for member in interface.members:
            known = self._registry.name_of(member) or member.name
            if name.removeprefix("*") == known.removeprefix("*"):
                return member
        names = " | ".join(member.cls.__name__ for member in interface.members)
        raise DecodeError(f"{name!r} is no member of {names}")


@cache
def _stream_functions() -> type[StreamFunctions]:
    """Import what finds functions; an import statement of each stream would take its time."""
    from .decode.stream_functions import StreamFunctions

    return StreamFunctions
