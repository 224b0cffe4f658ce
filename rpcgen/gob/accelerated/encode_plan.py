"""Plans of schemas as the accelerator reads them, for encoding."""

from __future__ import annotations

from typing import Any, Final

from ..._interrupts import import_apart, reraise_interrupt
from ...schema import Schema
from ...schema.classes import slot_of
from ...schema.plan import Node, Op, plan_of
from ...values.types import strip_pointers
from ..streams import EncodeFunction, EncodeStream, Encoding
from .native import EncodeFunction as Accelerated

__all__ = ["encoding_of"]

_IS_NULLABLE: Final = 1
_IS_OF_BYTES: Final = 2
_MAY_BE_NIL: Final = 4

_known: dict[tuple[Schema[Any], str], Encoding] = {}


def encoding_of(schema: Schema[Any], text_errors: str) -> Encoding:
    """Return how values of a schema are encoded: by the accelerator, where it knows all of it.

    Args:
        schema: The schema.
        text_errors: How strings become bytes: ``strict`` or ``surrogateescape``.

    Raises:
        SchemaError: The type of a field cannot travel.
    """
    encoding = _known.get((schema, text_errors))
    if encoding is not None:
        return encoding
    function = None if schema.described else _function(schema, text_errors)
    if function is None:
        return _in_python(schema, text_errors)
    nodes, _ = plan_of(schema)
    flushes = any(node.op is Op.INTERFACE for node in nodes)
    encoding = _known[schema, text_errors] = Encoding(function, flushes)
    return encoding


def _in_python(schema: Schema[Any], text_errors: str) -> Encoding:
    import_apart("rpcgen.gob.encode.compiler")
    from ..encode.compiler import encoding_of

    return encoding_of(schema, text_errors)


def _function(schema: Schema[Any], text_errors: str) -> EncodeFunction | None:
    """Return the function of the accelerator, None where it does not know a part of the schema."""

    def fallback(value: Any, out: list[bytes], stream: EncodeStream) -> None:
        _in_python(schema, text_errors).function(value, out, stream)

    nodes, root = plan_of(schema)
    if any(not _is_known(node, nodes) for node in nodes):
        return None
    rows = tuple([_row(node, nodes) for node in nodes])
    return Accelerated(rows, root, fallback, reraise_interrupt).encode


def _is_known(node: Node, nodes: tuple[Node, ...]) -> bool:
    if node.schema.described:
        return False
    if node.op is not Op.MAP:
        return True
    from ...values.collisions import repeats_keys

    return not repeats_keys(nodes[node.children[0]].declared)


def _row(node: Node, nodes: tuple[Node, ...]) -> tuple[object, ...]:
    first, second = (*node.children, -1, -1)[:2]
    is_of_bytes = bool(node.children) and (
        node.op is Op.BYTES or (node.op is Op.ARRAY and nodes[first].is_byte)
    )
    may_be_nil = node.op is Op.INTERFACE and node.schema.nullable
    return (
        int(node.op),
        _IS_NULLABLE * node.nullable + _IS_OF_BYTES * is_of_bytes + _MAY_BE_NIL * may_be_nil,
        node.bits,
        node.inner,
        node.plain,
        first,
        second,
        node.length,
        node.lower,
        _extra(node),
    )


def _extra(node: Node) -> tuple[object, ...]:
    """Return what is not in every row: classes, functions, members."""
    schema = node.schema
    match node.op:
        case Op.STRUCT:
            cls = schema.cls
            names = [(field.attribute, number) for field, number in node.members]
            members = [(name, slot_of(cls, name), number) for name, number in names]
            return cls, schema.check, tuple(members)
        case Op.ENUM:
            from ..encode.runtime import EnumTable

            return schema.cls, EnumTable(schema)
        case Op.INTERFACE:
            return schema, None
        case Op.DURATION:
            from ...values.durations import nanoseconds_of

            return nanoseconds_of, schema.zero()
        case Op.OPAQUE:
            from ..opaque import marshaller, zero_bytes

            opaque: Any = strip_pointers(schema)
            return marshaller(opaque), zero_bytes(opaque)
    return ()
