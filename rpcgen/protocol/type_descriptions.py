"""`TypeDescriptions`: schemas as the flat table that ``rpcgen.Reflection`` answers with."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import math
from typing import Any, Final

import attrs

from rpcgen.schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Empty,
    Enum,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
)
from rpcgen.types import OpenIntEnum, OpenStrEnum

from .reflection import FieldDescription, Kind, MemberDescription, TypeDescription

__all__ = ["MAX_DOC", "TypeDescriptions", "doc_of"]

MAX_DOC: Final = 4096
"""Maximum length of a docstring in a description, in characters; the rest is left out."""

# Maximum length of a default that is written out, in characters.
_MAX_DEFAULT: Final = 200

# The containers that a default factory may be, and what the default then is.
_EMPTY: Final[dict[object, str]] = {
    list: "[]",
    dict: "{}",
    tuple: "()",
    set: "set()",
    frozenset: "frozenset()",
}

_INT64: Final = range(-(1 << 63), 1 << 63)


class TypeDescriptions:
    """A table of types, each described once; they name each other by their numbers.

    Attributes:
        types: What is said of each type.
        schemas: The schema of each type, in the same order.
    """

    def __init__(self) -> None:
        self.types: list[TypeDescription] = []
        self.schemas: list[Schema[Any]] = []
        self._numbers: dict[object, int] = {}
        self._waiting: list[tuple[Schema[Any], TypeDescription]] = []

    def number_of(self, schema: Schema[Any]) -> int:
        """Return the number of a type; it and all that it is made of are in the table then.

        Raises `SchemaError` if the type of a field cannot travel.
        """
        number = self._number_of(schema)
        while self._waiting:
            self._fill(*self._waiting.pop())
        return number

    def _number_of(self, schema: Schema[Any]) -> int:
        key = _key_of(schema)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.types)
            described = TypeDescription(_kind_of(schema), schema.name)
            self.types.append(described)
            self.schemas.append(schema)
            self._waiting.append((schema, described))
        return number

    def _fill(self, schema: Schema[Any], described: TypeDescription) -> None:
        match schema:
            case Converted():
                self._fill_converted(schema, described)
            case Struct():
                _describe_class(schema.cls, described)
                described.hashable = schema.cls.__hash__ is not None
                described.fields = [self._field(schema.cls, each) for each in schema.fields]
            case Slice() | Array():
                described.python = _container_name(schema.container)
                described.element = self._number_of(schema.element)
                described.length = schema.length if isinstance(schema, Array) else 0
            case Map():
                described.python = "dict"
                described.key = self._number_of(schema.key)
                described.element = self._number_of(schema.value)
            case Pointer():
                described.element = self._number_of(schema.element)
            case Interface():
                described.nullable = schema.nullable
                described.union = [self._number_of(member) for member in schema.members]
            case Enum():
                _describe_class(schema.cls, described)
                described.element = self._number_of(schema.base)
                described.base = _base_of(schema.cls)
                described.members = _members_of(schema.cls, schema.base)
            case Opaque():
                described.python = schema.cls.__name__
                if hasattr(schema.cls, "gob_encode") or hasattr(schema.cls, "marshal_binary"):
                    described.doc = doc_of(schema.cls)  # a class of the user's
                described.hashable = schema.hashable
                described.encoding = schema.encoding
            case Duration():
                described.python = "timedelta"

    def _fill_converted(self, schema: Converted, described: TypeDescription) -> None:
        self._fill(schema.inner, described)
        described.name = schema.inner.name
        described.python = schema.python
        described.members = [_member("", value) for value in schema.values]

    def _field(self, cls: type[Any], each: Field) -> FieldDescription:
        return FieldDescription(
            name=each.wire_name,
            attribute=each.attribute,
            type=self._number_of(each.schema),
            has_default=each.has_default,
            default=_default_of(cls, each.attribute) if each.has_default else "",
            json=each.json.text if each.json is not None else "",
            embedded=each.embedded,
        )


def doc_of(target: object) -> str:
    """Return the docstring that a class or function has of its own, cut where it is too long."""
    # Not by the attribute: a class shares that of its base.
    text = vars(target).get("__doc__") if isinstance(target, type) else target.__doc__
    return inspect.cleandoc(text)[:MAX_DOC] if isinstance(text, str) else ""


def _key_of(schema: Schema[Any]) -> object:
    # Annotations of one type may have schemas of their own.
    if isinstance(schema, Struct) and not schema.arguments:
        return schema.cls
    if isinstance(schema, Bool | Int | Uint | Float | Complex | String | Bytes):
        return type(schema), _kind_of(schema), schema.name
    return schema


def _kind_of(schema: Schema[Any]) -> Kind:
    match schema:
        case Converted():
            return _kind_of(schema.inner)
        case Int() | Uint():
            return Kind(schema.kind)
        case Float():
            return Kind(f"float{schema.bits}")
        case Complex():
            return Kind(f"complex{schema.bits}")
        case Struct():  # or a class of it, which finds its fields in annotations
            return Kind.STRUCT
    return _KINDS[type(schema)]


_KINDS: Final[dict[type[Any], Kind]] = {
    Array: Kind.ARRAY,
    Bool: Kind.BOOL,
    Bytes: Kind.BYTES,
    Duration: Kind.INT64,
    Enum: Kind.ENUM,
    Interface: Kind.INTERFACE,
    Map: Kind.MAP,
    Empty: Kind.NOTHING,
    Opaque: Kind.OPAQUE,
    Pointer: Kind.POINTER,
    Slice: Kind.SLICE,
    String: Kind.STRING,
}


def _describe_class(cls: type[Any], described: TypeDescription) -> None:
    described.python = cls.__name__
    doc = doc_of(cls)
    # A dataclass without a docstring has one that lists its parameters.
    described.doc = "" if doc.startswith(f"{cls.__name__}(") else doc


def _container_name(container: object) -> str:
    name: str = getattr(container, "__name__", "list")
    return "UUID" if name == "uuid_of" else name


def _base_of(cls: type[enum.Enum]) -> str:
    known: tuple[type, ...] = (enum.IntFlag, OpenIntEnum, OpenStrEnum)
    for base in known:
        if issubclass(cls, base):
            return base.__name__
    return "IntEnum" if issubclass(cls, int) else "StrEnum"


def _members_of(cls: type[enum.Enum], base: Schema[Any]) -> list[MemberDescription]:
    members = [(name, member.value) for name, member in cls.__members__.items()]
    if isinstance(base, Uint):
        return [_member(name, _signed(value)) for name, value in members]
    # A number beyond Go's int never travels.
    return [
        _member(name, value) for name, value in members if type(value) is str or value in _INT64
    ]


def _signed(value: int) -> int:
    """Return a number of 64 bits as the signed one of the same bits, for ``Member.number``."""
    return value if value in _INT64 else value - (1 << 64)


def _member(name: str, value: object) -> MemberDescription:
    if isinstance(value, str):
        return MemberDescription(name, text=str(value))
    return MemberDescription(name, number=int(value))  # type: ignore[call-overload]


def _default_of(cls: type[Any], name: str) -> str:
    """Return a literal for the default of a field, empty if there is none for it."""
    value, factory = _default_and_factory(cls, name)
    if factory is not None:
        return _EMPTY.get(getattr(factory, "__origin__", factory), "")
    return _literal(value)


def _default_and_factory(cls: type[Any], name: str) -> tuple[object, object]:
    if attrs.has(cls):
        default = attrs.fields_dict(cls)[name].default
        factory = getattr(default, "factory", None)
        return default, factory
    field = cls.__dataclass_fields__[name]
    given = field.default_factory
    return field.default, None if given is dataclasses.MISSING else given


def _literal(value: object) -> str:
    plain = value.value if isinstance(value, enum.Enum) else value
    if not _is_plain(plain):
        return ""
    text = repr(plain)
    return text if len(text) <= _MAX_DEFAULT else ""


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(map(_is_plain, value))
    if type(value) is frozenset:
        return not value
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, complex, str, bytes)
