"""Functions that make the keys of a map of the keys of an object."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.schema.plan import Node, Op

from ..errors import MismatchError, PlacedError
from ..floats import parse_float, to_single
from ..stdlib import TEXTS
from ..structs import DecodeFunction

__all__ = ["key_of"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_UNSIGNED: Final = re.compile(r"[0-9]{1,40}")


def key_of(node: Node, base: Node, decode_value: DecodeFunction) -> Callable[[str], Any]:
    """Return the function that makes a value of the key of an object, which is always a string.

    Args:
        node: The type of the keys, without conversion.
        base: The same, but of an enum what travels.
        decode_value: Function for values of the type that are no keys.

    Returns:
        The function, which raises `MismatchError` where a key does not fit.
    """
    if node.nullable:
        return _refused(node)
    match node.op:
        case Op.STRING | Op.INTERFACE:
            return lambda key: key
        case Op.ENUM if base.op is Op.STRING:
            return decode_value
        case Op.OPAQUE if node.schema.name in TEXTS:
            return decode_value
        case Op.ENUM if base.op is Op.UINT:
            return _number(node, decode_value, _UNSIGNED)
        case Op.INT | Op.DURATION | Op.ENUM:
            return _number(node, decode_value, _INTEGER)
        case Op.UINT:
            return _number(node, decode_value, _UNSIGNED)
        case Op.FLOAT:
            return _float(node)
    return _refused(node)


def _number(
    node: Node, decode_number: DecodeFunction, pattern: re.Pattern[str]
) -> Callable[[str], Any]:
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
        raise MismatchError.of_key(key, node.go)

    return decode_key


def _float(node: Node) -> Callable[[str], float]:
    def decode_key(key: str) -> float:
        number = 0.0 if key == "null" else parse_float(key)
        if number is None or (math.isinf(number) and not key.lower().strip("+-").startswith("inf")):
            raise MismatchError.of_key(key, node.go)
        if node.bits == 32:
            try:
                number = to_single(number)
            except OverflowError:
                raise MismatchError.of_key(key, node.go) from None
        return number

    return decode_key


def _refused(node: Node) -> Callable[[str], Any]:
    def refuse(key: str) -> Any:
        raise MismatchError(key, node.go)

    return refuse
