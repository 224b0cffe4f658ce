"""Messages as objects: which member is which field, embedded ones included; both ways."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError
from rpcgen.schema import Field
from rpcgen.schema.plan import Node, Op

from .errors import MismatchError, RepeatedError
from .members import Member, Owner, by_fold, fold, members_of
from .quoted import decoder_of_quoted, encoder_of_quoted
from .text import quote

__all__ = [
    "DecodeFunction",
    "EncodeFunction",
    "Step",
    "StructReader",
    "is_filled",
    "is_none",
    "omits_of",
    "writing_steps",
]

EncodeFunction: TypeAlias = Callable[[Any], str]
DecodeFunction: TypeAlias = Callable[[Any], Any]

# --- encoding -----------------------------------------------------------------------------------

# Mark in the place of the fields of an embedded message that is None.
_ABSENT: Final = object()

Step: TypeAlias = tuple[
    str, str, Callable[[Any], Any], EncodeFunction, Callable[[Any], bool] | None
]
"""The key with its colon, the path for errors, what gets a value, encodes it, and leaves it out."""


def writing_steps(
    nodes: Sequence[Node], struct: Node, function_of: Callable[[Node], EncodeFunction]
) -> list[Step]:
    """Say how to write a message, with those embedded in it.

    Args:
        nodes: The types of the plan.
        struct: The type of the message, one of them.
        function_of: What returns the function that encodes values of a type.

    Returns:
        A step for each member, in their order.
    """
    return [_step(member, function_of(member.node)) for member in members_of(nodes, struct)[1]]


def _step(member: Member, encode_field: EncodeFunction) -> Step:
    outer = _outer_attributes(member.owner)
    attribute = member.field.attribute
    get: Callable[[Any], Any] = operator.attrgetter(attribute)
    omits = omits_of(member)
    if outer:
        get = _embedded_getter(outer, attribute)
        omits = _or_absent(omits)
    if member.is_quoted:
        encode_field = encoder_of_quoted(encode_field)
    path = "".join(f".{each}" for each in (*outer, attribute))
    return f"{quote(member.name)}:", path, get, encode_field, omits


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


def omits_of(member: Member) -> Callable[[Any], bool] | None:
    """Return what says that Go would leave a field out, None if it never does.

    Args:
        member: The field.
    """
    if member.omit_zero:
        return _is_zero(member.node)
    return _is_empty(member.node) if member.omit_empty else None


def is_none(item: object) -> bool:
    """Return True for None."""
    return item is None


# Kinds of values that may be nil in Go without a pointer.
_NILABLE: Final = frozenset((Op.MAP, Op.LIST, Op.BYTES))
_EMPTY_IF_FALSE: Final = _NILABLE | {Op.BOOL, Op.INT, Op.UINT, Op.FLOAT, Op.STRING, Op.DURATION}


def _is_empty(node: Node) -> Callable[[Any], bool] | None:
    if node.nullable and node.lower is None and node.op in _NILABLE:
        return operator.not_
    if node.nullable or node.op is Op.INTERFACE:
        return is_none
    if node.op is Op.ENUM:
        return lambda item: not getattr(item, "value", True)
    if node.op is Op.ARRAY and not node.length:
        return lambda item: True
    return operator.not_ if node.op in _EMPTY_IF_FALSE else None


def _is_zero(node: Node) -> Callable[[Any], bool] | None:
    try:
        zero = node.zero()
    except DecodeError as error:  # a type whose zero Python has no value for
        reraise_interrupt(error)
        return None
    return lambda item: bool(item == zero)


# --- decoding -----------------------------------------------------------------------------------

# Where the value of a key goes: the number of the message, and the argument of its `__init__`.
_Target: TypeAlias = tuple[int, str, DecodeFunction]


class StructReader:
    """Constructor of a message, with those embedded in it, from an object.

    Args:
        nodes: The types of the plan.
        struct: The type of the message, one of them.
        function_of: What returns the function that decodes values of a type.
    """

    def __init__(
        self, nodes: Sequence[Node], struct: Node, function_of: Callable[[Node], DecodeFunction]
    ) -> None:
        owners, members = members_of(nodes, struct)
        numbers = {owner: number for number, owner in enumerate(owners)}
        targets: dict[str, _Target] = {
            member.name: (
                numbers[member.owner],
                member.field.argument,
                _decoder_of(member, function_of(member.node)),
            )
            for member in members
        }
        self._by_name = targets
        self._by_fold = {name: targets[member.name] for name, member in by_fold(members).items()}
        self._builders = [_Builder(nodes, owner, numbers) for owner in owners]

    def decode(self, value: tuple[tuple[str, Any], ...]) -> Any:
        """Return the message.

        Args:
            value: The members of the object.

        Returns:
            The message that they make.

        Raises:
            MismatchError: If a member does not fit.
            RepeatedError: If a member comes twice.
            DecodeError: If a class of the user's refuses what has come.
        """
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


def _decoder_of(member: Member, decode_field: DecodeFunction) -> DecodeFunction:
    return decoder_of_quoted(member, decode_field) if member.is_quoted else decode_field


class _Builder:
    """Makes one message of what has arrived for it."""

    def __init__(self, nodes: Sequence[Node], owner: Owner, numbers: dict[Owner, int]) -> None:
        self._cls = owner.node.schema.cls
        self._outer = 0 if owner.outer is None else numbers[owner.outer]
        self._field = owner.field
        self._count = len(owner.node.members)
        self._zeros = [
            (field.argument, nodes[number].zero)
            for field, number in owner.node.members
            if is_filled(field)
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


def is_filled(field: Field) -> bool:
    """Return True for a field that becomes zero where nothing has come for it.

    That is one without a default, or one that is not sent where it is zero.

    Args:
        field: The field.
    """
    options = frozenset() if field.json is None else field.json.options
    return not field.has_default or not options.isdisjoint(("omitempty", "omitzero"))
