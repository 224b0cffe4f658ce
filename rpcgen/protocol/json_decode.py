"""From a schema to a Python function that makes its values of JSON, as ``json.Unmarshal`` does.

What goes in is what Python's `json` has parsed. As in Go, keys match whatever
their case and unknown ones are ignored; ``null`` is zero where it is no
pointer; an array that is too short or too long is filled up or cut.

A key that is missing cannot be told from a field that the sender lacks: the
field takes the IDL's default, or zero if it has none or leaves zeros out itself
(``json_tag(",omitempty")``). In ``Any``, a number without fraction and exponent
is an ``int``, every other one a ``float``. The texts of errors are those of Go 1.27.
"""

from __future__ import annotations

import base64
import json
import math
import re
import struct
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from rpcgen.errors import DecodeError
from rpcgen.gob.opaque import duration_of
from rpcgen.schema import (
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
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
    Untyped,
)

from .json_library import TEXTS, parse_ip
from .json_members import Member, Owner, fold, members_of
from .json_stream import MINUS_ZERO

__all__ = ["DecodeFunction", "decode", "decode_function", "mismatch"]

DecodeFunction: TypeAlias = Callable[[Any], Any]

_known: dict[Schema[Any], DecodeFunction] = {}


def decode(schema: Schema[Any], value: object, *path: str) -> Any:
    """Return what a parsed JSON value stands for; ``path`` is where it lies in the message.

    Raises `DecodeError`, with Go's text, if it does not fit.
    """
    root = schema.name.rpartition(".")[2] if isinstance(schema, Struct) and not path else ""
    try:
        return decode_function(schema)(value)
    except _MismatchError as error:
        raise DecodeError(error.text(root, path)) from None
    except RecursionError:
        raise DecodeError("values are nested too deeply") from None


def mismatch(value: object, go: str) -> DecodeError:
    """Return the error for a value where Go wants another type, which is spelled ``go``."""
    return DecodeError(_MismatchError(value, go).text("", ()))


def decode_function(schema: Schema[Any]) -> DecodeFunction:
    """Return the function that decodes values of ``schema``, made at first use.

    Raises `SchemaError` if a field's type cannot travel.
    """
    function = _known.get(schema)
    if function is None:
        function = _known[schema] = _make(schema)
    return function


def _make(schema: Schema[Any]) -> DecodeFunction:
    match schema:
        case Bool():
            return _scalar(schema, bool)
        case Int():
            return _integer(schema, -1 << schema.bits - 1, 1 << schema.bits - 1)
        case Uint():
            return _integer(schema, 0, 1 << schema.bits)
        case Float():
            return _float(schema)
        case Complex():
            return _scalar(schema, complex)
        case String():
            return _scalar(schema, str)
        case Bytes():
            return _ip(schema) if schema.name == "net.IP" else _bytes(schema, bytes)
        case Slice() if isinstance(schema.element, Uint) and schema.element.bits == 8:
            return _bytes(schema, schema.container)
        case Slice():
            return _slice(schema)
        case Array():
            return _array(schema)
        case Map():
            return _map(schema)
        case Struct():
            return _struct(schema)
        case Pointer():
            decode_element = decode_function(schema.element)
            return lambda value: None if value is None else decode_element(value)
        case Interface():
            return _interface(schema)
        case Enum():
            return _enum(schema)
        case Duration():
            decode_nanoseconds = _integer(schema, -1 << 63, 1 << 63)
            return lambda value: duration_of(decode_nanoseconds(value))
        case Opaque():
            return _opaque(schema)
        case Nothing():
            return lambda value: None
        case Untyped():
            return lambda value: value
        case Converted():
            return _converted(schema, decode_function(schema.inner))
    raise AssertionError(f"no JSON for {schema!r}")


