"""`Plan`: a schema as a table, from which codecs are compiled.

All that a codec asks of a schema is answered here, once: fields are resolved, a
slice of ``uint8`` is bytes, and pointers and conversions are properties of the
value that they stand before, not levels of their own. Parts are numbers of other
rows, so a message that holds itself is nothing special, and the table is plain data
for whatever reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import cached_property, wraps
from typing import Any, NamedTuple, TypeVar

from .._records import ImmutableRecord
from .gostdlib import uuid_form
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
)

__all__ = ["Member", "Node", "Op", "Plan", "is_byte", "kept_by_schema", "plan_of"]

T = TypeVar("T")


class Op(IntEnum):
    """The kinds of values that codecs tell apart."""

    BOOL = 0
    INT = 1
    UINT = 2
    FLOAT = 3
    COMPLEX = 4
    STRING = 5
    BYTES = 6
    LIST = 7
    ARRAY = 8
    MAP = 9
    STRUCT = 10
    INTERFACE = 11
    OPAQUE = 12
    EMPTY = 13
    ENUM = 14
    DURATION = 15


class Member(NamedTuple):
    """One field of a struct.

    Attributes:
        field: The field.
        node: Number of its type in the plan.
    """

    field: Field
    node: int


class Node(ImmutableRecord):
    """One type of a plan, as it stands in one kind of place.

    Attributes:
        number: Its number in the plan.
        op: What is done with its values.
        declared: The schema of the place, with pointer and conversion.
        schema: The kind by itself, without them.
        plain: The number of the type without pointer and conversion: its own where there is none.
        inner: The number of the type without its conversion, but with its pointer.
        nullable: True under a pointer: None is Go's nil.
        lower: Function that turns a value, not None, into one of ``inner``; None where nothing
            is to be converted.
        make: Function that turns one of ``inner`` into the value.
        children: The numbers of the element, of key and value, of an enum's base, or of what an
            opaque type announces.
        members: The fields of a struct.
        bits: The size of a number, of both parts of a complex one together.
        length: The number of elements of an array.
        container: Function that makes the Python value of elements or bytes.
        any_bytes: True for text that may stand for bytes that are not UTF-8.
        other: The number of the form that other senders give the same value, -1 where there is
            none: a UUID is an array, or encodes itself.
    """

    number: int
    op: Op
    declared: Schema[Any]
    schema: Any  # that of ``op``
    plain: int
    inner: int
    nullable: bool = False
    lower: Callable[[Any], Any] | None = None
    make: Callable[[Any], Any] | None = None
    children: tuple[int, ...] = ()
    members: tuple[Member, ...] = ()
    bits: int = 64
    length: int = -1
    container: Callable[..., Any] = bytes
    any_bytes: bool = False
    other: int = -1

    @property
    def go(self) -> str:
        """Go's spelling of the type."""
        return self.declared.go

    @property
    def is_byte(self) -> bool:
        """True for an unsigned integer of 8 bits."""
        return self.op is Op.UINT and self.bits == 8 and self.plain == self.number

    @cached_property
    def members_by_name(self) -> Mapping[str, Member]:
        """The fields of a struct by their names on the wire."""
        return {member.field.wire_name: member for member in self.members}

    @cached_property
    def is_positional(self) -> bool:
        """True if the class of a struct takes its fields in their order."""
        return not any(field.keyword_only for field, _ in self.members)

    @property
    def zero(self) -> Callable[[], Any]:
        """The function that returns Go's zero value; raises `DecodeError` if there is none."""
        return self.declared.zero


class Plan(NamedTuple):
    """The types that a schema is made of.

    Attributes:
        nodes: The types, by their numbers.
        root: Number of the schema itself.
    """

    nodes: tuple[Node, ...]
    root: int


def kept_by_schema(make: Callable[[Schema[Any]], T]) -> Callable[[Schema[Any]], T]:
    """Have the results of a function kept by the schemas that they are made of: a decorator.

    They last as long as these. A table of the process would hold what a sender has described
    after its stream is over.
    """
    key = f"_{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def kept(schema: Schema[Any]) -> T:
        known = schema.__dict__
        if key not in known:
            known[key] = make(schema)
        found: T = known[key]
        return found

    return kept


@kept_by_schema
def plan_of(schema: Schema[Any]) -> Plan:
    """Return the plan of a schema, made at first use.

    Args:
        schema: The schema; of one that a sender has described, all parts must be there.

    Returns:
        The plan, the same object for the same schema.

    Raises:
        SchemaError: The type of a field cannot travel.
    """
    return _Builder().build(schema)


