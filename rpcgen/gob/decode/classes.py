"""Classes of messages whose objects can be made without their ``__init__``."""

from __future__ import annotations

from typing import Any

import attrs

from ...schema import Struct

__all__ = ["only_stores"]


def only_stores(schema: Struct[Any]) -> bool:
    """Say whether all that making an object does is to store its fields, as they are given.

    So it is for a class of `attrs.define` without converters, validators and
    hooks: its ``__init__``, which attrs has written, names nothing but the
    attributes, and the defaults for what is not given.
    """
    cls: Any = schema.cls
    names = [field.attribute for field in schema.fields]
    code = getattr(cls.__init__, "__code__", None)
    return (
        code is not None
        and code.co_filename.startswith("<attrs generated")
        and all(
            name in names or name == "NOTHING" or name.startswith("__attr_factory_")
            for name in code.co_names
        )
        and names == [attribute.name for attribute in attrs.fields(cls)]
        and cls.__new__ is object.__new__
        and cls.__setattr__ is object.__setattr__
        and type(cls).__call__ is type.__call__
    )
