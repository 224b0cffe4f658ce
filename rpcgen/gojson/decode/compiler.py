"""From a schema to a Python function that makes its values of JSON, as ``json.Unmarshal`` does.

What goes in is what Python's `json` has parsed, with objects as tuples of their
members. As in Go, keys match whatever their case and unknown ones are ignored;
a key that comes twice adds to what the first one brought; ``null`` is zero where
it is no pointer; an array that is too short or too long is filled up or cut.

A key that is missing cannot be told from a field that the sender lacks: the
field takes the IDL's default, or zero if it has none or leaves zeros out itself
(``json_tag(",omitempty")``). In ``Any``, a number without fraction and exponent
is an ``int``, every other one a ``float``. The texts of errors are those of Go 1.27.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError
from rpcgen.schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Enum,
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
    uuid_form,
)
from rpcgen.values.collisions import check_merged, dict_of, merges_keys, steerable
from rpcgen.values.durations import duration_of
from rpcgen.values.limits import Limits

from ..base64 import base64_error_place, octets_of_base64
from ..errors import MismatchError, PlacedError, RepeatedError
from ..floats import parse_float, to_single
from ..merge import merged
from ..numbers import collisions_limit, limited, too_many_digits
from ..size import check_decoded_size, growth
from ..stdlib import TEXTS, parse_ip
from ..stream import DEFAULT_LIMITS, MINUS_ZERO, LongNumber, Parsed
from ..structs import DecodeFunction, StructReader

__all__ = ["DecodeFunction", "decode", "decode_function", "mismatch"]

_known: dict[Schema[Any], DecodeFunction] = {}


def decode(
    schema: Schema[Any], parsed: Parsed, index: int | None = None, limits: Limits = DEFAULT_LIMITS
) -> Any:
    """Return what JSON stands for, or one element of the list that it is.

    Raises `DecodeError`, with Go's text, if it does not fit, or is larger than
    ``limits`` say.
    """
    value = parsed.read(limits)
    if index is not None:
        value = value[index]
    if parsed.size > _SMALL and parsed.size * growth(schema) > limits.decoded:
        check_decoded_size(schema, parsed.text, value, limits)
    if limits is DEFAULT_LIMITS:
        return _decode(schema, parsed, value, index)
    with limited(limits):
        return _decode(schema, parsed, value, index)


# Text below this size is decoded whatever it becomes, in characters.
_SMALL: Final = 4096


def _decode(schema: Schema[Any], parsed: Parsed, value: object, index: int | None) -> Any:
    function = decode_function(schema)
    try:
        try:
            return function(value)
        except RepeatedError:
            return function(merged(schema, value, _is_valid))
    except MismatchError as error:
        if isinstance(error.value, float):
            error = _spelled(function, parsed, index) or error
        is_message = isinstance(schema, Struct) and index is None
        root = schema.name.rpartition(".")[2] if is_message else ""
        raise DecodeError(error.text(root, () if index is None else (str(index),))) from None
    except RecursionError:
        raise DecodeError("values are nested too deeply") from None


def _is_valid(schema: Schema[Any], value: object) -> bool:
    try:
        decode_function(schema)(value)
    except (MismatchError, DecodeError):
        return False
    return True


def _spelled(
    function: DecodeFunction, parsed: Parsed, index: int | None = None
) -> MismatchError | None:
    """Decode again to get the same error, with the number as it was spelled."""
    value, spellings = parsed.exact()
    if index is not None:
        value = value[index]
    try:
        function(value)
    except MismatchError as error:
        error.spelling = spellings.get(id(error.value), "")
        return error
    except RepeatedError:
        return None  # values that were put together: their texts are gone
    return None


def mismatch(parsed: Parsed, go: str, where: str = "Go value") -> DecodeError:
    """Return the error for a value where Go wants another type, which is spelled ``go``."""
    if go.startswith("uint"):

        def refuse(value: object) -> object:
            raise MismatchError.of_number(value, go)

        error = _spelled(refuse, parsed)
        assert error is not None
    else:
        error = MismatchError(parsed.read(), go)
    return DecodeError(error.text("", ()).replace("Go value", where))


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
            return plain
        case Converted():
            return _converted(schema, decode_function(schema.inner))
    raise AssertionError(f"no JSON for {schema!r}")


# --- scalars ------------------------------------------------------------------------------------


def _scalar(schema: Schema[Any], cls: type) -> DecodeFunction:
    go, zero = schema.go, schema.zero()

    def decode_scalar(value: Any) -> Any:
        if value.__class__ is cls:
            return value
        if value is None:
            return zero
        raise MismatchError(value, go)

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
        raise MismatchError.of_number(value, go)

    return decode_integer


def _float(schema: Float) -> DecodeFunction:
    go, is_single = schema.go, schema.bits == 32

    def decode_float(value: Any) -> float:
        if value is None:
            return 0.0
        if value.__class__ is not float and value.__class__ is not int:
            raise MismatchError(value, go)
        try:
            number = float(value)
            if is_single:
                number = to_single(number)
        except OverflowError:
            raise MismatchError.of_number(value, go) from None
        if math.isinf(number):
            raise MismatchError.of_number(value, go)
        return number

    return decode_float


def _bytes(schema: Schema[Any], container: Callable[[Iterable[int]], Any]) -> DecodeFunction:
    decode_octets = _items(_integer(Uint("uint8"), 0, 256))

    def decode_bytes(value: Any) -> Any:
        if value.__class__ is str:
            octets = octets_of_base64(value)
            if octets is None:
                place = base64_error_place(value)
                hint = f": illegal base64 data at input byte {place}"
                raise MismatchError(value, schema.go, hint)
            return container(octets)
        if value is None:
            return schema.zero()
        if value.__class__ is not list:
            raise MismatchError(value, schema.go)
        return container(decode_octets(value))

    return decode_bytes


def _ip(schema: Bytes) -> DecodeFunction:
    def decode_ip(value: Any) -> Any:
        if value is None:
            return schema.zero()
        if value.__class__ is not str:
            raise MismatchError(value, schema.go, ": JSON value must be string type")
        return parse_ip(value)

    return decode_ip


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
        return schema.member(value)  # a combination of flags, perhaps
    except DecodeError as error:
        raise PlacedError(error.reason) from None


# --- types that read their own JSON -------------------------------------------------------------


def _opaque(schema: Opaque[Any]) -> DecodeFunction:
    if hasattr(schema.cls, "unmarshal_json"):
        return _itself(schema)
    if schema.name == "big.Int":
        return _decode_big_int
    if schema.name == "uuid.UUID":
        return _uuid(schema)
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
            return unmarshal(json_of(value).encode())
        except DecodeError:
            raise
        except Exception as error:
            reason = f"{schema.cls.__name__}.unmarshal_json: {error}"
            raise PlacedError(reason) from error

    return decode_itself


def json_of(value: object) -> str:
    """Return JSON of what was parsed; numbers as Python spells them."""
    return json.dumps(_json_values(value), ensure_ascii=False, separators=(",", ":"))


def _json_values(value: object) -> object:
    if isinstance(value, tuple):
        return {key: _json_values(item) for key, item in value}
    if isinstance(value, list):
        return [_json_values(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return _BEYOND if value > 0 else -_BEYOND  # which `json` spells as a number
    return value


_BEYOND: Final = 10**400


def _decode_big_int(value: Any) -> int:
    if value.__class__ is int:
        number: int = value
        return number
    if value is None or value is MINUS_ZERO:
        return 0
    if isinstance(value, LongNumber):
        raise DecodeError(str(too_many_digits(value.digits)))
    raise _BigIntError(value)


class _BigIntError(MismatchError):
    """A value that is no integer, where Go has a ``big.Int``."""

    def __init__(self, value: object) -> None:
        super().__init__(value, "big.Int")

    def text(self, root: str, path: Iterable[str]) -> str:
        """Return Go's text, which has no place."""
        text = self.spelling or json_of(self.value)
        return f"math/big: cannot unmarshal {json_of(text):.200} into a *big.Int"


