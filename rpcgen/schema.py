"""The shape of a value on the wire: what travels, what Go calls it, what Python makes of it.

`schema_of` turns an annotation into a `Schema`; codecs turn a `Schema` into
functions that encode and decode. Nothing here knows a codec.

The kinds are those of Go's type system:

=============  ================================  ==============================
kind           Go                                Python
=============  ================================  ==============================
`Bool`         ``bool``                          ``bool``
`Int`          ``int``, ``int8`` ... ``int64``   ``int``
`Uint`         ``uint``, ``uint8`` ...           ``int``
`Float`        ``float64``, ``float32``          ``float``
`Complex`      ``complex128``, ``complex64``     ``complex``
`String`       ``string``                        ``str``
`Bytes`        ``[]byte``                        ``bytes``
`Slice`        ``[]T``                           ``list[T]``, ``tuple[T, ...]``
`Array`        ``[4]T``                          the same (or ``bytes``) with
                                                 ``length(4)``; ``uuid.UUID``
`Map`          ``map[K]V``                       ``dict[K, V]``
`Struct`       ``struct``                        an attrs class
`Pointer`      ``*T``                            ``T | None``
`Interface`    ``interface{}``                   ``Any``, a union of messages
`Enum`         a named ``int`` or ``string``     ``IntEnum``, ``StrEnum``
`Duration`     ``time.Duration``                 ``timedelta``
`Opaque`       a type that encodes itself        ``datetime``, ``BigInt``, a
                                                 class with ``gob_encode``
`Nothing`      ``struct{}``                      ``None``
=============  ================================  ==============================
"""

from __future__ import annotations

import enum
import sys
import types
import typing
import uuid
from collections import abc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar, Union, overload

import attrs
from attrs import frozen

from .errors import DecodeError, SchemaError
from .names import go_name, is_exported
from .types import AddrPort, BigFloatValue, GoType, length, wire, wire_name_of

__all__ = [
    "Array",
    "Bool",
    "Bytes",
    "Complex",
    "Duration",
    "Enum",
    "Field",
    "Float",
    "Int",
    "Interface",
    "Map",
    "Nothing",
    "Opaque",
    "Pointer",
    "Schema",
    "Slice",
    "String",
    "Struct",
    "Uint",
    "field_of",
    "schema_of",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=enum.Enum)


class Schema(Generic[T_co]):
    """The shape of a value on the wire, for Python values of type ``T``.

    ``name`` is Go's name where the type has one of its own, with its package
    (``shapes.Circle``), else empty.
    """

    name: str

    @property
    def go(self) -> str:
        """Go's spelling of the type, such as ``map[string][]shapes.Circle``."""
        return self.name or self._literal()

    def _literal(self) -> str:
        """Go's spelling of the type where it has no name."""
        raise NotImplementedError

    def comparable(self) -> bool:
        """Say whether values of the type can be keys of a map, in Go and in Python."""
        return True

    def zero(self) -> T_co:
        """Return Go's zero value of the type, which a field left out of a message has.

        Raises `DecodeError` where the Python type has no such value: an enum
        without a member for 0, a union that does not allow None.
        """
        raise NotImplementedError


@frozen(eq=False)
class Bool(Schema[bool]):
    name: str = ""

    def _literal(self) -> str:
        return "bool"

    def zero(self) -> bool:
        return False


@frozen(eq=False)
class Int(Schema[int]):
    """A signed integer; ``kind`` is Go's spelling of its size."""

    kind: str = "int"
    name: str = ""

    @property
    def bits(self) -> int:
        """The size; Go's ``int`` has 64 bits wherever it matters."""
        return int(self.kind.removeprefix("int") or 64)

    def _literal(self) -> str:
        return self.kind

    def zero(self) -> int:
        return 0


@frozen(eq=False)
class Uint(Schema[int]):
    """An unsigned integer; ``kind`` is Go's spelling of its size."""

    kind: str = "uint"
    name: str = ""

    @property
    def bits(self) -> int:
        """The size; Go's ``uint`` and ``uintptr`` have 64 bits wherever it matters."""
        return int(self.kind.removeprefix("uint").removeprefix("ptr") or 64)

    def _literal(self) -> str:
        return self.kind

    def zero(self) -> int:
        return 0


