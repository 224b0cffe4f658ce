"""JSON that a user has written, as values that hold no others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from ...errors import EncodeError
from ...schema import Bool, Bytes, Complex, Duration, Enum, Float, Int, Schema, String, Uint
from .durations import parse_duration

__all__ = [
    "BYTES_LITERALS",
    "decoded_bytes",
    "misfit",
    "read_bool",
    "read_bytes",
    "read_complex",
    "read_duration",
    "read_enum",
    "read_float",
    "read_int",
    "read_string",
]

# Floats that JSON has no numbers for, as Python and Go spell them.
_NOT_FINITE: Final = {"NaN": "nan", "Inf": "inf", "+Inf": "inf", "-Inf": "-inf"}


def misfit(schema: Schema[Any], value: object, path: str, example: str = "") -> EncodeError:
    """Return the error for JSON that is no value of a type; ``example`` is some that is."""
    hint = f", such as {example}" if example else ""
    return EncodeError(f"{json.dumps(value, default=repr):.80} is no {schema.go}{hint}", path)


def read_bool(schema: Bool, value: object, path: str) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise misfit(schema, value, path, "true")
    return value


def read_int(schema: Int | Uint, value: object, path: str) -> int:
    """Return an integer that is in the range of its type."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise misfit(schema, value, path, "7")
    low, high = _range(schema)
    if not low <= value <= high:
        raise EncodeError(f"{value} is out of the range of {schema.go}", path)
    return value


def _range(schema: Int | Uint) -> tuple[int, int]:
    if isinstance(schema, Uint):
        return 0, (1 << schema.bits) - 1
    return -(1 << (schema.bits - 1)), (1 << (schema.bits - 1)) - 1


def read_float(schema: Float, value: object, path: str) -> float:
    """Return a floating-point number; ``"NaN"``, ``"Inf"`` and ``"-Inf"`` are some."""
    if isinstance(value, str) and value in _NOT_FINITE:
        return float(_NOT_FINITE[value])
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise misfit(schema, value, path, "0.5")
    try:
        return float(value)
    except OverflowError:
        raise EncodeError(f"it is out of the range of {schema.go}", path) from None


def read_complex(schema: Complex, value: object, path: str) -> complex:
    """Return a complex number: a number, or a text such as ``"1+2i"``."""
    try:
        if isinstance(value, str):
            return complex(value.replace("i", "j"))
    except ValueError:
        pass
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise misfit(schema, value, path, '"1+2i"')
    try:
        return complex(value)
    except OverflowError:
        raise EncodeError(f"it is out of the range of {schema.go}", path) from None


def read_string(schema: String, value: object, path: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise misfit(schema, value, path)
    return value


def read_bytes(schema: Bytes, value: object, path: str) -> bytes:
    """Return the UTF-8 of a text, or bytes that a literal has said."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise misfit(schema, value, path, 'a text, or {"@base64": "3q2+7w=="}')
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise EncodeError("a text with lone surrogates has no UTF-8", path) from None


def decoded_bytes(name: str, value: object, path: str) -> bytes:
    """Return the bytes of a literal, such as ``{"@hex": "ff"}``."""
    try:
        if isinstance(value, str):
            return BYTES_LITERALS[name](value)
    except (ValueError, binascii.Error):
        pass
    raise EncodeError(f"{json.dumps(value):.80} is no text for @{name}", path)


BYTES_LITERALS: Final[dict[str, Callable[[str], bytes]]] = {
    "bytes": str.encode,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": bytes.fromhex,
}


def read_enum(schema: Enum[Any], value: object, path: str) -> Any:
    """Return a member by its name or value."""
    members = schema.cls.__members__
    if isinstance(value, str) and value in members:
        return members[value]
    try:
        return schema.cls(value)
    except ValueError:
        names = ", ".join(members)
        raise EncodeError(f"{json.dumps(value):.80} is none of {names}", path) from None


def read_duration(schema: Duration, value: object, path: str) -> timedelta:
    """Return a span of time: ``"1h30m"``, or a number of nanoseconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value}ns" if value >= 0 else f"-{-value}ns"
    if not isinstance(value, str):
        raise misfit(schema, value, path, '"1.5s"')
    try:
        return parse_duration(value)
    except ValueError as error:
        raise EncodeError(str(error), path) from None
