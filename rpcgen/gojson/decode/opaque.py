"""Functions for types that read their own JSON: those of Go's library, and classes with methods."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from rpcgen.errors import DecodeError
from rpcgen.schema.plan import Node

from ..errors import MismatchError, PlacedError
from ..numbers import too_many_digits
from ..parse import MINUS_ZERO, LongNumber
from ..stdlib import TEXTS
from ..structs import DecodeFunction

__all__ = ["itself_of", "json_of", "opaque_of"]


def opaque_of(node: Node) -> DecodeFunction:
    """Return the function for a type that encodes itself.

    Args:
        node: The type; a UUID's text alone.

    Returns:
        The function, which raises `DecodeError` where the type has no JSON.
    """
    name, cls = node.schema.name, node.schema.cls
    if hasattr(cls, "unmarshal_json"):
        return itself_of(node)
    if name == "big.Int":
        return _decode_big_int
    if name in TEXTS:
        return _text(node)

    def decode_nothing(value: object) -> object:
        raise DecodeError(
            f"{node.go} has no JSON: give {cls.__name__} the methods "
            "marshal_json and unmarshal_json"
        )

    return decode_nothing


def itself_of(node: Node) -> DecodeFunction:
    """Return the function for a class that has the method ``unmarshal_json``.

    Args:
        node: The type.

    Returns:
        The function.
    """
    cls, zero = node.schema.cls, node.zero
    unmarshal: Callable[[bytes], Any] = cls.unmarshal_json

    def decode_itself(value: object) -> Any:
        if value is None:
            return zero()
        try:
            return unmarshal(json_of(value).encode())
        except DecodeError:
            raise
        except Exception as error:
            reason = f"{cls.__name__}.unmarshal_json: {error}"
            raise PlacedError(reason) from error

    return decode_itself


def json_of(value: object) -> str:
    """Return JSON of what was parsed.

    Args:
        value: A parsed value.

    Returns:
        Its JSON, with numbers as Python spells them.
    """
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


def _text(node: Node) -> DecodeFunction:
    go, zero, parse_text = node.go, node.zero, TEXTS[node.schema.name][1]
    hint = "" if node.schema.name == "time.Time" else ": JSON value must be string type"

    def decode_text(value: Any) -> Any:
        if value is None:
            return zero()
        if value.__class__ is not str:
            raise MismatchError(value, go, hint)
        try:
            return parse_text(value)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"{json_of(value):.80} is no {go}: {error}") from None

    return decode_text