@frozen(eq=False)
class Float(Schema[float]):
    """A floating-point number of 32 or 64 bits."""

    bits: int = 64
    name: str = ""

    def _literal(self) -> str:
        return f"float{self.bits}"

    def zero(self) -> float:
        return 0.0


@frozen(eq=False)
class Complex(Schema[complex]):
    """A complex number of 64 or 128 bits, half of them for each part."""

    bits: int = 128
    name: str = ""

    def _literal(self) -> str:
        return f"complex{self.bits}"

    def zero(self) -> complex:
        return 0j


@frozen(eq=False)
class String(Schema[str]):
    name: str = ""

    def _literal(self) -> str:
        return "string"

    def zero(self) -> str:
        return ""


@frozen(eq=False)
class Bytes(Schema[bytes]):
    name: str = ""

    def _literal(self) -> str:
        return "[]uint8"

    def comparable(self) -> bool:
        return False

    def zero(self) -> bytes:
        return b""


@frozen(eq=False)
class Slice(Schema[T_co]):
    """Any number of ``element``; ``container`` makes the Python value: `list` or `tuple`."""

    element: Schema[Any]
    container: Callable[[Iterable[Any]], T_co]
    name: str = ""

    def _literal(self) -> str:
        return f"[]{self.element.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> T_co:
        return self.container(())


@frozen(eq=False)
class Array(Schema[T_co]):
    """Exactly ``length`` of ``element``.

    ``container`` makes the Python value: `list`, `tuple`, or (of ``uint8``)
    `bytes` or `uuid.UUID`.
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


@frozen(eq=False)
class Map(Schema[dict[Any, Any]]):
    key: Schema[Any]
    value: Schema[Any]
    name: str = ""

    def _literal(self) -> str:
        return f"map[{self.key.go}]{self.value.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> dict[Any, Any]:
        return {}


@frozen
class Field:
    """One field of a `Struct`.

    ``attribute`` is its name in Python, ``argument`` what ``__init__`` calls
    it, ``wire_name`` what Go calls it. ``has_default``: the call of
    ``__init__`` may leave it out.
    """

    attribute: str
    argument: str
    wire_name: str
    schema: Schema[Any]
    has_default: bool


@frozen(eq=False, slots=False)
class Struct(Schema[T_co]):
    """A message: an attrs class, each of whose fields travels under its wire name.

    ``name`` is empty for a struct that Go gives no name, ``wire("")`` in the IDL.
    """

    cls: type[T_co]
    name: str

    def _literal(self) -> str:
        fields = "; ".join(f"{field.wire_name} {field.schema.go}" for field in self.fields)
        return f"struct {{ {fields} }}" if fields else "struct {}"

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in the order of the class.

        Resolved at first use, so that messages may refer to each other.
        Raises `SchemaError` if one of them cannot travel.
        """
        fields = tuple(
            field_of(self.cls, attribute, annotation)
            for attribute, annotation in _annotated_attributes(self.cls)
        )
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

    def comparable(self) -> bool:
        hashable = self.cls.__hash__ is not None
        return hashable and all(f.schema.comparable() for f in self.fields)

    def zero(self) -> T_co:
        return self.cls(**{f.argument: f.schema.zero() for f in self.fields})


@frozen(eq=False)
class Pointer(Schema[Any]):
    """A value that may be missing: ``None`` is Go's nil.

    Gob sends a pointer to a zero number, string or empty slice like nil, so
    it arrives as None; a pointer to a struct always arrives.
    """

    element: Schema[Any]
    name: str = ""

    def _literal(self) -> str:
        # Go's maps can be nil themselves.
        return self.element.go if isinstance(self.element, Map) else f"*{self.element.go}"

    def comparable(self) -> bool:
        return False

    def zero(self) -> None:
        return None


@frozen(eq=False)
class Interface(Schema[Any]):
    """A value that brings its type along.

    ``members`` are the messages it may hold; empty for ``Any``, which holds
    every registered type. ``nullable``: it may be nil.
    """

    members: tuple[Struct[Any], ...] = ()
    nullable: bool = True
    name: str = ""

    def _literal(self) -> str:
        return "interface {}"

    def zero(self) -> None:
        if not self.nullable:
            names = " | ".join(member.cls.__name__ for member in self.members)
            raise DecodeError(f"nil where {names} is wanted; '| None' in the IDL would allow it")
        return None


