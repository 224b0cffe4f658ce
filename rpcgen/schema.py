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
`Slice`        ``[]T``                           ``list[T]``, ``tuple[T, ...]``,
                                                 ``Sequence[T]``
`Array`        ``[4]T``                          the same (or ``bytes``) with
                                                 ``length(4)``; ``uuid.UUID``
                                                 with ``length(16)``
`Map`          ``map[K]V``                       ``dict[K, V]``
`Struct`       ``struct``                        an attrs class or dataclass
`Pointer`      ``*T``                            ``T | None``
`Interface`    ``interface{}``                   ``Any``, a union of messages
`Enum`         a named ``int`` or ``string``     ``IntEnum``, ``StrEnum``
`Duration`     ``time.Duration``                 ``timedelta``
`Opaque`       a type that encodes itself        ``datetime``, ``BigInt``,
                                                 ``uuid.UUID``, a class with
                                                 ``gob_encode``
`Nothing`      ``struct{}``                      ``None``
`Converted`    that of another kind              ``set[T]``, ``Mapping[K, V]``,
                                                 ``Literal["a", "b"]``
=============  ================================  ==============================
"""

from __future__ import annotations

import builtins
import enum
import inspect
import sys
import types
import typing
from collections import ChainMap, Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Generic,
    Literal,
    NewType,
    TypeVar,
    Union,
    overload,
)

import attrs

from ._names import go_name, is_exported
from ._records import ImmutableRecord, ValueRecord
from .errors import DecodeError, EncodeError, SchemaError
from .types import Duration as PreciseDuration
from .types import (
    Embedded,
    GoType,
    InterfaceMark,
    Time,
    json_tag,
    length,
    wire,
    wire_name_of,
)

__all__ = [
    "Array",
    "Attribute",
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
    "Nothing",
    "Opaque",
    "Pointer",
    "Schema",
    "Slice",
    "String",
    "Struct",
    "Uint",
    "attributes_of",
    "check_bases",
    "field_of",
    "holds_itself",
    "is_generic",
    "is_message",
    "names_in",
    "schema_for",
    "schema_of",
    "substituted",
    "type_arguments",
    "uuid_form",
    "uuid_of",
    "wire_name_in",
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

    # Whether a sender has described the type, whose name on the wire is exactly ``name``.
    described = False

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


class Bool(ImmutableRecord, Schema[bool]):
    name: str = ""

    def _literal(self) -> str:
        return "bool"

    def zero(self) -> bool:
        return False


class Int(ImmutableRecord, Schema[int]):
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


class Uint(ImmutableRecord, Schema[int]):
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

    ``any_bytes``: the lone surrogates of Python's ``surrogateescape`` stand for
    bytes that are not UTF-8, whatever the stream says of other strings.
    """

    name: str = ""
    any_bytes: bool = False

    def _literal(self) -> str:
        return "string"

    def zero(self) -> str:
        return ""


class Bytes(ImmutableRecord, Schema[bytes]):
    name: str = ""

    def _literal(self) -> str:
        return "[]uint8"

    def comparable(self) -> bool:
        return False

    def zero(self) -> bytes:
        return b""


class Slice(ImmutableRecord, Schema[T_co]):
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


class Array(ImmutableRecord, Schema[T_co]):
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


