"""Classes of messages: their attributes, and what type variables of generic ones stand for."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from types import MemberDescriptorType, WrapperDescriptorType
from typing import Any, TypeVar

import attrs

from .._records import ValueRecord
from ..errors import SchemaError

__all__ = [
    "Attribute",
    "attributes_of",
    "check_bases",
    "is_alias",
    "is_generic",
    "is_message",
    "slot_of",
    "slots_of",
    "substituted",
    "type_arguments",
    "with_arguments",
]


def is_alias(annotation: object) -> bool:
    """Return True for the X of ``type X = ...``, which Python has since 3.12."""
    return type(annotation).__name__ == "TypeAliasType"


def is_message(cls: type[Any]) -> bool:
    """Return True for the class of a message: an attrs class or a dataclass."""
    return attrs.has(cls) or hasattr(cls, "__dataclass_fields__")


def is_generic(cls: type[Any]) -> bool:
    """Return True if a class needs types in brackets after its name."""
    return bool(getattr(cls, "__parameters__", ()))


def type_arguments(
    cls: type[Any], arguments: tuple[Any, ...] = ()
) -> dict[type[Any], dict[Any, Any]]:
    """Return what the type variables of a class and of its bases stand for.

    Args:
        cls: A class, generic or not.
        arguments: Types in the brackets of the class itself: User in ``Page[User]``.

    Returns:
        Type variables and their types, for the class and each generic base.
    """
    found = {cls: dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))}
    pending = [cls]
    while pending:
        current = pending.pop()
        for base in vars(current).get("__orig_bases__", current.__bases__):
            origin = typing.get_origin(base) or base
            if not isinstance(origin, type) or origin in found:
                continue
            values = [substituted(each, found[current]) for each in typing.get_args(base)]
            found[origin] = dict(zip(getattr(origin, "__parameters__", ()), values, strict=False))
            pending.append(origin)
    return found


def check_bases(cls: type[Any]) -> None:
    """Check that a class which extends a generic message says what that holds.

    Args:
        cls: The class of a message.

    Raises:
        SchemaError: The class does not, as ``class Orders(Page)``.
    """
    for base, variables in type_arguments(cls).items():
        parameters = getattr(base, "__parameters__", ())
        if base is not cls and is_message(base) and len(variables) < len(parameters):
            raise SchemaError(
                f"{cls.__name__} does not say what its base {base.__name__} holds",
                f"say it in brackets, as in class {cls.__name__}({with_arguments(base)})",
            )


def with_arguments(cls: type[Any]) -> str:
    """Return the name of a generic class with types in brackets, as an example for a hint."""
    return f"{cls.__name__}[{', '.join(['int'] * len(cls.__parameters__))}]"


def substituted(annotation: Any, variables: Mapping[Any, Any]) -> Any:
    """Return an annotation with its type variables replaced by what they stand for.

    Args:
        annotation: Any annotation.
        variables: Types by type variable; one that is missing is left as it is.

    Returns:
        The annotation without those variables.
    """
    if not variables:
        return annotation
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or typing.get_origin(annotation) is None:
        return annotation
    return annotation[tuple([variables.get(each, each) for each in parameters])]


class Attribute(ValueRecord):
    """One attribute of the class of a message, whichever library has made the class.

    Attributes:
        name: Name of the attribute.
        argument: Name of the parameter of ``__init__``.
        annotation: Type, where the class does not annotate the attribute.
        has_default: True if ``__init__`` may be called without it.
        is_argument: True if ``__init__`` takes it.
        keyword_only: True if ``__init__`` takes it by name alone.
    """

    name: str
    argument: str
    annotation: object
    has_default: bool
    is_argument: bool
    keyword_only: bool


def attributes_of(cls: type[Any]) -> tuple[Attribute, ...]:
    """Return the attributes of a message that are its fields.

    Args:
        cls: An attrs class or a dataclass.

    Returns:
        The attributes in the order of the class, those of its bases first.
    """
    if not attrs.has(cls):
        return _attributes_of_dataclass(cls)
    return tuple(
        Attribute(
            each.name,
            each.alias or each.name,
            each.type,
            each.default is not attrs.NOTHING,
            each.init,
            each.kw_only,
        )
        for each in attrs.fields(cls)
    )


def _attributes_of_dataclass(cls: type[Any]) -> tuple[Attribute, ...]:
    import dataclasses  # lazy: a program with such a class has imported it

    missing = dataclasses.MISSING
    return tuple(
        Attribute(
            each.name,
            each.name,
            each.type,
            each.default is not missing or each.default_factory is not missing,
            each.init,
            each.kw_only is True,
        )
        for each in dataclasses.fields(cls)
    )


def slot_of(cls: type[Any], name: str) -> MemberDescriptorType | None:
    """Return the descriptor of an attribute that is a slot, None for any other.

    And None where a class looks up its attributes in a way of its own.
    """
    if type(cls.__getattribute__) is not WrapperDescriptorType:
        return None
    for base in cls.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            return found if isinstance(found, MemberDescriptorType) else None
    return None


def slots_of(cls: type[Any], names: Iterable[str]) -> tuple[MemberDescriptorType | None, ...]:
    """Return what `slot_of` does for each of some attributes, in their order."""
    return tuple([slot_of(cls, name) for name in names])
