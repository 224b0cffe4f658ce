"""The kinds of schemas, which are those of Go's type system."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar

from .._interrupts import reraise_interrupt
from .._records import ImmutableRecord, ValueRecord
from ..errors import DecodeError, EncodeError, SchemaError
from ..types import json_tag
from .shown import shown

__all__ = [
    "Array",
    "Bool",
    "Bytes",
    "Complex",
    "Converted",
    "Duration",
    "Enum",
    "Field",
    "Float",
    "Int",
    "Interface",
    "Map",
    "Empty",
    "Opaque",
    "Pointer",
    "Schema",
    "Slice",
    "String",
    "Struct",
    "UNTYPED",
    "Uint",
    "Untyped",
    "is_infinite",
    "pointed_to",
]


T = TypeVar("T")


T_co = TypeVar("T_co", covariant=True)


E = TypeVar("E", bound=enum.Enum)


class Schema(Generic[T_co]):
    """The shape of a value on the wire, for Python values of type ``T``.

    Attributes:
        name: Go's name where the type has one of its own, with its package
            (``shapes.Circle``), else empty.
    """

    name: str

    # True if a sender has described the type, whose name on the wire is exactly ``name``.
    described = False

    @property
    def go(self) -> str:
        """Go's spelling of the type, such as ``map[string][]shapes.Circle``."""
        return self.name or self._literal()

    def _literal(self) -> str:
        """Go's spelling of the type where it has no name."""
        raise NotImplementedError

    def comparable(self) -> bool:
        """Return True if values of the type can be keys of a map, in Go and in Python."""
        return True

    def zero(self) -> T_co:
        """Return Go's zero value of the type, which a field left out of a message has.

        Raises:
            DecodeError: The Python type has no such value: an enum without a
                member for 0, a union that does not allow None.
        """
        raise NotImplementedError


class Bool(ImmutableRecord, Schema[bool]):
    """A truth value."""

    name: str = ""

    def _literal(self) -> str:
        return "bool"

    def zero(self) -> bool:
        return False


class Int(ImmutableRecord, Schema[int]):
    """A signed integer.

    Attributes:
        kind: Go's spelling of its size, ``int8`` ... ``int64`` or ``int``.
    """

    kind: str = "int"
    name: str = ""

    @property
    def bits(self) -> int:
        """The size in bits; Go's ``int`` has 64 wherever it matters."""
        return int(self.kind.removeprefix("int") or 64)

    def _literal(self) -> str:
        return self.kind

    def zero(self) -> int:
        return 0


class Uint(ImmutableRecord, Schema[int]):
    """An unsigned integer.

    Attributes:
        kind: Go's spelling of its size, ``uint8`` ... ``uint64``, ``uint`` or ``uintptr``.
    """

    kind: str = "uint"
    name: str = ""

    @property
    def bits(self) -> int:
        """The size in bits; Go's ``uint`` and ``uintptr`` have 64 wherever it matters."""
        return int(self.kind.removeprefix("uint").removeprefix("ptr") or 64)

    def _literal(self) -> str:
        return self.kind

    def zero(self) -> int:
        return 0


class Float(ImmutableRecord, Schema[float]):
    """A floating-point number of 32 or 64 bits."""

    bits: int = 64
    name: str = ""

    def _literal(self) -> str:
        return f"float{self.bits}"

    def zero(self) -> float:
        return 0.0


class Complex(ImmutableRecord, Schema[complex]):
    """A complex number of 64 or 128 bits, half of them for each part."""

    bits: int = 128
    name: str = ""

    def _literal(self) -> str:
        return f"complex{self.bits}"

    def zero(self) -> complex:
        return 0j


class String(ImmutableRecord, Schema[str]):
    """Text, in UTF-8 as a rule.

    Attributes:
        any_bytes: True if the lone surrogates of Python's ``surrogateescape``
            stand for bytes that are not UTF-8, whatever the stream says of other strings.
    """

    name: str = ""
    any_bytes: bool = False

    def _literal(self) -> str:
        return "string"

    def zero(self) -> str:
        return ""


