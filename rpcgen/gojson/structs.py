"""Messages as objects: which member is which field, embedded ones included; both ways."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError
from rpcgen.schema import (
    Array,
    Bool,
    Bytes,
    Converted,
    Duration,
    Enum,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
)

from .errors import MismatchError, RepeatedError
from .members import Member, Owner, by_fold, fold, members_of
from .stream import quote

__all__ = ["DecodeFunction", "EncodeFunction", "Step", "StructReader", "writing_steps"]

EncodeFunction: TypeAlias = Callable[[Any], str]
DecodeFunction: TypeAlias = Callable[[Any], Any]

# --- encoding -----------------------------------------------------------------------------------

# Stands for the fields of an embedded message that is None.
_ABSENT: Final = object()

Step: TypeAlias = tuple[
    str, str, Callable[[Any], Any], EncodeFunction, Callable[[Any], bool] | None
]
"""The key with its colon, the path for errors, what gets a value, encodes it, and leaves it out."""


def writing_steps(
    schema: Struct[Any], encode_function: Callable[[Schema[Any]], EncodeFunction]
) -> list[Step]:
    """Return how to write the members of a message, in order, with those embedded in it."""
    return [_step(member, encode_function) for member in members_of(schema)[1]]


def _step(member: Member, encode_function: Callable[[Schema[Any]], EncodeFunction]) -> Step:
    outer = _outer_attributes(member.owner)
    attribute = member.field.attribute
    get: Callable[[Any], Any] = operator.attrgetter(attribute)
    omits = _omits(member)
    if outer:
        get = _embedded_getter(outer, attribute)
        omits = _or_absent(omits)
    path = "".join(f".{each}" for each in (*outer, attribute))
    return f"{quote(member.name)}:", path, get, encode_function(member.field.schema), omits


def _outer_attributes(owner: Owner) -> tuple[str, ...]:
    if owner.outer is None or owner.field is None:
        return ()
    return (*_outer_attributes(owner.outer), owner.field.attribute)


def _embedded_getter(outer: tuple[str, ...], attribute: str) -> Callable[[Any], Any]:
    def get(value: Any) -> Any:
        for each in outer:
            value = getattr(value, each)
            if value is None:
                return _ABSENT
        return getattr(value, attribute)

    return get


def _or_absent(omits: Callable[[Any], bool] | None) -> Callable[[Any], bool]:
    return lambda item: item is _ABSENT or (omits is not None and omits(item))


def _omits(member: Member) -> Callable[[Any], bool] | None:
    """Return what says whether Go would leave a field out, None if it never does."""
    if member.omit_zero:
        return _is_zero(member.field.schema)
    return _is_empty(member.field.schema) if member.omit_empty else None


def _is_empty(schema: Schema[Any]) -> Callable[[Any], bool] | None:
    match schema:
        case Pointer() if isinstance(schema.element, Map | Slice | Bytes):
            return operator.not_  # what Go has for it is nil or empty, and no pointer
        case Pointer() | Interface():
            return lambda item: item is None
        case Enum():
            return lambda item: not getattr(item, "value", True)
        case Converted():
            return _is_empty(schema.inner)
        case Bool() | Int() | Uint() | Float() | String() | Bytes() | Slice() | Map() | Duration():
            return operator.not_
        case Array(length=0):
            return lambda item: True
    return None


def _is_zero(schema: Schema[Any]) -> Callable[[Any], bool] | None:
    try:
        zero = schema.zero()
    except DecodeError as error:  # a type whose zero Python has no value for
        reraise_interrupt(error)
        return None
    return lambda item: bool(item == zero)


# --- decoding -----------------------------------------------------------------------------------

# Where the value of a key goes: the number of the message, and the argument of its `__init__`.
_Target: TypeAlias = tuple[int, str, DecodeFunction]


class StructReader:
    """How to make a message, with those embedded in it, of an object."""

    def __init__(
        self, schema: Struct[Any], decode_function: Callable[[Schema[Any]], DecodeFunction]
    ) -> None:
        owners, members = members_of(schema)
        numbers = {owner: number for number, owner in enumerate(owners)}
        targets: dict[str, _Target] = {
            member.name: (
                numbers[member.owner],
                member.field.argument,
                decode_function(member.field.schema),
            )
            for member in members
        }
        self._by_name = targets
        self._by_fold = {name: targets[member.name] for name, member in by_fold(members).items()}
        self._builders = [_Builder(owner, numbers) for owner in owners]

    def decode(self, value: tuple[tuple[str, Any], ...]) -> Any:
        arguments: list[dict[str, Any]] = [{} for _ in self._builders]
        by_name = self._by_name
        key = ""
        try:
            for key, item in value:
                target = by_name.get(key) or self._by_fold.get(fold(key))
                if target is not None:
                    owner, argument, decode_field = target
                    given = arguments[owner]
                    if argument in given:
                        raise RepeatedError
                    given[argument] = decode_field(item)
        except MismatchError as error:
            error.path.append(key)
            raise
        # Embedded messages come after those that they are in, and are made before.
        for number in range(len(arguments) - 1, 0, -1):
            self._builders[number].embed(arguments, number)
        return self._builders[0].build(arguments[0])


class _Builder:
    """Makes one message of what has arrived for it."""

    def __init__(self, owner: Owner, numbers: dict[Owner, int]) -> None:
        self._cls = owner.schema.cls
        self._outer = 0 if owner.outer is None else numbers[owner.outer]
        self._field = owner.field
        self._count = len(owner.schema.fields)
        self._zeros = [
            (field.argument, field.schema.zero)
            for field in owner.schema.fields
            if not field.has_default or _leaves_zeros_out(field)
        ]

    def embed(self, arguments: list[dict[str, Any]], number: int) -> None:
        """Make a message that is embedded in another, and add it to what that one is made of."""
        assert self._field is not None
        given = arguments[number]
        if given:
            arguments[self._outer][self._field.argument] = self.build(given)
        # Else the outer one's own default stands, or zero.

    def build(self, given: dict[str, Any]) -> Any:
        if len(given) < self._count:
            for argument, zero in self._zeros:
                if argument not in given:
                    given[argument] = zero()
        try:
            return self._cls(**given)
        except Exception as error:
            raise DecodeError(f"{self._cls.__name__}: {error}") from error


def _leaves_zeros_out(field: Field) -> bool:
    return field.json is not None and not field.json.options.isdisjoint(("omitempty", "omitzero"))
