"""Streams made by Go, with Go's values, as Python classes and values.

The file holds, for each case, Go's type, its value as JSON and its bytes. What
the declarations do not tell is found in the streams themselves: which types
encode themselves, and the fields of types that occur in interface values only.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire as gob_wire
from rpcgen.gob.opaque import unmarshaller
from rpcgen.schema import Opaque, Schema, Struct, schema_of
from rpcgen.values.durations import duration_of

from .gotypes import Universe, UnsupportedTypeError

__all__ = ["CASES", "Vectors", "same", "vectors"]

_FILE = Path(__file__).parent / "data" / "gob-vectors.json"
_DOCUMENT: dict[str, Any] = json.loads(_FILE.read_text())

CASES: list[dict[str, Any]] = _DOCUMENT["cases"]

# What a zero value looks like when Go prints it.
_ZERO_LOOK = re.compile(r"[&{}\[\]0 ]*")


class Vectors:
    """The types of all cases of the file."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._cases = document["cases"]
        declarations: dict[str, str] = {}
        for case in self._cases:
            for part in (case, *case.get("decodes", ())):
                declarations.update(part.get("type_decls", {}))
        wires = {wire.name: wire for case in self._cases for wire in _wire_types(case["hex"])}
        for name, inferred in _inferred(self._cases):
            declarations.setdefault(name, inferred)
        self._universe = Universe(declarations, self._opaque_classes(wires))
        self.registry = gob.Registry()
        self._names: dict[str, str] = {}
        for entry in document["registered"]:
            name, _, go_type = entry.partition(" = ")
            self._names[go_type] = name
            try:
                self.registry.register(self.schema(go_type), name)
            except UnsupportedTypeError:
                pass  # no case has a value of it

    def schema(self, go_type: str) -> Schema[Any]:
        """Return the schema for a Go type. Raises `TypeError` if it has none."""
        return schema_of(self._universe.annotation(go_type))

    def value(self, plain: Any, schema: Schema[Any], *, typed: bool) -> Any:
        """Return the Python value for what the file has as JSON.

        ``typed``: what is in interface values carries its Go type, for encoding.
        """
        return _Values(self, typed).value(plain, schema)

    def interface_schema(self, go_type: str) -> Schema[Any]:
        """Return the schema of a value in an interface, by type or registered name."""
        known = self.registry.by_name(go_type)
        return self.schema(go_type) if known is None else known

    def _opaque_classes(self, wires: dict[str, gob_wire.WireType]) -> dict[str, type]:
        found: dict[str, dict[str, Any]] = {}
        for each in _dicts(self._cases):
            name = each.get("type", "")
            if "$opaque" in each and name.startswith("main."):
                about = found.setdefault(name.removeprefix("main."), {})
                if each["$opaque"] is not None and _ZERO_LOOK.fullmatch(each.get("str", "?")):
                    about["zero"] = bytes.fromhex(each["$opaque"])
                if "error" in each:
                    about["fails"] = each["error"]
        for name, about in found.items():
            known = wires.get(name)
            if isinstance(known, gob_wire.OpaqueType):
                about["encoding"] = known.encoding
        return {name: _opaque_class(name, **about) for name, about in found.items()}


def _opaque_class(
    name: str, encoding: str = "gob", zero: bytes | None = None, fails: str = ""
) -> type:
    """Return a class that stands for a Go type which encodes itself: it keeps the bytes."""

    def encode(self: Any) -> bytes:
        if fails:
            raise ValueError(fails)
        octets: bytes = self.octets
        return octets

    def decode(cls: type, octets: bytes) -> Any:
        return cls(octets)

    methods = ("gob_encode", "gob_decode")
    if encoding == "binary":
        methods = ("marshal_binary", "unmarshal_binary")
    cls = attrs.make_class(
        name,
        {"octets": attrs.field(default=attrs.NOTHING if zero is None else zero)},
        class_body={methods[0]: encode, methods[1]: classmethod(decode)},
        frozen=True,
    )
    cls.__module__ = "main"
    return cls