def is_byte(schema: Schema[Any]) -> bool:
    """Return True for an unsigned integer of 8 bits, of which a slice is ``[]byte``."""
    return isinstance(schema, Uint) and schema.bits == 8


class _Variant(ImmutableRecord):
    """A type as it stands under a pointer or a conversion, or both."""

    plain: int
    inner: int
    nullable: bool = False
    conversion: Converted | None = None


class _Builder:
    """Gives out numbers first, so that types may hold themselves and each other."""

    def __init__(self) -> None:
        self._numbers: dict[Schema[Any], int] = {}
        self._waiting: list[Schema[Any]] = []
        self._variants: dict[Schema[Any], _Variant] = {}
        self._nodes: dict[int, Node] = {}

    def build(self, schema: Schema[Any]) -> Plan:
        root = self._number_of(schema)
        while self._waiting:
            plain = self._waiting.pop()
            number = self._numbers[plain]
            self._nodes[number] = self._node(number, plain)
        for declared, variant in self._variants.items():
            number = self._numbers[declared]
            self._nodes[number] = self._varied(number, declared, variant)
        return Plan(tuple([self._nodes[number] for number in range(len(self._nodes))]), root)

    def _number_of(self, declared: Schema[Any]) -> int:
        """Return the number of a type; what it is made of follows later."""
        number = self._numbers.get(declared)
        if number is not None:
            return number
        number = self._numbers[declared] = len(self._numbers)
        held = declared
        while isinstance(held, Pointer):
            held = held.element
        if isinstance(held, Converted):
            plain = inner = self._number_of(held.inner)
            if held is not declared:
                inner = self._number_of(Pointer(held.inner))
            self._variants[declared] = _Variant(plain, inner, held is not declared, held)
        elif held is not declared:
            self._variants[declared] = _Variant(self._number_of(held), number, True)
        else:
            self._waiting.append(declared)
        return number

    def _varied(self, number: int, declared: Schema[Any], variant: _Variant) -> Node:
        conversion = variant.conversion
        return self._nodes[variant.plain].replace(
            number=number,
            declared=declared,
            plain=variant.plain,
            inner=variant.inner,
            nullable=variant.nullable,
            lower=conversion.lower if conversion else None,
            make=conversion.make if conversion else None,
        )

    def _node(self, number: int, schema: Schema[Any]) -> Node:
        def node(
            op: Op,
            *parts: Schema[Any],
            members: tuple[Member, ...] = (),
            bits: int = 64,
            length: int = -1,
            container: Callable[..., Any] = bytes,
            any_bytes: bool = False,
            other: int = -1,
        ) -> Node:
            kept = number, op, schema, schema, number, number, False, None, None
            children = tuple([self._number_of(part) for part in parts])
            return Node(*kept, children, members, bits, length, container, any_bytes, other)

        match schema:
            case Bool():
                return node(Op.BOOL)
            case Int():
                return node(Op.INT, bits=schema.bits)
            case Uint():
                return node(Op.UINT, bits=schema.bits)
            case Float():
                return node(Op.FLOAT, bits=schema.bits)
            case Complex():
                return node(Op.COMPLEX, bits=schema.bits)
            case String():
                return node(Op.STRING, any_bytes=schema.any_bytes)
            case Bytes():
                return node(Op.BYTES)
            case Slice() if is_byte(schema.element):
                return node(Op.BYTES, schema.element, container=schema.container)
            case Slice():
                return node(Op.LIST, schema.element, container=schema.container)
            case Array():
                return node(
                    Op.ARRAY,
                    schema.element,
                    length=schema.length,
                    container=schema.container,
                    other=self._other(schema, uuid_form(schema, is_array=False)),
                )
            case Map():
                return node(Op.MAP, schema.key, schema.value)
            case Struct():
                fields = schema.fields
                return node(
                    Op.STRUCT,
                    members=tuple([Member(each, self._number_of(each.schema)) for each in fields]),
                )
            case Interface():
                return node(Op.INTERFACE)
            case Opaque():
                other = self._other(schema, uuid_form(schema, is_array=True))
                return node(Op.OPAQUE, *schema.exposed, other=other)
            case Empty():
                return node(Op.EMPTY)
            case Enum():
                return node(Op.ENUM, schema.base)
            case Duration():
                return node(Op.DURATION)
        raise AssertionError(f"no plan for {schema!r}")

    def _other(self, schema: Schema[Any], other: Schema[Any]) -> int:
        return -1 if other is schema else self._number_of(other)
