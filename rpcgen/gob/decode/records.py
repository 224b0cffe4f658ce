"""`RecordReader`: values that come without a schema, as their sender describes them."""

from __future__ import annotations

from typing import Any, Final

from ...errors import DecodeError
from ...schema import Interface, Schema
from ...values.collisions import MANY_KEYS, check_collisions, check_merged, check_probes
from ...values.record import Record, Unmade
from ...values.registry import ANYTHING
from .. import wire
from ..memory import OBJECT, SLOT, size_of_record
from ..streams import InterpretedStream
from ..untyped import Origin
from .cursor import Cursor, field_beyond, levels_inside
from .match import Types

__all__ = ["RecordReader"]

# The zero values of gob's own types.
_ZEROS: Final[dict[int, Any]] = {
    wire.BOOL: False,
    wire.INT: 0,
    wire.UINT: 0,
    wire.FLOAT: 0.0,
    wire.BYTES: b"",
    wire.STRING: "",
    wire.COMPLEX: 0j,
    wire.INTERFACE: None,
}

# Count of a value of a type of which only the name is known.
_OPAQUE_SIZE: Final = 300
# The size of an empty list or dict.
_EMPTY: Final = 64


class RecordReader(Cursor):
    """A cursor that can read a value of any type, structs as `Record`; for `Args` see `Cursor`."""

    def __init__(self, stream: InterpretedStream, types: Types, strings: str) -> None:
        super().__init__(stream, types, strings)
        # By their ids: the types of records, and the schemas of those that were sent on.
        self._origins: dict[int, Origin] = {}
        self._schemas: dict[int, Schema[Any]] = {}
        # The zeros of the fields of structs as in `Unmade`, and how many of these are containers,
        # so that each value needs its own.
        self._zeros: dict[int, tuple[list[Any], int]] = {}

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self._zeros.clear()
        # Records that came before go on with what they have.
        self._origins, self._schemas = {}, {}

    def origin(self, id: int) -> Origin:
        """Return the type ``id`` of the stream, for a value to be sent on."""
        origin = self._origins.get(id)
        if origin is None:
            origin = self._origins[id] = Origin(self._types, id, self._schemas)
        return origin

    def _element(self, id: int, depth: int) -> Any:
        """Read a value that is the whole or an element: no field of a `Record`."""
        self._stream.charge(OBJECT)
        return self._anything(id, depth)

    def _anything(self, id: int, depth: int) -> Any:
        self._stream.charge(56)
        match id:
            case wire.BOOL:
                return self._uint() != 0
            case wire.INT:
                return self._int()
            case wire.UINT:
                return self._uint()
            case wire.FLOAT:
                return self._float(narrow=False)
            case wire.COMPLEX:
                return self._complex(narrow=False)
            case wire.STRING:
                return self._text()
            case wire.BYTES:
                return self._byte_string()
            case wire.INTERFACE:
                return self._interface(ANYTHING, depth)
        match self._types.get(id):
            case wire.StructType() as known:
                return self._record(id, known, levels_inside(depth))
            case wire.SliceType() as known:
                return self._elements(known, self._element, levels_inside(depth), SLOT)
            case wire.ArrayType() as known:
                # Tuples, since arrays can be the keys of a map.
                return tuple(self._elements(known, self._element, levels_inside(depth), SLOT))
            case wire.MapType() as known:
                return self._map_of_anything(known, levels_inside(depth))
            case wire.OpaqueType() as known:
                return self._guess(known, self._byte_string())
        raise DecodeError(f"type {id} is not defined")

    def _interface(self, schema: Interface, depth: int) -> Any:
        value, self.pos = self._stream.decode_interface(self._data, self.pos, schema, depth)
        return value

    def _record(self, id: int, known: wire.StructType, depth: int) -> Record:
        count = len(known.fields)
        self._stream.charge(size_of_record(count))
        zeros = self._zeros.get(id)
        if zeros is None:
            zeros = self._zeros[id] = self._zeros_of(known)
        values, unmade = zeros[0].copy(), zeros[1]
        path, field = self._path, -1
        while step := self._step():
            field += step
            if field >= count:
                raise field_beyond(count)
            name, part = known.fields[field]
            path.append(name)
            unmade -= values[field] is list or values[field] is dict
            values[field] = self._anything(part, depth)
            path.pop()
        self._stream.charge(unmade * _EMPTY)
        return Record(
            known.name, known.names, Unmade(values) if unmade else tuple(values), self.origin(id)
        )

    def _map_of_anything(self, known: wire.MapType, depth: int) -> dict[Any, Any]:
        keys, values = self._entries(known, self._element, self._element, depth)
        is_text = known.key in (wire.STRING, wire.BYTES)
        made = self._dict(keys, values, True, is_text)
        if len(made) != len(keys) and known.key >= wire.INTERFACE:
            check_merged(made, len(keys))
        return made

    def _dict(
        self, keys: list[Any], values: list[Any], is_steerable: bool, is_text: bool
    ) -> dict[Any, Any]:
        """Return a dict, unless its keys were chosen to take long."""
        if is_steerable:
            check_collisions(keys, self._stream.limits.collisions)
        if len(keys) > MANY_KEYS and not is_text:
            check_probes(keys)
        return dict(zip(keys, values, strict=True))

    def _guess(self, known: wire.OpaqueType, data: bytes) -> Any:
        """Return the value of a type that encodes itself, of which only the name is known."""
        from ..opaque import guess

        if known.name == "Rat":
            self._stream.short(data)
        self._stream.charge(_OPAQUE_SIZE)
        return guess(known.name, known.encoding, data)

    def _zeros_of(self, known: wire.StructType) -> tuple[list[Any], int]:
        """Return the zeros of the fields, and how many containers have to be made."""
        zeros = [self._zero(part) for _, part in known.fields]
        return zeros, sum(zero is list or zero is dict for zero in zeros)

    def _zero(self, id: int) -> Any:
        """Return the zero of a type, the class in the place of an empty list or dict."""
        if id in _ZEROS:
            return _ZEROS[id]
        match self._types.get(id):
            case wire.SliceType():
                return list
            case wire.MapType():
                return dict
            case wire.StructType() | wire.ArrayType() | wire.OpaqueType():
                # They are left out only where they are nil pointers.
                return None
        raise DecodeError(f"type {id} is not defined")
