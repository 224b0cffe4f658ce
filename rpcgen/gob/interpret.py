"""Decoding without compilation: the types on the wire are walked for each value.

Slower than the generated functions, exact about what is wrong and where, and
bounded: nothing is kept for a type, memory is counted against
`Limits.decoded`, and nesting against `Limits.depth`. So it decodes whatever a
generated function gives up, and all types for which none is made: what nobody
asked for, and what is too large or too rare to be worth one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import DecodeError
from ..schema import (
    UNTYPED,
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Enum,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Nothing,
    Opaque,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
    Untyped,
    uuid_form,
)
from ..schema.plan import is_octet
from ..values.collisions import (
    MANY_KEYS,
    check_collisions,
    check_merged,
    check_probes,
    merges_keys,
    steerable,
)
from ..values.record import Record, Unmade
from ..values.registry import ANYTHING
from ..values.types import base_of
from . import numbers, wire
from .decode.match import fits, spelled
from .definitions import bare_name
from .memory import ENTRY, MEMBER, SLOT, size_of, size_of_record
from .near_names import check_names
from .untyped import Origin

if TYPE_CHECKING:
    from .decoder import Decoder

__all__ = ["Interpreter", "check_types"]

Types: TypeAlias = Mapping[int, wire.WireType]


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

# A name in a path is cut to so many characters.
_LONGEST_STEP: Final = 200

# Types of gob that are one unsigned integer.
_ONE_NUMBER: Final = frozenset({wire.BOOL, wire.INT, wire.UINT, wire.FLOAT})
# Types of gob that are a size and so many bytes.
_SIZED: Final = frozenset({wire.BYTES, wire.STRING})
_IS_SIZED: Final = {**dict.fromkeys(_ONE_NUMBER, False), **dict.fromkeys(_SIZED, True)}


class _Key:
    """The key of a map as a step of a path."""

    def __init__(self, key: object) -> None:
        self.key = key


def _step(step: object) -> str:
    """Return how a step of a path is written."""
    match step:
        case int():
            return f"[{step}]"
        case _Key(key=key):
            try:
                return f"[{key!r:.80}]"
            except Exception:  # a key of the user's whose repr fails
                return "[?]"
    # The sender has chosen names, and how often they come.
    name = str(step)
    return f".{name}" if len(name) <= _LONGEST_STEP else f".{name[:_LONGEST_STEP]}..."


class Interpreter:
    """Decodes the values of one stream."""

    def __init__(self, stream: Decoder, types: Types, strings: str) -> None:
        self._stream = stream
        self._types = types
        self._strings = strings
        self._data = b""
        # By their ids: the types of records, and the schemas of those that were sent on.
        self._origins: dict[int, Origin] = {}
        self._schemas: dict[int, Schema[Any]] = {}
        # The position in the data, and where in the value that is: the name of the whole, then
        # names of attributes, indices, keys of maps.
        self.pos = -1
        self._path: list[object] = []
        # For types that came as messages of ours: the names that both have.
        self._shared: dict[tuple[int, Schema[Any]], set[str]] = {}
        # For types that came without a schema: the zeros of their fields as in `Unmade`, and how
        # many of these are containers, so that each value needs its own.
        self._zeros: dict[int, tuple[list[Any], int]] = {}

    @property
    def path(self) -> str:
        """Where in the value the last failure was."""
        return "".join([str(self._path[0]), *map(_step, self._path[1:])]) if self._path else ""

    def begin(self) -> None:
        """Forget where the last value has failed."""
        self._path.clear()
        self.pos = -1

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self._shared.clear()
        self._zeros.clear()
        # Records that came before go on with what they have.
        self._origins, self._schemas = {}, {}

    def decode(
        self, id: int, schema: Schema[Any], data: bytes, pos: int, depth: int
    ) -> tuple[Any, int]:
        """Read a value as at the top of a message: return it and the position after it."""
        self._data, self.pos = data, pos
        base = base_of(schema)
        if not self._path:
            self._path.append(self._root(id, base))
        if not isinstance(self._types.get(id), wire.StructType) and self._uint():
            raise DecodeError("a value that is no struct does not begin with 0")
        return self._value(id, base, depth), self.pos

    def skip(self, id: int, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value that is part of another one: return the position after it."""
        self._data, self.pos = data, pos
        self._skip(id, depth)
        return self.pos

    def _root(self, id: int, base: Schema[Any]) -> str:
        if isinstance(base, Untyped):
            known = self._types.get(id)
            return known.name if isinstance(known, wire.StructType) else ""
        return bare_name(base) if isinstance(base, Struct) else ""

    # --- numbers and octets -------------------------------------------------------------------

    def _uint(self) -> int:
        pos = self.pos
        if pos < self._stream.end and (first := self._data[pos]) < 128:  # nearly all are
            self.pos = pos + 1
            return first
        value, self.pos = numbers.read_uint(self._data, self.pos, self._stream.end)
        return value

    def _int(self) -> int:
        value, self.pos = numbers.read_int(self._data, self.pos, self._stream.end)
        return value

    def _size(self) -> int:
        size = self._uint()
        if size > self._stream.end - self.pos:
            raise DecodeError(f"{size} bytes do not fit the message")
        return size

    def _octets(self) -> bytes:
        size = self._size()
        self._stream.charge(size)
        octets = self._data[self.pos : self.pos + size]
        self.pos += size
        return octets

    def _text(self, any_bytes: bool = False) -> str:
        octets = self._octets()
        self._stream.charge(0 if octets.isascii() else 3 * len(octets))
        return octets.decode("utf-8", "surrogateescape" if any_bytes else self._strings)

    def _float(self, narrow: bool) -> float:
        bits = self._uint()
        return numbers.narrow_float_of(bits) if narrow else numbers.float_of(bits)

    def _complex(self, narrow: bool) -> complex:
        return complex(self._float(narrow), self._float(narrow))

    def _step(self) -> int:
        """Read how many fields on the next one is that is there; 0 at the end of the struct."""
        # Go takes the end of the message for the end of all structs that are open.
        return self._uint() if self.pos < self._stream.end else 0

    def _more(self) -> None:
        """Check that something is left for another element, each of which takes a byte."""
        if self.pos >= self._stream.end:
            raise DecodeError("the message ends before the last element")

    def _count(self, known: wire.ArrayType | wire.SliceType) -> int:
        count = self._uint()
        if isinstance(known, wire.ArrayType) and count != known.length:
            raise DecodeError(f"{count} elements where there must be {known.length}")
        return count

    # --- values of a schema -------------------------------------------------------------------

    def _value(self, id: int, schema: Schema[Any], depth: int) -> Any:
        """Read a value; ``depth`` is how many levels there may be, with its own."""
        schema = base_of(schema)
        self._stream.charge(0 if is_octet(schema) else size_of(schema))
        match schema, id:
            case Untyped(), _:
                return self._anything(id, depth)
            case Nothing(), _:
                return self._skip(id, depth)
            case Converted(), _:
                return schema.make(self._value(id, schema.inner, depth))
            case Bool(), wire.BOOL:
                return self._uint() != 0
            case Int(), wire.INT:
                return _in_range(self._int(), schema)
            case Uint(), wire.UINT:
                return _in_range(self._uint(), schema)
            case Float(), wire.FLOAT:
                return self._float(schema.bits == 32)
            case Complex(), wire.COMPLEX:
                return self._complex(schema.bits == 64)
            case String(), wire.STRING:
                return self._text(schema.any_bytes)
            case Bytes(), wire.BYTES:
                return self._octets()
            case Slice(), wire.BYTES if is_octet(schema.element):
                octets = self._octets()
                self._stream.charge(len(octets) * SLOT)
                return schema.container(octets)
            case Enum(), _:
                value = self._value(id, schema.base, depth)
                known = schema.cls._value2member_map_
                if value in known:
                    return known[value]
                self._stream.charge(MEMBER)
                return schema.member(value)
            case Duration(), wire.INT:
                from ..values.durations import duration_of

                return duration_of(self._int())
            case Interface(), wire.INTERFACE:
                return self._interface(schema, depth)
        return self._composite(id, schema, depth)

    def _composite(self, id: int, schema: Schema[Any], depth: int) -> Any:
        known = self._types.get(id)
        schema = uuid_form(schema, isinstance(known, wire.ArrayType))
        match schema, known:
            case Opaque(), wire.OpaqueType() if fits(known, schema):
                return self._stream.unmarshal(schema, self._octets())
            case Struct(), wire.StructType():
                return self._struct(id, known, schema, _inner(depth))
            case Slice(), wire.SliceType() if not is_octet(schema.element):
                elements = self._elements(known, schema.element, _inner(depth), SLOT)
                return elements if schema.container is list else schema.container(elements)
            case Array(), wire.ArrayType() if known.length == schema.length:
                elements = self._elements(known, schema.element, _inner(depth), 0)
                return elements if schema.container is list else schema.container(elements)
            case Map(), wire.MapType():
                return self._map(known, schema, _inner(depth))
        raise _mismatch(self._types, id, schema)

    def _interface(self, schema: Interface, depth: int) -> Any:
        value, self.pos = self._stream.decode_interface(self._data, self.pos, schema, depth)
        return value

    def _elements(
        self,
        known: wire.ArrayType | wire.SliceType,
        element: Schema[Any],
        depth: int,
        slot: int,
    ) -> list[Any]:
        """Read elements, of which each takes ``slot`` bytes in its container."""
        elements: list[Any] = []
        path, charge = self._path, self._stream.charge
        for index in range(self._count(known)):
            path.append(index)
            self._more()
            charge(slot)
            elements.append(self._value(known.element, element, depth))
            path.pop()
        return elements

    def _map(self, known: wire.MapType, schema: Map, depth: int) -> dict[Any, Any]:
        keys, values = [], []
        path, charge = self._path, self._stream.charge
        for _ in range(self._uint()):
            self._more()
            charge(ENTRY)
            key = self._value(known.key, schema.key, depth)
            path.append(_Key(key))
            values.append(self._value(known.value, schema.value, depth))
            path.pop()
            keys.append(key)
        if isinstance(schema.key, Untyped) or steerable(schema.key):
            check_collisions(keys, self._stream.limits.collisions)
        # The hashes of text and bytes nobody can choose.
        is_text = known.key in (wire.STRING, wire.BYTES) and isinstance(
            base_of(schema.key), String | Bytes | Untyped
        )
        if len(keys) > MANY_KEYS and not is_text:
            check_probes(keys)
        made = dict(zip(keys, values, strict=True))
        # Of gob's own types the same key comes twice from nobody honest, and Go takes the last.
        is_plain = known.key < wire.INTERFACE and isinstance(schema.key, Untyped)
        if len(made) != len(keys) and not is_plain and merges_keys(schema.key):
            check_merged(made, len(keys))
        return made

    def _struct(self, id: int, known: wire.StructType, schema: Struct[Any], depth: int) -> Any:
        ours = _by_wire_name(schema)
        values: dict[str, Any] = {}
        path, field, count = self._path, -1, len(known.fields)
        while step := self._step():
            field += step
            if field >= count:
                raise _beyond(count)
            name, part = known.fields[field]
            match = ours.get(name)
            if match is None:
                path.append(name)
                self._skip(part, depth)
            else:
                path.append(match.attribute)
                values[name] = self._value(part, match.schema, depth)
            path.pop()
        if len(values) < len(schema.fields):
            self._add_zeros(id, known, schema, values)
        if len(values) == len(schema.fields) and _is_positional(schema):
            return schema.cls(*[values[field.wire_name] for field in schema.fields])
        return schema.cls(
            **{
                field.argument: values[field.wire_name]
                for field in schema.fields
                if field.wire_name in values
            }
        )

    def _add_zeros(
        self, id: int, known: wire.StructType, schema: Struct[Any], values: dict[str, Any]
    ) -> None:
        """Add what was left out: zeros, unless the class has a default and the sender no field."""
        sent = self._shared.get((id, schema))
        if sent is None:
            sent = self._shared[id, schema] = _by_wire_name(schema).keys() & known.names
        for field in schema.fields:
            if field.wire_name in values or (field.has_default and field.wire_name not in sent):
                continue
            self._path.append(field.attribute)
            values[field.wire_name] = field.schema.zero()
            self._path.pop()

    # --- values without a schema --------------------------------------------------------------

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
                return self._octets()
            case wire.INTERFACE:
                return self._interface(ANYTHING, depth)
        match self._types.get(id):
            case wire.StructType() as known:
                return self._record(id, known, _inner(depth))
            case wire.SliceType() as known:
                return self._elements(known, UNTYPED, _inner(depth), SLOT)
            case wire.ArrayType() as known:
                # Tuples, since arrays can be the keys of a map.
                return tuple(self._elements(known, UNTYPED, _inner(depth), SLOT))
            case wire.MapType() as known:
                return self._map(known, _UNTYPED_MAP, _inner(depth))
            case wire.OpaqueType() as known:
                return self._stream.guess(known, self._octets())
        raise DecodeError(f"type {id} is not defined")

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
                raise _beyond(count)
            name, part = known.fields[field]
            path.append(name)
            unmade -= values[field] is list or values[field] is dict
            values[field] = self._anything(part, depth)
            path.pop()
        self._stream.charge(unmade * _EMPTY)
        return Record(
            known.name, known.names, Unmade(values) if unmade else tuple(values), self.origin(id)
        )

    def origin(self, id: int) -> Origin:
        """Return the type ``id`` of the stream, for a value to be sent on."""
        origin = self._origins.get(id)
        if origin is None:
            origin = self._origins[id] = Origin(self._types, id, self._schemas)
        return origin

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

    # --- skipping -----------------------------------------------------------------------------

    def _skip(self, id: int, depth: int) -> None:
        """Pass over a value; ``depth`` is how many levels there may be, with its own."""
        if id in _ONE_NUMBER:
            self._skip_uint()
            return
        if id in _SIZED:
            size = self._size()
            self.pos += size
            return
        match id:
            case wire.COMPLEX:
                self._skip_uint()
                self._skip_uint()
                return
            case wire.INTERFACE:
                self.pos = self._stream.skip_interface(self._data, self.pos, depth)
                return
        match self._types.get(id):
            case wire.StructType() as known:
                self._skip_struct(known, _inner(depth))
            case wire.ArrayType() | wire.SliceType() as known:
                self._skip_elements(self._count(known), _inner(depth), known.element)
            case wire.MapType() as known:
                self._skip_elements(self._uint(), _inner(depth), known.key, known.value)
            case wire.OpaqueType():
                size = self._size()
                self.pos += size
            case wire.UnknownType():
                raise DecodeError(f"the definition of type {id} says nothing")
            case _:
                raise DecodeError(f"type {id} is not defined")

    def _skip_uint(self) -> None:
        pos, end = self.pos, self._stream.end
        if pos < end:
            first = self._data[pos]
            after = pos + 1 if first < 128 else pos + 257 - first
            if after <= end and not 128 <= first < 248:
                self.pos = after
                return
        self._uint()  # which says what is wrong

    def _skip_struct(self, known: wire.StructType, depth: int) -> None:
        field, fields, path = -1, known.fields, self._path
        data, stream, count = self._data, self._stream, len(known.fields)
        # `_step`, and the simplest values, without calls: they are most of what is skipped.
        while (pos := self.pos) < stream.end:
            step = data[pos]
            if step < 128:
                self.pos = pos = pos + 1
            else:
                step, pos = self._uint(), self.pos
            if not step:
                return
            field += step
            if field >= count:
                raise _beyond(count)
            name, id = fields[field]
            if (is_sized := _IS_SIZED.get(id)) is not None and pos < stream.end:
                first, after = data[pos], 0
                if first < 128:
                    after = pos + 1 + (first if is_sized else 0)
                elif first >= 248 and not is_sized:
                    after = pos + 257 - first
                if pos < after <= stream.end:
                    self.pos = after
                    continue
            path.append(name)
            self._skip(id, depth)
            path.pop()

    def _skip_elements(self, count: int, depth: int, *ids: int) -> None:
        if len(ids) == 1 and ids[0] in _ONE_NUMBER:
            # Small numbers are one byte each: then all are passed over at once.
            chunk = self._data[self.pos : min(self.pos + count, self._stream.end)]
            if len(chunk) == count and chunk.isascii():
                self.pos += count
                return
        stream = self._stream
        for _ in range(count):
            if self.pos >= stream.end:
                self._more()
            for id in ids:
                self._skip(id, depth)


