"""Types that both sides can build: one description, from which come Go's type and Python's.

A shape is the name of a basic or named type (``"int8"``, ``"time.Time"``,
``"main.Tree"``), or a tuple::

    ("slice", T)  ("array", 4, T)  ("map", K, V)  ("ptr", T)
    ("struct", (("Name", T), ...))
    ("union", (struct, ...), nullable)

Values are described in JSON as `oracle/values.go` says.
"""

from __future__ import annotations

import functools
import hashlib
import json
import operator
import struct
import uuid
from datetime import datetime, timedelta
from types import GenericAlias
from typing import Annotated, Any, Final, TypeAlias

import attrs

from rpcgen import gob, types
from rpcgen._names import go_name
from rpcgen.types import length, wire

from . import messages
from .oracle import Json

__all__ = [
    "BASIC",
    "KEYS",
    "NAMED",
    "Shape",
    "annotation",
    "go_type",
    "in_interface",
    "is_key",
    "plain",
    "registered",
    "to_json",
]

Shape: TypeAlias = str | tuple[Any, ...]

BASIC: Final[dict[str, Any]] = {
    "bool": bool,
    "int": int,
    "int8": types.Int8,
    "int16": types.Int16,
    "int32": types.Int32,
    "int64": types.Int64,
    "uint": types.Uint,
    "uint8": types.Uint8,
    "uint16": types.Uint16,
    "uint32": types.Uint32,
    "uint64": types.Uint64,
    "uintptr": types.Uintptr,
    "float32": types.Float32,
    "float64": float,
    "complex64": types.Complex64,
    "complex128": complex,
    "string": str,
    "bytes": bytes,
    "time.Time": datetime,
    "time.Duration": timedelta,
    "big.Int": types.BigInt,
    "big.Rat": types.BigRat,
    "big.Float": types.BigFloat,
    "url.URL": types.URL,
    "netip.Addr": types.NetipAddr,
    "net.IP": types.NetIP,
    "uuid": Annotated[uuid.UUID, length(16)],
    "main.Color": messages.Color,
    "any": Any,
    "main.MyInt": messages.MyInt,
    "main.MyString": messages.MyString,
}

# Those that can be keys of maps.
KEYS: Final = (
    *(name for name in BASIC if name.startswith(("int", "uint"))),
    "main.MyInt",
    "bool",
    "float64",
    "float32",
    "string",
    "main.MyString",
    "uuid",
    "main.Color",
)

# Named types with fields or elements, with the shapes of these.
NAMED: Final[dict[str, tuple[Any, Shape]]] = {
    "main.Point": (messages.Point, ("struct", (("X", "int"), ("Y", "int")))),
    "main.Line": (
        messages.Line,
        ("struct", (("From", "main.Point"), ("To", "main.Point"), ("Label", "string"))),
    ),
    "main.Tree": (
        messages.Tree,
        (
            "struct",
            (("Value", "int"), ("Left", ("ptr", "main.Tree")), ("Right", ("ptr", "main.Tree"))),
        ),
    ),
    "main.List": (
        messages.List,
        ("struct", (("Item", "any"), ("Next", ("ptr", "main.List")))),
    ),
    "main.Ping": (
        messages.Ping,
        ("struct", (("Name", "string"), ("Pong", ("ptr", "main.Pong")))),
    ),
    "main.Pong": (
        messages.Pong,
        ("struct", (("N", "int"), ("Pings", ("slice", "main.Ping")))),
    ),
    "main.Dir": (
        messages.Dir,
        (
            "struct",
            (
                ("Size", "uint64"),
                ("Files", ("map", "string", "main.Dir")),
                ("Kids", ("slice", ("ptr", "main.Dir"))),
            ),
        ),
    ),
    "main.Empty": (messages.Empty, ("struct", ())),
    "main.NamedInts": (messages.NamedInts, ("slice", "int")),
    "main.NamedMap": (messages.NamedMap, ("map", "string", "int")),
    "main.GobPoint": (messages.GobPoint, ("opaque", "int16")),
    "main.BinaryPoint": (messages.BinaryPoint, ("opaque", "uint8")),
}

