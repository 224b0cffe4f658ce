"""The service ``rpcgen.Reflection``, by which others ask a server what it serves."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field

from rpcgen.types import OpenStrEnum, idempotent, wire

__all__ = [
    "Description",
    "FieldDescription",
    "Kind",
    "MemberDescription",
    "MethodDescription",
    "RaisedDescription",
    "Reflection",
    "ServiceDescription",
    "TypeDescription",
    "value_of",
]


class Kind(OpenStrEnum):
    """The kind of a type: that of Go's ``reflect``, and a few of what the wire tells apart."""

    INVALID = ""
    BOOL = "bool"
    INT = "int"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT = "uint"
    UINT8 = "uint8"
    UINT16 = "uint16"
    UINT32 = "uint32"
    UINT64 = "uint64"
    UINTPTR = "uintptr"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    COMPLEX64 = "complex64"
    COMPLEX128 = "complex128"
    STRING = "string"
    BYTES = "bytes"
    """``[]byte``"""
    SLICE = "slice"
    ARRAY = "array"
    MAP = "map"
    STRUCT = "struct"
    POINTER = "pointer"
    """A value that may be missing: ``*T``."""
    INTERFACE = "interface"
    ENUM = "enum"
    """A named number or string with members, its ``element``."""
    OPAQUE = "opaque"
    """A type that encodes itself, such as ``time.Time``."""
    NOTHING = "nothing"
    """An empty struct: no argument, or no result."""


@define
class MemberDescription:
    """A member of an enum, or a value of a ``Literal``, which has no name.

    ``number`` is the value where the type is a number, ``text`` where it is a string. Of an
    unsigned number above ``int64`` it is the signed one of the same bits.
    """

    name: str = ""
    number: int = 0
    text: str = ""


@define
class FieldDescription:
    """A field of a struct.

    ``name`` is that on the wire, ``attribute`` that in Python. ``type`` is the
    number of its type in `Description.types`. ``default`` is a literal of
    Python for what a field that is left out is, empty where there is none or
    none that a literal can say. ``json`` is Go's struct tag for JSON.
    """

    name: str = ""
    attribute: str = ""
    type: int = 0
    has_default: bool = False
    default: str = ""
    json: str = ""
    embedded: bool = False


@define
class TypeDescription:
    """A type; others are named by their numbers in `Description.types`.

    ``name`` is Go's where it has one of its own, with the package:
    ``shapes.Circle``. ``python`` is what the type is in Python: the class of a
    struct, an enum or a type that encodes itself, else ``list``, ``tuple``,
    ``set``, ``timedelta`` and so on. The other fields belong to kinds:

    - ``element``: of a slice, array or pointer, the values of a map, and what
      the members of an enum are; ``key``: of a map; ``length``: of an array;
    - ``fields``: of a struct, with ``hashable`` where it may be the key of a map
      in Python;
    - ``members``: of an enum or a ``Literal``, with ``base``, the kind of enum
      in Python: ``IntEnum``, ``IntFlag``, ``StrEnum``, ``OpenIntEnum`` or
      ``OpenStrEnum``;
    - ``union``: the structs that an interface may hold, none for any value, with
      ``nullable`` where it may be nil;
    - ``encoding``: which of Go's interfaces encodes an opaque type, ``gob`` for
      ``GobEncoder``, ``binary`` for ``BinaryMarshaler``.
    """

    kind: Kind = Kind.INVALID
    name: str = ""
    python: str = ""
    doc: str = ""
    element: int = 0
    key: int = 0
    length: int = 0
    fields: list[FieldDescription] = field(factory=list)
    hashable: bool = False
    base: str = ""
    members: list[MemberDescription] = field(factory=list)
    union: list[int] = field(factory=list)
    nullable: bool = False
    encoding: str = ""


def value_of(member: MemberDescription, of: TypeDescription) -> int | str:
    """Return the value of a member.

    Args:
        member: The member.
        of: What the members of the enum are, or the ``Literal`` itself.
    """
    if of.kind is Kind.STRING:
        return member.text
    return member.number % (1 << 64) if of.kind.value.startswith("uint") else member.number


@define
class RaisedDescription:
    """An exception that a method declares.

    ``type`` is the number of its type, a struct, ``text`` what Go's programs
    know it by, and ``code`` the number of its `rpcgen.Code`.
    """

    type: int = 0
    text: str = ""
    code: int = 0


@define
class MethodDescription:
    """A method: its name on the wire without the service's, and in Python.

    ``request`` and ``response`` are the numbers of their types. With
    ``takes_struct`` the fields of the request are the parameters in Python,
    and its class is generated; else ``parameter`` is the name of the only one.
    ``timeout`` is the default time limit in seconds, 0 for none. ``durable``
    is False also where the server is older than that field.
    """

    name: str = ""
    python: str = ""
    doc: str = ""
    request: int = 0
    response: int = 0
    takes_struct: bool = False
    parameter: str = ""
    raises: list[RaisedDescription] = field(factory=list)
    timeout: float = 0.0
    idempotent: bool = False
    durable: bool = False


@define
class ServiceDescription:
    """A service: its name on the wire, and its class in Python where it is known."""

    name: str = ""
    python: str = ""
    doc: str = ""
    methods: list[MethodDescription] = field(factory=list)


@define
class Description:
    """Services, and the types of all that they take, give and raise."""

    services: list[ServiceDescription] = field(factory=list)
    types: list[TypeDescription] = field(factory=list)


@wire("rpcgen.Reflection")
class Reflection(Protocol):
    """Says what a server serves: for tools that call it without its IDL, or write that anew."""

    @idempotent
    def services(self) -> list[str]:
        """Return the names of all services, in the order of registration."""
        ...

    @idempotent
    def describe(self, service: str) -> Description:
        """Return what a service takes and gives.

        ``service`` is its name; empty for all but those that a server has of
        its own, such as this one. A service that is not there is an error of
        `Code.NOT_FOUND`, and more types than a description may have one of
        `Code.RESOURCE_EXHAUSTED`.
        """
        ...
