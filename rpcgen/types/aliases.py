"""Names for sized numbers, and for the types of Go's library that are plain values in Python.

They are plain ``int``, ``float``, ``complex``, ``str`` and ``bytes`` to a type
checker and at run time.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from .markers import GoType

__all__ = [
    "BigInt",
    "Complex64",
    "Float32",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "NetHardwareAddr",
    "NetIP",
    "NetIPMask",
    "URL",
    "Uint",
    "Uint16",
    "Uint32",
    "Uint64",
    "Uint8",
    "Uintptr",
]

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
URL: TypeAlias = Annotated[str, GoType("url.URL")]
NetIP: TypeAlias = Annotated[bytes, GoType("net.IP")]
NetIPMask: TypeAlias = Annotated[bytes, GoType("net.IPMask")]
NetHardwareAddr: TypeAlias = Annotated[bytes, GoType("net.HardwareAddr")]
