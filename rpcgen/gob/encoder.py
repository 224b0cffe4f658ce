"""`Encoder`: from values to a gob stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, overload

from .._interrupts import reraise_interrupt
from ..errors import EncodeError, SchemaError
from ..schema import Interface, Schema
from ..schema.shown import shown
from ..values.kept import Kept
from ..values.registry import UUID_NAME, Registry, Typed
from ..values.registry import registry as global_registry
from .definitions import TypeTable
from .numbers import MIN_ZERO_COPY_BYTES, UINT, int_bytes, uint_bytes
from .options import check_choice
from .single import SingleEncoder
from .value_schemas import name_of_described, schema_in_any, schema_of_value, unregistered

if TYPE_CHECKING:
    from .streams import EncodeFunction, Encoding

__all__ = ["Encoder", "dumps"]

T = TypeVar("T")

# The names of types that go without registration, for the classes `GoTime` and `uuid.UUID`.
_UNREGISTERED: Final = {"time.Time": "time.Time", "uuid.UUID": UUID_NAME}


class Encoder:
    """One gob stream in the making: it remembers which types it has described.

    The counterpart of Go's ``gob.Encoder``.

    Args:
        strings: Treatment of text that is not Unicode: ``strict`` refuses it,
            ``surrogateescape`` turns the lone surrogates by which a `Decoder` of the same option
            stands for the bytes of a Go string that is not UTF-8 back into these bytes.
        registry: Types that interface values may hold.

    Raises:
        ValueError: Another word for ``strings``.
    """

    def __init__(
        self,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        registry: Registry = global_registry,
    ) -> None:
        if strings != "strict":
            check_choice("strings", strings)
        self._strings = strings
        self._registry = registry
        self._types = TypeTable()
        self.described: Sized = self._types.sent
        """The types that the stream has described so far."""
        # For each schema whose definitions are sent: how to encode it, and its id on the wire.
        self._known: dict[Schema[Any], tuple[Encoding, bytes]] = {}
        # The registered names of types as they stand before interface values.
        self._named: dict[Schema[Any], bytes] = {}
        # By what the caller says, for values that need no definitions any more.
        self._plain: dict[object, tuple[EncodeFunction, bytes]] = {}
        # Where the definitions go that come up inside an interface value.
        self._writers: list[list[bytes]] = []
        # True if what is being encoded holds strings or bytes so large that copying them takes
        # longer than all else; the generated code says so.
        self.holds_large = False

    @overload
    def encode(self, value: T, schema: type[T] | Schema[T]) -> bytes: ...
    @overload
    def encode(self, value: object, schema: object = None) -> bytes: ...
    def encode(self, value: object, schema: object = None) -> bytes:
        """Return a value as whole messages, after definitions that the stream lacks.

        Args:
            value: The value.
            schema: A `Schema` or an annotation; None stands for the class of the value.

        Raises:
            EncodeError: The value does not fit; the stream is then as it was before.
            SchemaError: The annotation stands for no type of Go's.
        """
        return self.encode_after(b"", value, schema)

    def encode_all(self, values: Iterable[tuple[object, object]]) -> bytes:
        """Return values as one run of messages: all of them, or an error.

        Args:
            values: Pairs of value and schema, as `encode` takes them.

        Raises:
            EncodeError: One of them does not fit; the stream is then as it was before.
            SchemaError: An annotation stands for no type of Go's.
        """
        return b"".join(self._messages(values))

    def encode_parts(self, values: Iterable[tuple[object, object]]) -> list[bytes]:
        """Return what `encode_all` does in pieces: large strings and bytes are not copied.

        Args:
            values: See `encode_all`.
        """
        return _parts(self._messages(values))

    def is_settled(self, schema: object) -> bool:
        """Return True if further values of a type bring no definitions.

        Args:
            schema: A `Schema` or an annotation.
        """
        try:
            return schema in self._plain
        except TypeError as error:  # not hashable
            reraise_interrupt(error)
            return False

    def _messages(self, values: Iterable[tuple[object, object]]) -> list[bytes]:
        mark = None
        messages: list[bytes] = []
        try:
            for value, schema in values:
                plain = self._plain.get(schema)
                if plain is None:
                    mark = mark or self._types.mark()
                    self._encode(value, schema, messages)
                    continue
                function, id = plain
                out = [id]
                function(value, out, self)
                self._end_message(out, messages)
        except BaseException as error:
            self.holds_large = False
            if mark is not None:
                self._rewind(mark)
            reraise_interrupt(error)
            raise _encode_error(error) from error
        self.holds_large = False
        return messages

    def encode_after(self, ahead: bytes, value: object, schema: object = None) -> bytes:
        """Return messages of this stream, and then a value.

        Args:
            ahead: The messages, which are whole.
            value: See `encode`.
            schema: See `encode`.
        """
        parts = self.encode_parts_after(ahead, value, schema)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def encode_parts_after(self, ahead: bytes, value: object, schema: object = None) -> list[bytes]:
        """Return what `encode_after` does in pieces: large strings and bytes are not copied.

        Args:
            ahead: See `encode_after`.
            value: See `encode`.
            schema: See `encode`.
        """
        try:
            plain = self._plain.get(schema)
        except TypeError as error:  # not hashable, so no annotation that has come before
            reraise_interrupt(error)
            plain = None
        if plain is None:
            return _parts([ahead, *self._messages(((value, schema),))])
        function, id = plain
        out = [id]
        try:
            function(value, out, self)
        except BaseException as error:
            self.holds_large = False
            reraise_interrupt(error)
            raise _encode_error(error) from error
        if self.holds_large:
            messages = [ahead]
            self._end_message(out, messages)
            self.holds_large = False
            return _parts(messages)
        body = b"".join(out)
        size = len(body)
        return [b"".join((ahead, UINT[size] if size < 512 else uint_bytes(size), body))]

    def _encode(self, value: object, annotation: object, messages: list[bytes]) -> None:
        if annotation is None and isinstance(value, Kept) and value.go_type:
            schema = self._kept(value)
        else:
            schema = schema_of_value(value, annotation)
        self._writers = [messages]
        out: list[bytes] = []
        encoding, id = self._announce(schema, out)
        out.append(id)
        encoding.function(value, out, self)
        self._end_message(out, messages)
        if not encoding.flushes and annotation is not None:
            self._plain[annotation] = encoding.function, id

    def _end_message(self, out: list[bytes], messages: list[bytes]) -> None:
        """Move what was written, with its length before it."""
        if self.holds_large:
            messages += (uint_bytes(sum(map(len, out))), *out)
        else:
            body = b"".join(out)
            messages += (uint_bytes(len(body)), body)
        out.clear()

    def _rewind(self, mark: tuple[int, int, int]) -> None:
        if self._types.mark() != mark:
            self._types.rewind(mark)
            self._known.clear()
            self._plain.clear()

    def _announce(self, schema: Schema[Any], out: list[bytes]) -> tuple[Encoding, bytes]:
        """Send the definitions that ``schema`` needs; return its encoding and id.

        A definition ends the message that is being made: what ``out`` holds
        goes out before it, and the value goes on in a message of its own.
        """
        known = self._known.get(schema)
        if known is None:
            encoding = self._encoding(schema)
            for definition in self._types.definitions(schema):
                out.append(definition)
                self._end_message(out, self._writers[-1])
            known = self._known[schema] = encoding, int_bytes(self._types.id_of(schema))
        return known

    def _encoding(self, schema: Schema[Any]) -> Encoding:
        """Return how values of a schema are encoded; raises `SchemaError`."""
        return _compiler()(schema, self._strings)

    def encode_interface(self, value: Any, out: list[bytes], interface: Interface) -> None:
        """Append a value with the name of its type: the generated code calls this.

        Args:
            value: The value.
            out: List of the message's pieces.
            interface: Schema of the interface.

        Raises:
            EncodeError: The interface does not hold such values.
        """
        if value is None:
            if not interface.nullable:
                raise EncodeError(f"None is no member of the union {_members(interface)}")
            out.append(b"\0")
            return
        name = ""
        schema = None if interface.members else self._registry.by_class(value.__class__)
        if schema is None:
            if isinstance(value, Typed) and isinstance(value.annotation, str):
                value, name = value.value, value.annotation
                schema = self._registry.known(name)
            elif isinstance(value, Typed):
                value, schema = value.value, value.schema
            elif isinstance(value, Kept) and value.go_type and not interface.members:
                schema, name = self._kept(value), value.go_type
            else:
                schema = self._schema_in_interface(value, interface)
                if schema.described:
                    name = name_of_described(value)
        # To find a name takes longer than all else.
        named = None if name else self._named.get(schema)
        out.append(named or self._name_in_interface(name, schema, interface))
        encoding, id = self._announce(schema, out)
        out.append(id)
        inner: list[bytes] = []
        self._writers.append(out)
        encoding.function(value, inner, self)
        self._writers.pop()
        self._end_message(inner, out)

    def _schema_in_interface(self, value: Any, interface: Interface) -> Schema[Any]:
        cls = type(value)
        schema = self._registry.by_class(cls)
        if interface.members:
            for member in interface.members:
                if member.cls is cls:
                    return schema or member
            raise EncodeError(f"{shown(value)} is no member of the union {_members(interface)}")
        if schema is not None:
            return schema
        return schema_in_any(value)

    def _kept(self, value: Kept) -> Schema[Any]:
        """Return the schema of a value as the Go type that it came as."""
        # A value without a schema need not be of the registered class, such as a timedelta.
        schema = value.origin.schema if value.origin else self._registry.by_name(value.go_type)
        if schema is None:
            raise unregistered(value.go_type)
        return schema

    def _name_in_interface(self, name: str, schema: Schema[Any], interface: Interface) -> bytes:
        registered = "" if name else self._registry.name_of(schema) or ""
        name = name or registered
        if not name:
            if not interface.members and schema.name not in _UNREGISTERED:
                raise unregistered(schema.go)
            name = _UNREGISTERED.get(schema.name, schema.name)
        data = name.encode("utf-8", "surrogateescape")
        named = uint_bytes(len(data)) + data
        if registered:  # which it stays, unlike what has no name yet
            self._named[schema] = named
        return named


@cache
def _compiler() -> Callable[[Schema[Any], str], Encoding]:
    """Import what compiles, when the first value goes out."""
    from .encode.compiler import encoding_of

    return encoding_of


@overload
def dumps(
    value: T,
    schema: type[T] | Schema[T],
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
) -> bytes: ...
@overload
def dumps(
    value: object,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
) -> bytes: ...
def dumps(
    value: object,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
) -> bytes:
    """Return one value as a gob stream of its own.

    Args:
        value: The value.
        schema: A `Schema` or an annotation; None stands for the class of the value.
        strings: See `Encoder`.

    Raises:
        EncodeError: The value does not fit the schema.
        SchemaError: The annotation stands for no type of Go's.
    """
    return _single.encode(value, schema, strings)


_single: Final = SingleEncoder(Encoder)


def _parts(messages: list[bytes]) -> list[bytes]:
    """Put together what is small."""
    parts: list[bytes] = []
    small: list[bytes] = []
    for each in messages:
        if len(each) < MIN_ZERO_COPY_BYTES:
            small.append(each)
        else:
            parts += (b"".join(small), each)
            small.clear()
    return [*parts, b"".join(small)] if small else parts


def _members(interface: Interface) -> str:
    return " | ".join(member.cls.__name__ for member in interface.members)


def _encode_error(error: BaseException) -> EncodeError | SchemaError:
    if isinstance(error, SchemaError):
        return error
    from .source import place_of

    place = place_of(error)
    if isinstance(error, RecursionError):
        return EncodeError("the value is nested too deeply, or contains itself", place.path[:200])
    if isinstance(error, EncodeError):
        return EncodeError(error.reason, place.path + error.path)
    if isinstance(error, UnicodeEncodeError):
        return EncodeError(
            "lone surrogates are not UTF-8; where they stand for the bytes of a Go string, "
            "pass strings='surrogateescape'",
            place.path,
        )
    reason = _reason(error)
    if place.has_value:
        misfit = f"{shown(place.value)} does not fit {place.wanted}"
        return EncodeError(f"{misfit}: {reason}" if reason else misfit, place.path)
    if isinstance(error, AttributeError):
        return EncodeError("the attribute has no value", place.path)
    return EncodeError(reason or f"the value does not fit: {error}", place.path)


def _reason(error: BaseException) -> str:
    """Return what an error says besides that a value does not fit, if it says it of the value.

    What Python says of our code is no help; what code of the user's says may be.
    """
    from .source import MisfitError, is_ours

    if isinstance(error, MisfitError):
        return str(error)
    return "" if is_ours(error) else f"{type(error).__name__}: {error}"
