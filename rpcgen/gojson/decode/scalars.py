"""Functions that make numbers, text, bytes and enums of JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rpcgen.errors import DecodeError
from rpcgen.schema import Enum
from rpcgen.schema.plan import Node, Op

from ..base64 import base64_error_place, bytes_of_base64
from ..errors import MismatchError, PlacedError
from ..floats import to_single
from ..parse import MINUS_ZERO
from ..stdlib import parse_ip
from ..structs import DecodeFunction

__all__ = ["bytes_of", "enum_of", "float_of", "int_of", "items_of", "ip_of", "scalar_of", "uint_of"]


def scalar_of(go: str, cls: type) -> DecodeFunction:
    """Return the function for values that JSON has itself.

    Args:
        go: Go's spelling of the type.
        cls: The class of the values, which makes the zero value.

    Returns:
        The function.
    """
    zero = cls()

    def decode_scalar(value: Any) -> Any:
        if value.__class__ is cls:
            return value
        if value is None:
            return zero
        raise MismatchError(value, go)

    return decode_scalar


def int_of(go: str, bits: int = 64) -> DecodeFunction:
    """Return the function for signed integers.

    Args:
        go: Go's spelling of the type.
        bits: Their size.

    Returns:
        The function.
    """
    return _integer(go, -1 << bits - 1, 1 << bits - 1)


def uint_of(go: str, bits: int) -> DecodeFunction:
    """Return the function for unsigned integers.

    Args:
        go: Go's spelling of the type.
        bits: Their size.

    Returns:
        The function.
    """
    return _integer(go, 0, 1 << bits)


def _integer(go: str, low: int, high: int) -> DecodeFunction:
    def decode_integer(value: Any) -> int:
        if value.__class__ is int and low <= value < high:
            number: int = value
            return number
        # Go's parser knows no unsigned integers with a sign.
        if value is None or (value is MINUS_ZERO and low):
            return 0
        raise MismatchError.of_number(value, go)

    return decode_integer


def float_of(node: Node) -> DecodeFunction:
    """Return the function for floats.

    Args:
        node: The type, of 32 or 64 bits.

    Returns:
        The function.
    """
    go, is_single = node.go, node.bits == 32

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


def items_of(decode_element: DecodeFunction) -> Callable[[list[Any]], list[Any]]:
    """Return the function for the elements of a list.

    Args:
        decode_element: Function for one of them.

    Returns:
        The function, whose errors say which element it was.
    """

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


def bytes_of(node: Node) -> DecodeFunction:
    """Return the function for bytes, which may come as a list of numbers as well.

    Args:
        node: The type.

    Returns:
        The function.
    """
    decode_numbers = items_of(uint_of("uint8", 8))
    go, zero, container = node.go, node.zero, node.container

    def decode_bytes(value: Any) -> Any:
        if value.__class__ is str:
            data = bytes_of_base64(value)
            if data is None:
                place = base64_error_place(value)
                hint = f": illegal base64 data at input byte {place}"
                raise MismatchError(value, go, hint)
            return container(data)
        if value is None:
            return zero()
        if value.__class__ is not list:
            raise MismatchError(value, go)
        return container(decode_numbers(value))

    return decode_bytes


def ip_of(node: Node) -> DecodeFunction:
    """Return the function for a ``net.IP``, whose JSON is text.

    Args:
        node: The type.

    Returns:
        The function.
    """

    def decode_ip(value: Any) -> Any:
        if value is None:
            return node.zero()
        if value.__class__ is not str:
            raise MismatchError(value, node.go, ": JSON value must be string type")
        return parse_ip(value)

    return decode_ip


def enum_of(node: Node, base: Node) -> DecodeFunction:
    """Return the function for the members of an enum.

    Args:
        node: The type of the enum.
        base: The type of what travels.

    Returns:
        The function.
    """
    enum: Enum[Any] = node.schema
    is_text = base.op is Op.STRING
    integer_of = uint_of if base.op is Op.UINT else int_of
    decode_base = scalar_of(node.go, str) if is_text else integer_of(node.go, base.bits)
    members = enum.cls._value2member_map_

    def decode_member(value: Any) -> Any:
        value = decode_base(value)
        return members[value] if value in members else _member(enum, value)

    return decode_member


def _member(enum: Enum[Any], value: object) -> Any:
    try:
        return enum.member(value)  # a combination of flags, perhaps
    except DecodeError as error:
        raise PlacedError(error.reason) from None
