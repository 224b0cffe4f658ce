"""What an IDL may say beyond Python's own types: sized numbers, array lengths, wire names.

The sized numbers are plain ``int``, ``float`` and ``complex`` to a type checker
and at run time; the range is checked when a value is encoded or decoded::

    from typing import Annotated
    from attrs import define
    from rpcgen.types import Uint8, length, wire

    @define
    class Pixel:
        red: Uint8
        green: Uint8
        blue: Uint8
        matrix: Annotated[list[float], length(9)]
        ident: Annotated[int, wire("PixelID")]
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias, TypeVar

from attrs import frozen

__all__ = [
    "BigInt",
    "Complex64",
    "Float32",
    "GoType",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Uint",
    "Uint8",
    "Uint16",
    "Uint32",
    "Uint64",
    "Uintptr",
    "length",
    "wire",
    "wire_name_of",
]

T = TypeVar("T")

# Where `wire("Name")` leaves its mark on a class or function.
_WIRE_NAME: Final = "__rpcgen_wire_name__"


@frozen
class GoType:
    """The Go type that an annotated Python type stands for, such as ``uint8``."""

    name: str


@frozen
class length:  # noqa: N801 - reads as a word of the IDL
    """A fixed number of elements: ``Annotated[list[int], length(4)]`` is Go's ``[4]int``."""

    count: int


@frozen
class wire:  # noqa: N801 - reads as a word of the IDL
    """The name that Go knows something by, where the default would be another.

    A decorator on a service, method or message, or inside ``Annotated`` on a
    field or parameter. A message's name may carry its Go package,
    ``wire("shapes.Circle")``: that is what it is called inside an interface value.
    """

    name: str

    def __call__(self, target: T) -> T:
        setattr(target, _WIRE_NAME, self.name)
        return target


def wire_name_of(target: object) -> str | None:
    """Return the name that ``wire`` gave to this very class or function, if any."""
    # Not getattr: a subclass does not share the name of its base.
    name = vars(target).get(_WIRE_NAME)
    return name if isinstance(name, str) else None


Int8: TypeAlias = Annotated[int, GoType("int8")]
Int16: TypeAlias = Annotated[int, GoType("int16")]
Int32: TypeAlias = Annotated[int, GoType("int32")]
Int64: TypeAlias = Annotated[int, GoType("int64")]
Uint: TypeAlias = Annotated[int, GoType("uint")]
Uint8: TypeAlias = Annotated[int, GoType("uint8")]
Uint16: TypeAlias = Annotated[int, GoType("uint16")]
Uint32: TypeAlias = Annotated[int, GoType("uint32")]
Uint64: TypeAlias = Annotated[int, GoType("uint64")]
Uintptr: TypeAlias = Annotated[int, GoType("uintptr")]
Float32: TypeAlias = Annotated[float, GoType("float32")]
Complex64: TypeAlias = Annotated[complex, GoType("complex64")]
BigInt: TypeAlias = Annotated[int, GoType("big.Int")]