class _MismatchError(Exception):
    """A value of the wrong type; ``path`` is filled on the way up, the innermost step first."""

    def __init__(self, value: object, go: str, hint: str = "") -> None:
        super().__init__(go)
        self.path: list[str] = []
        self._kind = _KINDS.get(type(value), "number")
        self._go = go
        self._hint = hint

    @classmethod
    def of_number(cls, value: object, go: str) -> _MismatchError:
        """Return the error for what may be a number, but not one of this type."""
        error = cls(value, go)
        if error._kind == "number":
            error._kind = f"number {_number_text(value)}".rstrip()
        return error

    @classmethod
    def of_key(cls, key: str, go: str) -> _MismatchError:
        """Return the error for a key that is not a number of this type."""
        error = cls(key, go)
        error._kind = f"number {key}"
        return error

    def text(self, root: str, path: Iterable[str]) -> str:
        """Return Go's text; ``root`` is the name of the type at the top, if it is a message."""
        steps = [*path, *reversed(self.path)]
        where = "Go value"
        if steps:
            where = ".".join((root, *steps))
            if not where.rpartition(".")[2].isdecimal():
                where = f"Go struct field {where}"
        return f"json: cannot unmarshal {self._kind} into {where} of type {self._go}{self._hint}"


_KINDS: Final[dict[type, str]] = {
    bool: "bool",
    dict: "object",
    list: "array",
    str: "string",
    type(None): "null",
}


def _number_text(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return ""  # too large, and its digits are gone
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."


# --- scalars ------------------------------------------------------------------------------------


def _scalar(schema: Schema[Any], cls: type) -> DecodeFunction:
    go, zero = schema.go, schema.zero()

    def decode_scalar(value: Any) -> Any:
        if value.__class__ is cls:
            return value
        if value is None:
            return zero
        raise _MismatchError(value, go)

    return decode_scalar


def _integer(schema: Schema[Any], low: int, high: int) -> DecodeFunction:
    go = schema.go

    def decode_integer(value: Any) -> int:
        if value.__class__ is int and low <= value < high:
            number: int = value
            return number
        # Go's parser knows no unsigned integers with a sign.
        if value is None or (value is MINUS_ZERO and low):
            return 0
        raise _MismatchError.of_number(value, go)

    return decode_integer


_single: Final = struct.Struct("<f")


def _float(schema: Float) -> DecodeFunction:
    go, is_single = schema.go, schema.bits == 32

    def decode_float(value: Any) -> float:
        if value is None:
            return 0.0
        if value.__class__ is not float and value.__class__ is not int:
            raise _MismatchError(value, go)
        try:
            number = float(value)
            if is_single:
                number = _single.unpack(_single.pack(number))[0]
        except OverflowError:
            raise _MismatchError.of_number(value, go) from None
        if math.isinf(number):
            raise _MismatchError.of_number(value, go)
        return number

    return decode_float


def _bytes(schema: Schema[Any], container: Callable[[Iterable[int]], Any]) -> DecodeFunction:
    decode_octets = _items(_integer(Uint("uint8"), 0, 256))

    def decode_bytes(value: Any) -> Any:
        if value.__class__ is str:
            try:
                text = value.replace("\n", "").replace("\r", "")
                return container(base64.b64decode(text, validate=True))
            except ValueError:
                raise _MismatchError(value, schema.go, ": illegal base64 data") from None
        if value is None:
            return schema.zero()
        if value.__class__ is not list:
            raise _MismatchError(value, schema.go)
        return container(decode_octets(value))

    return decode_bytes


def _ip(schema: Bytes) -> DecodeFunction:
    decode_text = _scalar(String(), str)
    return lambda value: parse_ip(decode_text(value))


def _enum(schema: Enum[Any]) -> DecodeFunction:
    base = schema.base
    if isinstance(base, String):
        decode_base = _scalar(String(schema.go), str)
    else:
        decode_base = _integer(schema, -1 << base.bits - 1, 1 << base.bits - 1)
    members = schema.cls._value2member_map_

    def decode_member(value: Any) -> Any:
        value = decode_base(value)
        return members[value] if value in members else _member(schema, value)

    return decode_member


def _member(schema: Enum[Any], value: object) -> Any:
    try:
        return schema.cls(value)  # a combination of flags, perhaps
    except ValueError as error:
        raise DecodeError(str(error)) from None


# --- types that read their own JSON -------------------------------------------------------------


def _opaque(schema: Opaque[Any]) -> DecodeFunction:
    if hasattr(schema.cls, "unmarshal_json"):
        return _itself(schema)
    if schema.name == "big.Int":
        return _decode_big_int
    if schema.name in TEXTS:
        return _text(schema, TEXTS[schema.name][1])

    def decode_nothing(value: object) -> object:
        raise DecodeError(
            f"{schema.go} has no JSON: give {schema.cls.__name__} the methods "
            "marshal_json and unmarshal_json"
        )

    return decode_nothing


def _itself(schema: Opaque[Any] | Struct[Any]) -> DecodeFunction:
    unmarshal: Callable[[bytes], Any] = schema.cls.unmarshal_json

    def decode_itself(value: object) -> Any:
        if value is None:
            return schema.zero()
        try:
            return unmarshal(_dumps(value).encode())
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"{schema.cls.__name__}.unmarshal_json: {error}") from error

    return decode_itself


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _decode_big_int(value: Any) -> int:
    if value.__class__ is int:
        number: int = value
        return number
    if value is None or value is MINUS_ZERO:
        return 0
    raise DecodeError(f"math/big: cannot unmarshal {_dumps(_dumps(value)):.80} into a *big.Int")