class Map(ImmutableRecord, Schema[dict[Any, Any]]):
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

    ``attribute`` is its name in Python, ``argument`` what ``__init__`` calls
    it, ``wire_name`` what Go calls it. ``has_default``: the call of
    ``__init__`` may leave it out. ``json`` is its tag for Go's
    ``encoding/json``; ``embedded`` says that Go embeds it. ``keyword_only``:
    ``__init__`` takes it by name alone.
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

    ``name`` is empty for a struct that Go gives no name, ``wire("")`` in the IDL.
    ``arguments`` are the types in the brackets of a generic class: ``Page[User]``.
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
        Raises `SchemaError` if one of them cannot travel, or if the message
        contains itself without end.
        """
        if holds_itself(self):
            raise SchemaError(
                f"message {self.cls.__name__} contains itself, so it would never end",
                f"hold it as {self.cls.__name__} | None, or in a list or dict",
            )
        return self._own_fields

    @cached_property
    def _own_fields(self) -> tuple[Field, ...]:
        fields = tuple(
            _field_in_place(self.cls, attribute, annotation)
            for attribute, annotation in _annotated_attributes(self.cls, self.arguments)
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

    def check(self, value: object) -> None:
        """Check that a value of another class than ``cls`` can travel as this message.

        It can if it has all the fields, and its class has no others, which would
        be lost: a subclass that adds methods, or a stand-in of a test.

        Raises:
            EncodeError: If it has not, or has more.
        """
        names = [field.attribute for field in self.fields]
        lacking = [name for name in names if not hasattr(value, name)]
        if lacking:
            raise EncodeError(
                f"{_shown(value)} is not a {self.cls.__name__}: it has no {', '.join(lacking)}"
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
        return _made(self.cls, **{f.argument: f.schema.zero() for f in self.fields})


def _field_names(cls: type) -> list[str]:
    """Return the names of the fields that a class has, if it is an attrs class or a dataclass."""
    fields = getattr(cls, "__attrs_attrs__", None)
    if fields is None:
        fields = getattr(cls, "__dataclass_fields__", {}).values()
    return [field.name for field in fields if field.init]


def _shown(value: object) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:  # a class of the user's
        return f"a value of {type(value).__name__}"


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

    ``members`` are the messages it may hold; empty for ``Any``, which holds
    every registered type. ``nullable``: it may be nil.
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


class Enum(ImmutableRecord, Schema[E]):
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

    def member(self, value: object) -> E:
        """Return the member for a value that is not listed: one of flags, or of an open enum.

        Raises:
            DecodeError: If the class makes none.
        """
        try:
            return self.cls(value)
        except ValueError:
            kind = "OpenIntEnum" if isinstance(self.base, Int) else "OpenStrEnum"
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
    encoding: Literal["gob", "binary", "text"] = "gob"
    hashable: bool = True
    exposed: tuple[Schema[Any], ...] = ()

    def _literal(self) -> str:
        return "a type that encodes itself"

    def comparable(self) -> bool:
        return self.hashable

    def zero(self) -> T_co:
        return _made(self.make_zero)


class Nothing(ImmutableRecord, Schema[None]):
    """No value: sent as an empty struct; whatever arrives is skipped."""

    name: str = ""

    def _literal(self) -> str:
        return "struct {}"

    def zero(self) -> None:
        return None


class Converted(ImmutableRecord, Schema[Any]):
    """A Python type that travels as another one, whose schema is ``inner``.

    ``lower`` turns a value into one of ``inner``, and raises `EncodeError` or
    `TypeError` if it does not fit; ``make`` turns one that has arrived into
    the Python value, and raises `DecodeError` if there is none.
    """

    inner: Schema[Any]
    lower: Callable[[Any], Any]
    make: Callable[[Any], Any]
    name: str = ""

    def _literal(self) -> str:
        return self.inner.go

    def comparable(self) -> bool:
        return self.inner.comparable()

    def zero(self) -> Any:
        return self.make(self.inner.zero())


class Untyped(ImmutableRecord, Schema[Any]):
    """Nothing is known: what arrives is decoded as its sender describes it.

    Of use for decoding alone; `schema_for` finds the schema of a value to encode.
    """

    name: str = ""

    def _literal(self) -> str:
        return "any"

    def zero(self) -> None:
        return None


UNTYPED = Untyped()


def _made(make: Callable[..., T], **arguments: object) -> T:
    """Return the zero value that a class of the user's makes, if it does."""
    try:
        return make(**arguments)
    except (DecodeError, SchemaError):
        raise
    except Exception as error:
        name = getattr(make, "__name__", "the type")
        raise DecodeError(f"{name} has no zero value: {type(error).__name__}: {error}") from error


def holds_itself(schema: Struct[Any]) -> bool:
    """Say whether a value of the message would hold another of it, and so on without end."""
    pending, seen = [schema], {schema}
    while pending:
        for held in _held(pending.pop()):
            if held is schema:
                return True
            if held not in seen:
                seen.add(held)
                pending.append(held)
    return False


def _held(schema: Struct[Any]) -> Iterator[Struct[Any]]:
    """Yield the messages that are part of every value of a message."""
    try:
        fields = schema._own_fields
    except SchemaError:  # raised again where the fields of that message are asked for
        return
    for field in fields:
        held = field.schema
        while isinstance(held, Array):
            held = held.element
        if isinstance(held, Struct):
            yield held


_known: dict[object, Schema[Any]] = {}


@overload
def schema_of(annotation: type[T]) -> Schema[T]: ...
@overload
def schema_of(annotation: object) -> Schema[Any]: ...
def schema_of(annotation: object) -> Schema[Any]:
    """Return the schema for an annotation of the IDL: the same object for the same annotation.

    Raises `SchemaError` if the annotation has no counterpart on the wire. The
    fields of a message are looked at when they are first needed.
    """
    try:
        known = _known.get(annotation)
    except TypeError:  # not hashable, such as Annotated[int, ["a note"]]
        return _resolve(annotation)
    # Not by assignment: codecs know schemas by identity, and another thread may have been first.
    return known or _known.setdefault(annotation, _resolve(annotation))