# The size of an empty list or dict.
_EMPTY: Final = 64
_UNTYPED_MAP: Final = Map(UNTYPED, UNTYPED)


def _inner(depth: int) -> int:
    """Return how many levels there may be inside a value with parts, which takes one itself."""
    if depth < 1:
        raise DecodeError("values are nested too deeply (Limits.depth)")
    return depth - 1


def _beyond(count: int) -> DecodeError:
    return DecodeError(f"a field beyond the {count} that the type has")


def _in_range(value: int, schema: Int | Uint) -> int:
    if schema.bits == 64:
        return value
    top = 1 << schema.bits
    low, high = (-top >> 1, top >> 1) if isinstance(schema, Int) else (0, top)
    if not low <= value < high:
        raise DecodeError(f"{value} does not fit {schema.go}")
    return value


@lru_cache(maxsize=1024)
def _by_wire_name(schema: Struct[Any]) -> dict[str, Field]:
    return {field.wire_name: field for field in schema.fields}


@lru_cache(maxsize=1024)
def _is_positional(schema: Struct[Any]) -> bool:
    """Say whether the class takes its fields in their order."""
    return not any(field.keyword_only for field in schema.fields)


# --- types that do not go together ----------------------------------------------------------------


def check_types(
    types: Types,
    id: int,
    schema: Schema[Any],
    names: str,
    seen: set[tuple[int, Schema[Any]]],
    spend: Callable[[int], None],
) -> None:
    """Refuse a wire type that does not go into the schema, wherever in it that may be.

    ``names`` is that of `Decoder`, ``seen`` are the pairs that go together;
    ``spend`` is told how many fields are looked at.

    Raises `DecodeError`.
    """
    base = base_of(schema)
    known = types.get(id)
    if isinstance(base, Struct) and isinstance(known, wire.StructType) and known.fields:
        ours = _by_wire_name(base)
        spend(len(known.fields))
        if ours and ours.keys().isdisjoint(known.names):
            check_names(known, base, "strict")  # which tells more, if it is that
            raise DecodeError(
                f"no field of {spelled(types, id)} is one of {base.go}, which has "
                + ", ".join(sorted(ours))
            )
    waiting = [(id, base)]
    found: set[tuple[int, Schema[Any]]] = set()
    while waiting:
        pair = waiting.pop()
        if pair not in seen and pair not in found:
            found.add(pair)
            waiting += _parts(types, *pair, names, spend)
    seen |= found