def _text(schema: Opaque[Any], parse_text: Callable[[str], Any]) -> DecodeFunction:
    hint = "" if schema.name == "time.Time" else ": JSON value must be string type"

    def decode_text(value: Any) -> Any:
        if value is None:
            return schema.zero()
        if value.__class__ is not str:
            raise _MismatchError(value, schema.go, hint)
        try:
            return parse_text(value)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"{_dumps(value):.80} is no {schema.go}: {error}") from None

    return decode_text


def _converted(schema: Converted, decode_inner: DecodeFunction) -> DecodeFunction:
    make = schema.make
    return lambda value: make(decode_inner(value))


# --- containers ---------------------------------------------------------------------------------


def _items(decode_element: DecodeFunction) -> Callable[[list[Any]], list[Any]]:
    def decode_items(value: list[Any]) -> list[Any]:
        items: list[Any] = []
        try:
            for item in value:
                items.append(decode_element(item))
        except _MismatchError as error:
            error.path.append(str(len(items)))
            raise
        return items

    return decode_items


def _slice(schema: Slice[Any]) -> DecodeFunction:
    decode_items = _items(decode_function(schema.element))
    container = schema.container

    def decode_slice(value: Any) -> Any:
        if value.__class__ is list:
            items = decode_items(value)
            return items if container is list else container(items)
        if value is None:
            return schema.zero()
        raise _MismatchError(value, schema.go)

    return decode_slice


def _array(schema: Array[Any]) -> DecodeFunction:
    decode_items = _items(decode_function(schema.element))

    def decode_array(value: Any) -> Any:
        if value is None:
            return schema.zero()
        if value.__class__ is not list:
            raise _MismatchError(value, schema.go)
        items = decode_items(value[: schema.length])
        items += [schema.element.zero() for _ in range(schema.length - len(items))]
        return schema.container(items)

    return decode_array


def _map(schema: Map) -> DecodeFunction:
    decode_key, decode_value = _key(schema.key), decode_function(schema.value)

    def decode_map(value: Any) -> dict[Any, Any]:
        if value is None:
            return {}
        if value.__class__ is not dict:
            raise _MismatchError(value, schema.go)
        items = {}
        key = ""
        try:
            for key, item in value.items():
                known = decode_key(key)
                items[known] = decode_value(item)
        except _MismatchError as error:
            error.path.append(key)
            raise
        return items

    return decode_map


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_REAL: Final = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
_UNSIGNED: Final = re.compile(r"[0-9]{1,40}")


def _key(schema: Schema[Any]) -> Callable[[str], Any]:
    """Return the function that makes a value of the key of an object, which is always a string."""
    match schema:
        case String() | Interface():
            return lambda key: key
        case Enum() if isinstance(schema.base, String):
            return decode_function(schema)
        case Opaque() if schema.name in TEXTS:
            return decode_function(schema)
        case Int() | Uint() | Duration() | Enum():
            decode_number = decode_function(schema)
        case Float():
            return _float_key(schema)
        case Converted():
            return _converted(schema, _key(schema.inner))
        case _:
            return _refused_key(schema)

    pattern = _UNSIGNED if isinstance(schema, Uint) else _INTEGER

    def decode_key(key: str) -> Any:
        if pattern.fullmatch(key):
            try:
                return decode_number(int(key))
            except _MismatchError:
                pass
        raise _MismatchError.of_key(key, schema.go)

    return decode_key


