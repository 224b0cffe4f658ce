"""From a schema to a Python function that makes JSON of its values, as Go's ``json.Marshal`` does.

The text is the same to the byte: order of fields and keys, format of numbers,
what is escaped in strings.
"""

from __future__ import annotations

import base64
import operator
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import EncodeError, SchemaError
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
    schema_for,
)
from rpcgen.schema.plan import is_byte
from rpcgen.values.kept import Kept
from rpcgen.values.record import Record
from rpcgen.values.registry import Typed

from .errors import misfit, shown, too_large
from .floats import format_float, format_single
from .numbers import digits_count, digits_limit, digits_of
from .stdlib import TEXTS, format_ip
from .stream import compact, parse, quote
from .structs import EncodeFunction, Step, writing_steps

__all__ = ["EncodeFunction", "encode", "encode_function"]

_known: dict[Schema[Any], EncodeFunction] = {}


def encode(schema: Schema[Any], value: object) -> str:
    """Return the JSON of ``value``. Raises `EncodeError`, with the path, if it does not fit."""
    try:
        return encode_function(schema)(value)
    except EncodeError as error:
        name = schema.cls.__name__ if isinstance(schema, Struct) else ""
        raise EncodeError(error.reason, name + error.path) from error.__cause__
    except RecursionError:
        raise EncodeError("values are nested too deeply, or one is inside itself") from None


def encode_function(schema: Schema[Any]) -> EncodeFunction:
    """Return the function that encodes values of ``schema``, made at first use.

    Raises `SchemaError` if a field's type cannot travel.
    """
    function = _known.get(schema)
    if function is None:
        function = _known[schema] = _make(schema)
    return function


def _make(schema: Schema[Any]) -> EncodeFunction:
    match schema:
        case Bool():
            return _encode_bool
        case Int():
            return _integer(schema.go, -1 << schema.bits - 1, 1 << schema.bits - 1)
        case Uint():
            return _integer(schema.go, 0, 1 << schema.bits)
        case Float():
            return _encode_float if schema.bits == 64 else _encode_single
        case Complex():
            return _unsupported(schema)
        case String():
            return _encode_string
        case Bytes():
            return _encode_ip if schema.name == "net.IP" else _encode_bytes
        case Slice():
            return _octets if is_byte(schema.element) else _sequence(schema)
        case Array():
            return _sequence(schema)
        case Map():
            return _map(schema)
        case Struct():
            return _struct(schema)
        case Pointer():
            return _pointer(schema)
        case Interface():
            return _interface(schema)
        case Enum():
            return _enum(schema)
        case Duration():
            return _encode_duration
        case Opaque():
            return _opaque(schema)
        case Nothing():
            return lambda value: "{}"
        case Untyped():
            return _encode_any
        case Converted():
            return _lowered(schema, encode_function(schema.inner))
    raise AssertionError(f"no JSON for {schema!r}")


def _unsupported(schema: Schema[Any]) -> EncodeFunction:
    def encode_nothing(value: object) -> str:
        raise EncodeError(f"json: unsupported type: {schema.go}")

    return encode_nothing


# --- scalars ------------------------------------------------------------------------------------