class _Values:
    def __init__(self, vectors: Vectors, typed: bool) -> None:
        self._vectors = vectors
        self._typed = typed

    def value(self, plain: Any, schema: Schema[Any]) -> Any:
        match plain:
            case {"$nil": "map"}:
                return None
            case {"$nil": _}:
                return schema.zero()
            case {"$float": _, "bits": bits}:
                return _float(bits)
            case {"$complex": _, "bits": [real, imaginary]}:
                return complex(_float(real), _float(imaginary))
            case {"$strhex": octets}:
                return bytes.fromhex(octets).decode("utf-8", "surrogateescape")
            case {"$bytes": octets}:
                return self._bytes(bytes.fromhex(octets), schema)
            case {"$map": pairs}:
                key, value = _base(schema).key, _base(schema).value
                return {self.value(k, key): self.value(v, value) for k, v in pairs}
            case {"$struct": _, "fields": fields}:
                return self._struct(fields, _base(schema))
            case {"$iface": name, "value": value}:
                inner = self._vectors.interface_schema(name)
                made = self.value(value, inner)
                return gob.Typed(made, inner) if self._typed else made
            case {"$opaque": octets}:
                return self._opaque(octets, _base(schema))
            case list():
                base = _base(schema)
                return base.container(self.value(each, base.element) for each in plain)
        return schema_value(plain, schema)

    def _bytes(self, octets: bytes, schema: Schema[Any]) -> Any:
        container: Callable[[bytes], Any] = getattr(_base(schema), "container", bytes)
        return container(octets)

    def _struct(self, fields: dict[str, Any], schema: Struct[Any]) -> Any:
        return schema.cls(
            **{
                field.argument: self.value(fields[field.wire_name], field.schema)
                for field in schema.fields
            }
        )

    def _opaque(self, octets: str | None, schema: Opaque[Any]) -> Any:
        if octets is None:
            # Something that cannot be encoded.
            refused = datetime(2020, 1, 1, tzinfo=timezone(timedelta(minutes=-1)))
            return refused if schema.cls is datetime else schema.cls(b"")
        return unmarshaller(schema)(bytes.fromhex(octets))


def schema_value(plain: Any, schema: Schema[Any]) -> Any:
    """Return a plain JSON value as one of ``schema``: only durations differ."""
    if schema.name == "time.Duration" and isinstance(plain, int):
        return duration_of(plain)
    return plain


def _base(schema: Schema[Any]) -> Any:
    while hasattr(schema, "element") and not hasattr(schema, "container"):
        schema = schema.element
    return schema


def _float(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _dicts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _dicts(each)


def _wire_types(octets: str) -> list[gob_wire.WireType]:
    """Return the types that a stream defines, as far as it can be read."""
    return list(_stream_types(octets).values())


def _stream_types(octets: str) -> dict[int, gob_wire.WireType]:
    decoder = gob.Decoder(bytes.fromhex(octets), strings="surrogateescape")
    try:
        while decoder.pending:
            decoder.skip()
    except DecodeError:
        pass  # many cases are broken on purpose
    return decoder.types


_GO_NAMES = {1: "bool", 2: "int", 3: "uint", 4: "float64", 5: "[]byte", 6: "string"}
_GO_NAMES |= {7: "complex128", 8: "any"}


def _inferred(cases: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield declarations of the structs that the streams describe."""
    for case in cases:
        types = _stream_types(case["hex"])
        for known in types.values():
            if isinstance(known, gob_wire.StructType) and known.name:
                try:
                    fields = "; ".join(f"{n} {_go_type(types, id)}" for n, id in known.fields)
                except KeyError:
                    continue
                yield known.name, f"type {known.name} struct {{ {fields} }}"


def _go_type(types: dict[int, gob_wire.WireType], id: int) -> str:
    if id in _GO_NAMES:
        return _GO_NAMES[id]
    known = types[id]
    match known:
        case gob_wire.SliceType():
            return f"[]{_go_type(types, known.element)}"
        case gob_wire.ArrayType():
            return f"[{known.length}]{_go_type(types, known.element)}"
        case gob_wire.MapType():
            return f"map[{_go_type(types, known.key)}]{_go_type(types, known.value)}"
    return known.name


def same(one: Any, other: Any) -> bool:
    """Say whether two values are alike to the bit: zeros have signs, NaN is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("<d", one) == struct.pack("<d", other)
    if plain(one) is not plain(other):
        return False
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and all(same(one[key], other[key]) for key in one)
    if attrs.has(type(one)):
        return all(
            same(getattr(one, field.name), getattr(other, field.name))
            for field in attrs.fields(type(one))
            if field.eq
        )
    return bool(one == other)


def plain(value: Any) -> Any:
    """Return the type of a value, whatever Go type it has kept."""
    return getattr(type(value), "rpcgen_plain", type(value))


@cache
def vectors() -> Vectors:
    return Vectors(_DOCUMENT)
