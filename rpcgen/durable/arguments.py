"""`fingerprint`: tells the arguments of a call from others, in any process."""

from __future__ import annotations

from collections.abc import Mapping, Set
from hashlib import blake2b
from typing import Any, Final

import attrs

from rpcgen import gob
from rpcgen.method import Method
from rpcgen.schema import Array, Converted, Interface, Map, Pointer, Schema, Slice, Struct
from rpcgen.values.record import Record

__all__ = ["fingerprint"]

_PLAIN: Final = (bool, int, float, complex, str, bytes, list, tuple, Mapping, Set)

# Text of a message all of whose fields are zero.
_NO_FIELDS: Final = "{}"


def fingerprint(method: Method[Any, Any], args: object) -> str:
    """Return 32 digits that are the same for equal arguments.

    Maps and sets have no order on the wire, and another one in each process; so it is not the
    bytes that are compared. What is zero does not count, nor what a message is called, so that
    arguments stay the same where a later version of the IDL has more fields.

    Args:
        method: What is called.
        args: Its arguments.

    Raises:
        EncodeError: The arguments do not fit.
    """
    encoded = gob.dumps(args, method.request, strings="surrogateescape")
    text = _spelled(gob.loads(encoded, strings="surrogateescape"), method.request)
    return blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _spelled(value: Any, schema: Schema[Any] | None = None) -> str:
    """Return a text of a value, with what has no order sorted.

    Args:
        value: The value, decoded without a schema.
        schema: What it is; None: one of any type, whose name counts.
    """
    while isinstance(schema, Pointer | Converted):
        schema = schema.element if isinstance(schema, Pointer) else schema.inner
    if isinstance(schema, Struct) and isinstance(value, Record):
        return _spelled_struct(value.asdict(), schema)
    if isinstance(value, Mapping):
        of = (schema.key, schema.value) if isinstance(schema, Map) else (None, None)
        items = (f"{_spelled(k, of[0])}:{_spelled(value[k], of[1])}" for k in value)
        return f"{{{','.join(sorted(items))}}}"
    if isinstance(value, Set):
        return f"{{{','.join(sorted(map(_spelled, value)))}}}"
    if isinstance(value, list | tuple):
        element = schema.element if isinstance(schema, Slice | Array) else None
        return f"[{','.join(_spelled(each, element) for each in value)}]"
    if isinstance(value, Record):
        return f"{value.type_name}{_spelled(value.asdict())}"
    if attrs.has(type(value)):
        fields = {each.name: getattr(value, each.name) for each in attrs.fields(type(value))}
        return f"{type(value).__name__}{_spelled(fields)}"
    return repr(value)


def _spelled_struct(values: Mapping[str, Any], schema: Struct[Any]) -> str:
    """Return a text of the fields that are not zero."""
    schemas = {each.wire_name: each.schema for each in schema.fields}
    texts = []
    for name in sorted(values):
        value, of = values[name], schemas.get(name)
        if value is None or (not isinstance(of, Interface) and _is_zero(value)):
            continue
        text = _spelled(value, of)
        if text != _NO_FIELDS:
            texts.append(f"{name}:{text}")
    return f"{{{','.join(texts)}}}"


def _is_zero(value: object) -> bool:
    return isinstance(value, _PLAIN) and not value