@frozen(eq=False)
class Enum(Schema[E]):
    """A named integer or string with a class of its own; ``base`` is what travels."""

    cls: type[E]
    base: Int | String
    name: str

    def zero(self) -> E:
        zero = self.base.zero()
        try:
            return self.cls(zero)
        except ValueError:
            raise DecodeError(
                f"{self.cls.__name__} has no member for {zero!r}, Go's zero value"
            ) from None


@frozen(eq=False)
class Duration(Schema[timedelta]):
    """An ``int64`` of nanoseconds."""

    name: str = "time.Duration"

    def zero(self) -> timedelta:
        return timedelta()


@frozen(eq=False)
class Opaque(Schema[T_co]):
    """A type that turns itself into bytes and back.

    ``cls`` is the Python type. ``encoding`` says by which of Go's interfaces:
    ``gob`` (``GobEncoder``) or ``binary`` (``encoding.BinaryMarshaler``); a
    class of the user's has the methods ``gob_encode`` and ``gob_decode``, or
    ``marshal_binary`` and ``unmarshal_binary``, the second a class method of
    each pair. The types of Go's library (``time.Time``) are known to the
    codecs by ``name``. ``exposed`` are the types of its exported fields in Go,
    which gob announces although they never travel.
    """

    cls: type[T_co]
    name: str
    make_zero: Callable[[], T_co]
    encoding: Literal["gob", "binary"] = "gob"
    hashable: bool = True
    exposed: tuple[Schema[Any], ...] = ()

    def comparable(self) -> bool:
        return self.hashable

    def zero(self) -> T_co:
        return self.make_zero()


@frozen(eq=False)
class Nothing(Schema[None]):
    """No value: sent as an empty struct; whatever arrives is skipped."""

    name: str = ""

    def _literal(self) -> str:
        return "struct {}"

    def zero(self) -> None:
        return None


@frozen(eq=False)
class Untyped(Schema[Any]):
    """Nothing is known: what arrives is decoded as its sender describes it.

    Of use for decoding alone; `schema_for` finds the schema of a value to encode.
    """

    name: str = ""

    def _literal(self) -> str:
        return "any"

    def zero(self) -> None:
        return None


UNTYPED = Untyped()

_known: dict[object, Schema[Any]] = {}


@overload
def schema_of(annotation: type[T]) -> Schema[T]: ...
@overload
def schema_of(annotation: object) -> Schema[Any]: ...
def schema_of(annotation: object) -> Schema[Any]:
    """Return the schema for an annotation of the IDL: the same object for equal annotations.

    Raises `SchemaError` if the annotation has no counterpart on the wire. The
    fields of a message are looked at when they are first needed.
    """
    try:
        known = _known.get(annotation)
    except TypeError:  # unhashable
        raise _unsupported(annotation) from None
    if known is None:
        known = _known[annotation] = _resolve(annotation)
    return known


def schema_for(value: object) -> Schema[Any]:
    """Return the schema that fits a value which comes without one.

    Elements of different types make a list or dict of ``Any``. Raises
    `SchemaError` if the value's type has no counterpart on the wire.
    """
    if isinstance(value, list):
        return Slice(_common_schema(value), list)
    if isinstance(value, tuple):
        return Slice(_common_schema(value), tuple)
    if isinstance(value, dict):
        return Map(_common_schema(value), _common_schema(value.values()))
    return schema_of(type(value))


def _common_schema(values: Iterable[object]) -> Schema[Any]:
    schemas = {schema.go: schema for schema in map(schema_for, values)}
    return schemas.popitem()[1] if len(schemas) == 1 else schema_of(Any)


def _resolve(annotation: object) -> Schema[Any]:
    if isinstance(annotation, NewType):
        return _renamed(schema_of(annotation.__supertype__), _qualified_name(annotation))
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return _class_schema(annotation)
    if type(annotation).__name__ == "TypeAliasType":  # `type X = ...`, since Python 3.12
        return schema_of(annotation.__value__)  # type: ignore[attr-defined]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _annotated_schema(arguments[0], annotation.__metadata__)  # type: ignore[attr-defined]
    if origin is Union or origin is types.UnionType:
        return _union_schema(arguments)
    if origin is list:
        return Slice(schema_of(arguments[0]), list)
    if origin is tuple:
        return _tuple_schema(annotation, arguments)
    if origin is dict:
        return _map_schema(*arguments)
    raise _unsupported(annotation)