def _encode_bool(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise misfit(value, "a bool")


def _integer(go: str, low: int, high: int) -> EncodeFunction:
    def encode_integer(value: Any) -> str:
        if value.__class__ is not int:
            value = _index(value, go)
        if low <= value < high:
            return str(value)
        raise too_large(value, go)

    return encode_integer


def _index(value: object, wanted: str) -> int:
    try:
        # For subclasses of int too, whose text may be another.
        return int(operator.index(value))  # type: ignore[arg-type]
    except TypeError:
        raise misfit(value, wanted) from None


def _encode_float(value: object) -> str:
    if not isinstance(value, float | int):
        raise misfit(value, "a float")
    try:
        return format_float(repr(float(value)))
    except OverflowError:
        raise too_large(value, "float64") from None


def _encode_single(value: object) -> str:
    if not isinstance(value, float | int):
        raise misfit(value, "a float")
    try:
        return format_single(float(value))
    except OverflowError:
        raise too_large(value, "float32") from None


def _encode_string(value: object) -> str:
    if not isinstance(value, str):
        raise misfit(value, "a str")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise EncodeError("lone surrogates are no UTF-8") from None
    return quote(value)


def _encode_bytes(value: object) -> str:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise misfit(value, "bytes")
    return f'"{base64.b64encode(value).decode()}"'


def _encode_ip(value: object) -> str:
    if not isinstance(value, bytes | bytearray):
        raise misfit(value, "bytes")
    return f'"{format_ip(bytes(value))}"'


def _enum(schema: Enum[Any]) -> EncodeFunction:
    encode_base = encode_function(schema.base)

    def encode_member(value: Any) -> str:
        if not isinstance(value, schema.cls):
            raise misfit(value, f"a {schema.cls.__name__}")
        return encode_base(value.value)

    return encode_member


def _encode_duration(value: object) -> str:
    if not isinstance(value, timedelta):
        raise misfit(value, "a timedelta")
    microseconds = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    nanoseconds = microseconds * 1000 + getattr(value, "nanosecond", 0)
    if not -1 << 63 <= nanoseconds < 1 << 63:
        raise too_large(value, "time.Duration")
    return str(nanoseconds)


# --- types that make their own JSON -------------------------------------------------------------


def _opaque(schema: Opaque[Any]) -> EncodeFunction:
    if hasattr(schema.cls, "marshal_json"):
        return _encode_itself
    if schema.name == "big.Int":
        return _encode_big_int
    if schema.name not in TEXTS:
        return _without_json(schema)
    format_value = _library_text(schema)
    return lambda value: quote(format_value(value))


def _library_text(schema: Opaque[Any]) -> Callable[[Any], str]:
    format_value = TEXTS[schema.name][0]

    def format_checked(value: object) -> str:
        try:
            return format_value(value)
        except EncodeError:
            raise
        except (AttributeError, TypeError) as error:  # whose text is of our code
            raise misfit(value, schema.go) from error
        except Exception as error:
            raise EncodeError(f"{shown(value)} is not {schema.go}: {error}") from error

    return format_checked


def _encode_big_int(value: object) -> str:
    number = _index(value, "an int")
    digits = digits_count(number)
    if digits > digits_limit():
        raise EncodeError(
            f"an integer of {digits} digits; the limit is {digits_limit()} (Limits.digits)"
        )
    return digits_of(number)


def _encode_itself(value: Any) -> str:
    if not hasattr(type(value), "marshal_json"):
        raise misfit(value, "of a class with marshal_json")
    try:
        text = value.marshal_json()
        return compact(_checked(text if isinstance(text, str) else bytes(text).decode()))
    except Exception as error:
        raise EncodeError(f"json: error calling MarshalJSON for {shown(value)}: {error}") from error


def _checked(text: str) -> str:
    parse(text)
    return text


def _without_json(schema: Opaque[Any]) -> EncodeFunction:
    def encode_nothing(value: object) -> str:
        raise EncodeError(
            f"{schema.go} has no JSON: give {schema.cls.__name__} the methods "
            "marshal_json and unmarshal_json"
        )

    return encode_nothing


def _lowered(schema: Converted, encode_inner: EncodeFunction) -> EncodeFunction:
    """Return a function that converts a value before it is encoded."""
    lower = schema.lower

    def encode_converted(value: Any) -> str:
        try:
            lowered = lower(value)
        except TypeError as error:
            raise EncodeError(f"{shown(value)} is {error}") from None
        return encode_inner(lowered)

    return encode_converted


# --- containers ---------------------------------------------------------------------------------


def _octets(value: object) -> str:
    try:
        return _encode_bytes(bytes(_elements(value)))
    except (TypeError, ValueError):
        raise misfit(value, "a list of numbers from 0 to 255") from None


def _elements(value: Any) -> Any:
    """Return ``value`` if it is a sequence: characters and keys are not its elements."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str | dict | set | frozenset):
        raise misfit(value, "a list")
    try:
        return list(getattr(value, "bytes", value))  # of a UUID
    except TypeError:
        raise misfit(value, "a list") from None


def _sequence(schema: Slice[Any] | Array[Any]) -> EncodeFunction:
    encode_element = encode_function(schema.element)
    length = schema.length if isinstance(schema, Array) else None

    def encode_sequence(value: Any) -> str:
        if value.__class__ is not list:
            value = _elements(value)
        if length is not None and len(value) != length:
            raise EncodeError(f"{len(value)} elements where there must be {length}")
        try:
            return f"[{','.join([encode_element(item) for item in value])}]"
        except EncodeError as error:
            reraise_interrupt(error)
            return _each(value, encode_element)

    return encode_sequence


def _each(value: Any, encode_element: EncodeFunction) -> str:
    """Go through a sequence again, to name the element that does not fit."""
    texts = []
    for index, item in enumerate(value):
        try:
            texts.append(encode_element(item))
        except EncodeError as error:
            raise EncodeError(error.reason, f"[{index}]{error.path}") from error.__cause__
    return f"[{','.join(texts)}]"


def _map(schema: Map) -> EncodeFunction:
    encode_key, encode_value = _key(schema.key), encode_function(schema.value)

    def encode_map(value: Any) -> str:
        if not isinstance(value, dict):
            raise misfit(value, "a dict")
        texts = {}
        for key, item in value.items():
            try:
                texts[encode_key(key)] = encode_value(item)
            except EncodeError as error:
                raise EncodeError(error.reason, f"[{shown(key)}]{error.path}") from error.__cause__
        if len(texts) < len(value):
            raise EncodeError("keys that are the same in JSON, such as 1 and '1': one would vanish")
        return _object(texts)

    return encode_map


def _object(texts: dict[str, str]) -> str:
    # Go sorts by the bytes of the keys, in UTF-8; to compare by character is the same.
    return f"{{{','.join([f'{quote(key)}:{texts[key]}' for key in sorted(texts)])}}}"


def _key(schema: Schema[Any]) -> Callable[[Any], str]:
    """Return the function that makes a key of an object: always a string, not yet quoted."""
    match schema:
        case String():
            return _text_key
        case Enum() if isinstance(schema.base, String):
            return lambda key: _text_key(key.value if isinstance(key, schema.cls) else key)
        case Int() | Uint() | Float() | Duration() | Enum():
            return encode_function(schema)
        case Opaque() if schema.name in TEXTS:
            return _library_text(schema)
        case Interface():
            return _any_key
        case Converted():
            return _lowered(schema, _key(schema.inner))

    def refuse(key: object) -> str:
        raise EncodeError(
            f"json: unsupported type: {schema.go} as the key of a map, since JSON has only strings "
            "for keys"
        )

    return refuse


def _text_key(key: object) -> str:
    _encode_string(key)
    return str(key)


def _any_key(key: object) -> str:
    if isinstance(key, str):
        return _text_key(key)
    try:
        schema = schema_for(key)
    except SchemaError as error:
        raise EncodeError(str(error)) from None
    return _key(schema)(key)


# --- messages -----------------------------------------------------------------------------------


def _struct(schema: Struct[Any]) -> EncodeFunction:
    if hasattr(schema.cls, "marshal_json"):
        return _encode_itself
    # Made at first use, since messages may hold themselves.
    plan: list[Step] | None = None
    cls = schema.cls

    def encode_struct(value: Any) -> str:
        nonlocal plan
        if value.__class__ is not cls:
            schema.check(value)
        if plan is None:
            plan = writing_steps(schema, encode_function)
        texts = []
        for prefix, path, get, encode_field, omits in plan:
            try:
                item = get(value)
                if omits is None or not omits(item):
                    texts.append(prefix + encode_field(item))
            except EncodeError as error:
                raise EncodeError(error.reason, path + error.path) from error.__cause__
            except AttributeError:
                raise misfit(value, f"a {schema.cls.__name__}") from None
        return f"{{{','.join(texts)}}}"

    return encode_struct


# --- values that may be anything ----------------------------------------------------------------


def _pointer(schema: Pointer) -> EncodeFunction:
    encode_element = encode_function(schema.element)
    return lambda value: "null" if value is None else encode_element(value)


def _interface(schema: Interface) -> EncodeFunction:
    if not schema.members:
        return _encode_any
    members = {member.cls: encode_function(member) for member in schema.members}
    names = " | ".join(cls.__name__ for cls in members)

    def encode_member(value: object) -> str:
        if value is None and schema.nullable:
            return "null"
        if type(value) not in members:
            raise misfit(value, names)
        return members[type(value)](value)

    return encode_member


def _encode_any(value: Any) -> str:
    function = _ANYTHING.get(value.__class__)
    if function is not None:
        return function(value)
    if isinstance(value, Typed):
        return encode_function(value.schema)(value.value)
    if isinstance(value, Kept):
        return _encode_any(value.plain())
    if isinstance(value, Record):
        fields = zip(value.names, value.values, strict=True)
        return f"{{{','.join(f'{quote(name)}:{_encode_any(item)}' for name, item in fields)}}}"
    try:
        schema = schema_for(value)
    except SchemaError as error:
        raise EncodeError(str(error)) from None
    return encode_function(schema)(value)


def _any_sequence(value: Any) -> str:
    return _each(value, _encode_any)


_ANYTHING: Final[dict[type, EncodeFunction]] = {
    type(None): lambda value: "null",
    bool: _encode_bool,
    int: _encode_big_int,
    float: _encode_float,
    str: _encode_string,
    bytes: _encode_bytes,
    list: _any_sequence,
    tuple: _any_sequence,
    dict: _map(Map(Interface(), Interface())),
}
