"""Classes of messages whose objects can be made without their ``__init__``."""

from __future__ import annotations

from types import CodeType
from typing import Any, Final

import attrs

from ...schema import Struct

__all__ = ["only_stores", "stores_frozen"]

# Names by which the ``__init__`` of a frozen class stores its fields.
_STORING: Final = frozenset({"_cached_setattr_get", "__dict__"})


def only_stores(schema: Struct[Any]) -> bool:
    """Say whether all that making an object does is to store its fields, as they are given.

    So it is for a class of `attrs.define` without converters, validators and
    hooks: its ``__init__``, which attrs has written, names nothing but the
    attributes, and the defaults for what is not given.
    """
    cls: Any = schema.cls
    code = _init_of_attrs(schema)
    return (
        code is not None
        and all(_is_of_fields(name, schema) for name in code.co_names)
        and cls.__setattr__ is object.__setattr__
    )


def stores_frozen(schema: Struct[Any]) -> bool:
    """Return True if that is all for a frozen class: what stores must go past ``__setattr__``.

    Args:
        schema: The message.
    """
    cls: Any = schema.cls
    code = _init_of_attrs(schema)
    if code is None or getattr(cls.__setattr__, "__module__", "") != "attr._make":
        return False
    names = {field.attribute for field in schema.fields}
    texts = {constant for constant in code.co_consts if isinstance(constant, str)}
    return texts <= names and all(
        name in _STORING or _is_of_fields(name, schema) for name in code.co_names
    )


def _init_of_attrs(schema: Struct[Any]) -> CodeType | None:
    """Return the code of an ``__init__`` that attrs has written for all fields and no others."""
    cls: Any = schema.cls
    code: CodeType | None = getattr(cls.__init__, "__code__", None)
    is_usual = (
        code is not None
        and code.co_filename.startswith("<attrs generated")
        and [field.attribute for field in schema.fields]
        == [each.name for each in attrs.fields(cls)]
        and cls.__new__ is object.__new__
        and type(cls).__call__ is type.__call__
    )
    return code if is_usual else None


def _is_of_fields(name: str, schema: Struct[Any]) -> bool:
    is_field = any(field.attribute == name for field in schema.fields)
    return is_field or name == "NOTHING" or name.startswith("__attr_factory_")