def schema_for(value: object) -> Schema[Any]:
    """Return the schema that fits a value which comes without one.

    Elements of different types make a list or dict of ``Any``. Raises
    `SchemaError` if the value's type has no counterpart on the wire.
    """
    return schema_of(_annotation_for(value))


def _annotation_for(value: object) -> Any:
    match value:
        case list():
            return list[_common_annotation(value)]  # type: ignore[misc]
        case tuple() if not hasattr(value, "_fields"):  # no NamedTuple
            return tuple[_common_annotation(value), ...]  # type: ignore[misc]
        case dict():
            key, item = _common_annotation(value), _common_annotation(value.values())
            return dict[key, item]  # type: ignore[valid-type]
        case set() | frozenset():
            return set[_common_annotation(value)]  # type: ignore[misc]
        case datetime() | timedelta():  # and the subclasses with nanoseconds
            return datetime if isinstance(value, datetime) else timedelta
    # What has kept a Go type fits as the plain value that it is.
    return getattr(type(value), "rpcgen_plain", type(value))


def _common_annotation(values: Iterable[object]) -> Any:
    annotations = set(map(_annotation_for, values))
    # None alone is a nil: nobody wants a list of empty structs.
    return annotations.pop() if len(annotations) == 1 and annotations != {type(None)} else Any


def _resolve(annotation: object) -> Schema[Any]:
    if isinstance(annotation, NewType):
        return _renamed(schema_of(annotation.__supertype__), _qualified_name(annotation))
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return _class_schema(annotation)
    if _is_alias(annotation):
        return _alias_schema(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _annotated_schema(arguments[0], annotation.__metadata__)  # type: ignore[attr-defined]
    if origin is Union or origin is types.UnionType:
        return _union_schema(arguments)
    if origin is list and arguments:  # the bare typing.List has none
        return Slice(schema_of(arguments[0]), list)
    if origin is tuple and arguments:
        return _tuple_schema(annotation, arguments)
    if origin is dict and arguments:
        return _map_schema(*arguments)
    if origin is Literal:
        return _literal_schema(annotation, arguments)
    if origin in _ABSTRACT and arguments:
        return _ABSTRACT[origin](*arguments)
    if _is_alias(origin):
        return _alias_schema(origin, arguments)
    if isinstance(origin, type) and is_message(origin) and is_generic(origin):
        return _generic_schema(annotation, origin, arguments)
    raise _unsupported(annotation)


def _is_alias(annotation: object) -> bool:
    """Say whether it is the X of ``type X = ...``, which Python has since 3.12."""
    return type(annotation).__name__ == "TypeAliasType"


def _alias_schema(alias: Any, arguments: tuple[Any, ...] = ()) -> Schema[Any]:
    try:
        variables = dict(zip(alias.__type_params__, arguments, strict=False))
        return schema_of(substituted(alias.__value__, variables))
    except RecursionError:
        raise SchemaError(
            f"type {alias.__name__} contains itself", "make it a message, an attrs class"
        ) from None
    except NameError as error:
        raise SchemaError(f"type {alias.__name__}: {error}", _UNDEFINED) from None


def _class_schema(cls: type[Any]) -> Schema[Any]:
    if "rpcgen_described" in vars(cls):
        raise SchemaError(
            f"a {cls.__name__} is {cls.rpcgen_described}, so it has no type of its own here",
            "pass what was decoded on as it is, without a schema, or in Any",
        )
    if cls.__module__ in _LIBRARY_MODULES and cls in _library():
        return _library()[cls]
    named, default = wire_name_of(cls), _qualified_name(cls)
    for methods, encoding in _SELF_ENCODING.items():
        if all(callable(getattr(cls, method, None)) for method in methods):
            return Opaque(cls, named or default, cls, encoding, cls.__hash__ is not None)
    if is_message(cls) and not is_generic(cls):
        return Struct(cls, default if named is None else named)
    if issubclass(cls, enum.Enum) and issubclass(cls, int | str):
        return Enum(cls, Int() if issubclass(cls, int) else String(), named or default)
    raise _unsupported(cls)


def is_message(cls: type[Any]) -> bool:
    """Say whether a class is a message: an attrs class or a dataclass."""
    return attrs.has(cls) or hasattr(cls, "__dataclass_fields__")


def is_generic(cls: type[Any]) -> bool:
    """Say whether a class needs types in brackets after its name."""
    return bool(getattr(cls, "__parameters__", ()))


# Maximum depth of types inside the brackets of a generic message. A message that holds itself with
# ever deeper ones has no end, which Go does not allow; two such fields double the types each time.
_MAX_GENERIC_DEPTH = 8


def _generic_schema(annotation: object, cls: type[Any], arguments: tuple[Any, ...]) -> Schema[Any]:
    if _bracket_depth(annotation) > _MAX_GENERIC_DEPTH:
        raise SchemaError(
            f"{cls.__name__} holds itself with ever other types",
            f"hold {cls.__name__} with its own type variables, or an ordinary message",
        )
    name = wire_name_of(cls)
    name = _qualified_name(cls) if name is None else name
    spelled = ",".join([schema_of(argument).go for argument in arguments])
    return Struct(cls, name and f"{name}[{spelled}]", arguments)


def _bracket_depth(annotation: object) -> int:
    depths = [_bracket_depth(each) for each in typing.get_args(annotation)]
    return 1 + max(depths) if depths else 0


def type_arguments(
    cls: type[Any], arguments: tuple[Any, ...] = ()
) -> dict[type[Any], dict[Any, Any]]:
    """Return what the type variables of a class and of its bases stand for.

    ``arguments`` are those of the class itself: User in ``Page[User]``.
    """
    found = {cls: dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))}
    pending = [cls]
    while pending:
        current = pending.pop()
        for base in vars(current).get("__orig_bases__", current.__bases__):
            origin = typing.get_origin(base) or base
            if not isinstance(origin, type) or origin in found:
                continue
            values = [substituted(each, found[current]) for each in typing.get_args(base)]
            found[origin] = dict(zip(getattr(origin, "__parameters__", ()), values, strict=False))
            pending.append(origin)
    return found


