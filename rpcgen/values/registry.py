"""Types that may travel in an interface value, and their names.

The counterpart of ``Register`` and ``RegisterName`` of Go's ``encoding/gob``.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from .._interrupts import import_apart
from .._records import ValueRecord
from ..errors import EncodeError, SchemaError
from ..schema import (
    Array,
    Bool,
    Bytes,
    Complex,
    Enum,
    Float,
    Int,
    Interface,
    Map,
    Opaque,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
    schema_of,
)
from ..types import GoType
from .types import strip_pointers, type_key

__all__ = ["ANYTHING", "Registry", "Typed", "register", "registry"]

UUID_NAME: Final = "github.com/google/uuid.UUID"
"""Go's name for the type of a `uuid.UUID`, unless it is registered under another."""

# An interface value whose name does not matter.
ANYTHING: Final = Interface()


class Typed(ValueRecord):
    """A value in ``Any`` that Go shall see as another type than the obvious one.

    ``Typed(5, Uint8)`` arrives in Go as ``uint8(5)``, where a plain ``5`` is an
    ``int``. A value that arrives from Go is the plain one.

    Attributes:
        value: The value.
        annotation: Its type: an annotation, the name of a registered type, or a `Schema`.
    """

    value: Any
    annotation: Any

    @property
    def schema(self) -> Schema[Any]:
        """The schema of the value.

        Raises:
            EncodeError: The annotation is a name that is not registered.
            SchemaError: The annotation has no counterpart on the wire.
        """
        if isinstance(self.annotation, Schema):
            return self.annotation
        if isinstance(self.annotation, str):
            return registry.known(self.annotation)
        return schema_of(self.annotation)


class Registry:
    """Names of Go types and their schemas: each type has one name, each name one type.

    A new one knows the types that Go registers by itself, and ``time.Time``,
    ``time.Duration``, ``[]interface {}``, ``map[string]interface {}`` and
    ``github.com/google/uuid.UUID``, which Go must register before it takes them.
    """

    def __init__(self) -> None:
        self._schemas: dict[str, Schema[Any]] = {}
        self._names: dict[Hashable, str] = {}
        self._classes: dict[type, Schema[Any]] = {}
        for cls, schema in _STANDARD:
            self._schemas[schema.go] = schema
            self._names[type_key(schema)] = schema.go
            if cls is not None:
                self._classes[cls] = schema

    def register(self, annotation: object, name: str | None = None) -> None:
        """Let values of a type travel in interface values; see `rpcgen.gob.register`.

        Args:
            annotation: An attrs class, any other annotation, or a `Schema`.
            name: Name on the wire; Go's own by default.

        Raises:
            SchemaError: The name stands for another type, or the type has another name.
        """
        schema = annotation if isinstance(annotation, Schema) else schema_of(annotation)
        name = schema.go if name is None else name
        base = strip_pointers(schema)
        key = type_key(base)
        if not name:
            raise SchemaError("the empty name is Go's nil", "register it under another")
        other = self._schemas.get(name)
        if other is not None and type_key(strip_pointers(other)) != key:
            raise SchemaError(
                f"{name!r} is registered for {_owner(other)} already, so not for {_owner(schema)}",
                'name one of them otherwise: wire("package.Name")',
            )
        known = self._names.get(key, name)
        if known != name and not isinstance(base, _PLAIN_KINDS):
            raise SchemaError(f"{schema.go} is registered as {known!r}, not as {name!r}")
        self._schemas[name] = schema
        self._names[key] = known
        if isinstance(base, Struct | Opaque | Enum) and base.cls not in self._classes:
            self._classes[base.cls] = schema

    def by_name(self, name: str) -> Schema[Any] | None:
        """Return the schema that a name stands for.

        Args:
            name: Name of a type on the wire; ``*name``, Go's name for a
                registered pointer, stands for the same.

        Returns:
            The schema, None if the name is not registered.
        """
        schema = self._schemas.get(name)
        if schema is None and name.startswith("*"):
            schema = self._schemas.get(name[1:])
        if schema is None and name.removeprefix("*") == UUID_NAME:
            return uuid_schema()
        return schema

    def known(self, name: str) -> Schema[Any]:
        """Return the schema that a name stands for.

        Args:
            name: Name of a type on the wire.

        Raises:
            EncodeError: The name is not registered.
        """
        schema = self.by_name(name)
        if schema is None:
            raise EncodeError(f"{name!r} is not registered; call rpcgen.gob.register")
        return schema

    def by_class(self, cls: type) -> Schema[Any] | None:
        """Return the schema by which values of this very class travel.

        Args:
            cls: The class of a value.

        Returns:
            The schema, None if the class is not registered.
        """
        return self._classes.get(cls)

    def name_of(self, schema: Schema[Any]) -> str | None:
        """Return the name that a type is registered under.

        Args:
            schema: The type, or a pointer to it.

        Returns:
            The name, None if the type is not registered.
        """
        return self._names.get(type_key(strip_pointers(schema)))


def uuid_schema() -> Schema[Any]:
    """Return the schema of `uuid.UUID`, whose module takes long to import."""
    import_apart("uuid")
    from uuid import UUID

    return schema_of(UUID)


def _owner(schema: Schema[Any]) -> str:
    base = strip_pointers(schema)
    if isinstance(base, Struct | Opaque | Enum):
        return f"{base.cls.__module__}.{base.cls.__qualname__}"
    return schema.go


def _standard() -> list[tuple[type | None, Schema[Any]]]:
    """Return the types of Go's ``registerBasics``, with the Python classes that stand for them."""
    plain: list[tuple[type | None, Schema[Any]]] = [
        (cls, schema_of(cls)) for cls in (bool, int, float, complex, str)
    ]
    sized = "int8 int16 int32 int64 uint uint16 uint32 uint64 uintptr float32 complex64"
    plain += [(None, schema_of(Annotated[int, GoType(name)])) for name in sized.split()]
    slices: list[tuple[type | None, Schema[Any]]] = [
        (None, Slice(element, list)) for _, element in plain
    ]
    return [
        *plain,
        *slices,
        (None, schema_of(Annotated[int, GoType("uint8")])),
        (bytes, schema_of(bytes)),
        (None, schema_of(list[Any])),
        (None, schema_of(dict[str, Any])),
        (datetime, schema_of(datetime)),
        (timedelta, schema_of(timedelta)),
    ]


_STANDARD: Final = _standard()

# Kinds whose values show their Go type in the name alone; see `kept`.
_PLAIN_KINDS: Final = (Array, Bool, Bytes, Complex, Float, Int, Map, Slice, String, Uint)

registry: Final = Registry()
"""The names that this process knows, as in Go."""


def register(annotation: object, name: str | None = None) -> None:
    """Let values of a type travel in ``Any``, as Go's ``gob.Register`` and ``gob.RegisterName`` do.

    The same may be registered again. Numbers, strings, lists and dicts may have
    several names, since they stand for every type of Go that is made of them:
    ``register(float, "main.Celsius")``. A value that arrives under such a name
    goes out under it again, and ``Typed(36.6, "main.Celsius")`` is a new one.

    Args:
        annotation: An attrs class, any other annotation, or a `Schema`; for
            what Go registers as a pointer, ``T | None``.
        name: Name on the wire. Go's own by default: ``shapes.Circle``,
            ``*shapes.Circle``, ``map[string]int``.

    Raises:
        SchemaError: The name stands for another type, or the type, if it is none
            of those, has another name.
    """
    registry.register(annotation, name)
