"""From annotations to schemas."""

from __future__ import annotations

import enum
import types
import typing
from collections import abc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, overload

from .._records import ImmutableRecord
from ..errors import DecodeError, EncodeError, SchemaError
from ..types import GoType, InterfaceMark, length, underlying_of, wire, wire_name_of
from .classes import Attribute, is_alias, is_generic, is_message, substituted
from .diagnostics import UNDEFINED, format_annotation, literal_hint, union_hint, unsupported
from .fields import fields_of, make_field
from .gostdlib import GO_TYPES, LIBRARY_MODULES, array_of_uuid, go_library
from .kinds import (
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
    pointed_to,
)

__all__ = ["field_of", "schema_of"]

T = TypeVar("T")


_by_annotation: dict[object, Schema[Any]] = {}


@overload
def schema_of(annotation: type[T]) -> Schema[T]: ...


@overload
def schema_of(annotation: object) -> Schema[Any]: ...


def schema_of(annotation: object) -> Schema[Any]:
    """Return the schema for an annotation of the IDL.

    The fields of a message are resolved when they are first needed.

    Args:
        annotation: The annotation, evaluated.

    Returns:
        The schema, the same object for the same annotation.

    Raises:
        SchemaError: The annotation has no counterpart on the wire.
    """
    try:
        known = _by_annotation.get(annotation)
    except TypeError:  # not hashable, such as Annotated[int, ["a note"]]
        return _resolve(annotation)
    # Not by assignment: codecs tell schemas apart by identity, and another thread may be first.
    return known or _by_annotation.setdefault(annotation, _resolve(annotation))


def _resolve(annotation: object) -> Schema[Any]:
    schema = _resolve_any(annotation)
    element = schema.element if isinstance(schema, Slice) else None
    if isinstance(element, Enum) and isinstance(element.base, Uint) and element.base.bits == 8:
        cls = element.cls.__name__
        raise SchemaError(
            f"a list of {cls}, whose underlying type is a byte",
            f"write bytes, which is what Go sends, and take {cls} of each",
        )
    return schema


def _resolve_any(annotation: object) -> Schema[Any]:
    """Return the schema for an annotation, of lists as if they were to become arrays."""
    if isinstance(annotation, NewType):
        return _renamed(schema_of(annotation.__supertype__), _qualified_name(annotation))
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return _class_schema(annotation)
    if is_alias(annotation):
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
    if is_alias(origin):
        return _alias_schema(origin, arguments)
    if isinstance(origin, type) and is_message(origin) and is_generic(origin):
        return _generic_schema(annotation, origin, arguments)
    raise unsupported(annotation)


def _alias_schema(alias: Any, arguments: tuple[Any, ...] = ()) -> Schema[Any]:
    try:
        variables = dict(zip(alias.__type_params__, arguments, strict=False))
        return schema_of(substituted(alias.__value__, variables))
    except RecursionError:
        raise SchemaError(
            f"type {alias.__name__} contains itself", "make it a message, an attrs class"
        ) from None
    except NameError as error:
        raise SchemaError(f"type {alias.__name__}: {error}", UNDEFINED) from None


def _class_schema(cls: type[Any]) -> Schema[Any]:
    if "rpcgen_described" in vars(cls):
        raise SchemaError(
            f"a {cls.__name__} is {cls.rpcgen_described}, so it has no type of its own here",
            "pass what was decoded on as it is, without a schema, or in Any",
        )
    if cls.__module__ in LIBRARY_MODULES and cls in go_library():
        return go_library()[cls]
    named, default = wire_name_of(cls), _qualified_name(cls)
    for methods, encoding in _SELF_ENCODING.items():
        if all(callable(getattr(cls, method, None)) for method in methods):
            return Opaque(cls, named or default, cls, encoding, cls.__hash__ is not None)
    if is_message(cls) and not is_generic(cls):
        return _Message(cls, default if named is None else named)
    if issubclass(cls, enum.Enum) and issubclass(cls, int | str):
        return Enum(cls, _enum_base(cls), named or default)
    raise unsupported(cls)


def _enum_base(cls: type[enum.Enum]) -> Int | Uint | String:
    if not issubclass(cls, int):
        return String()
    name = underlying_of(cls)
    if name == "int":
        return Int()
    base = Uint(name) if name.startswith("u") else Int(name)
    low = 0 if isinstance(base, Uint) else -1 << base.bits - 1
    for member, value in cls.__members__.items():
        if not low <= value.value < low + (1 << base.bits):
            raise SchemaError(
                f"{cls.__name__}.{member} is {value.value}, which {name} does not hold",
                "say a larger type in @underlying",
            )
    return base


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
    arguments_in_go = ",".join([schema_of(argument).go for argument in arguments])
    return _Message(cls, name and f"{name}[{arguments_in_go}]", arguments)


class _Message(Struct[T]):
    """A `Struct` whose fields are what the annotations of its class say."""

    def _resolve_fields(self) -> tuple[Field, ...]:
        return fields_of(self.cls, self.arguments, schema_of)


def field_of(cls: type[Any], attribute: Attribute, annotation: object) -> Field:
    """Return the field for an attribute of a message.

    Args:
        cls: Class of the message.
        attribute: The attribute.
        annotation: Its annotation, evaluated.

    Returns:
        The field with its name on the wire and its schema.

    Raises:
        SchemaError: The field cannot travel.
    """
    return make_field(cls, attribute, annotation, schema_of)