def check_bases(cls: type[Any]) -> None:
    """Raise `SchemaError` if a class extends a generic message and does not say what that holds."""
    for base, variables in type_arguments(cls).items():
        parameters = getattr(base, "__parameters__", ())
        if base is not cls and is_message(base) and len(variables) < len(parameters):
            raise SchemaError(
                f"{cls.__name__} does not say what its base {base.__name__} holds",
                f"say it in brackets, as in class {cls.__name__}({_filled(base)})",
            )


def _filled(cls: type[Any]) -> str:
    """Return an example of a generic class with all its types."""
    return f"{cls.__name__}[{', '.join(['int'] * len(cls.__parameters__))}]"


def substituted(annotation: Any, variables: Mapping[Any, Any]) -> Any:
    """Return an annotation with the type variables in it replaced by what they stand for."""
    if not variables:
        return annotation
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or typing.get_origin(annotation) is None:
        return annotation
    return annotation[tuple([variables.get(each, each) for each in parameters])]


def _annotated_schema(annotation: object, metadata: tuple[object, ...]) -> Schema[Any]:
    named = [mark.name for mark in metadata if isinstance(mark, GoType)]
    if not named:
        schema = schema_of(annotation)
    elif named[-1] in _GO_TYPES or named[-1] in _library():
        schema = _GO_TYPES.get(named[-1]) or _library()[named[-1]]
    else:
        raise SchemaError(f"unknown Go type {named[-1]!r}", "use the types of rpcgen.types")
    for mark in metadata:
        if mark in (length, wire):
            raise SchemaError(
                f"{mark.__name__} without its argument",
                'write length(4), wire("Name")',
            )
        if isinstance(mark, length):
            schema = _array_schema(annotation, schema, mark.count)
        elif isinstance(mark, InterfaceMark):
            schema = _interface_schema(annotation, schema)
    return schema


def _interface_schema(annotation: object, schema: Schema[Any]) -> Schema[Any]:
    if isinstance(schema, Interface):
        return schema
    message = _pointed_to(schema)
    if isinstance(message, Struct):
        return Interface((message,), schema is not message)
    raise SchemaError(
        f"interface on {_spelled(annotation)}",
        "only a message, or a union of messages, can be what an interface holds",
    )


def _array_schema(annotation: object, schema: Schema[Any], count: int) -> Schema[Any]:
    if isinstance(schema, Array):
        raise SchemaError(
            f"two lengths on {_spelled(annotation)}",
            "annotate each list: Annotated[list[Annotated[list[int], length(3)]], length(2)]",
        )
    if isinstance(schema, Slice):
        return Array(schema.element, count, schema.container)
    if isinstance(schema, Bytes):
        return Array(Uint("uint8"), count, bytes)
    if isinstance(schema, Opaque) and schema.name == "uuid.UUID" and count == 16:
        return _array_of_uuid()
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