def _parts(
    types: Types, id: int, schema: Schema[Any], names: str, spend: Callable[[int], None]
) -> list[tuple[int, Schema[Any]]]:
    """Return the pairs that must go together for this one to do so."""
    known = types.get(id)
    schema = uuid_form(schema, isinstance(known, wire.ArrayType))
    spend(1)
    match schema, known:
        case ((Untyped() | Nothing()), _):
            return []
        case Converted(), _:
            return [(id, base_of(schema.inner))]
        case Struct(), wire.StructType():
            spend(len(known.fields))
            check_names(known, schema, names)
            ours = _by_wire_name(schema)
            if "" in known.names:
                raise DecodeError(f"a field of {known.name} has no name")
            return [
                (field, base_of(ours[name].schema)) for name, field in known.fields if name in ours
            ]
        case Slice(), wire.SliceType() if not is_octet(schema.element):
            return [(known.element, base_of(schema.element))]
        case Array(), wire.ArrayType() if known.length == schema.length:
            return [(known.element, base_of(schema.element))]
        case Map(), wire.MapType():
            return [(known.key, base_of(schema.key)), (known.value, base_of(schema.value))]
        case Opaque(), wire.OpaqueType() if fits(known, schema):
            return []
        case Enum(), _ if _SCALARS.get(type(schema.base)) == id:
            return []
        case Slice(), None if id == wire.BYTES and is_octet(schema.element):
            return []
        case _ if _SCALARS.get(type(schema)) == id:
            return []
    raise _mismatch(types, id, schema)


_SCALARS: Final[dict[type, int]] = {
    Bool: wire.BOOL,
    Int: wire.INT,
    Uint: wire.UINT,
    Float: wire.FLOAT,
    Complex: wire.COMPLEX,
    String: wire.STRING,
    Bytes: wire.BYTES,
    Duration: wire.INT,
    Interface: wire.INTERFACE,
}


def _mismatch(types: Types, id: int, schema: Schema[Any]) -> DecodeError:
    return DecodeError(f"{spelled(types, id)} arrives where {schema.go or 'Any'} is wanted")
