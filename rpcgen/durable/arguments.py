"""`fingerprint`: tells the arguments of a call from others, in any process."""

from __future__ import annotations

from collections.abc import Mapping, Set
from hashlib import blake2b
from typing import Any

import attrs

from rpcgen import gob
from rpcgen.method import Method
from rpcgen.values.record import Record

__all__ = ["fingerprint"]


def fingerprint(method: Method[Any, Any], args: object) -> str:
    """Return 32 digits that are the same for equal arguments.

    Maps and sets have no order on the wire, and another one in each process; so it is not the
    bytes that are compared.

    Args:
        method: What is called.
        args: Its arguments.

    Raises:
        EncodeError: The arguments do not fit.
    """
    encoded = gob.dumps(args, method.request, strings="surrogateescape")
    text = _spelled(gob.loads(encoded, strings="surrogateescape"))
    return blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _spelled(value: Any) -> str:
    """Return a text of a value, with what has no order sorted."""
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{_spelled(k)}:{_spelled(value[k])}' for k in value))}}}"
    if isinstance(value, Set):
        return f"{{{','.join(sorted(map(_spelled, value)))}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_spelled, value))}]"
    if isinstance(value, Record):
        return f"{value.type_name}{_spelled(value.asdict())}"
    if attrs.has(type(value)):
        fields = {each.name: getattr(value, each.name) for each in attrs.fields(type(value))}
        return f"{type(value).__name__}{_spelled(fields)}"
    return repr(value)