def _literal_schema(annotation: object, values: tuple[Any, ...]) -> Schema[Any]:
    members = tuple([value for value in values if value is not None])
    kinds = set(map(type, members))
    if kinds == {str}:
        inner: Schema[Any] = String()
    elif kinds == {int}:
        inner = Int()
    else:
        raise SchemaError(
            f"unsupported type {_spelled(annotation)}",
            "a Literal holds strings alone or ints alone: use str or int, or name an enum itself",
        )
    shown = ", ".join(map(repr, members))

    def lower(value: object) -> object:
        if value in members:
            return value
        raise EncodeError(f"{value!r:.80} is none of {shown}")

    def make(value: object) -> object:
        if value in members:
            return value
        raise DecodeError(f"{value!r:.80} is none of {shown}")

    schema = Converted(inner, lower, make)
    return schema if len(members) == len(values) else Pointer(schema)


def _set_schema(make: Callable[[Iterable[Any]], Any], element: object) -> Schema[Any]:
    """Return the schema of a set: Go's programs have a map to bool, true for what is in it."""
    entries = _map_schema(element, bool)
    return Converted(
        entries, _entries_of_set, lambda known: make([key for key in known if known[key]])
    )


def _entries_of_set(value: object) -> dict[Any, bool]:
    if isinstance(value, abc.Set):
        return dict.fromkeys(value, True)
    raise TypeError("not a set")


def _mapping_schema(key: object, value: object) -> Schema[Any]:
    return Converted(_map_schema(key, value), _entries_of_mapping, lambda known: known)


def _entries_of_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, abc.Mapping):
        return dict(value)
    raise TypeError("not a mapping")


_ABSTRACT: dict[Any, Callable[..., Schema[Any]]] = {
    **dict.fromkeys(
        (abc.Sequence, abc.MutableSequence), lambda element: Slice(schema_of(element), list)
    ),
    **dict.fromkeys((abc.Mapping, abc.MutableMapping), _mapping_schema),
    **dict.fromkeys((set, abc.MutableSet), lambda element: _set_schema(set, element)),
    **dict.fromkeys((frozenset, abc.Set), lambda element: _set_schema(frozenset, element)),
}


def _union_schema(members: tuple[Any, ...]) -> Schema[Any]:
    nullable = type(None) in members
    schemas = [schema_of(member) for member in members if member is not type(None)]
    if len(schemas) == 1:
        return _optional(schemas[0])
    # Members may be unions themselves, by the name of an alias.
    inner = dict.fromkeys(part for schema in schemas for part in _union_parts(schema))
    structs = tuple(part for part in inner if isinstance(part, Struct))
    if len(structs) != len(inner):
        raise SchemaError(
            f"a union of other things than messages: {' | '.join(map(_spelled, members))}",
            "make each member an attrs class, or use Any",
        )
    if len({struct.cls for struct in structs}) < len(structs):
        raise SchemaError(
            f"a union of one generic message with several types: "
            f"{' | '.join(map(_spelled, members))}",
            "make a message of each: class UserPage(Page[User])",
        )
    return Interface(structs, nullable or any(map(_is_nullable, schemas)))


def _optional(schema: Schema[Any]) -> Schema[Any]:
    if isinstance(schema, Interface):
        return schema.replace(nullable=True)
    # As in Python, there is but one None, however often it is allowed.
    return schema if _is_nullable(schema) else Pointer(schema)


def _union_parts(schema: Schema[Any]) -> tuple[Schema[Any], ...]:
    if isinstance(schema, Interface) and schema.members:
        return schema.members
    return (_pointed_to(schema),)


def _is_nullable(schema: Schema[Any]) -> bool:
    return isinstance(schema, Pointer | Nothing) or (
        isinstance(schema, Interface) and schema.nullable
    )


class Attribute(ValueRecord):
    """One attribute of the class of a message, whichever library has made the class.

    ``argument`` is what ``__init__`` calls it, ``annotation`` its type where
    the class does not annotate it. ``is_argument``: ``__init__`` takes it.
    """

    name: str
    argument: str
    annotation: object
    has_default: bool
    is_argument: bool
    keyword_only: bool


def attributes_of(cls: type[Any]) -> tuple[Attribute, ...]:
    """Return the attributes of a message that are its fields."""
    if not attrs.has(cls):
        return _attributes_of_dataclass(cls)
    return tuple(
        Attribute(
            each.name,
            each.alias or each.name,
            each.type,
            each.default is not attrs.NOTHING,
            each.init,
            each.kw_only,
        )
        for each in attrs.fields(cls)
    )