def _class_schema(cls: type[Any]) -> Schema[Any]:
    for methods, encoding in _SELF_ENCODING.items():
        if all(callable(getattr(cls, method, None)) for method in methods):
            name = wire_name_of(cls) or _qualified_name(cls)
            return Opaque(cls, name, cls, encoding, cls.__hash__ is not None)
    if attrs.has(cls):
        name = wire_name_of(cls)
        return Struct(cls, _qualified_name(cls) if name is None else name)
    if issubclass(cls, enum.Enum) and issubclass(cls, int | str):
        base = Int() if issubclass(cls, int) else String()
        return Enum(cls, base, wire_name_of(cls) or _qualified_name(cls))
    raise _unsupported(cls)


def _annotated_schema(annotation: object, metadata: tuple[object, ...]) -> Schema[Any]:
    named = [mark.name for mark in metadata if isinstance(mark, GoType)]
    schema = _GO_TYPES[named[-1]] if named else schema_of(annotation)
    for mark in metadata:
        if isinstance(mark, length):
            schema = _array_schema(annotation, schema, mark.count)
    return schema


def _array_schema(annotation: object, schema: Schema[Any], count: int) -> Schema[Any]:
    if isinstance(schema, Slice):
        return Array(schema.element, count, schema.container)
    if isinstance(schema, Bytes):
        return Array(Uint("uint8"), count, bytes)
    raise SchemaError(
        f"length({count}) on {_spelled(annotation)}", "only list, tuple and bytes have a length"
    )


def _tuple_schema(annotation: object, arguments: tuple[Any, ...]) -> Schema[Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return Slice(schema_of(arguments[0]), tuple)
    raise SchemaError(
        f"unsupported type {_spelled(annotation)}",
        "write tuple[T, ...], or an attrs class with a field for each element",
    )


def _map_schema(key: object, value: object) -> Schema[Any]:
    key_schema = schema_of(key)
    if not isinstance(key_schema, Struct) and not key_schema.comparable():
        raise SchemaError(
            f"{_spelled(key)} cannot be the key of a map",
            "use a type that Python can hash and Go can compare: "
            "numbers, str, enums, frozen messages of such",
        )
    return Map(key_schema, schema_of(value))


def _union_schema(members: tuple[Any, ...]) -> Schema[Any]:
    nullable = type(None) in members
    schemas = [schema_of(member) for member in members if member is not type(None)]
    if len(schemas) == 1:
        only = schemas[0]
        return only if isinstance(only, Interface) else Pointer(only)
    structs = tuple(schema for schema in schemas if isinstance(schema, Struct))
    if len(structs) != len(schemas):
        raise SchemaError(
            f"a union of other things than messages: {' | '.join(map(_spelled, members))}",
            "make each member an attrs class, or use Any",
        )
    return Interface(structs, nullable)


def _annotated_attributes(cls: type[Any]) -> Iterator[tuple[attrs.Attribute[Any], object]]:
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise SchemaError(
            f"{cls.__name__}: {error}", "import it at run time, not under TYPE_CHECKING only"
        ) from None
    for attribute in attrs.fields(cls):
        if attribute.name not in hints:
            raise SchemaError(f"field {attribute.name!r} of {cls.__name__} has no annotation")
        yield attribute, hints[attribute.name]


def field_of(cls: type[Any], attribute: attrs.Attribute[Any], annotation: object) -> Field:
    """Return the field for an attribute of a message. Raises `SchemaError` if it cannot travel."""
    if not attribute.init:
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} has init=False, "
            "so a value that arrives cannot be given to it",
            "make it a property, or drop init=False",
        )
    wire_name = _annotated_name(annotation) or go_name(attribute.name)
    if not is_exported(wire_name):
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} is {wire_name!r} on the wire, "
            "which Go would not export",
            'give it a name with a capital: Annotated[..., wire("Name")]',
        )
    return Field(
        attribute=attribute.name,
        argument=attribute.alias or attribute.name,
        wire_name=wire_name,
        schema=schema_of(annotation),
        has_default=attribute.default is not attrs.NOTHING,
    )