# What values in interfaces are in Go; lists of the first five, and of no other, are slices of it.
_SLICED: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    float: "float64",
    complex: "complex128",
    str: "string",
}
_TIMES: Final[dict[type, str]] = {
    datetime: "time.Time",
    timedelta: "time.Duration",
    types.Time: "time.Time",
    types.Duration: "time.Duration",
}

# The messages made here that may travel in interfaces: their names and shapes. Go
# knows one name for a type, so of the messages that are one type in Go only one is
# here: the plain one.
_made: dict[str, Shape] = {}
_names: dict[type, tuple[str, Shape]] = {
    cls: (name, name) for name, (cls, _) in NAMED.items() if isinstance(cls, type)
}
for _each in _names:
    gob.register(_each)


def registered() -> dict[str, Shape]:
    """Return the messages that `annotation` has made and registered, by name."""
    return _made


def annotation(shape: Shape, frozen: bool = False) -> Any:
    """Return the annotation of an IDL for a shape; ``frozen``: with tuples, not lists.

    Equal shapes give the same class.
    """
    return _annotation(shape, frozen)


@functools.cache  # by position, so that a default is no other key
def _annotation(shape: Shape, frozen: bool) -> Any:
    if isinstance(shape, str):
        return NAMED[shape][0] if shape in NAMED else BASIC[shape]
    kind = shape[0]
    if kind == "slice":
        return _sequence(annotation(shape[1], frozen), frozen)
    if kind == "array":
        return Annotated[_sequence(annotation(shape[2], frozen), frozen), length(shape[1])]
    if kind == "map":
        return GenericAlias(dict, (annotation(shape[1], True), annotation(shape[2], frozen)))
    if kind == "ptr":
        return annotation(shape[1], frozen) | None
    if kind == "union":
        members = tuple(annotation(each, frozen) for each in shape[1])
        return functools.reduce(operator.or_, (*members, None) if shape[2] else members)
    return _message(shape)


def _sequence(element: Any, frozen: bool) -> Any:
    return GenericAlias(tuple, (element, ...)) if frozen else GenericAlias(list, (element,))


def is_key(shape: Shape) -> bool:
    """Say whether values of the shape can be keys of maps; messages that can are frozen."""
    if isinstance(shape, str):
        return shape in KEYS
    if shape[0] == "struct":
        return all(is_key(each) for _, each in shape[1])
    return shape[0] == "array" and is_key(shape[2])


@functools.cache
def _message(shape: tuple[Any, ...]) -> type:
    frozen = is_key(shape)
    name = "Shape" + hashlib.sha256(repr(shape).encode()).hexdigest()[:12]
    fields = {}
    for wire_name, each in shape[1]:
        attribute = wire_name.lower() + "_"
        marked = annotation(each, frozen)
        if go_name(attribute) != wire_name:
            marked = Annotated[marked, wire(wire_name)]
        fields[attribute] = attrs.field(type=marked)
    cls = wire("")(attrs.make_class(name, fields, frozen=frozen))
    if plain(shape) == shape:
        gob.register(cls, f"main.{name}")
        _made[f"main.{name}"] = shape
        _names[cls] = f"main.{name}", shape
    return cls


def plain(shape: Shape) -> Shape:
    """Return the one shape, of those that are the same type in Go, that may be in an interface."""
    if isinstance(shape, str):
        return {"uuid": "string", "main.Color": "int"}.get(shape, shape)
    if shape[0] == "union":
        return "any"
    if shape == ("slice", "uint8"):
        return "bytes"
    if shape[0] == "struct":
        return ("struct", tuple((name, plain(each)) for name, each in shape[1]))
    if shape[0] == "array":
        return ("array", shape[1], plain(shape[2]))
    return (shape[0], *(plain(each) for each in shape[1:]))


def go_type(shape: Shape) -> Json:
    """Return the description of a shape that the oracle takes."""
    if isinstance(shape, str):
        return ["array", 16, "uint8"] if shape == "uuid" else shape
    kind = shape[0]
    if kind == "union":
        return "any"
    if kind == "struct":
        return ["struct", [[name, go_type(each)] for name, each in shape[1]]]
    if kind == "array":
        return ["array", shape[1], go_type(shape[2])]
    return [kind, *(go_type(each) for each in shape[1:])]