class Bytes(ImmutableRecord, Schema[bytes]):
    """Any number of bytes."""

    name: str = ""

    def _literal(self) -> str:
        return "[]uint8"

    def comparable(self) -> bool:
        return False

    def zero(self) -> bytes:
        return b""


class Slice(ImmutableRecord, Schema[T_co]):
    """Any number of elements.

    Attributes:
        element: Schema of each.
        container: Function that makes the Python value: `list` or `tuple`.
    """

    element: Schema[Any]
    container: Callable[[Iterable[Any]], T_co]
    name: str = ""

    def _literal(self) -> str:
        return f"[]{self.element.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> T_co:
        return self.container(())


class Array(ImmutableRecord, Schema[T_co]):
    """A fixed number of elements.

    Attributes:
        element: Schema of each.
        length: Number of elements.
        container: Function that makes the Python value: `list`, `tuple`, or
            (of ``uint8``) `bytes` or `uuid.UUID`.
    """

    element: Schema[Any]
    length: int
    container: Callable[[Iterable[Any]], T_co]
    name: str = ""

    def _literal(self) -> str:
        return f"[{self.length}]{self.element.go}"

    def comparable(self) -> bool:
        return self.container is not list and self.element.comparable()

    def zero(self) -> T_co:
        return self.container([self.element.zero() for _ in range(self.length)])


class Map(ImmutableRecord, Schema[dict[Any, Any]]):
    """Keys and values, in no order."""

    key: Schema[Any]
    value: Schema[Any]
    name: str = ""

    def _literal(self) -> str:
        return f"map[{self.key.go}]{self.value.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> dict[Any, Any]:
        return {}


class Field(ValueRecord):
    """One field of a `Struct`.

    Attributes:
        attribute: Name in Python.
        argument: Name of the parameter of ``__init__``.
        wire_name: Name in Go.
        schema: Schema of its values.
        has_default: True if ``__init__`` may be called without it.
        json: Tag for Go's ``encoding/json``, if there is one.
        embedded: True if Go embeds it.
        keyword_only: True if ``__init__`` takes it by name alone.
    """

    attribute: str
    argument: str
    wire_name: str
    schema: Schema[Any]
    has_default: bool
    json: json_tag | None = None
    embedded: bool = False
    keyword_only: bool = False


