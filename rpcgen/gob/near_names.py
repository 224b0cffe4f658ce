"""Field names that differ in case only: Go's ``Guid`` beside ``GUID``, which gob takes for others.

Gob matches fields by name, and passes over what does not match: a name in
another case loses a field without a word. So it is told, where a type of the
sender meets a class of ours for the first time.
"""

from __future__ import annotations

from typing import Any

from .._interrupts import import_apart
from .._names import is_exported
from ..errors import DecodeError
from ..schema import Field, Struct
from . import wire

__all__ = ["check_names", "near_misses"]

# Warnings given: once for each field of ours, however many types a peer describes.
_told: set[tuple[type, str]] = set()


def check_names(known: wire.StructType, schema: Struct[Any], strict_names: bool) -> None:
    """Tell which fields of a message would match one of the sender's but for their case.

    Args:
        known: Type that the sender has described.
        schema: Message that its values become.
        strict_names: True for an error; False for a warning of the logger ``rpcgen.gob``,
            once for each field.

    Raises:
        DecodeError: If there is such a field, and ``strict_names`` is True.
    """
    misses = near_misses(known, schema)
    if not misses:
        return
    if strict_names:
        raise DecodeError(_text(schema, misses))
    new = [miss for miss in misses if (schema.cls, miss[0].attribute) not in _told]
    if new:
        _told.update((schema.cls, field.attribute) for field, _ in new)
        import_apart("logging")
        import logging  # nobody else needs it here

        logging.getLogger("rpcgen.gob").warning("%s", _text(schema, new))


def near_misses(known: wire.StructType, schema: Struct[Any]) -> list[tuple[Field, str]]:
    """Return the fields that the sender does not have, each with its name in another case."""
    theirs = {name for name, _ in known.fields}
    missing = [field for field in schema.fields if field.wire_name not in theirs]
    if not missing:
        return []
    ours = {field.wire_name for field in schema.fields}
    # Go sends no others, and they could not be written here.
    free = {name.casefold(): name for name in theirs - ours if is_exported(name)}
    return [
        (field, free[field.wire_name.casefold()])
        for field in missing
        if field.wire_name.casefold() in free
    ]


def _text(schema: Struct[Any], misses: list[tuple[Field, str]]) -> str:
    differing = ", ".join(
        f"{field.attribute} is {field.wire_name} here and {name} there" for field, name in misses
    )
    hints = ", ".join(
        f'{field.attribute}: Annotated[..., wire("{name}")]' for field, name in misses
    )
    return (
        f"fields of {schema.cls.__name__} and of the peer's type differ in case only, "
        f"so what they hold is lost both ways: {differing}; write {hints}"
    )
