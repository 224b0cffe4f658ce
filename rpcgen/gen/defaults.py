"""Defaults of parameters: how generated code says the same value again.

A literal is written out once more, a constant of the IDL's is imported, and
what an expression comes to is written out where it is a number or a string.
Other values, such as a message or a timedelta, are made again by the same
expression, once for a module.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, NewType, get_args

from ..errors import SchemaError
from .source import Expression, dotted_name
from .spelling import can_be_spelled

if TYPE_CHECKING:
    from .model import Parameter

__all__ = ["is_literal", "is_reference", "is_repeated", "unportable"]

# Maximum length of a value that is written out for an expression, in characters.
_MAX_REPEATED = 200

_NAME_IT = "give it a name: NAME = ... at the top of the module, and NAME as the default"
_CANNOT = "cannot be carried over to generated code"


def unportable(parameter: Parameter) -> tuple[str, str]:
    """Return why generated code cannot have the default of a parameter, and a hint; else blanks."""
    default, value = parameter.default, parameter.value
    assert default is not None
    if value is ...:
        return _CANNOT, "write the value itself: a caller needs to know it"
    if not _is_hashable(value):
        return "can be changed, and all calls would share it", _unchanging(value)
    if is_literal(default) or is_repeated(parameter):
        return "", ""
    try:
        again = default.plain_value()
    except SchemaError as error:
        return f"{_CANNOT}: it {error.reason}", _NAME_IT
    if not _same(again, value):
        return f"{_CANNOT}: its expression comes to another value each time", _NAME_IT
    if is_reference(default):
        return _private(dotted_name(default.node) or [])
    return ("", "") if can_be_spelled(default.node, private=False) else (_CANNOT, _NAME_IT)


def _private(names: list[str]) -> tuple[str, str]:
    for name in names:
        if name.startswith("_"):
            hint = f"call it {name.strip('_')!r}, so that it can be imported"
            return f"{_CANNOT}: {name!r} is private", hint
    return "", ""


def is_literal(default: Expression) -> bool:
    """Return True if a default is written as a number, a string, None, or a tuple of such."""
    try:
        value = ast.literal_eval(default.node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return _is_plain(value) or type(value) is complex


def is_reference(default: Expression) -> bool:
    """Return True if a default is the name of a constant, or a member of something named."""
    return dotted_name(default.node) is not None


def is_repeated(parameter: Parameter) -> bool:
    """Return True if the value of an expression is written out in its stead.

    A constant that can be imported is not, nor what stands for a `NewType`.
    """
    default, value = parameter.default, parameter.value
    assert default is not None
    names = dotted_name(default.node)
    if names is not None and not any(name.startswith("_") for name in names):
        return False
    if parameter.annotation is None or not _is_plain(value) or not _is_short(value):
        return False
    try:
        return not _has_new_type(parameter.annotation.value())
    except SchemaError:  # reported where the type is
        return False


def _unchanging(value: object) -> str:
    if isinstance(value, list | bytearray):
        return "write a tuple such as () and Sequence[T] or tuple[T, ...] as the type, or None"
    if isinstance(value, dict | set):
        return "write None, and | None in the type, or make it a field of a message"
    return f"decorate {type(value).__name__} with attrs.frozen, or write None, and | None"


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except Exception:  # a class of the user's may raise anything
        return False
    return True


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(map(_is_plain, value))
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str, bytes)


def _is_short(value: object) -> bool:
    try:
        return len(repr(value)) <= _MAX_REPEATED
    except ValueError:  # an integer of more digits than Python converts
        return False


def _has_new_type(annotation: object) -> bool:
    return isinstance(annotation, NewType) or any(map(_has_new_type, get_args(annotation)))


def _same(one: object, other: object) -> bool:
    try:
        return one is other or bool(one == other) or repr(one) == repr(other)
    except Exception:  # a class of the user's may raise anything
        return False