def _attributes_of_dataclass(cls: type[Any]) -> tuple[Attribute, ...]:
    import dataclasses  # in use by whoever has such a class

    missing = dataclasses.MISSING
    return tuple(
        Attribute(
            each.name,
            each.name,
            each.type,
            each.default is not missing or each.default_factory is not missing,
            each.init,
            each.kw_only is True,
        )
        for each in dataclasses.fields(cls)
    )


def _annotated_attributes(
    cls: type[Any], arguments: tuple[Any, ...]
) -> Iterator[tuple[Attribute, object]]:
    attributes = attributes_of(cls)
    hints = _hints(cls, arguments, {attribute.name for attribute in attributes})
    for attribute in attributes:
        annotation = hints.get(attribute.name, attribute.annotation)
        if annotation is None:
            raise SchemaError(
                f"field {attribute.name!r} of {cls.__name__} has no annotation",
                f"say what it holds, such as {attribute.name}: int",
            )
        yield attribute, annotation


def _hints(cls: type[Any], arguments: tuple[Any, ...], names: set[str]) -> dict[str, object]:
    """Return the annotations of ``names`` in a class and its bases, evaluated.

    Not by `typing.get_type_hints` of the class itself: that finds an attribute
    of the class before a built-in type of its name, as in ``bytes: bytes``.
    """
    found: dict[str, object] = {}
    check_bases(cls)
    variables = type_arguments(cls, arguments)
    for base in reversed(cls.__mro__):
        try:
            own = inspect.get_annotations(base)
            own = {name: annotation for name, annotation in own.items() if name in names}
            holder = type("_", (), {"__annotations__": own})
            hints = typing.get_type_hints(holder, {}, _scope(base), include_extras=True)
            for name, annotation in hints.items():
                found[name] = substituted(annotation, variables.get(base, {}))
        except NameError as error:
            raise SchemaError(f"{cls.__name__}: {error}", _UNDEFINED) from None
        except (Exception, SystemExit) as error:  # whatever evaluating an annotation raises
            raise SchemaError(f"{cls.__name__}: {error}", "correct its annotations") from error
    return found


def _scope(cls: type[Any]) -> Any:
    """Return where the names in the annotations of a class are looked up, in this order."""
    module = sys.modules.get(cls.__module__)
    return ChainMap(names_in(cls), vars(module) if module else {}, vars(builtins))


def names_in(cls: type[Any]) -> dict[str, Any]:
    """Return the names of a class that annotations in its body refer to.

    Its type variables and the classes defined in it are meant before anything of
    the same name outside. Whatever else it holds, such as an alias, is meant only
    where the module and Python know no such name, as a field may be named like
    its type: ``bytes: bytes``.
    """
    outside = ChainMap(vars(sys.modules.get(cls.__module__, builtins)), vars(builtins))
    inside = {
        name: value
        for name, value in vars(cls).items()
        if name not in outside or _is_defined_in(cls, value)
    }
    return inside | {each.__name__: each for each in getattr(cls, "__type_params__", ())}


def _is_defined_in(cls: type[Any], value: object) -> bool:
    return isinstance(value, type) and value.__qualname__ == f"{cls.__qualname__}.{value.__name__}"


def _field_in_place(cls: type[Any], attribute: Attribute, annotation: object) -> Field:
    try:
        schema_of(annotation)
    except SchemaError as error:
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__}: {error.reason}", error.hint
        ) from None
    return field_of(cls, attribute, annotation)


def field_of(cls: type[Any], attribute: Attribute, annotation: object) -> Field:
    """Return the field for an attribute of a message. Raises `SchemaError` if it cannot travel."""
    if not attribute.is_argument:
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} has init=False, "
            "so a value that arrives cannot be given to it",
            "make it a property, or drop init=False",
        )
    marks = _marks(annotation)
    named = wire_name_in(annotation)
    wire_name = go_name(attribute.name) if named is None else named
    if not is_exported(wire_name):
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} is {wire_name!r} on the wire, "
            "which Go would not export",
            'give it a name with a capital: Annotated[..., wire("Name")]',
        )
    schema = schema_of(annotation)
    embedded = any(isinstance(mark, Embedded) for mark in marks)
    if embedded and not isinstance(_pointed_to(schema), Struct):
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} is embedded, but no message",
            "only a message, or an optional one, can be embedded",
        )
    return Field(
        attribute=attribute.name,
        argument=attribute.argument,
        wire_name=wire_name,
        schema=schema,
        has_default=attribute.has_default,
        json=_json_tag_of(marks),
        embedded=embedded,
        keyword_only=attribute.keyword_only,
    )