def _float_key(schema: Float) -> Callable[[str], float]:
    decode_number = decode_function(schema)

    def decode_key(key: str) -> float:
        # Python would take more: spaces, underscores, "nan".
        if not _REAL.fullmatch(key):
            raise _MismatchError.of_key(key, schema.go)
        try:
            number: float = decode_number(float(key))
        except (ValueError, _MismatchError):
            raise _MismatchError.of_key(key, schema.go) from None
        return number

    return decode_key


def _refused_key(schema: Schema[Any]) -> Callable[[str], Any]:
    def refuse(key: str) -> Any:
        raise _MismatchError(key, schema.go)

    return refuse


# --- messages -----------------------------------------------------------------------------------


def _struct(schema: Struct[Any]) -> DecodeFunction:
    if hasattr(schema.cls, "unmarshal_json"):
        return _itself(schema)
    # Made at first use, since messages may hold themselves.
    plan: _Plan | None = None

    def decode_struct(value: Any) -> Any:
        nonlocal plan
        if plan is None:
            plan = _Plan(schema)
        if value.__class__ is dict:
            return plan.decode(value)
        if value is None:
            return schema.zero()
        raise _MismatchError(value, schema.go)

    return decode_struct


class _Plan:
    """How to make a message, with those embedded in it, of an object."""

    def __init__(self, schema: Struct[Any]) -> None:
        owners, members = members_of(schema)
        numbers = {owner: number for number, owner in enumerate(owners)}
        targets = {member.name: _target(member, numbers[member.owner]) for member in members}
        self._by_name = targets
        # Where fields differ in case only, the first one takes the keys that are like neither.
        self._by_fold = {fold(name): targets[name] for name in reversed(targets)}
        self._builders = [_Builder(owner, numbers) for owner in owners]

    def decode(self, value: dict[str, Any]) -> Any:
        arguments: list[dict[str, Any]] = [{} for _ in self._builders]
        by_name = self._by_name
        key = ""
        try:
            for key, item in value.items():
                target = by_name.get(key) or self._by_fold.get(fold(key))
                if target is not None:
                    owner, argument, decode_field = target
                    arguments[owner][argument] = decode_field(item)
        except _MismatchError as error:
            error.path.append(key)
            raise
        # Embedded messages come after those that they are in, and are made before.
        for number in range(len(arguments) - 1, 0, -1):
            self._builders[number].embed(arguments, number)
        return self._builders[0].build(arguments[0])


# Where the value of a key goes: the number of the message, and the argument of its `__init__`.
_Target: TypeAlias = tuple[int, str, DecodeFunction]


def _target(member: Member, owner: int) -> _Target:
    return owner, member.field.argument, decode_function(member.field.schema)


class _Builder:
    """Makes one message of what has arrived for it."""

    def __init__(self, owner: Owner, numbers: dict[Owner, int]) -> None:
        self._cls = owner.schema.cls
        self._outer = 0 if owner.outer is None else numbers[owner.outer]
        self._field = owner.field
        self._count = len(owner.schema.fields)
        self._zeros = [
            (field.argument, field.schema.zero)
            for field in owner.schema.fields
            if not field.has_default or _leaves_zeros_out(field)
        ]

    def embed(self, arguments: list[dict[str, Any]], number: int) -> None:
        """Make a message that is embedded in another, and add it to what that one is made of."""
        assert self._field is not None
        given = arguments[number]
        if given:
            arguments[self._outer][self._field.argument] = self.build(given)
        # Else the outer one's own default stands, or zero.

    def build(self, given: dict[str, Any]) -> Any:
        if len(given) < self._count:
            for argument, zero in self._zeros:
                if argument not in given:
                    given[argument] = zero()
        try:
            return self._cls(**given)
        except Exception as error:
            raise DecodeError(f"{self._cls.__name__}: {error}") from error


def _leaves_zeros_out(field: Field) -> bool:
    return field.json is not None and not field.json.options.isdisjoint(("omitempty", "omitzero"))


# --- values that may be anything ----------------------------------------------------------------


def _interface(schema: Interface) -> DecodeFunction:
    if not schema.members:
        return lambda value: value
    names = " | ".join(member.cls.__name__ for member in schema.members)

    def decode_nil(value: object) -> None:
        if value is None:
            return schema.zero()
        raise DecodeError(
            f"JSON does not say which of {names} this is: use one message with optional fields, "
            "or gob"
        )

    return decode_nil
