"""From a plan to Python functions that make JSON of its values, as Go's ``json.Marshal`` does.

The text is the same to the byte: order of fields and keys, format of numbers,
what is escaped in strings.
"""

from __future__ import annotations

import base64
import operator
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from rpcgen._implementation import IS_ACCELERATED
from rpcgen._interrupts import import_apart, reraise_interrupt
from rpcgen.errors import EncodeError, SchemaError
from rpcgen.schema import Enum, Interface, Schema, Struct, Untyped, schema_for
from rpcgen.schema.plan import Node, Op, Plan, plan_of
from rpcgen.schema.shown import shown
from rpcgen.values.kept import Kept
from rpcgen.values.record import Record
from rpcgen.values.registry import Typed

from .errors import misfit, too_large
from .floats import format_float, format_single
from .numbers import digits_count, digits_limit, digits_of
from .parse import parse
from .stdlib import TEXTS, format_ip
from .structs import EncodeFunction, Step, writing_steps
from .text import compact, quote

__all__ = ["encode"]

_known: dict[Schema[Any], _Encoders] = {}


def encode(schema: Schema[Any], value: object) -> str:
    """Make JSON of a value.

    Args:
        schema: The type of the value.
        value: The value.

    Returns:
        Its JSON.

    Raises:
        EncodeError: If it does not fit; its path says where.
        SchemaError: If the type of a field cannot travel.
    """
    try:
        return _encoders_of(schema).root(value)
    except EncodeError as error:
        name = schema.cls.__name__ if isinstance(schema, Struct) else ""
        raise EncodeError(error.reason, name + error.path) from error.__cause__
    except RecursionError:
        raise EncodeError("values are nested too deeply, or one is inside itself") from None


def _encoders_of(schema: Schema[Any]) -> _Encoders:
    encoders = _known.get(schema)
    if encoders is None:
        encoders = _known[schema] = _Encoders(schema)
    return encoders