def _json_tag_of(marks: Iterable[object]) -> json_tag | None:
    tag = next((mark for mark in marks if isinstance(mark, json_tag)), None)
    unknown = tag.options - {"omitempty", "omitzero"} if tag is not None else ()
    if unknown:
        raise SchemaError(
            f"{tag} has the option {min(unknown)!r}",
            "of Go's options only omitempty and omitzero are supported",
        )
    return tag


def _pointed_to(schema: Schema[Any]) -> Schema[Any]:
    return schema.element if isinstance(schema, Pointer) else schema


def wire_name_in(annotation: object) -> str | None:
    """Return the name that ``wire`` gives to the field or parameter of this annotation, if any."""
    return next((mark.name for mark in _marks(annotation) if isinstance(mark, wire)), None)


def _marks(annotation: Any) -> list[object]:
    """Return what ``Annotated`` says of a field, the outermost first.

    An alias and an optional hand on what is said inside them.
    """
    if _is_alias(annotation):
        return _marks(annotation.__value__)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return [*reversed(annotation.__metadata__), *_marks(arguments[0])]
    if origin is Union or origin is types.UnionType:
        members = [member for member in arguments if member is not type(None)]
        return _marks(members[0]) if len(members) == 1 else []
    return []


def _renamed(schema: Schema[Any], name: str) -> Schema[Any]:
    # A message is known by its class; a type that encodes itself would lose that by a new name.
    if isinstance(schema, Struct | Opaque | Nothing):
        return schema
    if isinstance(schema, Converted):
        return schema.replace(inner=_renamed(schema.inner, name))
    assert isinstance(schema, ImmutableRecord)
    return schema.replace(name=name)


def _qualified_name(cls: type[Any] | NewType) -> str:
    """Return Go's name for a type: the last part of its module, as a package, and its own."""
    package = cls.__module__.rpartition(".")[2].strip("_")
    return f"{package}.{cls.__name__}"


def _unsupported(annotation: object) -> SchemaError:
    return SchemaError(f"unsupported type {_spelled(annotation)}", _hint(annotation))


def _hint(annotation: object) -> str:
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, Hashable) and origin in _HINTS:
        return _HINTS[origin]
    if isinstance(origin, type) and origin.__module__ == "ipaddress":
        return _IPADDRESS_HINTS.get(origin.__name__, _SEE_TABLE)
    if isinstance(origin, type) and (hint := _STDLIB_HINTS.get(origin.__name__)):
        library = origin.__module__.split(".")[0]
        return hint if library in ("datetime", "decimal", "pathlib") else _SEE_TABLE
    if isinstance(origin, TypeVar):
        return "Go's methods have one type for all their callers: write it out"
    if isinstance(origin, str | ForwardRef):
        return "write the type itself, not its name in quotes; only a message can contain itself"
    if _is_alias(origin):
        return "say what it holds in brackets, or write out what the alias stands for"
    if isinstance(origin, type):
        return _class_hint(origin)
    return _SEE_TABLE


def _class_hint(cls: type[Any]) -> str:
    if cls.__module__.split(".")[0] in sys.stdlib_module_names:
        return _SEE_TABLE
    if is_message(cls) and is_generic(cls):
        return f"say what it holds, as in {_filled(cls)}"
    if issubclass(cls, enum.Enum):
        kinds = "an IntFlag" if issubclass(cls, enum.Flag) else "an IntEnum or a StrEnum"
        return f"make {cls.__name__} {kinds}"
    for base in (bool, int, float, complex, str, bytes):
        if issubclass(cls, base):
            return f'write NewType("{cls.__name__}", {base.__name__})'
    if _has_methods(cls) and (getattr(cls, "_is_protocol", False) or inspect.isabstract(cls)):
        return (
            "name the messages that implement it, as in Circle | Square; "
            "one alone is Annotated[Circle, interface]"
        )
    if typing.is_typeddict(cls) or issubclass(cls, tuple | dict | list):
        return f"make {cls.__name__} a message: a class decorated with attrs.define"
    # The class of a library that makes its own, such as pydantic, takes no decorator.
    if type(cls) is not type and not inspect.isabstract(cls):
        return f"make {cls.__name__} a message: a class of its own, decorated with attrs.define"
    return f"decorate {cls.__name__} with attrs.define to make it a message"


def _has_methods(cls: type[Any]) -> bool:
    return any(inspect.isfunction(each) for name, each in vars(cls).items() if name[:1] != "_")


def _spelled(annotation: object) -> str:
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, GoType):
            return mark.name
    return str(annotation).replace("typing.", "")