def _text(schema: Opaque[Any], parse_text: Callable[[str], Any]) -> DecodeFunction:
    hint = "" if schema.name == "time.Time" else ": JSON value must be string type"

    def decode_text(value: Any) -> Any:
        if value is None:
            return schema.zero()
        if value.__class__ is not str:
            raise MismatchError(value, schema.go, hint)
        try:
            return parse_text(value)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"{json_of(value):.80} is no {schema.go}: {error}") from None

    return decode_text


def _converted(schema: Converted, decode_inner: DecodeFunction) -> DecodeFunction:
    make = schema.make
    return lambda value: make(decode_inner(value))


def _uuid(schema: Schema[Any]) -> DecodeFunction:
    """Return the function for both of its forms: a text, and an array of 16 numbers."""
    text, array = uuid_form(schema, is_array=False), uuid_form(schema, is_array=True)
    assert isinstance(text, Opaque)
    assert isinstance(array, Array)
    decode_text, decode_array = _text(text, TEXTS["uuid.UUID"][1]), _array(array)
    return lambda value: (decode_array if value.__class__ is list else decode_text)(value)


# --- containers ---------------------------------------------------------------------------------


def _items(decode_element: DecodeFunction) -> Callable[[list[Any]], list[Any]]:
    def decode_items(value: list[Any]) -> list[Any]:
        items: list[Any] = []
        try:
            for item in value:
                items.append(decode_element(item))
        except MismatchError as error:
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
        raise MismatchError(value, schema.go)

    return decode_slice


