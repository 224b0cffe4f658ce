"""Plans of schemas as the accelerator reads them, for JSON: what it does not know, functions do.

It writes text, and makes values of what Python's own parser has read. Whatever is out
of the ordinary it leaves to the function in Python for the value, or for all of it.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rpcgen._interrupts import reraise_interrupt
from rpcgen.schema.classes import slot_of
from rpcgen.schema.plan import Node, Op, Plan
from rpcgen.values.collisions import merges_keys, steerable

from .members import Member, by_fold, fold, members_of
from .structs import DecodeFunction, EncodeFunction, is_filled, is_none, omits_of
from .text import quote

if TYPE_CHECKING:
    from .._accelerator import JsonDecoder, JsonEncoder
else:
    _accelerator = importlib.import_module("rpcgen._accelerator")
    JsonDecoder = _accelerator.JsonDecoder
    JsonEncoder = _accelerator.JsonEncoder

__all__ = ["decoder_of", "encoder_of"]

# Operation of what a function alone does.
_BY_FUNCTION: Final = 16
_NULL_IS_NONE: Final = 1

# By what says that a field is left out, the number of it.
_OMITS: Final[dict[object, int]] = {None: 0, operator.not_: 1, is_none: 2}

_SCALARS: Final = (Op.BOOL, Op.INT, Op.UINT, Op.STRING)

# Operation, flags, bits, and the numbers of two parts.
_Start = tuple[int, int, int, int, int]
_Row = tuple[Any, ...]

# A function that does the same: an `EncodeFunction` or a `DecodeFunction`.
_F = TypeVar("_F")


def encoder_of(
    plan: Plan, function_of: Callable[[int], EncodeFunction], fallback: EncodeFunction
) -> EncodeFunction:
    """Return the function of the accelerator that makes JSON of values.

    Args:
        plan: The plan of their schema.
        function_of: What returns the function in Python for a type of the plan.
        fallback: The function in Python for the values.
    """
    rows = _rows(_encode_row, plan, function_of)
    if rows is None:
        return fallback
    return JsonEncoder(rows, plan.root, fallback, reraise_interrupt).encode


def decoder_of(
    plan: Plan, function_of: Callable[[int], DecodeFunction], fallback: DecodeFunction
) -> DecodeFunction:
    """Return the function of the accelerator that makes values of parsed JSON.

    Args:
        plan: The plan of their schema.
        function_of: What returns the function in Python for a type of the plan.
        fallback: The function in Python for the values.
    """
    rows = _rows(_decode_row, plan, function_of)
    if rows is None:
        return fallback
    return JsonDecoder(rows, plan.root, fallback, reraise_interrupt).decode


def _rows(
    row_of: Callable[[Node, Plan, _F], _Row], plan: Plan, function_of: Callable[[int], _F]
) -> tuple[_Row, ...] | None:
    """Return the rows of a plan, None where a function does all of a value."""
    rows = tuple([row_of(node, plan, function_of(node.number)) for node in plan.nodes])
    op, flags = rows[plan.root][:2]
    return None if op == _BY_FUNCTION and not flags else rows


def _start(node: Node, plan: Plan, is_converted: bool) -> _Start:
    """Return what both directions have in common of a type, but for structs."""
    if node.number != node.plain:
        flags = 0 if is_converted else _NULL_IS_NONE
        return _BY_FUNCTION, flags, 1, node.plain, -1
    if node.op in _SCALARS or (node.op is Op.FLOAT and node.bits == 64):
        return int(node.op), 0, node.bits, -1, -1
    if node.op is Op.LIST:
        return int(node.op), 0, 1, node.children[0], -1
    if node.op is Op.MAP and _is_text(plan.nodes[node.children[0]]):
        return int(node.op), 0, 1, *_two(node.children)
    return _BY_FUNCTION, 0, 1, -1, -1


def _two(children: tuple[int, ...]) -> tuple[int, int]:
    first, second = children
    return first, second


def _is_text(key: Node) -> bool:
    """Return True for keys that travel as they are, and that nothing must be looked at of."""
    return (
        key.op is Op.STRING
        and key.number == key.plain
        and not steerable(key.declared)
        and not merges_keys(key.declared)
    )


def _plain_members(plan: Plan, node: Node) -> list[Member] | None:
    """Return the members of a struct, None if some are embedded or in quotes."""
    owners, members = members_of(plan.nodes, node)
    if len(owners) > 1 or any(member.is_quoted for member in members):
        return None
    return members


def _encode_row(node: Node, plan: Plan, function: EncodeFunction) -> _Row:
    start = _start(node, plan, node.lower is not None)
    if node.op is Op.STRUCT and node.number == node.plain:
        cls = node.schema.cls
        steps = None if hasattr(cls, "marshal_json") else _steps(plan, node)
        if steps is not None:
            return int(node.op), 0, 1, -1, -1, function, cls, steps
    return *start, function, None, ()


def _steps(plan: Plan, node: Node) -> tuple[Any, ...] | None:
    steps = []
    for member in _plain_members(plan, node) or ():
        omits = omits_of(member)
        if omits not in _OMITS:
            return None
        name, prefix = member.field.attribute, f"{quote(member.name)}:".encode()
        slot = slot_of(node.schema.cls, name)
        steps.append((prefix, name, slot, member.node.number, _OMITS[omits]))
    return tuple(steps) if steps else None


def _decode_row(node: Node, plan: Plan, function: DecodeFunction) -> _Row:
    start = _start(node, plan, node.make is not None)
    if node.op is Op.STRUCT and node.number == node.plain:
        cls = node.schema.cls
        members = None if hasattr(cls, "unmarshal_json") else _plain_members(plan, node)
        if members:
            places = {field.attribute: place for place, (field, _) in enumerate(node.members)}
            numbers = {member.name: places[member.field.attribute] for member in members}
            find, rows = _finder(members, numbers), _member_rows(plan, node)
            start = int(node.op), 0, 1, -1, -1
            return *start, function, cls, numbers, find, node.is_positional, rows
    is_list = node.op is Op.LIST and node.container is not list
    return *start, function, node.container if is_list else None, {}, None, False, ()


def _member_rows(plan: Plan, node: Node) -> tuple[_Row, ...]:
    rows = []
    for field, number in node.members:
        zero = plan.nodes[number].zero if is_filled(field) else None
        rows.append((number, field.argument, zero))
    return tuple(rows)


def _finder(members: list[Member], numbers: dict[str, int]) -> Callable[[str], int]:
    """Return what finds the number of a member whatever the case of a key, -1 for none."""
    folded = {key: numbers[member.name] for key, member in by_fold(members).items()}
    return lambda key: folded.get(fold(key), -1)
