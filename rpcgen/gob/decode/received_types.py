"""Types that a sender has described in one stream, bounded by `Limits`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import DecodeError
from ...values.limits import Limits
from .. import wire

__all__ = ["ReceivedTypes", "leads_to_interface"]

# Bytes of definitions, most of which are names, that a stream may bring for each field.
_FIELD_SIZE: Final = 256

# Number of types looked at to find out whether a value can be skipped at once.
_MANY_TYPES: Final = 100


class ReceivedTypes:
    """The types of one stream, and what was found out about them.

    Attributes:
        types: The types by their ids, in the order of their definitions.
    """

    __slots__ = ("_defining", "_described", "_fields", "_limits", "_sizes", "types")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.types: dict[int, wire.WireType] = {}
        # Fields that all types have together, and the bytes of the definitions up to each.
        self._fields = 0
        self._sizes = [0]
        # Types that came without a schema: whether they hold structs without being one.
        self._described: dict[int, bool] = {}
        # Types that were looked at after a failure: whether their values may describe types.
        self._defining: dict[int, bool] = {}

    def define(self, id: int, data: bytes, pos: int, end: int) -> int:
        """Read the definition of a type.

        Args:
            id: Its id.
            data: Bytes of the stream.
            pos: Position in the data of what follows the negated id.
            end: Position where the message ends.

        Returns:
            The position after the definition.

        Raises:
            DecodeError: It is none, or one too many.
        """
        if id < wire.FIRST_ID or id in self.types:
            raise DecodeError(f"a second definition of type {id}", pos)
        if len(self.types) >= self._limits.types:
            raise DecodeError(
                f"more than {self._limits.types} type definitions (Limits.types)", pos
            )
        left = self._limits.fields - self._fields
        start = pos
        known, pos = wire.read_definition(data, pos, end, left)
        size, most = self._sizes[-1] + pos - start, _FIELD_SIZE * self._limits.fields
        if size > most:
            raise DecodeError(f"type definitions of more than {most} bytes (Limits.fields)", start)
        self._sizes.append(size)
        self.types[id] = known
        if isinstance(known, wire.StructType):
            self._fields += len(known.fields)
        return pos

    def drop(self, count: int) -> None:
        """Drop all types but the first ``count``, and what is known of any of them."""
        self._described.clear()
        self._defining.clear()
        while len(self.types) > count:
            _, dropped = self.types.popitem()
            self._sizes.pop()
            if isinstance(dropped, wire.StructType):
                self._fields -= len(dropped.fields)

    def holds_described(self, id: int) -> bool:
        """Say whether a value that came without a schema has to remember its type."""
        known = self._described.get(id)
        if known is None:
            known = self._described[id] = _holds_described(self.types, id)
        return known

    def may_define(self, id: int) -> bool:
        """Say whether a value may hold interface values, which may describe further types."""
        known = self._defining.get(id)
        if known is None:
            known = self._defining[id] = self._leads_to_interface(id)
        return known

    def _leads_to_interface(self, id: int) -> bool:
        return leads_to_interface(self.types, id)


def leads_to_interface(types: Mapping[int, wire.WireType], id: int) -> bool:
    """Return True if a type has parts that are interfaces, are not defined yet, or are many.

    Args:
        types: The types that the sender has described.
        id: The type.
    """
    seen, waiting = set[int](), [id]
    while waiting and len(seen) < _MANY_TYPES:
        id = waiting.pop()
        if id in seen:
            continue
        seen.add(id)
        match types.get(id):
            case wire.StructType(fields=fields):
                waiting += {field for _, field in fields}
            case wire.SliceType(element=element) | wire.ArrayType(element=element):
                waiting.append(element)
            case wire.MapType(key=key, value=value):
                waiting += key, value
            case None if id == wire.INTERFACE or id >= wire.FIRST_ID:
                return True
    return bool(waiting)


def _holds_described(types: Mapping[int, wire.WireType], id: int) -> bool:
    """Say whether ``id`` is a slice, array or map of what Python has no type of its own for.

    These are structs and types that encode themselves, at any depth.
    """
    seen: set[int] = set()
    waiting = [id]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        match types.get(part):
            case wire.StructType() | wire.OpaqueType() if part != id:
                return True
            case wire.SliceType(element=element) | wire.ArrayType(element=element):
                waiting.append(element)
            case wire.MapType(key=key, value=value):
                waiting += key, value
    return False