class Struct(ImmutableRecord, Schema[T_co]):
    """A message: an attrs class or a dataclass; each field travels under its wire name.

    Attributes:
        cls: The class.
        name: Go's name; empty for a struct that has none, ``wire("")`` in the IDL.
        arguments: Types in the brackets of a generic class: ``Page[User]``.
    """

    cls: type[T_co]
    name: str
    arguments: tuple[Any, ...] = ()

    def _literal(self) -> str:
        fields = "; ".join(f"{field.wire_name} {field.schema.go}" for field in self.fields)
        return f"struct {{ {fields} }}" if fields else "struct {}"

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in the order of the class.

        Resolved at first use, so that messages may refer to each other.

        Raises:
            SchemaError: One of them cannot travel, or the message contains
                itself without end.
        """
        if is_infinite(self):
            raise SchemaError(
                f"message {self.cls.__name__} contains itself, so it would never end",
                f"hold it as {self.cls.__name__} | None, or in a list or dict",
            )
        return self._own_fields

    @cached_property
    def _own_fields(self) -> tuple[Field, ...]:
        fields = self._resolve_fields()
        by_name: dict[str, Field] = {}
        for each in fields:
            other = by_name.setdefault(each.wire_name, each)
            if other is not each:
                raise SchemaError(
                    f"fields {other.attribute!r} and {each.attribute!r} of {self.cls.__name__} "
                    f"are both {each.wire_name!r} on the wire",
                    'name one of them otherwise with Annotated[..., wire("Name")]',
                )
        return fields

    def _resolve_fields(self) -> tuple[Field, ...]:
        """Return the fields; none here: a subclass knows of annotations."""
        return ()

    def comparable(self) -> bool:
        hashable = self.cls.__hash__ is not None
        return hashable and all(f.schema.comparable() for f in self.fields)

    def check(self, value: object) -> None:
        """Check that a value of another class than ``cls`` can travel as this message.

        It can if it has all the fields, and its class has no others, which would
        be lost: a subclass that adds methods, or a stand-in of a test.

        Args:
            value: The value.

        Raises:
            EncodeError: The value lacks a field, or its class has more.
        """
        names = [field.attribute for field in self.fields]
        lacking = [name for name in names if not hasattr(value, name)]
        if lacking:
            raise EncodeError(
                f"{shown(value)} is not a {self.cls.__name__}: it has no {', '.join(lacking)}"
            )
        cls = type(value)
        lost = [name for name in _field_names(cls) if name not in names]
        if lost:
            raise EncodeError(
                f"a {cls.__name__} where {self.cls.__name__} is declared would lose "
                f"{', '.join(lost)}: declare {self.cls.__name__} | {cls.__name__}, "
                f"or make a {self.cls.__name__} of it"
            )

    def zero(self) -> T_co:
        return _construct(self.cls, **{f.argument: f.schema.zero() for f in self.fields})


def _field_names(cls: type) -> list[str]:
    """Return the names of the fields that a class has, if it is an attrs class or a dataclass."""
    fields = getattr(cls, "__attrs_attrs__", None)
    if fields is None:
        fields = getattr(cls, "__dataclass_fields__", {}).values()
    return [field.name for field in fields if field.init]


class Pointer(ImmutableRecord, Schema[Any]):
    """A value that may be missing: ``None`` is Go's nil.

    Gob sends a pointer to a zero number, string or empty slice like nil, so
    it arrives as None; a pointer to a struct always arrives.
    """

    element: Schema[Any]
    name: str = ""

    def _literal(self) -> str:
        # Go's maps can be nil themselves.
        held = self.element
        while isinstance(held, Converted):
            held = held.inner
        return held.go if isinstance(held, Map) else f"*{held.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> None:
        return None


class Interface(ImmutableRecord, Schema[Any]):
    """A value that brings its type along.

    Attributes:
        members: Messages that it may hold; empty for ``Any``, which holds every
            registered type.
        nullable: True if it may be nil.
    """

    members: tuple[Struct[Any], ...] = ()
    nullable: bool = True
    name: str = ""

    def _literal(self) -> str:
        return "interface {}"

    def comparable(self) -> bool:
        # Their fields are left alone: a member may hold the same union again.
        return all(member.cls.__hash__ is not None for member in self.members)

    def zero(self) -> None:
        if not self.nullable:
            names = " | ".join(member.cls.__name__ for member in self.members)
            raise DecodeError(f"nil where {names} is wanted; '| None' in the IDL would allow it")
        return None


# An enum's own treatment of a value that it does not list: it refuses it.
_NO_MEMBER: Final = getattr(enum.Enum._missing_, "__func__", None)


class Enum(ImmutableRecord, Schema[E]):
    """A named integer or string with a class of its own.

    Attributes:
        cls: The class.
        base: Schema of the integer or string that travels.
        name: Go's name.
    """

    cls: type[E]
    base: Int | Uint | String
    name: str

    @property
    def makes_members(self) -> bool:
        """True if the class makes members of values that it does not list: flags, open enums."""
        return getattr(self.cls._missing_, "__func__", None) is not _NO_MEMBER

    def zero(self) -> E:
        zero = self.base.zero()
        try:
            return self.cls(zero)
        except ValueError:
            raise DecodeError(
                f"{self.cls.__name__} has no member for {zero!r}, Go's zero value"
            ) from None

    def member(self, value: object) -> E:
        """Return the member for a value that is not listed: one of flags, or of an open enum.

        Args:
            value: The integer or string.

        Raises:
            DecodeError: The class has none and makes none.
        """
        try:
            return self.cls(value)
        except ValueError:
            kind = "OpenStrEnum" if isinstance(self.base, String) else "OpenIntEnum"
            raise DecodeError(
                f"{value!r:.80} is not a valid {self.cls.__name__}; "
                f"a class {self.cls.__name__}({kind}) takes unknown ones"
            ) from None


class Duration(ImmutableRecord, Schema[timedelta]):
    """An ``int64`` of nanoseconds."""

    name: str = "time.Duration"

    def zero(self) -> timedelta:
        return timedelta()


class Opaque(ImmutableRecord, Schema[T_co]):
    """A type that turns itself into bytes and back.

    A class of the user's has the methods ``gob_encode`` and ``gob_decode``, or
    ``marshal_binary`` and ``unmarshal_binary``, the second a class method of
    each pair.

    Attributes:
        cls: The Python type.
        name: Go's name, by which codecs know the types of Go's library (``time.Time``).
        make_zero: Function that makes Go's zero value.
        encoding: Which of Go's interfaces does it: ``gob`` (``GobEncoder``),
            ``binary`` (``encoding.BinaryMarshaler``) or ``text`` (``encoding.TextMarshaler``).
        hashable: True if values can be keys of a map.
        exposed: Types of its exported fields in Go, which gob announces
            although they never travel.
    """

    cls: type[T_co]
    name: str
    make_zero: Callable[[], T_co]
    encoding: Literal["gob", "binary", "text"] = "gob"
    hashable: bool = True
    exposed: tuple[Schema[Any], ...] = ()

    def _literal(self) -> str:
        return "a type that encodes itself"

    def comparable(self) -> bool:
        return self.hashable

    def zero(self) -> T_co:
        return _construct(self.make_zero)


class Empty(ImmutableRecord, Schema[None]):
    """No value: sent as an empty struct; whatever arrives is skipped."""

    name: str = ""

    def _literal(self) -> str:
        return "struct {}"

    def zero(self) -> None:
        return None


class Converted(ImmutableRecord, Schema[Any]):
    """A Python type that travels as another one.

    Attributes:
        inner: Schema of what travels.
        lower: Function that turns a value into one of ``inner``; it raises
            `EncodeError` or `TypeError` for one that does not fit.
        make: Function that turns one that has arrived into the Python value; it
            raises `DecodeError` if there is none.
        python: Name of the type in Python: ``set``, ``frozenset``, ``Mapping`` or ``Literal``.
        values: Values of a ``Literal``.
    """

    inner: Schema[Any]
    lower: Callable[[Any], Any]
    make: Callable[[Any], Any]
    name: str = ""
    python: str = ""
    values: tuple[Any, ...] = ()

    def _literal(self) -> str:
        return self.inner.go

    def comparable(self) -> bool:
        return self.inner.comparable()

    def zero(self) -> Any:
        return self.make(self.inner.zero())


class Untyped(ImmutableRecord, Schema[Any]):
    """A value of unknown type, decoded as its sender describes it.

    For decoding alone; `schema_for` finds the schema of a value to encode.
    """

    name: str = ""

    def _literal(self) -> str:
        return "any"

    def zero(self) -> None:
        return None


UNTYPED = Untyped()


def _construct(make: Callable[..., T], **arguments: object) -> T:
    """Return the zero value that a class of the user's makes; raises `DecodeError` otherwise."""
    try:
        return make(**arguments)
    except (DecodeError, SchemaError):
        raise
    except Exception as error:
        reraise_interrupt(error)
        name = getattr(make, "__name__", "the type")
        raise DecodeError(f"{name} has no zero value: {type(error).__name__}: {error}") from error


def is_infinite(schema: Struct[Any]) -> bool:
    """Return True if a value of the message would hold another of it, and so on without end.

    Args:
        schema: The message.
    """
    pending, seen = [schema], {schema}
    while pending:
        for held in _inline_structs(pending.pop()):
            if held is schema:
                return True
            if held not in seen:
                seen.add(held)
                pending.append(held)
    return False


def _inline_structs(schema: Struct[Any]) -> Iterator[Struct[Any]]:
    """Yield the messages that are part of every value of a message."""
    try:
        fields = schema._own_fields
    except SchemaError as error:  # raised again where the fields of that message are asked for
        reraise_interrupt(error)
        return
    for field in fields:
        held = field.schema
        while isinstance(held, Array):
            held = held.element
        if isinstance(held, Struct):
            yield held


def pointed_to(schema: Schema[Any]) -> Schema[Any]:
    """Return what a pointer points to; any other schema as it is."""
    return schema.element if isinstance(schema, Pointer) else schema
