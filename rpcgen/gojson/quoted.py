"""Fields whose tag has Go's option ``string``: their JSON stands in a JSON string."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rpcgen.errors import DecodeError

from .errors import MismatchError
from .members import Member
from .parse import parse
from .text import quote

__all__ = ["decoder_of_quoted", "encoder_of_quoted"]


def encoder_of_quoted(encode_field: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return the function that puts the text of a field into a string, but for ``null``.

    Args:
        encode_field: Function for values of the field's type.
    """

    def encode_quoted(value: Any) -> str:
        text = encode_field(value)
        return text if text == "null" else quote(text)

    return encode_quoted


def decoder_of_quoted(member: Member, decode_field: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function that takes a field out of the text in a string, or of ``null``.

    Args:
        member: The field.
        decode_field: Function for values of the field's type, which raises `MismatchError`.
    """
    go = member.node.go

    def decode_quoted(value: Any) -> Any:
        if value is None:
            return decode_field(None)
        if value.__class__ is not str:
            raise MismatchError(value, go)
        try:
            inner = parse(value).read()
        except DecodeError:
            raise MismatchError(value, go) from None
        if value != value.strip():
            raise MismatchError(value, go)
        return decode_field(inner)

    return decode_quoted