class _Encoders:
    """The functions for the types of one plan; ``root`` is that for values of the schema.

    ``in_python`` is the same without the accelerator, as it must be for what is inside of other
    values: each level of them would be tried twice where the innermost one does not fit.
    """

    def __init__(self, schema: Schema[Any]) -> None:
        self._functions: dict[int, EncodeFunction] = {}
        self.root: EncodeFunction = _encode_any
        self.in_python: EncodeFunction = _encode_any
        if isinstance(schema, Untyped):
            self._plan = Plan((), -1)
            return
        self._plan = plan_of(schema)
        self.root = self.in_python = self._function(self._plan.root)
        if IS_ACCELERATED:
            self.root = self._first

    def _first(self, value: Any) -> str:
        """Make JSON of the first value, and have the accelerator do it from now on."""
        import_apart("rpcgen.gojson.accelerated")
        from .accelerated import encoder_of

        self.root = self.in_python
        try:
            self.root = encoder_of(self._plan, self._function, self.in_python)
        except SchemaError as error:  # of a part that this value may not have
            reraise_interrupt(error)
        return self.root(value)

    def key_function(self) -> EncodeFunction:
        """Return the function for values of the schema that are keys; see `_key`."""
        return self._key(self._plan.root)

    def _function(self, number: int) -> EncodeFunction:
        function = self._functions.get(number)
        if function is None:
            function = self._functions[number] = self._make(self._plan.nodes[number])
        return function

    def _make(self, node: Node) -> EncodeFunction:
        if node.number == node.plain:
            return self._make_plain(node)
        function = self._function(node.plain)
        if node.lower is not None:
            function = _lowered(node.lower, function)
        return _nullable(function) if node.nullable else function

    def _make_plain(self, node: Node) -> EncodeFunction:
        match node.op:
            case Op.BOOL:
                return _encode_bool
            case Op.INT:
                return _integer(node.go, -1 << node.bits - 1, 1 << node.bits - 1)
            case Op.UINT:
                return _integer(node.go, 0, 1 << node.bits)
            case Op.FLOAT:
                return _encode_float if node.bits == 64 else _encode_single
            case Op.COMPLEX:
                return _unsupported(node)
            case Op.STRING:
                return _encode_string
            case Op.BYTES if node.children:
                return _encode_numbers
            case Op.BYTES:
                return _encode_ip if node.schema.name == "net.IP" else _encode_bytes
            case Op.LIST | Op.ARRAY:
                return _sequence(self._function(node.children[0]), node.length)
            case Op.MAP:
                return _map(self._key(node.children[0]), self._function(node.children[1]))
            case Op.STRUCT:
                return self._struct(node)
            case Op.INTERFACE:
                return _interface(node.schema)
            case Op.OPAQUE:
                return _opaque(node)
            case Op.EMPTY:
                return lambda value: "{}"
            case Op.ENUM:
                return _enum(node.schema, self._function(node.children[0]))
            case Op.DURATION:
                return _encode_duration
        raise AssertionError(f"no JSON for {node!r}")

    def _key(self, number: int) -> EncodeFunction:
        """Return the function that makes a key of an object: always a string, not yet quoted."""
        node = self._plan.nodes[number]
        if node.nullable:
            return _refused_key(node)
        if node.lower is not None:
            return _lowered(node.lower, self._key(node.plain))
        match node.op:
            case Op.STRING:
                return _text_key
            case Op.ENUM if self._plan.nodes[node.children[0]].op is Op.STRING:
                return _enum_key(node.schema)
            case Op.INT | Op.UINT | Op.FLOAT | Op.DURATION | Op.ENUM:
                return self._function(number)
            case Op.OPAQUE if node.schema.name in TEXTS:
                return _library_text(node)
            case Op.INTERFACE:
                return _encode_any_key
        return _refused_key(node)

    def _struct(self, node: Node) -> EncodeFunction:
        schema: Struct[Any] = node.schema
        cls = schema.cls
        if hasattr(cls, "marshal_json"):
            return _encode_itself
        # Made at first use, since messages may hold themselves.
        steps: list[Step] | None = None

        def encode_struct(value: Any) -> str:
            nonlocal steps
            if value.__class__ is not cls:
                schema.check(value)
            if steps is None:
                steps = writing_steps(
                    self._plan.nodes, node, lambda field: self._function(field.number)
                )
            texts = []
            for prefix, path, get, encode_field, omits in steps:
                try:
                    item = get(value)
                    if omits is None or not omits(item):
                        texts.append(prefix + encode_field(item))
                except EncodeError as error:
                    raise EncodeError(error.reason, path + error.path) from error.__cause__
                except AttributeError:
                    raise misfit(value, f"a {cls.__name__}") from None
            return f"{{{','.join(texts)}}}"

        return encode_struct


def _nullable(function: EncodeFunction) -> EncodeFunction:
    return lambda value: "null" if value is None else function(value)


def _lowered(lower: Callable[[Any], Any], function: EncodeFunction) -> EncodeFunction:
    """Return a function that converts a value before it is encoded."""

    def encode_converted(value: Any) -> str:
        try:
            lowered = lower(value)
        except TypeError as error:
            raise EncodeError(f"{shown(value)} is {error}") from None
        return function(lowered)

    return encode_converted


def _unsupported(node: Node) -> EncodeFunction:
    def encode_nothing(value: object) -> str:
        raise EncodeError(f"json: unsupported type: {node.go}")

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


def _enum(schema: Enum[Any], encode_base: EncodeFunction) -> EncodeFunction:
    cls = schema.cls

    def encode_member(value: Any) -> str:
        if not isinstance(value, cls):
            raise misfit(value, f"a {cls.__name__}")
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


def _opaque(node: Node) -> EncodeFunction:
    if hasattr(node.schema.cls, "marshal_json"):
        return _encode_itself
    if node.schema.name == "big.Int":
        return _encode_big_int
    if node.schema.name not in TEXTS:
        return _without_json(node)
    format_value = _library_text(node)
    return lambda value: quote(format_value(value))