_SEE_TABLE = "see the table of types in the README"
_UNDEFINED = "define or import it at the top of its module, and not under TYPE_CHECKING only"
_HINTS: dict[object, str] = {
    **dict.fromkeys(
        (list, tuple, abc.Sequence, abc.MutableSequence), "say what it holds, such as list[int]"
    ),
    **dict.fromkeys((set, frozenset, abc.Set), "say what it holds, such as set[int]"),
    **dict.fromkeys((dict, abc.Mapping), "say what it holds, such as dict[str, int]"),
    **dict.fromkeys((bytearray, memoryview), "use bytes"),
    **dict.fromkeys(
        (
            *(abc.Iterable, abc.Iterator, abc.Generator, abc.Collection),
            *(abc.AsyncIterable, abc.AsyncIterator, abc.AsyncGenerator, deque),
        ),
        "use list[T] or Sequence[T]",
    ),
    **dict.fromkeys((defaultdict, OrderedDict), "use dict[K, V] or Mapping[K, V]"),
    Counter: "use dict[T, int] or Mapping[T, int]",
    abc.Callable: "functions cannot travel: take the values that it works on, or its result",
    typing.Final: "write the type alone",
    date: "use datetime",
    object: "use Any",
    typing.Self: "write the name of the class",
    Time: "write datetime, which a Time is",
    PreciseDuration: "write timedelta, which a Duration is",
}

# By their names, since to import their modules takes long.
_STDLIB_HINTS = {
    "Decimal": "use BigRat or BigFloat of rpcgen.types, or str",
    **dict.fromkeys(("Path", "PosixPath", "PurePath", "PurePosixPath"), "use str"),
    "time": "use timedelta, as the time since midnight, or str",
    "tzinfo": "use str, as the name of the zone",
}

# By their names: nobody who lacks the module can have one of its classes.
_IPADDRESS_HINTS = {
    **dict.fromkeys(("IPv4Address", "IPv6Address"), "use NetipAddr of rpcgen.types"),
    **dict.fromkeys(("IPv4Interface", "IPv6Interface"), "use NetipPrefix of rpcgen.types"),
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
    "string": String(any_bytes=True),
    "big.Int": Opaque(int, "big.Int", int, hashable=False),
    "net.HardwareAddr": Bytes("net.HardwareAddr"),
    "net.IP": Bytes("net.IP"),
    "net.IPMask": Bytes("net.IPMask"),
    "netip.Addr": Opaque(object, "netip.Addr", lambda: None, "binary"),
    "netip.Prefix": Opaque(object, "netip.Prefix", lambda: None, "binary"),
}

# The modules of the classes that are types of Go's library, and take long to import.
_LIBRARY_MODULES = ("fractions", "rpcgen.types", "uuid")


@cache
def _library() -> dict[object, Schema[Any]]:
    """Return further types of Go's library by their names and by their Python classes."""
    from fractions import Fraction
    from uuid import UUID

    from .library import AddrPort, BigFloatValue

    userinfo: Struct[Any] = Struct(attrs.make_class("Userinfo", ()), "url.Userinfo")
    big_float = Opaque(BigFloatValue, "big.Float", BigFloatValue, hashable=False)
    big_rat = Opaque(Fraction, "big.Rat", Fraction, hashable=False)
    addr_port = Opaque(AddrPort, "netip.AddrPort", lambda: AddrPort(None, 0), "binary")
    return {
        "big.Float": big_float,
        "big.Rat": big_rat,
        "netip.AddrPort": addr_port,
        "url.URL": Opaque(str, "url.URL", str, "binary", hashable=False, exposed=(userinfo,)),
        AddrPort: addr_port,
        BigFloatValue: big_float,
        Fraction: big_rat,
        # As of github.com/google/uuid, and of gofrs and satori, which have the same methods.
        UUID: Opaque(UUID, "uuid.UUID", lambda: UUID(int=0), "binary"),
    }


def uuid_of(octets: Iterable[int]) -> Any:
    """Return the `uuid.UUID` of 16 bytes, as the container of an `Array`."""
    from uuid import UUID

    return UUID(bytes=bytes(octets))


def uuid_form(schema: Schema[Any], is_array: bool) -> Schema[Any]:
    """Return the schema of a `uuid.UUID` in the form that it has come in, others as they are."""
    if isinstance(schema, Opaque) and schema.name == "uuid.UUID" and is_array:
        return _array_of_uuid()
    if isinstance(schema, Array) and schema.container is uuid_of and not is_array:
        from uuid import UUID

        return schema_of(UUID)
    return schema


@cache
def _array_of_uuid() -> Schema[Any]:
    return Array(Uint("uint8"), 16, uuid_of)


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
    }
)
