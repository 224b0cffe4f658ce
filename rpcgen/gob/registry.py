"""Which types may travel in an interface value, and under which names.

The counterpart of ``Register`` and ``RegisterName`` of Go's ``encoding/gob``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ..errors import SchemaError
from ..schema import Opaque, Pointer, Schema, Struct, schema_of
from ..schema import Enum as EnumSchema
from ..schema import Slice, Interface, Map, String
from ..types import GoType
from typing import Annotated

__all__ = ["Registry", "Typed", "register", "registry"]


@frozen
class Typed:
    """A value in ``Any`` that Go shall see as the type ``annotation``, not as the obvious one.

    ``Typed(5, Uint8)`` arrives in Go as ``uint8(5)``, where a plain ``5`` is an
    ``int``. What arrives from Go is the plain value.
    """

    value: Any
    annotation: Any


class Registry:
    """Names of Go types, and their schemas: a one-to-one relation."""

    def __init__(self) -> None:
        self._schemas: dict[str, Schema[Any]] = {}
        self._names: dict[Schema[Any], str] = {}
        self._classes: dict[type, Schema[Any]] = {}

    def register(self, schema: Schema[Any], name: str) -> None:
        """Let values of ``schema`` travel in interface values under ``name``.

        To register the same again is fine. Raises `SchemaError` if the name
        stands for another type, or the type has another name.
        """
        if not name:
            raise SchemaError("the empty name is Go's nil")
        base = _base(schema)
        other = self._schemas.get(name)
        if other is not None and _base(other) is not base and not _same(other, schema):
            raise SchemaError(f"{name!r} is registered for {other.go}, not for {schema.go}")
        known = self._names.get(base)
        if known not in (None, name):
            raise SchemaError(f"{schema.go} is registered as {known!r}, not as {name!r}")
        self._schemas[name] = schema
        self._names[base] = name
        cls = getattr(base, "cls", None)
        if isinstance(cls, type) and isinstance(base, Struct | Opaque | EnumSchema):
            self._classes.setdefault(cls, schema)

    def by_name(self, name: str) -> Schema[Any] | None:
        """Return the schema that ``name`` stands for; ``*name`` stands for the same."""
        schema = self._schemas.get(name)
        if schema is None and name.startswith("*"):
            schema = self._schemas.get(name[1:])
        return schema

    def by_class(self, cls: type) -> Schema[Any] | None:
        """Return the schema that values of the class ``cls`` travel by."""
        return self._classes.get(cls)

    def name_of(self, schema: Schema[Any]) -> str | None:
        """Return the name that ``schema`` was registered under."""
        return self._names.get(_base(schema))

    def standard(self, cls: type | None, schema: Schema[Any], name: str = "") -> None:
        """Register a type that every program knows, for the values of ``cls`` if one is given."""
        name = name or schema.go
        self._schemas[name] = schema
        self._names.setdefault(_base(schema), name)
        if cls is not None:
            self._classes[cls] = schema


def _base(schema: Schema[Any]) -> Schema[Any]:
    while isinstance(schema, Pointer):
        schema = schema.element
    return schema


def _same(one: Schema[Any], other: Schema[Any]) -> bool:
    """Say whether two schemas without classes are the same type to Go."""
    return one.go == other.go and not isinstance(_base(one), Struct | Opaque | EnumSchema)


# The types that Go registers itself, in `registerBasics`, and those for which Python has values
# that can be nothing else.
_BASIC = (
    "int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 complex64".split()
)

registry = Registry()


def _register_standard() -> None:
    elements: list[Any] = []
    for cls in (bool, int, float, complex, str, bytes):
        registry.standard(cls, schema_of(cls))
        if cls is not bytes:
            elements.append(schema_of(cls))
    for name in _BASIC:
        schema = schema_of(Annotated[int, GoType(name)])
        registry.standard(None, schema)
        if name != "uint8":
            elements.append(schema)
    for element in elements:
        registry.standard(None, Slice(element, list))
    registry.standard(None, schema_of(list[Any]))
    registry.standard(None, schema_of(dict[str, Any]))
    registry.standard(datetime, schema_of(datetime))
    registry.standard(timedelta, schema_of(timedelta))


_register_standard()


def register(annotation: object, name: str | None = None) -> None:
    """Let values of a type travel in ``Any``, as Go's ``gob.Register`` and ``gob.RegisterName`` do.

    ``annotation`` is an attrs class, any other annotation, or a `Schema`; for
    what Go registers as a pointer, ``T | None``. The name defaults to Go's:
    ``shapes.Circle``, ``*shapes.Circle``, ``map[string]int``. Raises
    `SchemaError` where that contradicts an earlier registration.
    """
    schema: Schema[Any] = annotation if isinstance(annotation, Schema) else schema_of(annotation)
    registry.register(schema, schema.go if name is None else name)