def _bracket_depth(annotation: object) -> int:
    depths = [_bracket_depth(each) for each in typing.get_args(annotation)]
    return 1 + max(depths) if depths else 0


def _annotated_schema(annotation: object, metadata: tuple[object, ...]) -> Schema[Any]:
    named = [mark.name for mark in metadata if isinstance(mark, GoType)]
    if not named:
        has_length = any(isinstance(mark, length) for mark in metadata)
        is_array = has_length and typing.get_origin(annotation) is not None
        schema = _resolve_any(annotation) if is_array else schema_of(annotation)
    elif named[-1] in GO_TYPES or named[-1] in go_library():
        schema = GO_TYPES.get(named[-1]) or go_library()[named[-1]]
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
    message = pointed_to(schema)
    if isinstance(message, Struct):
        return Interface((message,), schema is not message)
    raise SchemaError(
        f"interface on {format_annotation(annotation)}",
        "only a message, or a union of messages, can be what an interface holds",
    )


def _array_schema(annotation: object, schema: Schema[Any], count: int) -> Schema[Any]:
    if isinstance(schema, Array):
        raise SchemaError(
            f"two lengths on {format_annotation(annotation)}",
            "annotate each list: Annotated[list[Annotated[list[int], length(3)]], length(2)]",
        )
    if isinstance(schema, Slice):
        return Array(schema.element, count, schema.container)
    if isinstance(schema, Bytes):
        return Array(Uint("uint8"), count, bytes)
    if isinstance(schema, Opaque) and schema.name == "uuid.UUID" and count == 16:
        return array_of_uuid()
    raise SchemaError(
        f"length({count}) on {format_annotation(annotation)}",
        "only list, tuple and bytes have a length",
    )


def _tuple_schema(annotation: object, arguments: tuple[Any, ...]) -> Schema[Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return Slice(schema_of(arguments[0]), tuple)
    raise SchemaError(
        f"unsupported type {format_annotation(annotation)}",
        "write tuple[T, ...], or an attrs class with a field for each element",
    )


def _map_schema(key: object, value: object) -> Schema[Any]:
    key_schema = schema_of(key)
    if not isinstance(key_schema, Struct) and not key_schema.comparable():
        raise SchemaError(
            f"{format_annotation(key)} cannot be the key of a map",
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
        raise SchemaError(f"unsupported type {format_annotation(annotation)}", literal_hint(values))
    shown = ", ".join(map(repr, members))

    def lower(value: object) -> object:
        if value in members:
            return value
        raise EncodeError(f"{value!r:.80} is none of {shown}")

    def make(value: object) -> object:
        if value in members:
            return value
        raise DecodeError(f"{value!r:.80} is none of {shown}")

    schema = Converted(inner, lower, make, "", "Literal", members)
    return schema if len(members) == len(values) else Pointer(schema)


def _set_schema(make: type[set[Any]] | type[frozenset[Any]], element: object) -> Schema[Any]:
    """Return the schema of a set: Go's programs have a map to bool, true for what is in it."""
    entries = _map_schema(element, bool)
    return Converted(
        entries,
        _entries_of_set,
        lambda known: make([key for key in known if known[key]]),
        python=make.__name__,
    )


def _entries_of_set(value: object) -> dict[Any, bool]:
    if isinstance(value, abc.Set):
        return dict.fromkeys(value, True)
    raise TypeError("not a set")


def _mapping_schema(key: object, value: object) -> Schema[Any]:
    entries = _map_schema(key, value)
    return Converted(entries, _entries_of_mapping, lambda known: known, python="Mapping")


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
            f"a union of other things than messages: {' | '.join(map(format_annotation, members))}",
            union_hint(members),
        )
    if len({struct.cls for struct in structs}) < len(structs):
        raise SchemaError(
            f"a union of one generic message with several types: "
            f"{' | '.join(map(format_annotation, members))}",
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
    return (pointed_to(schema),)


def _is_nullable(schema: Schema[Any]) -> bool:
    return isinstance(schema, Pointer | Empty) or (
        isinstance(schema, Interface) and schema.nullable
    )


def _renamed(schema: Schema[Any], name: str) -> Schema[Any]:
    # A message is known by its class; a type that encodes itself would lose that by a new name.
    if isinstance(schema, Struct | Opaque | Empty):
        return schema
    if isinstance(schema, Converted):
        return schema.replace(inner=_renamed(schema.inner, name))
    assert isinstance(schema, ImmutableRecord)
    return schema.replace(name=name)


def _qualified_name(cls: type[Any] | NewType) -> str:
    """Return Go's name for a type: the last part of its module, as a package, and its own."""
    package = cls.__module__.rpartition(".")[2].strip("_")
    return f"{package}.{cls.__name__}"


_SELF_ENCODING: dict[tuple[str, str], Literal["gob", "binary"]] = {
    ("gob_encode", "gob_decode"): "gob",
    ("marshal_binary", "unmarshal_binary"): "binary",
}


_by_annotation.update(
    {
        bool: Bool(),
        int: Int(),
        float: Float(),
        complex: Complex(),
        str: String(),
        bytes: Bytes(),
        None: Empty(),
        type(None): Empty(),
        Any: Interface(),
        datetime: Opaque(datetime, "time.Time", lambda: datetime.min.replace(tzinfo=UTC)),
        timedelta: Duration(),
    }
)