def _array(schema: Array[Any]) -> DecodeFunction:
    decode_items = _items(decode_function(schema.element))

    def decode_array(value: Any) -> Any:
        if value is None:
            return schema.zero()
        if value.__class__ is not list:
            raise MismatchError(value, schema.go)
        items = decode_items(value[: schema.length])
        items += [schema.element.zero() for _ in range(schema.length - len(items))]
        return schema.container(items)

    return decode_array


def _map(schema: Map) -> DecodeFunction:
    decode_key, decode_value = _key(schema.key), decode_function(schema.value)
    is_steerable, is_merging = steerable(schema.key), merges_keys(schema.key)

    def decode_map(value: Any) -> dict[Any, Any]:
        if value is None:
            return {}
        if value.__class__ is not tuple:
            raise MismatchError(value, schema.go)
        key = ""
        try:
            if is_steerable:
                pairs = []
                for key, item in value:
                    pairs.append((decode_key(key), decode_value(item)))
                items = dict_of(pairs, collisions_limit())
            else:
                items = {}
                for key, item in value:
                    known = decode_key(key)
                    items[known] = decode_value(item)
        except MismatchError as error:
            error.path.append(key)
            raise
        if is_merging and len(items) < len(value):
            check_merged(items, len({key for key, _ in value}))
        return items

    return decode_map


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
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
            except PlacedError:
                raise
            except MismatchError as error:
                reraise_interrupt(error)
        if key == "null":  # which Go reads as no number at all
            return decode_number(0)
        raise MismatchError.of_key(key, schema.go)

    return decode_key


def _float_key(schema: Float) -> Callable[[str], float]:
    def decode_key(key: str) -> float:
        number = 0.0 if key == "null" else parse_float(key)
        if number is None or (math.isinf(number) and not key.lower().strip("+-").startswith("inf")):
            raise MismatchError.of_key(key, schema.go)
        if schema.bits == 32:
            try:
                number = to_single(number)
            except OverflowError:
                raise MismatchError.of_key(key, schema.go) from None
        return number

    return decode_key


def _refused_key(schema: Schema[Any]) -> Callable[[str], Any]:
    def refuse(key: str) -> Any:
        raise MismatchError(key, schema.go)

    return refuse


# --- messages -----------------------------------------------------------------------------------


def _struct(schema: Struct[Any]) -> DecodeFunction:
    if hasattr(schema.cls, "unmarshal_json"):
        return _itself(schema)
    # Made at first use, since messages may hold themselves.
    plan: StructReader | None = None

    def decode_struct(value: Any) -> Any:
        nonlocal plan
        if plan is None:
            plan = StructReader(schema, decode_function)
        if value.__class__ is tuple:
            return plan.decode(value)
        if value is None:
            return schema.zero()
        raise MismatchError(value, schema.go)

    return decode_struct


# --- values that may be anything ----------------------------------------------------------------


def _interface(schema: Interface) -> DecodeFunction:
    if not schema.members:
        return plain
    names = " | ".join(member.cls.__name__ for member in schema.members)

    def decode_nil(value: object) -> None:
        if value is None:
            return schema.zero()
        raise PlacedError(
            f"JSON does not say which of {names} this is: use one message with optional fields, "
            "or gob"
        )

    return decode_nil


_PLAIN_TYPES: Final = frozenset((str, bool, type(None)))
_NUMBER_TYPES: Final = frozenset((int, float))
_LARGEST: Final = sys.float_info.max
# From so many elements on it pays to look at the types of all of them first.
_MANY: Final = 16


def plain(value: Any) -> Any:
    """Return a parsed value with its objects as dicts, for ``Any``.

    In Go its numbers are of float64, so that what none can hold is refused.
    """
    cls = value.__class__
    if cls is tuple:
        return _plain_members(value)
    if cls is list:
        return value if len(value) >= _MANY and _is_plain(value) else _plain_items(value)
    if cls not in _PLAIN_TYPES and not -_LARGEST <= value <= _LARGEST:
        raise MismatchError.of_number(value, "float64")
    return value


_plain_items: Final = _items(plain)


def _plain_members(value: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    members = {}
    key = ""
    try:
        # The last one of those with one name counts, as in Go.
        for key, item in value:
            members[key] = item if item.__class__ is str else plain(item)
    except MismatchError as error:
        error.path.append(key)
        raise
    return members


def _is_plain(value: list[Any]) -> bool:
    """Say whether a list has scalars alone, none of them too large."""
    kinds = set(map(type, value))
    if kinds <= _NUMBER_TYPES:
        return bool(min(value) >= -_LARGEST and max(value) <= _LARGEST)
    return kinds <= _PLAIN_TYPES