def _annotated_name(annotation: object) -> str | None:
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, wire):
            return mark.name
    return None


def _renamed(schema: Schema[Any], name: str) -> Schema[Any]:
    # A message is known by its class.
    if isinstance(schema, Struct | Nothing):
        return schema
    return attrs.evolve(schema, name=name)  # type: ignore[misc]  # every other kind is an attrs class


def _qualified_name(cls: type[Any] | NewType) -> str:
    """Return Go's name for a type: the last part of its module, as a package, and its own."""
    package = cls.__module__.rpartition(".")[2].strip("_")
    return f"{package}.{cls.__name__}"


def _unsupported(annotation: object) -> SchemaError:
    return SchemaError(f"unsupported type {_spelled(annotation)}", _hint(annotation))


def _hint(annotation: object) -> str:
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, type) and origin in _HINTS:
        return _HINTS[origin]
    if isinstance(origin, TypeVar):
        return "Go's methods have one type for all their callers: write it out"
    if isinstance(origin, type) and origin.__module__.split(".")[0] not in sys.stdlib_module_names:
        return f"decorate {origin.__name__} with attrs.define to make it a message"
    return "see the table of types in the README"


def _spelled(annotation: object) -> str:
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    return str(annotation).replace("typing.", "")


_HINTS: dict[object, str] = {
    **dict.fromkeys((set, frozenset), "Go has no sets: use list[T], or dict[T, bool]"),
    **dict.fromkeys((list, tuple), "say what it holds, such as list[int]"),
    dict: "say what it holds, such as dict[str, int]",
    **dict.fromkeys((bytearray, memoryview), "use bytes"),
    **dict.fromkeys((abc.Sequence, abc.Iterable, abc.Collection), "use list[T] or tuple[T, ...]"),
    **dict.fromkeys((abc.Mapping, abc.MutableMapping), "use dict[K, V]"),
    object: "use Any",
}

_SELF_ENCODING: dict[tuple[str, str], Literal["gob", "binary"]] = {
    ("gob_encode", "gob_decode"): "gob",
    ("marshal_binary", "unmarshal_binary"): "binary",
}

_GO_TYPES: dict[str, Schema[Any]] = {
    **{kind: Int(kind) for kind in ("int8", "int16", "int32", "int64")},
    **{kind: Uint(kind) for kind in ("uint", "uint8", "uint16", "uint32", "uint64", "uintptr")},
    "float32": Float(32),
    "complex64": Complex(64),
    "big.Float": Opaque(BigFloatValue, "big.Float", BigFloatValue, hashable=False),
    "big.Int": Opaque(int, "big.Int", int, hashable=False),
    "big.Rat": Opaque(Fraction, "big.Rat", Fraction, hashable=False),
    "net.HardwareAddr": Bytes("net.HardwareAddr"),
    "net.IP": Bytes("net.IP"),
    "net.IPMask": Bytes("net.IPMask"),
    "netip.Addr": Opaque(object, "netip.Addr", lambda: None, "binary"),
    "netip.AddrPort": Opaque(AddrPort, "netip.AddrPort", lambda: AddrPort(None, 0), "binary"),
    "netip.Prefix": Opaque(object, "netip.Prefix", lambda: None, "binary"),
    "url.URL": Opaque(
        str,
        "url.URL",
        str,
        "binary",
        hashable=False,
        exposed=(Struct(attrs.make_class("Userinfo", ()), "url.Userinfo"),),
    ),
}

_known.update(
    {
        bool: Bool(),
        int: Int(),
        float: Float(),
        complex: Complex(),
        str: String(),
        bytes: Bytes(),
        None: Nothing(),
        type(None): Nothing(),
        Any: Interface(),
        datetime: Opaque(datetime, "time.Time", lambda: datetime.min.replace(tzinfo=UTC)),
        timedelta: Duration(),
        Fraction: _GO_TYPES["big.Rat"],
        uuid.UUID: Array(Uint("uint8"), 16, lambda octets: uuid.UUID(bytes=bytes(octets))),
    }
)
