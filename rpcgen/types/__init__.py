"""Words of an IDL beyond Python's own types: sized numbers, array lengths, wire names.

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

import importlib
from typing import TYPE_CHECKING, Final

from .aliases import (
    URL,
    BigInt,
    Complex64,
    Float32,
    Int8,
    Int16,
    Int32,
    Int64,
    NetHardwareAddr,
    NetIP,
    NetIPMask,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
)
from .calls import RemoteError, durable, idempotent, raises, timeout
from .enums import OpenIntEnum, OpenStrEnum
from .markers import (
    Embedded,
    GoType,
    InterfaceMark,
    embedded,
    interface,
    json_tag,
    length,
    struct_args,
    takes_struct,
    underlying,
    underlying_of,
    wire,
    wire_name_of,
)
from .times import Duration, Time

if TYPE_CHECKING:
    from .gostdlib import (
        AddrPort,
        BigFloat,
        BigFloatValue,
        BigRat,
        NetipAddr,
        NetipAddrPort,
        NetipPrefix,
    )
    from .gotime import GoTime

__all__ = [
    "URL",
    "AddrPort",
    "BigFloat",
    "BigFloatValue",
    "BigInt",
    "BigRat",
    "Complex64",
    "Duration",
    "Embedded",
    "Float32",
    "GoTime",
    "GoType",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "InterfaceMark",
    "NetHardwareAddr",
    "NetIP",
    "NetIPMask",
    "NetipAddr",
    "NetipAddrPort",
    "NetipPrefix",
    "OpenIntEnum",
    "OpenStrEnum",
    "RemoteError",
    "Time",
    "Uint",
    "Uint8",
    "Uint16",
    "Uint32",
    "Uint64",
    "Uintptr",
    "durable",
    "embedded",
    "idempotent",
    "interface",
    "json_tag",
    "length",
    "raises",
    "struct_args",
    "takes_struct",
    "timeout",
    "underlying",
    "underlying_of",
    "wire",
    "wire_name_of",
]

# Imported when first used: these modules need others that take long to import.
_LAZY: Final = {
    "AddrPort": ".gostdlib",
    "BigFloat": ".gostdlib",
    "BigFloatValue": ".gostdlib",
    "BigRat": ".gostdlib",
    "GoTime": ".gotime",
    "NetipAddr": ".gostdlib",
    "NetipAddrPort": ".gostdlib",
    "NetipPrefix": ".gostdlib",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name], __name__), name)