def in_interface(value: object) -> tuple[str, Shape]:
    """Return the name that Go has for the type of a value in an interface, and its shape."""
    cls = type(value)
    if isinstance(value, list):
        return "[]interface {}", ("slice", "any")
    if isinstance(value, dict):
        return "map[string]interface {}", ("map", "string", "any")
    if cls is bytes:
        return "[]uint8", "bytes"
    known = _SLICED.get(cls) or _TIMES.get(cls)
    return (known, known) if known else _names[cls]


def to_json(shape: Shape, value: Any) -> Json:
    """Describe a value of a shape as the oracle does."""
    if isinstance(shape, str):
        return _basic_to_json(shape, value)
    kind = shape[0]
    if kind == "struct":
        fields = [a.name for a in attrs.fields(type(value))]
        return {
            name: to_json(each, getattr(value, attribute))
            for (name, each), attribute in zip(shape[1], fields, strict=True)
        }
    if kind == "map":
        pairs = [[to_json(shape[1], k), to_json(shape[2], v)] for k, v in value.items()]
        return sorted(pairs, key=_go_order)
    if kind == "ptr":
        return None if value is None else to_json(shape[1], value)
    if kind == "union":
        return to_json("any", value)
    element = shape[-1]
    if kind == "slice" and element == "uint8":
        return bytes(value).hex()
    return [to_json(element, each) for each in value]


def _basic_to_json(shape: str, value: Any) -> Json:
    if shape in ("float32", "float64"):
        return struct.pack(">d", value).hex()
    if shape in ("complex64", "complex128"):
        return [struct.pack(">d", value.real).hex(), struct.pack(">d", value.imag).hex()]
    if shape in ("string", "main.MyString"):
        return str(value).encode().hex()
    if shape in ("bytes", "net.IP"):
        return bytes(value).hex()
    if shape == "time.Time":
        return _time_to_json(value)
    if shape == "time.Duration":
        microseconds = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
        return int(microseconds * 1000 + getattr(value, "nanosecond", 0))
    if shape == "uuid":
        return list(value.bytes)
    if shape == "url.URL":
        return str(value)
    if shape == "netip.Addr":
        return _address_to_json(value)
    if shape == "big.Rat":
        return f"{value.numerator}/{value.denominator}"
    if shape == "big.Float":
        return [value.precision, value.mode, _big_float_to_json(value)]
    if shape in ("main.GobPoint", "main.BinaryPoint"):
        return {"X": value.x, "Y": value.y}
    if shape in NAMED:
        return to_json(NAMED[shape][1], value)
    if shape == "any":
        if value is None:
            return None
        name, known = in_interface(value)
        return [name, to_json(known, value)]
    return bool(value) if shape == "bool" else int(value)


def _big_float_to_json(value: types.BigFloatValue) -> Json:
    if value.infinite or not value.significand:
        sign = "-" if value.negative else "+" if value.infinite else ""
        return sign + ("Inf" if value.infinite else "0")
    exact = value.fraction()
    return f"{exact.numerator}/{exact.denominator}"


def _address_to_json(value: Any) -> str:
    if value is None:
        return ""
    mapped = getattr(value, "ipv4_mapped", None)
    # Go spells these with dots, Python did not always.
    zone = f"%{value.scope_id}" if mapped and value.scope_id else ""
    return f"::ffff:{mapped}{zone}" if mapped else str(value)


def _time_to_json(value: datetime) -> Json:
    offset = value.utcoffset() or timedelta()
    moment = datetime(*value.timetuple()[:6])
    since = moment - datetime(1970, 1, 1) - offset
    nanoseconds = value.microsecond * 1000 + getattr(value, "nanosecond", 0)
    return [since // timedelta(seconds=1), nanoseconds, offset // timedelta(seconds=1)]


def _go_order(pair: Json) -> str:
    return json.dumps(pair, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