def _library_text(node: Node) -> Callable[[Any], str]:
    go, format_value = node.go, TEXTS[node.schema.name][0]

    def format_checked(value: object) -> str:
        try:
            return format_value(value)
        except EncodeError:
            raise
        except (AttributeError, TypeError) as error:  # whose text is of our code
            raise misfit(value, go) from error
        except Exception as error:
            raise EncodeError(f"{shown(value)} is not {go}: {error}") from error

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


def _without_json(node: Node) -> EncodeFunction:
    def encode_nothing(value: object) -> str:
        raise EncodeError(
            f"{node.go} has no JSON: give {node.schema.cls.__name__} the methods "
            "marshal_json and unmarshal_json"
        )

    return encode_nothing


# --- containers ---------------------------------------------------------------------------------


def _encode_numbers(value: object) -> str:
    try:
        return _encode_bytes(bytes(_elements_or_bytes(value)))
    except (TypeError, ValueError):
        raise misfit(value, "a list of numbers from 0 to 255") from None


def _elements_or_bytes(value: Any) -> Any:
    """Return the elements of a sequence, or the numbers that bytes or a UUID are.

    Characters and keys are no elements.
    """
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str | dict | set | frozenset):
        raise misfit(value, "a list")
    try:
        return list(getattr(value, "bytes", value))  # of a UUID
    except TypeError:
        raise misfit(value, "a list") from None


def _sequence(encode_element: EncodeFunction, length: int) -> EncodeFunction:
    """Return the function for lists, or for arrays of a ``length`` that is not -1."""

    def encode_sequence(value: Any) -> str:
        if value.__class__ is not list:
            value = _elements_or_bytes(value)
        if length >= 0 and len(value) != length:
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


def _map(encode_key: EncodeFunction, encode_value: EncodeFunction) -> EncodeFunction:
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


def _refused_key(node: Node) -> EncodeFunction:
    def refuse(key: object) -> str:
        raise EncodeError(
            f"json: unsupported type: {node.go} as the key of a map, since JSON has only strings "
            "for keys"
        )

    return refuse


def _enum_key(schema: Enum[Any]) -> EncodeFunction:
    cls = schema.cls
    return lambda key: _text_key(key.value if isinstance(key, cls) else key)


def _text_key(key: object) -> str:
    _encode_string(key)
    return str(key)


def _encode_any_key(key: object) -> str:
    if isinstance(key, str):
        return _text_key(key)
    try:
        schema = schema_for(key)
    except SchemaError as error:
        raise EncodeError(str(error)) from None
    return _encoders_of(schema).key_function()(key)


# --- values that may be anything ----------------------------------------------------------------


def _interface(schema: Interface) -> EncodeFunction:
    if not schema.members:
        return _encode_any
    members = {member.cls: _encoders_of(member) for member in schema.members}
    names = " | ".join(cls.__name__ for cls in members)

    def encode_member(value: object) -> str:
        if value is None and schema.nullable:
            return "null"
        if type(value) not in members:
            raise misfit(value, names)
        return members[type(value)].in_python(value)

    return encode_member


def _encode_any(value: Any) -> str:
    function = _ANYTHING.get(value.__class__)
    if function is not None:
        return function(value)
    if isinstance(value, Typed):
        return _encoders_of(value.schema).in_python(value.value)
    if isinstance(value, Kept):
        return _encode_any(value.plain())
    if isinstance(value, Record):
        fields = zip(value.names, value.values, strict=True)
        return f"{{{','.join(f'{quote(name)}:{_encode_any(item)}' for name, item in fields)}}}"
    try:
        schema = schema_for(value)
    except SchemaError as error:
        raise EncodeError(str(error)) from None
    return _encoders_of(schema).in_python(value)


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
    dict: _map(_encode_any_key, _encode_any),
}
