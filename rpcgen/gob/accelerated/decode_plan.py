"""Plans of decoding as the accelerator reads them: a sender's types, and what of ours they are."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from ...schema import Schema, Untyped
from ...schema.classes import slot_of
from ...schema.plan import Node, Op, kept_by_schema, plan_of
from ...values.types import strip_pointers
from .. import wire
from ..decode.classes import only_stores, stores_frozen
from ..decode.match import DecodePlan, Pair, Types, match
from ..decode.received_types import leads_to_interface
from ..memory import ENTRY, MEMBER, SLOT, sizes
from .native import DecodeProgram

__all__ = ["holds_bytes", "is_known", "program_of"]

# Operation beside those of `Op`: a pointer or a conversion.
_VARIED: Final = 16

_IS_STEERABLE: Final = 1
_MAY_PROBE: Final = 2
_MAY_MERGE: Final = 4
_IS_SHORT: Final = 8
_MAY_BE_NIL: Final = 16

# Maximum count of a value; larger ones would not fit the accelerator's numbers.
_LARGEST_SIZE: Final = 1 << 40

# Number of pairs of types, or fields, that cost as much as a line that is compiled.
_PER_LINE: Final = 4


class _Skip(IntEnum):
    """Instruction that skips a value that nobody has asked for."""

    UINT = 0
    BYTES = 1
    COMPLEX = 2
    VALUE = 3
    END = 4


class _Zero(IntEnum):
    """Default that takes the place of a field that was left out."""

    CONSTANT = 0
    LIST = 1
    DICT = 2
    CALL = 3
    OMITTED = 4


class _UnknownError(Exception):
    """The accelerator does not know what is to be done."""


@kept_by_schema
def is_known(schema: Schema[Any]) -> bool:
    """Return True if the accelerator knows all parts of a schema.

    Args:
        schema: The schema.

    Raises:
        SchemaError: The type of a field cannot travel.
    """
    if isinstance(schema, Untyped):
        return False
    nodes, _ = plan_of(strip_pointers(schema))
    return not any(node.schema.described for node in nodes)


@kept_by_schema
def holds_bytes(schema: Schema[Any]) -> bool:
    """Return True if a part of a schema is ``[]byte``."""
    nodes, _ = plan_of(strip_pointers(schema))
    return any(node.op is Op.BYTES and not node.children for node in nodes)


def program_of(
    types: Types, id: int, schema: Schema[Any], strings: str, counted: bool, longest: int
) -> tuple[DecodeProgram | None, int]:
    """Return the program that decodes a sender's type into a schema, and its cost in lines.

    Args:
        types: The types of the stream.
        id: The type of the values.
        schema: What they are decoded into.
        strings: What becomes of text that is not UTF-8, which is left to Python.
        counted: True where the program is to count memory.
        longest: Maximum cost.

    Returns:
        The program, None where the accelerator does not know a part of it; and the cost.

    Raises:
        DecodeError: Type and schema do not go together.
        TooLongError: The cost would be higher.
    """
    base = strip_pointers(schema)
    plan = match(plan_of(base), types, id, _PER_LINE * longest)
    cost = 1 + (len(plan.pairs) + sum(len(pair.fields) for pair in plan.pairs)) // _PER_LINE
    has_number = not isinstance(types.get(id), wire.StructType)
    in_memory = sizes(base)
    try:
        rows = tuple([_row(pair, plan, in_memory) for pair in plan.pairs])
    except _UnknownError:
        return None, cost
    return DecodeProgram(rows, plan.root, has_number, counted), cost


def _row(pair: Pair, plan: DecodePlan, sizes: tuple[int, ...]) -> tuple[object, ...]:
    node = pair.node
    first, second = (*pair.parts, -1, -1)[:2]
    if node.number != node.plain:
        charge = sizes[node.number] if node.nullable else 0
        return _VARIED, 0, 0, first, second, 0, _checked(charge), node.make, None
    flags = bits = charge = 0
    length, make = node.length, None
    extra: object = None
    match node.op:
        case Op.INT | Op.UINT | Op.FLOAT | Op.COMPLEX:
            bits = node.bits
        case Op.BYTES if node.children:
            make = node.container
        case Op.LIST:
            charge = SLOT + sizes[node.children[0]]
            make = None if node.container is list else node.container
        case Op.ARRAY:
            make = None if node.container is list else node.container
        case Op.MAP:
            key, item = node.children
            flags, charge = _keys(plan.nodes[key]), ENTRY + sizes[key] + sizes[item]
        case Op.STRUCT:
            make, extra = node.schema.cls, _struct(pair, plan)
        case Op.ENUM:
            charge, make = MEMBER, node.schema.member
            extra = dict(node.schema.cls._value2member_map_)
        case Op.DURATION:
            from ...values.durations import duration_of

            make = duration_of
        case Op.OPAQUE:
            from ..opaque import must_be_short, unmarshaller

            make = unmarshaller(node.schema)
            flags = _IS_SHORT * must_be_short(node.schema)
        case Op.INTERFACE:
            make, flags = node.schema, _MAY_BE_NIL * node.schema.nullable
        case Op.EMPTY:
            bits, length = _skip(plan.types, pair.id), pair.id
    return int(node.op), flags, bits, first, second, length, _checked(charge), make, extra


def _checked(charge: int) -> int:
    if charge > _LARGEST_SIZE:
        raise _UnknownError("a value that is counted as more than the accelerator can")
    return charge


def _keys(node: Node) -> int:
    """Return what must be looked at of the keys of a map."""
    from ...values.collisions import merges_keys, steerable

    may_probe = node.op not in (Op.STRING, Op.BYTES) or node.make is not None
    return (
        _IS_STEERABLE * steerable(node.declared)
        + _MAY_PROBE * may_probe
        + _MAY_MERGE * merges_keys(node.declared)
    )


# --- structs --------------------------------------------------------------------------------------


def _struct(pair: Pair, plan: DecodePlan) -> tuple[object, ...]:
    """Return how an object is made, the fields of the sender, and the members of ours."""
    members = pair.node.members
    numbers = {member.field.wire_name: index for index, member in enumerate(members)}
    fields: list[tuple[int, int, int, int]] = []
    sent: set[str] = set()
    for field in pair.fields:
        if field.member is None:
            fields.append((-1, -1, _skip(plan.types, field.id), field.id))
            continue
        if field.name in sent:
            raise _UnknownError("two fields of the sender's with one name")
        sent.add(field.name)
        fields.append((field.pair, numbers[field.name], 0, field.id))
    omitted = [
        member.field.wire_name not in sent and member.field.has_default for member in members
    ]
    schema = pair.node.schema
    stores = not any(omitted) and (only_stores(schema) or stores_frozen(schema))
    return stores, tuple(fields), _members(pair.node, plan.nodes, omitted)


def _members(node: Node, nodes: tuple[Node, ...], omitted: list[bool]) -> tuple[object, ...]:
    rows: list[tuple[object, ...]] = []
    by_name = not node.is_positional
    for member, is_omitted in zip(node.members, omitted, strict=True):
        kind, zero = (_Zero.OMITTED, None) if is_omitted else _zero(nodes[member.node])
        # An argument after one that is left out needs its name.
        by_name = by_name or is_omitted
        name, keyword = member.field.attribute, member.field.argument if by_name else None
        rows.append((name, slot_of(node.schema.cls, name), int(kind), zero, keyword))
    return tuple(rows)


def _zero(node: Node) -> tuple[_Zero, object]:
    if node.nullable:
        return _Zero.CONSTANT, None
    if node.make is None:
        match node.op:
            case Op.BOOL | Op.INT | Op.UINT | Op.FLOAT | Op.COMPLEX | Op.STRING:
                return _Zero.CONSTANT, node.zero()
            case Op.BYTES if not node.children:
                return _Zero.CONSTANT, b""
            case Op.MAP:
                return _Zero.DICT, None
            case Op.LIST | Op.BYTES if node.container is list:
                return _Zero.LIST, None
    return _Zero.CALL, node.zero


def _skip(types: Types, id: int) -> int:
    """Return how a value of a type is passed over."""
    match types.get(id):
        case None:
            return _skip_basic(id)
        case wire.OpaqueType():
            return _Skip.BYTES
        case wire.StructType() as known if not known.fields:
            return _Skip.END
    if leads_to_interface(types, id):
        raise _UnknownError("values that may describe types, which must not be read twice")
    return _Skip.VALUE


def _skip_basic(id: int) -> int:
    match id:
        case wire.BOOL | wire.INT | wire.UINT | wire.FLOAT:
            return _Skip.UINT
        case wire.COMPLEX:
            return _Skip.COMPLEX
        case wire.BYTES | wire.STRING:
            return _Skip.BYTES
    raise _UnknownError("an interface, or a type that is not defined")
